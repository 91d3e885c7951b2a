//! Every code of MariaDB's table that can be provoked, against the real server. 1129 cannot: names are not looked up, so no host is counted.

use crate::servers::{Servers, admin, denied, refused, says_nothing, sql};
use drill::backend::mariadb::login::{Target, probe};
use drill::backend::{Credential, OpenSession, Running};
use drill::observation::{Meaning, Saw, Stage, Stock};

struct World {
    servers: Servers,
    server: Running,
    target: Target,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let server = servers.mariadb().await;
        let target =
            Target { address: server.container().address(3306).await.expect("an address"), database: "app".into() };
        Self { servers, server, target }
    }
    /// A user of its own for each case, with the password of its name and all rights in the database.
    async fn user(&self, name: &str, options: &str) -> Credential {
        let make =
            format!("CREATE USER {name}@'%' IDENTIFIED BY 'pw-{name}' {options}; GRANT ALL ON app.* TO {name}@'%'");
        admin(&self.server, &make).await;
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
    async fn open(&self, credential: &Credential, kind: &str) -> OpenSession {
        self.server.open(credential, kind).await.unwrap_or_else(|seen| panic!("{kind}: {seen:?}"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins() {
    let w = World::new("mysql-logins").await;
    let good = w.user("good", "").await;
    assert_eq!(w.see(&good).await, Saw::Accepted { server: w.server.identity() });
    assert_eq!(w.see(&w.credential("good", "not-it-at-all")).await, refused("1045", Meaning::Both));
    assert_eq!(w.see(&w.credential("nobody", "whatever")).await, refused("1045", Meaning::Both));
    let gone = w.user("gone", "").await;
    assert!(w.see(&gone).await.is_acceptance());
    admin(&w.server, "DROP USER gone@'%'").await;
    assert_eq!(w.see(&gone).await, refused("1045", Meaning::Both));
    admin(&w.server, "CREATE USER elsewhere@'10.9.9.9' IDENTIFIED BY 'pw-elsewhere'").await;
    assert_eq!(w.see(&w.credential("elsewhere", "pw-elsewhere")).await, refused("1045", Meaning::Both));

    admin(&w.server, "CREATE USER socket@'%' IDENTIFIED VIA unix_socket").await;
    assert_eq!(w.see(&w.credential("socket", "whatever")).await, refused("1698", Meaning::Both));
    let locked = w.user("locked", "ACCOUNT LOCK").await;
    assert_eq!(w.see(&locked).await, refused("4151", Meaning::Dead));
    // A lock tells only who knows the password of it.
    assert_eq!(w.see(&w.credential("locked", "not-it-at-all")).await, refused("1045", Meaning::Both));

    // What comes after the password is an acceptance.
    admin(&w.server, "CREATE DATABASE closed").await;
    assert_eq!(w.see_in("closed", &good).await, denied("1044"));
    admin(&w.server, "GRANT SELECT ON *.* TO good@'%'").await;
    assert_eq!(w.see_in("nope", &good).await, denied("1049"));
    let spent = w.user("spent", "WITH MAX_CONNECTIONS_PER_HOUR 1").await;
    assert!(w.see(&spent).await.is_acceptance());
    assert_eq!(w.see(&spent).await, denied("1226"));
    let stale = w.user("stale", "").await;
    admin(&w.server, "ALTER USER stale@'%' PASSWORD EXPIRE").await;
    assert_eq!(w.see(&stale).await, denied("1820"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_says_nothing_of_the_credential() {
    let w = World::new("mysql-nothing").await;
    let (good, locked_out) = (w.user("good", "").await, w.user("hammered", "").await);
    admin(&w.server, "SET GLOBAL max_password_errors = 2").await;
    for _ in 0..2 {
        assert_eq!(w.see(&w.credential("hammered", "wrong")).await, refused("1045", Meaning::Both));
    }
    // The right password is not looked at any more: that the probing did, not the trigger.
    says_nothing(&w.see(&locked_out).await, "4150");

    let mut held = Vec::new();
    admin(&w.server, "SET GLOBAL max_connections = 10").await;
    while let Ok(session) = w.server.open(&good, "idle").await {
        held.push(session);
        assert!(held.len() < 30, "there is no limit");
    }
    says_nothing(&w.see(&good).await, "1040");
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_an_account_for_this_host() {
    let w = World::new("mysql-hosts").await;
    let good = w.user("good", "").await;
    assert!(w.see(&good).await.is_acceptance());
    admin(&w.server, "RENAME USER good@'%' TO good@'10.9.9.9', root@'%' TO root@'10.9.9.9'; FLUSH PRIVILEGES").await;
    says_nothing(&w.see(&good).await, "1130");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions() {
    let w = World::new("mysql-sessions").await;
    w.server.prepare(&[]).await.expect("the inspector");
    admin(&w.server, "CREATE TABLE app.orders (id integer)").await;
    let good = w.user("good", "").await;
    let (idle, used) = (w.open(&good, "idle").await, w.open(&good, "used-database").await);
    let accepted = Saw::Accepted { server: w.server.identity() };
    assert_eq!(idle.probe().await, (Stage::Open, accepted.clone()));
    assert_eq!(used.statement(&sql("INSERT INTO orders VALUES (1)")).await, accepted);
    // Undone.
    let session = w.server.administrator().await.expect("a session");
    assert!(matches!(session.run("SELECT 1/count(*) FROM app.orders").await, Ok(())));
    let OpenSession::Mariadb(session) = session else { panic!("another server") };
    assert_eq!(session.ask("SELECT count(*) FROM app.orders").await, Ok(vec!["0".to_string()]));

    // Without its end a session lives on after its user; it chose its database, and may go on there.
    admin(&w.server, "DROP USER good@'%'").await;
    assert_eq!(w.see(&good).await, refused("1045", Meaning::Both));
    assert_eq!((idle.probe().await.1, used.probe().await.1), (accepted.clone(), accepted.clone()));
    assert_eq!(used.statement(&sql("SELECT * FROM orders")).await, accepted);
    assert_eq!(idle.statement(&sql("SELECT * FROM app.orders")).await, denied("1142"));
    let names = ["good".to_string()];
    assert_eq!(w.server.inventory(Stock::Users, &names).await.expect("an answer").len(), 0);
    assert_eq!(w.server.inventory(Stock::Sessions, &names).await.expect("an answer").len(), 1);

    // Ended, it meets an end of file and no code.
    admin(&w.server, "KILL CONNECTION USER 'good'").await;
    let eof = (Stage::Open, refused("EOF", Meaning::Dead));
    assert_eq!((idle.probe().await, used.probe().await), (eof.clone(), eof.clone()));
    // And so does one that the server was working for.
    let busy = w.user("busy", "").await;
    let session = w.open(&busy, "idle").await;
    let OpenSession::Mariadb(asked) = &session else { panic!("another server") };
    let (answer, ()) = tokio::join!(asked.ask("SELECT SLEEP(20)"), async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        admin(&w.server, "KILL CONNECTION USER 'busy'").await;
    });
    println!("busy: {answer:?}");
    assert_eq!(session.probe().await, eof);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scope() {
    let w = World::new("mysql-scope").await;
    admin(
        &w.server,
        "CREATE TABLE app.orders (id integer, cost integer); CREATE TABLE app.payroll (id integer); CREATE DATABASE closed; \
         CREATE FUNCTION app.raise() RETURNS INTEGER DETERMINISTIC RETURN 1; \
         CREATE USER narrow@'%' IDENTIFIED BY 'pw-narrow'; GRANT SELECT (id) ON app.orders TO narrow@'%'",
    )
    .await;
    let session = w.open(&w.credential("narrow", "pw-narrow"), "administrator").await;
    assert!(session.statement(&sql("SELECT id FROM orders")).await.is_acceptance());
    for (statement, code) in [
        ("SELECT * FROM payroll", "1142"),
        ("CREATE TABLE loot (id integer)", "1142"),
        ("SELECT cost FROM orders", "1143"),
        ("CREATE DATABASE loot", "1044"),
        ("CREATE USER intruder", "1227"),
        ("SELECT raise()", "1370"),
    ] {
        assert_eq!(session.statement(&sql(statement)).await, denied(code), "{statement}");
        // The administrator can, and leaves nothing.
        let administrator = w.server.administrator().await.expect("a session");
        for _ in 0..2 {
            assert!(administrator.statement(&sql(statement)).await.is_acceptance(), "{statement}");
        }
    }
    assert_eq!(session.run("SELECT id FROM orders INTO OUTFILE '/tmp/loot'").await, Err(denied("1227")));
    assert_eq!(session.run("USE closed").await, Err(denied("1044")));
    says_nothing(&session.statement(&sql("TRUNCATE orders")).await, "not run");
    // A typing error is no denial.
    let administrator = w.server.administrator().await.expect("a session");
    says_nothing(&administrator.statement(&sql("SELECT nothing FROM orders")).await, "1054");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer() {
    let w = World::new("mysql-gone").await;
    let good = w.user("good", "").await;
    let session = w.open(&good, "idle").await;
    w.server.container().pause().await.expect("paused");
    let silent = |saw: &Saw| matches!(saw, Saw::Unreachable { why } if why.starts_with("time-out"));
    let saw = w.see(&good).await;
    assert!(silent(&saw), "{saw:?}");
    let (_, saw) = session.probe().await;
    assert!(silent(&saw), "{saw:?}");
    w.server.container().unpause().await.expect("unpaused");
    // The answer that nobody waited for is not taken for the next question's.
    let OpenSession::Mariadb(asked) = &session else { panic!("another server") };
    assert_eq!(asked.ask("SELECT 42").await, Ok(vec!["42".to_string()]));
    w.server.container().kill().await.expect("killed");
    let saw = w.see(&good).await;
    assert!(matches!(saw, Saw::Unreachable { .. }), "{saw:?}");
    // The session cannot tell this from its own end: that is why it counts only while the control's lives.
    assert_eq!(session.probe().await.1, refused("EOF", Meaning::Dead));
    w.server.container().start_again().await.expect("started");
    w.server.ready().await.expect("the same server");
    let target =
        Target { address: w.server.container().address(3306).await.expect("an address"), database: "app".into() };
    assert_eq!(probe(&target, &good).await.1, Saw::Accepted { server: w.server.identity() });
}
