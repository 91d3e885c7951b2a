//! Every code of Valkey's table, against the real server; and what its sessions and its file of users do.

use crate::servers::{Servers, closed, denied, says_nothing};
use drill::backend::valkey::connection::Connection;
use drill::backend::valkey::{Operation, login};
use drill::backend::{Credential, OpenSession, Running, Statement};
use drill::environment::Address;
use drill::observation::{Meaning, Saw, Stage, Stock};
use drill::secret::Secret;

const RULES: &str = "~app:* &app:* +@read +@write +@pubsub -@dangerous";
const KINDS: [&str; 4] = ["idle", "subscribed", "blocked", "reconnecting"];

struct World {
    servers: Servers,
    server: Running,
    administrator: OpenSession,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let server = servers.valkey().await;
        let administrator = server.administrator().await.expect("the administrator");
        Self { servers, server, administrator }
    }
    async fn admin(&self, script: &str) {
        self.administrator.run(script).await.expect(script);
    }
    /// A user with these rules and the password of its name.
    async fn user(&self, name: &str, rules: &str) -> Credential {
        self.admin(&format!("ACL SETUSER {name} on >pw-{name} {rules}")).await;
        self.credential(name, &format!("pw-{name}"))
    }
    fn credential(&self, name: &str, password: &str) -> Credential {
        Credential { name: name.into(), secret: Secret::new(password, &self.servers.redactor) }
    }
    async fn see(&self, credential: &Credential) -> Saw {
        let (stage, saw) = self.server.probe("login", credential).await;
        assert_eq!(stage, Stage::Login);
        saw
    }
    async fn open(&self, credential: &Credential, kind: &str) -> OpenSession {
        self.server.open(credential, kind).await.map_err(|(_, saw)| saw).expect("a session")
    }
    fn here(&self) -> Saw {
        Saw::Accepted { server: self.server.identity() }
    }
    async fn address(&self) -> Address {
        self.server.container().address(6379).await.expect("an address")
    }
    /// What somebody hears who asks without a login.
    async fn unasked(&self) -> Saw {
        let mut connection = Connection::open(&self.address().await).await.expect("a connection");
        let failed = connection.ask(&["GET", "app:greeting"]).await.expect_err("an error");
        login::observe(&failed, Stage::Login, "")
    }
    async fn has(&self, stock: Stock, name: &str) -> bool {
        !self.server.inventory(stock, &[name.to_string()]).await.expect("the inspector").is_empty()
    }
}

