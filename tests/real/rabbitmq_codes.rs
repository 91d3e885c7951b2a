//! Every code of RabbitMQ's table, against the real server.

use crate::servers::{Servers, closed, denied, refused, says_nothing};
use drill::backend::rabbitmq::{AMQP, MANAGEMENT, Operation, amqp};
use drill::backend::{Cause, Credential, OpenSession, Running, Statement};
use drill::observation::{Meaning, Saw, Stage};
use drill::secret::Secret;

/// Runs shell commands in the broker's container.
async fn shell(server: &Running, script: &str) {
    let (code, output) = server.container().exec(&["sh".into(), "-ec".into(), script.into()]).await.expect("exec");
    assert_eq!(code, 0, "{script}: {output}");
}

struct World {
    servers: Servers,
    server: Running,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let server = servers.rabbitmq().await;
        Self { servers, server }
    }
    /// A user with these rights, tags and the password of its name.
    async fn user(&self, name: &str, rights: &str, tags: &str) -> Credential {
        let rights =
            if rights.is_empty() { String::new() } else { format!("rabbitmqctl set_permissions {name} {rights}") };
        shell(
            &self.server,
            &format!("rabbitmqctl add_user {name} pw-{name}; rabbitmqctl set_user_tags {name} {tags}; {rights}")
                .replace("set_permissions ", "set_permissions -p app "),
        )
        .await;
        self.credential(name, &format!("pw-{name}"))
    }
    fn credential(&self, name: &str, password: &str) -> Credential {
        Credential { name: name.into(), secret: Secret::new(password, &self.servers.redactor) }
    }
    async fn see(&self, door: &str, credential: &Credential) -> Saw {
        let (stage, saw) = self.server.probe(door, credential).await;
        assert_eq!(stage, Stage::Login);
        saw
    }
    /// What the door `amqp` says of another virtual host, or of another broker's mark.
    async fn see_in(&self, vhost: &str, marker: &str, credential: &Credential) -> Saw {
        let address = self.server.container().address(5672).await.expect("an address");
        amqp::probe(&amqp::Target { address, vhost: vhost.into(), marker: marker.into() }, credential).await.1
    }
    async fn open(&self, credential: &Credential, kind: &str) -> OpenSession {
        self.server.open(credential, kind).await.map_err(|(_, saw)| saw).expect("a session")
    }
}

