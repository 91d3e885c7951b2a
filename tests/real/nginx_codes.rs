//! Every word of nginx's table that can be provoked, against the real server, with certificates and answers of a real OpenBao.

use crate::servers::{Servers, says_nothing};
use drill::authority::{Bao, OpenBao};
use drill::backend::certificates::{RunCa, Subject, credential, self_signed};
use drill::backend::nginx::server::Server;
use drill::backend::nginx::session::Session;
use drill::backend::nginx::{KEEP_ALIVE, NginxPlan, RECONNECTING, RESUMED_TLS12, RESUMED_TLS13};
use drill::backend::{Anchor, Cause, Credential, Place, Serves};
use drill::environment::{ImageMode, resolve_image};
use drill::observation::{Meaning, Saw, Stage};
use serde_json::{Value, json};
use std::time::Duration;

const CA: &str = "acme internal";

struct World {
    servers: Servers,
    authority: OpenBao,
    bao: Bao,
    server: Server,
}

fn fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/nginx").join(name);
    std::fs::read_to_string(path).expect("a fixture")
}

fn role(more: &Value) -> Value {
    let mut role = json!({
        "allowed_domains": ["orders-api"], "allow_bare_domains": true, "client_flag": true, "server_flag": false,
        "key_type": "ec", "key_bits": 256, "generate_lease": true, "ttl": "1h", "max_ttl": "2h",
    });
    role.as_object_mut().expect("a role").extend(more.as_object().cloned().unwrap_or_default());
    role
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let image = async |reference: &str| {
            resolve_image(&servers.engine.docker, reference, ImageMode::Auto).await.expect("an image")
        };
        let plan = NginxPlan {
            image: "nginx:1.26".into(),
            verification: "fixtures/nginx/ocsp.conf".into(),
            verification_conf: fixture("ocsp.conf"),
            seed: "fixtures/nginx/orders.conf".into(),
            seed_conf: fixture("orders.conf"),
            allowed: vec![],
            denied: vec![],
        };
        let (bao_name, web_name) = (format!("drill-{}-openbao", servers.run), format!("drill-{}-nginx", servers.run));
        let bao_image = image("quay.io/openbao/openbao:2.7.2").await;
        let container = OpenBao::launch(&servers.engine, &servers.network, &servers.labels, &bao_name, bao_image)
            .await
            .expect("openbao's container");
        let web_image = image(&plan.image).await;
        let server = Server::launch(
            &Place {
                engine: &servers.engine,
                network: &servers.network,
                labels: &servers.labels,
                name: &web_name,
                image: web_image,
                redactor: &servers.redactor,
            },
            &plan,
        )
        .await
        .expect("nginx's container");
        let (authority, bao) = OpenBao::open(container, &servers.redactor).await.expect("openbao");
        server.ready().await.expect("nginx");
        assert!(server.version().starts_with("1.26."), "{}", server.version());
        let world = Self { servers, authority, bao, server };
        world.set_up().await;
        world
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.bao.post(path, body).await.unwrap_or_else(|e| panic!("{path}: {e}")).body
    }

    async fn set_up(&self) {
        self.post("sys/mounts/pki", json!({"type": "pki", "config": {"max_lease_ttl": "24h"}})).await;
        let root = json!({"common_name": CA, "ttl": "23h", "key_type": "ec", "key_bits": 256});
        let ca = self.post("pki/root/generate/internal", root).await;
        let ocsp = format!("{}/v1/pki/ocsp", self.authority.inner_address());
        self.post("pki/config/urls", json!({"ocsp_servers": [ocsp]})).await;
        self.post("pki/roles/orders", role(&json!({}))).await;
        self.trust(&ca["data"]["certificate"]).await;
    }

    /// With the list as it is now.
    async fn trust(&self, ca: &Value) {
        let crl = self.bao.get("pki/cert/crl").await.expect("a list").body["data"]["certificate"].clone();
        let text = |pem: &Value| pem.as_str().expect("PEM").to_string();
        self.server.trust(&Anchor { certificate: text(ca), revoked: text(&crl) }).await.expect("taken on");
    }

    async fn issue_from(&self, role: &str, more: &Value) -> (Credential, String) {
        let mut body = json!({"common_name": "orders-api", "ttl": "10m"});
        body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
        let issued = self.post(&format!("pki/issue/{role}"), body).await;
        let text = |field: &str| issued["data"][field].as_str().unwrap_or_default().to_string();
        let lease = issued["lease_id"].as_str().unwrap_or_default().to_string();
        let (serial, certificate, key) = (text("serial_number"), text("certificate"), text("private_key"));
        (credential(&serial, &certificate, &key, &self.servers.redactor), lease)
    }
    async fn issue(&self) -> (Credential, String) {
        self.issue_from("orders", &json!({})).await
    }
    async fn revoke(&self, lease: &str) {
        self.post("sys/leases/revoke", json!({"lease_id": lease, "sync": true})).await;
    }
    async fn see(&self, credential: &Credential) -> Saw {
        let (stage, saw) = self.server.probe("login", credential).await;
        assert_eq!(stage, Stage::Login);
        saw
    }
    async fn session(&self, credential: &Credential, kind: &str) -> Session {
        self.server.open(credential, kind).await.map_err(|(_, saw)| saw).unwrap_or_else(|saw| panic!("{kind}: {saw:?}"))
    }
    fn accepted(&self) -> Saw {
        Saw::Accepted { server: self.server.identity() }
    }
}

