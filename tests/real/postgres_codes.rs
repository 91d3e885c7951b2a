//! Every code of PostgreSQL's table that can be provoked, against the real server.

use crate::servers::{Servers, admin, denied, refused, says_nothing, sql};
use drill::backend::postgres::login::{Target, probe};
use drill::backend::{Credential, OpenSession, Running};
use drill::observation::{Meaning, Saw, Stage};

async fn shell(server: &Running, script: &str) {
    let (code, output) = server.container().exec(&["bash".into(), "-c".into(), script.into()]).await.expect("exec");
    assert_eq!(code, 0, "{script}: {output}");
}

struct World {
    servers: Servers,
    server: Running,
    target: Target,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let server = servers.postgres().await;
        let target =
            Target { address: server.container().address(5432).await.expect("an address"), database: "app".into() };
        Self { servers, server, target }
    }
    /// A role of its own for each case, with the password of its name.
    async fn role(&self, name: &str, options: &str) -> Credential {
        admin(
            &self.server,
            &format!("CREATE ROLE {name} PASSWORD 'pw-{name}' {options}; GRANT CONNECT ON DATABASE app TO {name}"),
        )
        .await;
        self.credential(name, &format!("pw-{name}"))
    }
    fn credential(&self, name: &str, password: &str) -> Credential {
        self.servers.credential(name, password)
    }
    async fn see(&self, credential: &Credential) -> Saw {
        probe(&self.target, credential).await.1
    }
    async fn see_in(&self, database: &str, credential: &Credential) -> Saw {
        probe(&Target { database: database.into(), ..self.target.clone() }, credential).await.1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins() {
    let w = World::new("logins").await;
    let good = w.role("good", "LOGIN").await;
    assert!(matches!(w.see(&good).await, Saw::Accepted { .. }));
    assert_eq!(w.see(&w.credential("good", "not-it-at-all")).await, refused("28P01 auth_failed", Meaning::Both));
    assert_eq!(w.see(&w.credential("nobody", "whatever")).await, refused("28P01 auth_failed", Meaning::Both));
    let gone = w.role("gone", "LOGIN VALID UNTIL '2001-01-01'").await;
    assert_eq!(w.see(&gone).await, refused("28P01 auth_failed", Meaning::Both));
    let barred = w.role("barred", "NOLOGIN").await;
    assert_eq!(w.see(&barred).await, refused("28000 InitializeSessionUserId", Meaning::Both));

    // A line of pg_hba.conf says nothing of the credential.
    w.role("rejected", "LOGIN").await;
    shell(&w.server, "sed -i '1i host all rejected all reject' $(gosu postgres psql -qAt -c 'SHOW hba_file') && gosu postgres psql -qAt -c 'SELECT pg_reload_conf()'").await;
    let rejected = w.credential("rejected", "pw-rejected");
    let saw = until(&w, &rejected, |saw| matches!(saw, Saw::Unclassified { .. })).await;
    says_nothing(&saw, "28000 ClientAuthentication");

    assert_eq!(w.see_in("nope", &good).await, denied("3D000 InitPostgres"));
    admin(&w.server, "CREATE DATABASE closed").await;
    admin(&w.server, "REVOKE CONNECT ON DATABASE closed FROM PUBLIC").await;
    assert_eq!(w.see_in("closed", &good).await, denied("42501 CheckMyDatabase"));
    admin(&w.server, "CREATE DATABASE shut").await;
    admin(&w.server, "ALTER DATABASE shut ALLOW_CONNECTIONS false").await;
    assert_eq!(w.see_in("shut", &good).await, denied("55000 CheckMyDatabase"));
    let crowded = w.role("crowded", "LOGIN CONNECTION LIMIT 0").await;
    assert_eq!(w.see(&crowded).await, denied("53300 InitializeSessionUserId"));
    admin(&w.server, "CREATE DATABASE crammed CONNECTION LIMIT 0").await;
    assert_eq!(w.see_in("crammed", &good).await, denied("53300 CheckMyDatabase"));
}

/// Reloading `pg_hba.conf` takes effect a moment later.
async fn until(w: &World, credential: &Credential, good: impl Fn(&Saw) -> bool) -> Saw {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let saw = w.see(credential).await;
        if good(&saw) || std::time::Instant::now() > end {
            return saw;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server() {
    let w = World::new("full").await;
    let good = w.role("good", "LOGIN").await;
    let mut held: Vec<OpenSession> = Vec::new();
    // The slots but the reserved ones, then the reserved ones too. Bounded by max_connections.
    let reserved = loop {
        match w.see(&good).await {
            Saw::Accepted { .. } => held.push(w.server.administrator().await.expect("a slot")),
            saw => break saw,
        }
        assert!(held.len() < 300);
    };
    assert_eq!(reserved, denied("53300 InitPostgres"));
    while let Ok(session) = w.server.administrator().await {
        held.push(session);
        assert!(held.len() < 300);
    }
    says_nothing(&w.see(&good).await, "53300 InitProcess");
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_and_statements() {
    let w = World::new("sessions").await;
    admin(&w.server, "CREATE TABLE payroll(id int)").await;
    let good = w.role("good", "LOGIN").await;
    let session = w.server.open(&good, "idle").await.map_err(|(_, saw)| saw).expect("a session");
    assert!(matches!(session.probe().await, (Stage::Open, Saw::Accepted { .. })));
    assert_eq!(session.statement(&sql("SELECT * FROM payroll")).await, denied("42501 aclcheck_error"));
    assert_eq!(session.statement(&sql("CREATE ROLE intruder")).await, denied("42501 CreateRole"));
    assert!(matches!(session.statement(&sql("SELECT * FROM no_such_table")).await, Saw::Unclassified { .. }));
    admin(&w.server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'good'").await;
    // A question that crosses the server's farewell may meet a reset instead: ask only when the session is gone.
    let admin_session = w.server.administrator().await.expect("the administrator's session");
    let gone = "DO $$ BEGIN WHILE EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = 'good') LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$";
    admin_session.run(gone).await.expect("gone");
    let (stage, saw) = session.probe().await;
    assert_eq!((stage, saw), (Stage::Open, refused("57P01 ProcessInterrupts", Meaning::Dead)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer() {
    let w = World::new("silent").await;
    let good = w.role("good", "LOGIN").await;
    let session = w.server.open(&good, "idle").await.map_err(|(_, saw)| saw).expect("a session");

    w.server.container().pause().await.expect("paused");
    assert_eq!(w.see(&good).await, Saw::Unreachable { why: "time-out after 1000 ms".into() });
    assert!(matches!(session.probe().await.1, Saw::Unreachable { .. }), "a silent session is not a closed one");
    w.server.container().unpause().await.expect("unpaused");
    assert!(matches!(w.see(&good).await, Saw::Accepted { .. }));

    // A smart shutdown waits for the open session and turns new ones away.
    let keep = w.server.open(&good, "idle").await.map_err(|(_, saw)| saw).expect("a session");
    shell(&w.server, "kill -TERM 1").await;
    let saw = until(&w, &good, |saw| !matches!(saw, Saw::Accepted { .. })).await;
    says_nothing(&saw, "57P03");
    assert!(matches!(keep.probe().await.1, Saw::Accepted { .. }));

    w.server.container().kill().await.expect("killed");
    assert_eq!(w.see(&good).await, Saw::Unreachable { why: "connection refused".into() });
    // Which of the two depends on who is faster, the kernel or PostgreSQL's other processes; neither is the end of a credential,
    // and the end of file counts only while the control's session lives.
    match keep.probe().await {
        (Stage::Open, saw) if saw == refused("EOF", Meaning::Dead) => {}
        (Stage::Open, saw) => says_nothing(&saw, "57P01 secure_read"),
        seen => panic!("{seen:?}"),
    }

    let before = w.server.identity();
    w.server.container().start_again().await.expect("started again");
    w.server.ready().await.expect("up again");
    assert_ne!(w.server.identity(), before, "a restarted server is told from the one before");
}
