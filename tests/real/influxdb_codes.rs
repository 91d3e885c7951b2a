//! Every code of InfluxDB's table, against the real server; what its connections and its users do, and what its plugin fills in.

use crate::servers::{Servers, admin, denied, refused, sql};
use drill::backend::{Credential, OpenSession, Running};
use drill::observation::{Meaning, Saw, Stage, Stock};

struct World {
    servers: Servers,
    server: Running,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let server = servers.influxdb().await;
        Self { servers, server }
    }
    /// A user with the password of its name, who may read the drill's database.
    async fn user(&self, name: &str) -> Credential {
        let make = format!("CREATE USER \"{name}\" WITH PASSWORD 'pw-{name}'\nGRANT READ ON app TO \"{name}\"");
        admin(&self.server, &make).await;
        self.servers.credential(name, &format!("pw-{name}"))
    }
    async fn see(&self, credential: &Credential) -> Saw {
        let (stage, saw) = self.server.probe("login", credential).await;
        assert_eq!(stage, Stage::Login);
        saw
    }
    async fn open(&self, credential: &Credential) -> OpenSession {
        self.server.open(credential, "keep-alive").await.map_err(|(_, saw)| saw).expect("a session")
    }
    fn here(&self) -> Saw {
        Saw::Accepted { server: self.server.identity() }
    }
    async fn has(&self, name: &str) -> bool {
        !self.server.inventory(Stock::Users, &[name.to_string()]).await.expect("the inspector").is_empty()
    }
}

#[track_caller]
fn says_nothing(saw: &Saw, text: &str) {
    assert!(matches!(saw, Saw::Unclassified { what } if what.contains(text)), "{saw:?} is no unclassified {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins() {
    let w = World::new("ifx-logins").await;
    let good = w.user("good").await;
    assert_eq!(w.see(&good).await, w.here());
    let gone = w.user("gone").await;
    assert_eq!(w.see(&gone).await, w.here());
    admin(&w.server, "DROP USER gone").await;
    let wrong = w.servers.credential("good", "not-it-at-all");
    for bad in [&gone, &wrong, &w.servers.credential("nobody", "whatever")] {
        assert_eq!(w.see(bad).await, refused("401", Meaning::Both), "{}", bad.name);
    }
    // Without a name and a password nobody was refused.
    says_nothing(&w.see(&w.servers.credential("", "")).await, "username required");
    // Who has no right at all was let in all the same, and stays in when its rights are taken.
    admin(&w.server, "CREATE USER bare WITH PASSWORD 'pw-bare'\nREVOKE ALL PRIVILEGES FROM good").await;
    assert_eq!(w.see(&w.servers.credential("bare", "pw-bare")).await, denied("403"));
    admin(&w.server, "REVOKE READ ON app FROM good").await;
    assert_eq!(w.see(&good).await, denied("403"));
    // It is as it was, and so is who it is.
    assert_eq!(w.see(w.server.inspector()).await, w.here());
    assert_eq!((w.has("good").await, w.has("gone").await), (true, false));
    assert!(w.server.version().starts_with("1.6."), "{}", w.server.version());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_is_asked_for_its_password_each_time() {
    let w = World::new("ifx-sessions").await;
    let (one, two) = (w.user("one").await, w.user("two").await);
    let (subject, control) = (w.open(&one).await, w.open(&two).await);
    assert_eq!(subject.probe().await, (Stage::Open, w.here()));
    admin(&w.server, "DROP USER one").await;
    assert_eq!(subject.probe().await, (Stage::Open, refused("401", Meaning::Both)));
    // The connection itself was not closed: it is asked again, and answers again.
    assert_eq!(subject.probe().await, (Stage::Open, refused("401", Meaning::Both)));
    assert_eq!(control.probe().await, (Stage::Open, w.here()));
    w.server.container().pause().await.expect("paused");
    assert_eq!(control.probe().await, (Stage::Open, Saw::Unreachable { why: "time-out after 3000 ms".into() }));
    assert_eq!(w.see(&two).await, Saw::Unreachable { why: "time-out after 3000 ms".into() });
    w.server.container().unpause().await.expect("unpaused");
    // What was given up half-way leaves no answer to the next question, and cuts no connection.
    assert_eq!(control.probe().await, (Stage::Open, w.here()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements() {
    let w = World::new("ifx-scope").await;
    let session = w.open(&w.user("reader").await).await;
    assert_eq!(session.statement(&sql("SELECT count(quantity) FROM orders")).await, w.here());
    assert_eq!(session.statement(&sql("SHOW MEASUREMENTS")).await, w.here());
    let administrator = w.server.administrator().await.expect("the administrator");
    for forbidden in ["SELECT * FROM payroll..salaries", "SHOW USERS", "CREATE DATABASE loot"] {
        assert_eq!(session.statement(&sql(forbidden)).await, denied("403"), "{forbidden}");
        // Twice: the first time left nothing behind.
        for _ in 0..2 {
            assert_eq!(administrator.statement(&sql(forbidden)).await, w.here(), "{forbidden}");
        }
    }
    says_nothing(&session.statement(&sql("SELECT * FROM nothing")).await, "nothing was found");
    says_nothing(&session.statement(&sql("SELEC 1")).await, "not run");
    says_nothing(&session.statement(&sql("DROP DATABASE app")).await, "not run");
    says_nothing(&administrator.statement(&sql("SELECT * FROM nowhere..orders")).await, "database not found");
}

/// Nobody's password is looked at where there is no administrator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_an_administrator() {
    let everybody = "DROP USER drill_inspector\nDROP USER \"acme-bao\"\nDROP USER drill_administrator";
    for (name, first, text) in [
        ("ifx-headless", "SHOW USERS".to_string(), "no user provided"),
        ("ifx-fresh", "DROP USER good".to_string(), "create admin user first"),
    ] {
        let w = World::new(name).await;
        let good = w.user("good").await;
        let session = w.open(&good).await;
        admin(&w.server, &format!("{first}\n{everybody}")).await;
        for presented in [&good, &w.servers.credential("nobody", "whatever")] {
            says_nothing(&w.see(presented).await, text);
        }
        says_nothing(&session.probe().await.1, text);
        says_nothing(&session.statement(&sql("SHOW USERS")).await, text);
    }
}