const ALL: &str = "'^app' '^app' '^app'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins() {
    let w = World::new("rmq-logins").await;
    let here = Saw::Accepted { server: w.server.identity() };
    let good = w.user("good", ALL, "management").await;
    assert_eq!(w.see(AMQP, &good).await, here);
    assert_eq!(w.see(MANAGEMENT, &good).await, here);

    let gone = w.user("gone", ALL, "management").await;
    shell(&w.server, "rabbitmqctl delete_user gone").await;
    for bad in [&gone, &w.credential("good", "not-it-at-all"), &w.credential("nobody", "whatever")] {
        assert_eq!(w.see(AMQP, bad).await, refused("403 login-refused", Meaning::Both), "{}", bad.name);
        assert_eq!(w.see(MANAGEMENT, bad).await, refused("401 not-authorized", Meaning::Both), "{}", bad.name);
    }

    // Let in, and then not everywhere: living credentials.
    let untagged = w.user("untagged", ALL, "").await;
    assert_eq!(w.see(AMQP, &untagged).await, here);
    assert_eq!(w.see(MANAGEMENT, &untagged).await, denied("401 no-management-user"));
    let homeless = w.user("homeless", "", "management").await;
    assert_eq!(w.see(AMQP, &homeless).await, denied("530 vhost-refused"));
    assert_eq!(w.see(MANAGEMENT, &homeless).await, here);
    assert_eq!(w.see_in("nope", "any", &good).await, denied("530 no-vhost"));
    shell(&w.server, r#"rabbitmqctl set_user_limits good '{"max-connections":0}'"#).await;
    assert_eq!(w.see(AMQP, &good).await, denied("530 user-limit"));
    shell(&w.server, "rabbitmqctl clear_user_limits good all").await;
    let full = r#"rabbitmqctl add_vhost full; rabbitmqctl set_permissions -p full good '' '' ''; rabbitmqctl set_vhost_limits -p full '{"max-connections":0}'"#;
    shell(&w.server, full).await;
    assert_eq!(w.see_in("full", "any", &good).await, denied("530 vhost-limit"));

    // What another broker lets in is no acceptance.
    says_nothing(&w.see_in("app", "drill-of-another-run", &good).await, "404");

    // The log has the deletion, and knows no other reason.
    let told = w.server.refusals();
    let cause = |name: &str, code: &str| {
        let found = told.iter().find(|r| r.name == name && r.code == code);
        found.unwrap_or_else(|| panic!("{name} {code} in {told:?}")).cause
    };
    assert_eq!((cause("gone", "403"), cause("gone", "401")), (Cause::Gone, Cause::Gone));
    assert_eq!((cause("good", "403"), cause("nobody", "401")), (Cause::Unknown, Cause::Unknown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions() {
    let w = World::new("rmq-sessions").await;
    let (one, two) = (w.user("one", ALL, "").await, w.user("two", ALL, "").await);
    for kind in ["connection", "consumer"] {
        let session = w.open(&one, kind).await;
        assert!(matches!(session.probe().await, (Stage::Open, Saw::Accepted { .. })), "{kind}");
    }
    let (idle, consumer, other) =
        (w.open(&one, "connection").await, w.open(&one, "consumer").await, w.open(&two, "connection").await);
    shell(&w.server, "rabbitmqctl delete_user one").await;
    for session in [&idle, &consumer] {
        assert_eq!(closed(session).await, refused("320 user-deleted", Meaning::Dead));
        // Closed is closed.
        assert_eq!(closed(session).await, refused("320 user-deleted", Meaning::Dead));
    }
    assert!(matches!(other.probe().await.1, Saw::Accepted { .. }));
    assert!(w.server.refusals().iter().any(|r| r.name == "one" && r.code == "320" && r.cause == Cause::Gone));

    // The same code without the name: by hand, and at a shutdown.
    shell(&w.server, "rabbitmqctl close_all_user_connections two tidying").await;
    says_nothing(&closed(&other).await, "320");
    let other = w.open(&two, "connection").await;
    shell(&w.server, "rabbitmqctl eval '[rabbit_networking:close_connection(P, \"Closed via management plugin\") || P <- rabbit_networking:connections()].'").await;
    says_nothing(&closed(&other).await, "320 closed-by-hand");
    let other = w.open(&two, "connection").await;
    let stop = ["sh", "-c", "kill -TERM 1"].map(String::from);
    w.server.container().exec(&stop).await.expect("told to stop");
    // It says 320 and hangs up; which of the two is heard depends on who is faster, and neither is a refusal.
    match closed(&other).await {
        Saw::Unreachable { why } => assert_eq!(why, "end of file"),
        saw => says_nothing(&saw, "320 shutdown"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations() {
    let w = World::new("rmq-operations").await;
    let good = w.user("good", ALL, "").await;
    let session = w.open(&good, "statements").await;
    let administrator = w.server.administrator().await.expect("the administrator's session");
    let all = |name: &str| {
        let name = || name.to_string();
        [Operation::Publish(name()), Operation::Consume(name()), Operation::Get(name())].map(Statement::Broker)
    };
    for statement in all("app.orders") {
        assert!(matches!(session.statement(&statement).await, Saw::Accepted { .. }), "{statement}");
    }
    for statement in all("payroll").into_iter().chain([Statement::Broker(Operation::Declare("intruder".into()))]) {
        assert_eq!(session.statement(&statement).await, denied("403 access-refused"), "{statement}");
        assert!(matches!(administrator.statement(&statement).await, Saw::Accepted { .. }), "{statement}");
    }
    // Nothing of it is left: no message, no queue.
    shell(&w.server, "rabbitmqctl -q list_queues -p app --no-table-headers name messages | grep -c . | grep -qx 2")
        .await;
    shell(&w.server, "! rabbitmqctl -q list_queues -p app --no-table-headers name messages | grep -qE '[1-9][0-9]*$'")
        .await;
    // A typing error is no denial.
    for statement in all("app.no-such") {
        says_nothing(&administrator.statement(&statement).await, "404");
    }
    says_nothing(
        &administrator.statement(&Statement::Broker(Operation::Publish("app.unbound".into()))).await,
        "no queue",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer() {
    let w = World::new("rmq-silent").await;
    let good = w.user("good", ALL, "management").await;
    let session = w.open(&good, "connection").await;
    let at_both = async || [w.see(AMQP, &good).await, w.see(MANAGEMENT, &good).await];

    w.server.container().pause().await.expect("paused");
    let silent = || Saw::Unreachable { why: "time-out after 1000 ms".into() };
    assert_eq!(at_both().await, [silent(), silent()]);
    assert_eq!(session.probe().await, (Stage::Open, silent()), "a silent session is not a closed one");
    w.server.container().unpause().await.expect("unpaused");
    assert!(at_both().await.iter().all(|saw| matches!(saw, Saw::Accepted { .. })));

    w.server.container().kill().await.expect("killed");
    let nobody = || Saw::Unreachable { why: "connection refused".into() };
    assert_eq!(at_both().await, [nobody(), nobody()]);
    let end = closed(&session).await;
    assert!(matches!(end, Saw::Unreachable { .. }), "an end of file is no refusal: {end:?}");

    w.server.container().start_again().await.expect("started again");
    w.server.ready().await.expect("up again");
    assert!(
        at_both().await.iter().all(|saw| *saw == Saw::Accepted { server: w.server.identity() }),
        "the mark is still there"
    );
}
