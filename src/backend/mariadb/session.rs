//! A session that was open before the trigger: one raw connection, never reconnected.

use super::login::{Attempt, PROBE_TIMEOUT, SET_UP_TIMEOUT, Target, connect, identity, observe, timed_out};
use super::undo::{Undo, undo};
use super::{IDLE, USED_DATABASE};
use crate::backend::Credential;
use crate::observation::{Saw, Stage};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// An open session.
pub struct Session {
    connection: Arc<Mutex<Conn>>,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time. One that only waits chose no database.
    ///
    /// # Errors
    /// The login or the preparation of that kind did not succeed.
    pub async fn open(
        target: &Target,
        credential: &Credential,
        kind: &str,
        patience: Duration,
    ) -> Result<Self, (Stage, Saw)> {
        let attempt = async {
            let chosen = (kind != IDLE && kind != USED_DATABASE).then_some(target.database.as_str());
            let mut connection = connect(&target.address, credential, chosen).await?;
            if kind == USED_DATABASE {
                let chosen = format!("USE `{}`", target.database.replace('`', "``"));
                connection.query_drop(chosen).await.map_err(|e| (Stage::Scope, observe(&e, Stage::Scope)))?;
            }
            Ok(Self { connection: Arc::new(Mutex::new(connection)) })
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Asks in a task of its own, which goes on to the end: a question that was given up half-way would leave its answer to the next one.
    async fn asked<T, F>(
        &self,
        stage: Stage,
        patience: Duration,
        question: impl FnOnce(OwnedMutexGuard<Conn>) -> F,
    ) -> Attempt<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Saw>> + Send + 'static,
    {
        let answer = async {
            let connection = Arc::clone(&self.connection).lock_owned().await;
            tokio::spawn(question(connection)).await
        };
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(answer)) => answer.map_err(|saw| (stage, saw)),
            Ok(Err(e)) => Err((stage, Saw::Unclassified { what: e.to_string() })),
            Err(_) => Err((stage, timed_out(patience))),
        }
    }

    /// Whether it still answers. Anything the server does for it counts: a session that may only say `SELECT` is alive.
    pub async fn probe(&self) -> (Stage, Saw) {
        let question = |mut connection: OwnedMutexGuard<Conn>| async move {
            identity(&mut connection, Stage::Open).await.map_err(|(_, saw)| saw)
        };
        match self.asked(Stage::Open, PROBE_TIMEOUT, question).await {
            Ok(server) => (Stage::Open, Saw::Accepted { server }),
            Err(seen) => seen,
        }
    }

    /// Runs a statement of the drill's lists and undoes its effect.
    pub async fn statement(&self, sql: &str) -> Saw {
        let Some(undo) = undo(sql) else {
            return Saw::Unclassified { what: "not run: it could not be undone".into() };
        };
        let sql = sql.to_string();
        let question = |mut connection: OwnedMutexGuard<Conn>| async move {
            connection.query_drop("BEGIN").await.map_err(|e| observe(&e, Stage::Scope))?;
            let result = connection.query_drop(sql).await.map_err(|e| observe(&e, Stage::Scope));
            let _ = connection.query_drop("ROLLBACK").await;
            result?;
            if let Undo::By(statement) = undo {
                // Who may make it and not remove it was accepted all the same.
                let _ = connection.query_drop(statement).await;
            }
            identity(&mut connection, Stage::Scope).await.map_err(|(_, saw)| saw)
        };
        match self.asked(Stage::Scope, SET_UP_TIMEOUT, question).await {
            Ok(server) => Saw::Accepted { server },
            Err((_, saw)) => saw,
        }
    }

    /// Runs a script as it is, not undone.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn run(&self, sql: &str) -> Result<(), Saw> {
        self.connection.lock().await.query_drop(sql).await.map_err(|e| observe(&e, Stage::Scope))
    }

    /// The first column of every row.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn ask(&self, sql: &str) -> Result<Vec<String>, Saw> {
        let sql = sql.to_string();
        let question = |mut connection: OwnedMutexGuard<Conn>| async move {
            connection.query(sql).await.map_err(|e| observe(&e, Stage::Scope))
        };
        self.asked(Stage::Scope, SET_UP_TIMEOUT, question).await.map_err(|(_, saw)| saw)
    }
}