fn dead(code: &str) -> Saw {
    Saw::Refused { code: code.into(), meaning: Meaning::Dead }
}

fn bogus(code: &str) -> Saw {
    Saw::Refused { code: code.into(), meaning: Meaning::Bogus }
}

async fn asked(session: &Session) -> Saw {
    let (stage, saw) = session.probe().await;
    assert_eq!(stage, Stage::Open);
    saw
}

/// `notAfter` has whole seconds.
async fn expired(world: &World) -> Credential {
    let (credential, _) = world.issue_from("orders", &json!({"ttl": "1s"})).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    credential
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates() {
    let w = World::new("certificates").await;
    let (live, _) = w.issue().await;
    assert_eq!(w.see(&live).await, w.accepted());
    let (revoked, lease) = w.issue().await;
    w.revoke(&lease).await;
    assert_eq!(w.see(&revoked).await, dead("certificate revoked"));
    let expired = expired(&w).await;
    assert_eq!(w.see(&expired).await, dead("certificate has expired"));

    // What nobody issued.
    let subject = Subject { serial: Some(live.name.clone()), ..Subject::named("orders-api") };
    let forger = RunCa::new(CA).expect("an authority");
    let forged = forger.client(&subject, &w.servers.redactor).expect("a certificate");
    assert_eq!(forged.name, live.name);
    assert_eq!(w.see(&forged).await, bogus("certificate signature failure"));
    let other = RunCa::new("another").expect("an authority");
    let foreign = other.client(&subject, &w.servers.redactor).expect("a certificate");
    assert_eq!(w.see(&foreign).await, bogus("unable to verify the first certificate"));
    let chained = Credential {
        secret: drill::secret::Secret::new(format!("{}{}", foreign.secret.expose(), other.pem()), &w.servers.redactor),
        ..foreign
    };
    assert_eq!(w.see(&chained).await, bogus("self-signed certificate in certificate chain"));
    let own = self_signed(&Subject::named("orders-api"), &w.servers.redactor).expect("a certificate");
    assert_eq!(w.see(&own).await, bogus("self-signed certificate"));

    // What says nothing.
    w.post("pki/roles/servers", role(&json!({"client_flag": false, "server_flag": true}))).await;
    let (server, _) = w.issue_from("servers", &json!({})).await;
    says_nothing(&w.see(&server).await, "unsuitable certificate purpose");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(120);
    let soon = soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (early, _) = w.issue_from("orders", &json!({"not_before": soon, "ttl": "10m"})).await;
    says_nothing(&w.see(&early).await, "certificate is not yet valid");

    // The server's log tells the same, by serial.
    let logged = w.server.container.logs.wait_for(Duration::from_secs(5), |lines| {
        let refusals = drill::backend::nginx::log::refusals(lines);
        let of = |name: &str| refusals.iter().find(|r| r.serial == name).map(|r| (r.cause(), r.text.clone()));
        Some((of(&revoked.name)?, of(&expired.name)?, of(&own.name)?))
    });
    let (revoked, expired, own) = logged.await.expect("in the log");
    assert_eq!(revoked, (Cause::Barred, "client SSL certificate verify error: certificate revoked".into()));
    assert_eq!(expired, (Cause::Expired, "client SSL certificate verify error: (10:certificate has expired)".into()));
    assert_eq!(own.0, Cause::WrongSecret);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_does_not_answer() {
    let w = World::new("responder").await;
    let (live, _) = w.issue().await;
    let (revoked, lease) = w.issue().await;
    w.revoke(&lease).await;
    let kept = w.session(&live, KEEP_ALIVE).await;
    let resumed = w.session(&live, RESUMED_TLS13).await;

    w.bao.call("PUT", "sys/seal", None).await.expect("sealed");
    for credential in [&live, &revoked] {
        says_nothing(&w.see(credential).await, "certificate status request failed");
    }
    assert_eq!(asked(&kept).await, w.accepted(), "the connection asks nobody");
    says_nothing(&asked(&resumed).await, "certificate status request failed");
    w.authority.unseal(&w.bao).await.expect("unsealed");
    assert_eq!((w.see(&live).await, w.see(&revoked).await), (w.accepted(), dead("certificate revoked")));

    w.authority.container.pause().await.expect("paused");
    for credential in [&live, &revoked] {
        assert_eq!(w.see(credential).await, Saw::Unreachable { why: "time-out after 1000 ms".into() });
    }
    w.authority.container.unpause().await.expect("unpaused");
    assert_eq!((w.see(&live).await, w.see(&revoked).await), (w.accepted(), dead("certificate revoked")));

    // Its name goes away with it.
    w.authority.container.kill().await.expect("killed");
    for credential in [&live, &revoked] {
        let saw = w.see(credential).await;
        assert!(!saw.is_acceptance() && !matches!(saw, Saw::Refused { .. }), "{saw:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_after_a_revocation() {
    let w = World::new("revoked-sessions").await;
    let (subject, lease) = w.issue().await;
    let (control, _) = w.issue().await;
    let kinds = [KEEP_ALIVE, RESUMED_TLS12, RESUMED_TLS13, RECONNECTING];
    let mut sessions = Vec::new();
    for kind in kinds {
        let both = (w.session(&subject, kind).await, w.session(&control, kind).await);
        assert_eq!((asked(&both.0).await, asked(&both.1).await), (w.accepted(), w.accepted()), "{kind}");
        sessions.push(both);
    }
    w.revoke(&lease).await;
    for (kind, (subject, control)) in kinds.iter().zip(&sessions) {
        let lives_on = *kind == KEEP_ALIVE;
        for _ in 0..4 {
            let want = if lives_on { w.accepted() } else { dead("certificate revoked") };
            assert_eq!(asked(subject).await, want, "{kind}");
            assert_eq!(asked(control).await, w.accepted(), "{kind}");
        }
    }
    assert!(w.server.reopen(&subject, "reconnecting").await.is_err_and(|(_, saw)| saw == dead("certificate revoked")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_after_an_expiry() {
    let w = World::new("expired-sessions").await;
    for (variant, resumed) in [("ocsp.conf", dead("EOF")), ("no-ocsp.conf", w.accepted())] {
        w.server.configure(&fixture(variant)).await.expect("taken on");
        let (subject, _) = w.issue_from("orders", &json!({"ttl": "3s"})).await;
        let (control, _) = w.issue().await;
        let kept = w.session(&subject, KEEP_ALIVE).await;
        let mut resuming = Vec::new();
        for kind in [RESUMED_TLS12, RESUMED_TLS13] {
            resuming.push((kind, w.session(&subject, kind).await, w.session(&control, kind).await));
        }
        tokio::time::sleep(Duration::from_millis(3_100)).await;
        assert_eq!(w.see(&subject).await, dead("certificate has expired"), "{variant}");
        assert_eq!(asked(&kept).await, w.accepted(), "{variant}");
        for (kind, subject, control) in &resuming {
            assert_eq!(asked(subject).await, resumed, "{variant} {kind}");
            assert_eq!(asked(control).await, w.accepted(), "{variant} {kind}");
            let again = asked(subject).await;
            assert!(again == resumed || matches!(again, Saw::Refused { .. }), "{variant} {kind} {again:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configurations_that_let_the_revoked_in() {
    let w = World::new("variants").await;
    let strict = fixture("ocsp.conf");
    for variant in ["ocsp-cache.conf", "crl.conf", "no-ocsp.conf"] {
        w.server.configure(&fixture(variant)).await.unwrap_or_else(|e| panic!("{variant}: {e}"));
        let (subject, lease) = w.issue().await;
        assert_eq!(w.see(&subject).await, w.accepted(), "{variant}");
        w.revoke(&lease).await;
        assert_eq!(w.see(&subject).await, w.accepted(), "{variant}");
        if variant == "crl.conf" {
            let ca = w.bao.get("pki/cert/ca").await.expect("the CA").body["data"]["certificate"].clone();
            w.trust(&ca).await;
            w.server.configure(&fixture(variant)).await.expect("taken on");
            assert_eq!(w.see(&subject).await, dead("certificate revoked"), "a list that was fetched again");
        }
        w.server.configure(&strict).await.expect("taken on");
        assert_eq!(w.see(&subject).await, dead("certificate revoked"), "{variant}");
    }
    // A list that says nothing of this authority lets nobody in, and proves nothing.
    w.post("sys/mounts/other", json!({"type": "pki"})).await;
    w.post("other/root/generate/internal", json!({"common_name": "other", "key_type": "ec"})).await;
    let other = w.bao.get("other/cert/crl").await.expect("a list").body["data"]["certificate"].clone();
    let ca = w.bao.get("pki/cert/ca").await.expect("the CA").body["data"]["certificate"].clone();
    let (live, _) = w.issue().await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let of_another = Anchor { certificate: text(&ca), revoked: text(&other) };
    w.server.trust(&of_another).await.expect("taken on");
    w.server.configure(&fixture("crl.conf")).await.expect("taken on");
    says_nothing(&w.see(&live).await, "unable to get certificate CRL");
    w.post("pki/config/crl", json!({"expiry": "1s"})).await;
    w.bao.get("pki/crl/rotate").await.expect("a new list");
    w.trust(&ca).await;
    w.server.configure(&fixture("crl.conf")).await.expect("taken on");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    says_nothing(&w.see(&live).await, "CRL has expired");
    w.server.configure(&strict).await.expect("taken on");
    // A certificate that the authority did not store: its OCSP says good of every serial that it does not know.
    w.post("pki/roles/unstored", role(&json!({"no_store": true, "generate_lease": false}))).await;
    let (unstored, lease) = w.issue_from("unstored", &json!({})).await;
    assert_eq!((lease.as_str(), w.see(&unstored).await), ("", w.accepted()));
    let revoked = w.bao.post("pki/revoke", json!({"serial_number": spelled(&unstored.name)})).await;
    assert!(revoked.is_err() && w.see(&unstored).await == w.accepted(), "nothing could be revoked");
    // A configuration that is none leaves the one in force.
    let error = w.server.configure("ssl_verify_client perhaps;\n").await.expect_err("no configuration");
    assert!(error.0.contains("perhaps"), "{error}");
    assert_eq!(w.see(&unstored).await, w.accepted());
}

fn spelled(name: &str) -> String {
    let pairs: Vec<String> = name.as_bytes().chunks(2).map(|p| String::from_utf8_lossy(p).to_lowercase()).collect();
    pairs.join(":")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests() {
    let w = World::new("requests").await;
    let (live, _) = w.issue().await;
    let session = w.session(&live, KEEP_ALIVE).await;
    let administrator = w.server.administrator_session().await.expect("the administrator");
    for (request, denied) in
        [("GET /orders", false), ("POST /orders", false), ("GET /payroll", true), ("DELETE /orders", true)]
    {
        let want = if denied { Saw::Denied { code: "403".into() } } else { w.accepted() };
        assert_eq!(session.statement(request).await, want, "{request}");
        assert_eq!(administrator.statement(request).await, w.accepted(), "{request}");
    }
    says_nothing(&session.statement("GET /nowhere").await, "HTTP 404");
    says_nothing(&session.statement("GET orders").await, "GET orders is no request");
    // The administrator is nobody where clients come, and nobody else comes where the administrator does.
    w.server.configure("ssl_verify_client off;\n").await.expect("taken on");
    let own = self_signed(&Subject::named("x"), &w.servers.redactor).expect("a certificate");
    assert_eq!(w.see(&own).await, w.accepted(), "a server that asks nobody lets everybody in, and it is seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer() {
    let w = World::new("silent-nginx").await;
    let (live, _) = w.issue().await;
    let mut sessions = Vec::new();
    for kind in [KEEP_ALIVE, RESUMED_TLS12, RESUMED_TLS13] {
        sessions.push(w.session(&live, kind).await);
    }
    w.server.container.pause().await.expect("paused");
    assert_eq!(w.see(&live).await, Saw::Unreachable { why: "time-out after 1000 ms".into() });
    for session in &sessions {
        assert!(matches!(asked(session).await, Saw::Unreachable { .. }), "a silent session is not a closed one");
    }
    w.server.container.unpause().await.expect("unpaused");
    assert_eq!(w.see(&live).await, w.accepted());

    w.server.container.kill().await.expect("killed");
    let saw = w.see(&live).await;
    assert!(matches!(saw, Saw::Unreachable { .. }), "{saw:?}");
    // The end of this connection counts only while the control's lives; a new one is refused by nobody's server.
    assert_eq!(asked(&sessions[0]).await, dead("EOF"));
    for session in &sessions[1..] {
        assert_eq!(asked(session).await, Saw::Unreachable { why: "connection refused".into() });
    }

    let before = w.server.identity();
    w.server.container.start_again().await.expect("started again");
    w.server.ready().await.expect("up again");
    assert_ne!(w.server.identity(), before, "a restarted server is told from the one before");
    assert_eq!(w.see(&live).await, w.accepted());
}