fn wrongpass() -> Saw {
    Saw::Refused { code: "WRONGPASS".into(), meaning: Meaning::Both }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins() {
    let w = World::new("vlk-logins").await;
    let good = w.user("good", RULES).await;
    assert_eq!(w.see(&good).await, w.here());
    // Who may do nothing at all is let in all the same.
    assert_eq!(w.see(&w.user("powerless", "").await).await, w.here());

    let gone = w.user("gone", RULES).await;
    assert_eq!(w.see(&gone).await, w.here());
    w.admin("ACL DELUSER gone").await;
    let off = w.user("off", RULES).await;
    w.admin("ACL SETUSER off off").await;
    for bad in [&gone, &off, &w.credential("good", "not-it-at-all"), &w.credential("nobody", "whatever")] {
        assert_eq!(w.see(bad).await, wrongpass(), "{}", bad.name);
    }
    // Somebody who lets in the user `default` lets in nobody else by it.
    w.admin("ACL SETUSER default on nopass ~* &* +@all").await;
    assert_eq!(w.see(&gone).await, wrongpass());
    assert_eq!(w.see(&w.credential("nobody", "whatever")).await, wrongpass());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_says_nothing() {
    let w = World::new("vlk-nothing").await;
    let good = w.user("good", RULES).await;
    says_nothing(&w.unasked().await, "NOAUTH");

    w.admin("CONFIG SET maxclients 1").await;
    says_nothing(&w.see(&good).await, "ERR max-clients");
    w.admin("CONFIG SET maxclients 1000").await;
    assert_eq!(w.see(&good).await, w.here());

    w.admin("ACL SETUSER default on nopass\nCONFIG SET protected-mode yes").await;
    says_nothing(&w.see(&good).await, "DENIED protected-mode");
    w.admin("CONFIG SET protected-mode no\nACL SETUSER default off").await;

    // What another server lets in is no acceptance of this one's.
    w.admin("CONFIG SET availability-zone elsewhere").await;
    assert_eq!(w.see(&good).await, Saw::Accepted { server: "elsewhere".into() });
    w.admin("CONFIG SET availability-zone ''").await;
    says_nothing(&w.see(&good).await, "a greeting that does not say whose it is");

    w.server.container().kill().await.expect("killed");
    assert!(matches!(w.see(&good).await, Saw::Unreachable { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes() {
    let w = World::new("vlk-scopes").await;
    let user = w.user("user", RULES).await;
    let session = w.open(&user, "statements").await;
    let (administrator, here) = (&w.administrator, w.here());
    let run = |words: &[&str]| Operation::Run(words.iter().map(ToString::to_string).collect());
    for operation in [
        Operation::Get("app:greeting".into()),
        Operation::Set("app:greeting".into()),
        Operation::Pop("app:queue".into()),
        Operation::Publish("app:events".into()),
        Operation::Subscribe("app:events".into()),
        run(&["STRLEN", "app:greeting"]),
    ] {
        assert_eq!(session.statement(&Statement::Valkey(operation.clone())).await, here, "{operation}");
    }
    for (operation, code) in [
        (Operation::Get("payroll:salaries".into()), "NOPERM key"),
        (Operation::Set("payroll:salaries".into()), "NOPERM key"),
        (Operation::Pop("payroll:queue".into()), "NOPERM key"),
        (Operation::Publish("payroll".into()), "NOPERM channel"),
        (Operation::Subscribe("payroll".into()), "NOPERM channel"),
        (run(&["FLUSHALL"]), "NOPERM command"),
        (run(&["ACL", "LIST"]), "NOPERM command"),
    ] {
        let statement = Statement::Valkey(operation);
        assert_eq!(session.statement(&statement).await, denied(code), "{statement}");
        assert_eq!(administrator.statement(&statement).await, here, "{statement}");
    }
    // The administrator's FLUSHALL left the seed as it was.
    assert_eq!(session.statement(&Statement::Valkey(Operation::Get("app:greeting".into()))).await, here);
    // Typing errors are no denials.
    for words in [&["FLUSHAL"][..], &["GET"], &["INCR", "app:greeting"]] {
        let saw = administrator.statement(&Statement::Valkey(run(words))).await;
        assert!(matches!(saw, Saw::Unclassified { .. }), "{words:?}: {saw:?}");
        administrator.run("PING").await.expect("no transaction is left open");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_sessions_end_with_their_user() {
    let w = World::new("vlk-sessions").await;
    let (subject, control) = (w.user("subject", RULES).await, w.user("control", RULES).await);
    let (mut sessions, mut controls) = (Vec::new(), Vec::new());
    for kind in KINDS {
        sessions.push(w.open(&subject, kind).await);
        controls.push(w.open(&control, kind).await);
    }
    for _ in 0..3 {
        for session in sessions.iter().chain(&controls) {
            assert_eq!(session.probe().await, (Stage::Open, w.here()));
        }
    }
    assert!(w.has(Stock::Sessions, "subject").await && w.has(Stock::Users, "subject").await);
    w.admin("ACL DELUSER subject").await;
    let eof = Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead };
    for (kind, session) in KINDS.iter().zip(&sessions) {
        assert_eq!(closed(session).await, eof, "{kind}");
        assert_eq!(session.probe().await.1, eof, "{kind} stays closed");
    }
    for session in &controls {
        assert_eq!(session.probe().await, (Stage::Open, w.here()));
    }
    assert!(!w.has(Stock::Sessions, "subject").await && !w.has(Stock::Users, "subject").await);
    assert!(w.has(Stock::Sessions, "control").await && w.has(Stock::Users, "control").await);
    // By whole names: nobody's part of one is found.
    assert!(!w.has(Stock::Sessions, "contro").await && !w.has(Stock::Users, "contro").await);

    // A connection that somebody closed looks the same, and its user lives.
    w.admin("CLIENT KILL USER control").await;
    assert_eq!(closed(&controls[0]).await, eof);
    assert_eq!(w.see(&control).await, w.here());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_server_is_a_time_out_and_a_late_answer_is_nobodys() {
    let w = World::new("vlk-silent").await;
    let user = w.user("user", RULES).await;
    let mut sessions = Vec::new();
    for kind in KINDS {
        sessions.push(w.open(&user, kind).await);
    }
    w.server.container().pause().await.expect("paused");
    for session in &sessions {
        assert_eq!(session.probe().await.1, Saw::Unreachable { why: "time-out after 1000 ms".into() });
    }
    assert_eq!(w.see(&user).await, Saw::Unreachable { why: "time-out after 1000 ms".into() });
    w.server.container().unpause().await.expect("goes on");
    for session in &sessions {
        assert_eq!(session.probe().await, (Stage::Open, w.here()));
    }
    // What was owed from before is not taken for an answer to what is asked now.
    w.admin("ACL DELUSER user").await;
    for session in &sessions {
        assert!(matches!(session.probe().await.1, Saw::Refused { .. }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_saved_is_back_after_a_restart_and_who_was_not_is_gone() {
    let w = World::new("vlk-restart").await;
    let (saved, unsaved) = (w.user("saved", RULES).await, w.user("unsaved-later", RULES).await);
    w.admin("ACL DELUSER unsaved-later").await;
    w.server.save().await.expect("the users are saved");
    let unsaved = w.user(&unsaved.name, RULES).await;
    w.admin("ACL DELUSER saved").await;
    assert_eq!((w.see(&saved).await, w.see(&unsaved).await), (wrongpass(), w.here()));
    let before = w.address().await;
    w.server.container().stop().await.expect("stopped");
    w.server.container().start_again().await.expect("started");
    w.server.ready().await.expect("the same server");
    assert_eq!((w.see(&saved).await, w.see(&unsaved).await), (w.here(), wrongpass()));
    assert_ne!(before, w.address().await, "a published port is another one after a restart");
    // The parent was made before, and saved.
    assert!(w.has(Stock::Users, "acme-bao").await);
}
