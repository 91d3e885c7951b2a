//! A session that was open before the trigger: one raw connection, never reconnected.

use super::login::{Ending, PROBE_TIMEOUT, SET_UP_TIMEOUT, Target, connect, first_value, identity, observe, timed_out};
use crate::backend::Credential;
use crate::observation::{Saw, Stage};
use std::time::Duration;
use tokio_postgres::Client;

/// An open session.
pub struct Session {
    client: Client,
    ending: Ending,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time.
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
            let (client, ending) = connect(target, credential, &format!("drill-{kind}")).await?;
            if kind == "set-role" {
                take_on_role(&client).await?;
            }
            Ok(Self { client, ending })
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Whether it still answers. Anything the server does for it counts: a session that may only say `SELECT` is alive.
    pub async fn probe(&self) -> (Stage, Saw) {
        match tokio::time::timeout(PROBE_TIMEOUT, identity(&self.client, Stage::Open)).await {
            Ok(Ok(server)) => (Stage::Open, Saw::Accepted { server }),
            // The server's own word, where it came before the question, says more than the closed connection.
            Ok(Err((stage, saw))) => (stage, self.ending.get().cloned().unwrap_or(saw)),
            Err(_) => (Stage::Open, timed_out(PROBE_TIMEOUT)),
        }
    }

    /// Runs a statement of the drill's lists and undoes its effect.
    pub async fn statement(&self, sql: &str) -> Saw {
        let run = async {
            // A transaction of its own: what one statement did or broke must not colour the next.
            if let Err(e) = self.client.simple_query("BEGIN").await {
                return Err(observe(&e, Stage::Scope));
            }
            let result = self.client.simple_query(sql).await.map_err(|e| observe(&e, Stage::Scope));
            let _ = self.client.simple_query("ROLLBACK").await;
            result?;
            identity(&self.client, Stage::Scope).await.map_err(|(_, saw)| saw)
        };
        match tokio::time::timeout(SET_UP_TIMEOUT, run).await {
            Ok(Ok(server)) => Saw::Accepted { server },
            Ok(Err(saw)) => saw,
            Err(_) => timed_out(SET_UP_TIMEOUT),
        }
    }

    /// Runs a script as it is, not undone.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn run(&self, sql: &str) -> Result<(), Saw> {
        self.client.batch_execute(sql).await.map_err(|e| observe(&e, Stage::Scope))
    }
}

/// Takes on the first role that the user may take on: rights that outlive the user's own are the point of this kind.
async fn take_on_role(client: &Client) -> Result<(), (Stage, Saw)> {
    let member_of = "SELECT quote_ident(r.rolname) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member \
                     WHERE u.rolname = session_user AND m.set_option ORDER BY 1 LIMIT 1";
    let rows = client.simple_query(member_of).await.map_err(|e| (Stage::Scope, observe(&e, Stage::Scope)))?;
    let role = first_value(&rows).unwrap_or_else(|| "NONE".into());
    client.batch_execute(&format!("SET ROLE {role}")).await.map_err(|e| (Stage::Scope, observe(&e, Stage::Scope)))
}
