//! Every text of the table of one-time passwords, provoked on the real sshd with passwords of a real OpenBao.

use crate::servers::{Servers, locked_out};
use drill::authority::{Bao, OpenBao};
use drill::backend::ssh::login::{LOGIN_TIMEOUT, Way};
use drill::backend::ssh::otp::{ANOTHER_USER, NOT_FOUND};
use drill::backend::ssh::server::Server;
use drill::backend::ssh::session::Session;
use drill::backend::ssh::{DEFAULT_IMAGE, NEW_CHANNEL, OPEN_CHANNEL, USER};
use drill::backend::{Anchor, Credential, Place, Serves};
use drill::environment::{ImageMode, resolve_image};
use drill::observation::{Meaning, Saw, Stage};
use drill::secret::Secret;
use serde_json::json;
use std::time::{Duration, Instant};

struct World {
    servers: Servers,
    server: Server,
    authority: OpenBao,
    bao: Bao,
}

/// A password and its lease.
type Given = (Credential, String);

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let image = async |reference: &str| {
            resolve_image(&servers.engine.docker, reference, ImageMode::Auto).await.expect("an image")
        };
        let (ssh_name, bao_name) = (format!("drill-{}-ssh", servers.run), format!("drill-{}-openbao", servers.run));
        let (engine, network, labels) = (&servers.engine, &servers.network, &servers.labels);
        let bao_image = image("quay.io/openbao/openbao:2.7.2").await;
        let container = OpenBao::launch(engine, network, labels, &bao_name, bao_image).await.expect("a container");
        let ssh_image = image(DEFAULT_IMAGE).await;
        let place = Place { engine, network, labels, name: &ssh_name, image: ssh_image, redactor: &servers.redactor };
        let server = Server::launch(&place, Way::OneTime);
        let server = server.await.expect("sshd's container");
        let (authority, bao) = OpenBao::open(container, &servers.redactor).await.expect("openbao");
        server.ready().await.expect("sshd");
        let world = Self { servers, server, authority, bao };
        world.mount("ssh", "1h").await;
        world
    }

    async fn mount(&self, mount: &str, ttl: &str) {
        let config = json!({"default_lease_ttl": ttl, "max_lease_ttl": "2h"});
        self.post(&format!("sys/mounts/{mount}"), json!({"type": "ssh", "config": config})).await;
        for (role, user) in [("ops", USER), ("other", "root")] {
            let body =
                json!({"key_type": "otp", "default_user": user, "allowed_users": user, "cidr_list": "0.0.0.0/0"});
            self.post(&format!("{mount}/roles/{role}"), body).await;
        }
    }

    async fn ask_at(&self, mount: &str) {
        let certificate = format!("{}/v1/{mount}/verify", self.authority.inner_address());
        self.server.ask_at(&Anchor { certificate, revoked: String::new() }).await.expect("taken on");
    }

    async fn post(&self, path: &str, body: serde_json::Value) -> serde_json::Value {
        self.bao.post(path, body).await.unwrap_or_else(|e| panic!("{path}: {e}")).body
    }

    async fn issue(&self, path: &str) -> Given {
        let answer = self.post(path, json!({"ip": "192.0.2.10"})).await;
        let text = |pointer: &str| answer.pointer(pointer).and_then(|v| v.as_str()).expect("a text").to_string();
        (self.credential(&text("/data/key")), text("/lease_id"))
    }

    async fn live(&self) -> Credential {
        self.issue("ssh/creds/ops").await.0
    }

    fn credential(&self, password: &str) -> Credential {
        Credential { name: USER.into(), secret: Secret::new(password, &self.servers.redactor) }
    }

    async fn see(&self, credential: &Credential) -> Saw {
        let (stage, saw) = self.server.probe("login", credential).await;
        assert_eq!(stage, Stage::Login);
        saw
    }

    fn accepted(&self) -> Saw {
        Saw::Accepted { server: self.server.identity() }
    }

    async fn undecided(&self, credential: &Credential) -> String {
        match self.see(credential).await {
            Saw::Unclassified { what } if what.starts_with("otp undecided: ") => what,
            saw => panic!("decided: {}", saw.label()),
        }
    }

    async fn session(&self, kind: &str) -> Session {
        let credential = self.live().await;
        self.server.open(&credential, kind).await.unwrap_or_else(|(_, saw)| panic!("{kind}: {}", saw.label()))
    }

    async fn shell(&self, script: &str) {
        let command = ["bash", "-c", script].map(String::from);
        let (code, said) = self.server.container.exec(&command).await.expect("a shell");
        assert_eq!(code, 0, "{said}");
    }
}

fn timed_out() -> Saw {
    Saw::Unreachable { why: format!("time-out after {} ms", LOGIN_TIMEOUT.as_millis()) }
}

fn refused() -> Saw {
    Saw::Refused { code: NOT_FOUND.into(), meaning: Meaning::Both }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_accepted_once() {
    let w = World::new("otp-logins").await;
    assert_eq!(w.undecided(&w.live().await).await, "otp undecided: no verifier", "nobody was named to be asked");
    w.ask_at("ssh").await;

    let (used, lease) = w.issue("ssh/creds/ops").await;
    assert_eq!((w.see(&used).await, w.see(&used).await), (w.accepted(), refused()), "the use itself is its end");
    let known = w.bao.post("sys/leases/lookup", json!({"lease_id": lease})).await;
    assert!(known.is_ok(), "the lease of a used one stays");

    let ((revoked, lease), (live, _)) = (w.issue("ssh/creds/ops").await, w.issue("ssh/creds/ops").await);
    w.post("sys/leases/revoke", json!({"lease_id": lease, "sync": true})).await;
    assert_eq!((w.see(&revoked).await, w.see(&live).await), (refused(), w.accepted()));
    assert_eq!(w.see(&w.credential("00000000-0000-0000-0000-000000000000")).await, refused());
    assert_eq!(w.see(&w.credential("")).await, refused(), "an empty one is not asked about twice");

    // Somebody else's is recognised as such, and spent by it.
    let (elsewhere, _) = w.issue("ssh/creds/other").await;
    let another = Saw::Refused { code: ANOTHER_USER.into(), meaning: Meaning::Bogus };
    assert_eq!((w.see(&elsewhere).await, w.see(&elsewhere).await), (another, refused()));

    // A second mount is asked besides the first, and each knows its own only.
    w.mount("short", "2s").await;
    let (unknown, _) = w.issue("short/creds/ops").await;
    assert_eq!(w.see(&unknown).await, refused(), "sshd was not told of this mount");
    w.ask_at("short").await;
    let issued = Instant::now();
    let ((first, _), (second, _)) = (w.issue("short/creds/ops").await, w.issue("short/creds/ops").await);
    assert_eq!(w.see(&first).await, w.accepted());
    tokio::time::sleep(Duration::from_millis(2_500).saturating_sub(issued.elapsed())).await;
    assert_eq!((w.see(&second).await, w.see(&w.live().await).await), (refused(), w.accepted()), "its TTL is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_decides_nothing_refuses_nobody() {
    let w = World::new("otp-undecided").await;
    w.ask_at("ssh").await;
    let (sealed, paused) = (w.live().await, w.live().await);
    w.bao.call("PUT", "sys/seal", None).await.expect("sealed");
    assert_eq!(w.undecided(&sealed).await, "otp undecided: verifier answered rc=0 http=503");
    w.authority.unseal(&w.bao).await.expect("unsealed");
    assert_eq!(w.see(&sealed).await, w.accepted(), "it was not spent");

    // The script waits longer than a probe does.
    w.authority.container.pause().await.expect("paused");
    assert_eq!(w.see(&paused).await, timed_out());
    w.authority.container.unpause().await.expect("unpaused");
    assert_eq!(w.see(&w.live().await).await, w.accepted());

    // Refused without a word: by something that is not the script.
    let live = w.live().await;
    w.shell("mv /drill/otp-verify /drill/gone").await;
    assert_eq!(w.see(&live).await, Saw::Unclassified { what: "no reason".into() });
    w.shell("mv /drill/gone /drill/otp-verify").await;
    assert_eq!(w.see(&live).await, w.accepted());

    // Penalties: soon nobody is looked at any more, the good one neither.
    w.server.configure("PerSourcePenalties yes\n").await.expect("other settings");
    let bogus = w.credential("00000000-0000-0000-0000-000000000000");
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(w.see(&bogus).await);
    }
    assert!(seen.contains(&refused()), "{seen:?}");
    locked_out(&seen[7]);
    locked_out(&w.see(&w.live().await).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_and_one_is_accepted() {
    let w = World::new("otp-at-once").await;
    w.ask_at("ssh").await;
    for _ in 0..8 {
        let live = w.live().await;
        let (one, other) = tokio::join!(w.see(&live), w.see(&live));
        // Who comes second is refused, or OpenBao answers 500, from which nothing follows.
        let both = [one, other];
        assert_eq!(both.iter().filter(|saw| **saw == w.accepted()).count(), 1, "{both:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_and_a_server_that_is_gone() {
    let w = World::new("otp-sessions").await;
    w.ask_at("ssh").await;
    let sessions = [w.session(OPEN_CHANNEL).await, w.session(NEW_CHANNEL).await];
    for session in &sessions {
        assert_eq!(session.probe().await, (Stage::Open, w.accepted()));
        assert_eq!(session.statement("id").await, w.accepted());
        assert_eq!(session.statement("sudo -n id").await, Saw::Denied { code: "exit 1".into() });
    }
    // What is open goes on, whatever becomes of its lease.
    w.bao.call("PUT", "sys/leases/revoke-prefix/ssh", Some(json!({"sync": true}))).await.expect("revoked");
    for session in &sessions {
        assert_eq!(session.probe().await, (Stage::Open, w.accepted()));
    }
    w.server.container.pause().await.expect("paused");
    let live = w.live().await;
    assert_eq!(w.see(&live).await, timed_out());
    w.server.container.unpause().await.expect("unpaused");
    w.server.container.kill().await.expect("killed");
    let eof = Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead };
    assert_eq!(sessions[0].probe().await, (Stage::Open, eof));
    assert!(matches!(w.see(&w.live().await).await, Saw::Unreachable { .. }));
    let before = w.server.identity();
    w.server.container.start_again().await.expect("started again");
    w.server.ready().await.expect("up again");
    assert_ne!(w.server.identity(), before, "a restarted server is told from the one before");
    assert_eq!(w.see(&w.live().await).await, w.accepted(), "it knows whom to ask");
}
