//! Every answer of sshd's table that can be provoked, against the real server.

use crate::servers::{Servers, locked_out};
use drill::authority::OpenBao;
use drill::backend::ssh::codes::REFUSED;
use drill::backend::ssh::keys::{Wish, certified, forged, new_key, plain, public_text, sign, stated};
use drill::backend::ssh::login::{Target, Way, probe, turns};
use drill::backend::ssh::server::Server;
use drill::backend::ssh::session::Session;
use drill::backend::ssh::{DEFAULT_IMAGE, NEW_CHANNEL, OPEN_CHANNEL, RECONNECTING, USER};
use drill::backend::{Anchor, Cause, Credential, Ended, Place, Serves};
use drill::environment::{ImageMode, resolve_image};
use drill::observation::{Meaning, Saw, Stage};
use russh::keys::ssh_key::PrivateKey;
use serde_json::json;
use std::time::Duration;

struct World {
    servers: Servers,
    server: Server,
    authority: PrivateKey,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let image = resolve_image(&servers.engine.docker, DEFAULT_IMAGE, ImageMode::Auto).await.expect("an image");
        let name = format!("drill-{}-ssh", servers.run);
        let server = Server::launch(
            &Place {
                engine: &servers.engine,
                network: &servers.network,
                labels: &servers.labels,
                name: &name,
                image,
                redactor: &servers.redactor,
            },
            Way::Key,
        )
        .await
        .expect("sshd's container");
        server.ready().await.expect("sshd");
        assert!(server.version().starts_with("10."), "{}", server.version());
        let world = Self { servers, server, authority: new_key().expect("a key") };
        world.revoke(&[]).await;
        world
    }

    async fn revoke(&self, serials: &[&str]) {
        let certificate = public_text(&self.authority).expect("a key");
        self.server.trust(&Anchor { certificate, revoked: serials.join("\n") }).await.expect("taken on");
    }

    fn issue(&self, wish: &Wish) -> Credential {
        sign(&self.authority, wish, &self.servers.redactor).expect("a certificate")
    }

    fn live(&self, serial: u64) -> Credential {
        self.issue(&Wish::now(USER, serial))
    }

    async fn see(&self, credential: &Credential) -> Saw {
        let (stage, saw) = self.server.probe("login", credential).await;
        assert_eq!(stage, Stage::Login);
        saw
    }

    fn accepted(&self) -> Saw {
        Saw::Accepted { server: self.server.identity() }
    }

    async fn session(&self, credential: &Credential, kind: &str) -> Session {
        self.server.open(credential, kind).await.unwrap_or_else(|(_, saw)| panic!("{kind}: {}", saw.label()))
    }

    /// The last reason that the log has of somebody; it comes a moment after the answer.
    async fn reason(&self, name: &str) -> (Cause, String) {
        for _ in 0..100 {
            if let Some(found) = self.server.refusals().into_iter().rev().find(|r| r.name == name) {
                assert_eq!(found.code, REFUSED);
                return (found.cause, found.text);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the log has nothing of {name}");
    }

    async fn shell(&self, script: &str) {
        let command = ["bash", "-c", script].map(String::from);
        let (code, said) = self.server.container.exec(&command).await.expect("a shell");
        assert_eq!(code, 0, "{said}");
    }
}

fn refused() -> Saw {
    Saw::Refused { code: REFUSED.into(), meaning: Meaning::Both }
}

async fn asked(session: &Session) -> Saw {
    let (stage, saw) = session.probe().await;
    assert_eq!(stage, Stage::Open);
    saw
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins() {
    let w = World::new("ssh-logins").await;
    let (live, other) = (w.live(11), w.live(12));
    assert_eq!((w.see(&live).await, w.see(&other).await), (w.accepted(), w.accepted()));
    assert_eq!(w.server.unlisted(&["11".into(), "12".into()]).await.expect("a list").len(), 2);

    w.revoke(&["11"]).await;
    assert_eq!((w.see(&live).await, w.see(&other).await), (refused(), w.accepted()));
    let (cause, text) = w.reason("11").await;
    assert!(cause == Cause::Barred && text.contains("revoked by file"), "{text}");
    let unlisted = w.server.unlisted(&["11".into(), "12".into()]).await.expect("a list");
    assert_eq!(unlisted.into_iter().collect::<Vec<_>>(), ["12"]);

    let now = Wish::now(USER, 0).valid.start;
    let expired = w.issue(&Wish { user: USER.into(), serial: 13, valid: now - 60..now });
    assert_eq!(w.see(&expired).await, refused());
    assert_eq!(w.reason("13").await, (Cause::Expired, "Certificate invalid: expired".into()));

    let foreign = forged(&Wish::now(USER, 14), &w.servers.redactor).expect("a certificate");
    assert_eq!(w.see(&foreign).await, refused());
    assert_eq!(w.reason("14").await.0, Cause::WrongSecret);
    let unsigned = plain(&w.servers.redactor).expect("a key");
    assert_eq!(w.see(&unsigned).await, refused());
    assert_eq!(w.reason(&unsigned.name).await.0, Cause::WrongSecret);

    // It refuses whom it never let in, for a reason that is none of the credential's end.
    let elsewhere = w.issue(&Wish::now("root", 15));
    assert_eq!(w.see(&elsewhere).await, refused());
    let (cause, text) = w.reason("15").await;
    assert!(cause == Cause::Unknown && text.ends_with("not a listed principal"), "{text}");

    // A second authority's list is beside the first one's: the same serial is another certificate.
    let second = new_key().expect("a key");
    let anchor = |revoked: &str| Anchor { certificate: public_text(&second).expect("a key"), revoked: revoked.into() };
    w.server.trust(&anchor("12")).await.expect("taken on");
    let of_second = sign(&second, &Wish::now(USER, 11), &w.servers.redactor).expect("a certificate");
    assert_eq!((w.see(&of_second).await, w.see(&live).await), (w.accepted(), refused()));
    w.revoke(&["16"]).await;
    assert_eq!(w.see(&live).await, refused(), "what was revoked stays revoked, whoever revokes the next one");
    assert_eq!((w.see(&w.live(16)).await, w.see(&other).await), (refused(), w.accepted()));
    assert!(w.server.trust(&anchor("0x12")).await.is_err(), "a serial is decimal");

    // Ended is who is on the list, of whichever authority; what was let in and is not on it is left, and is put there at the end.
    let ended = |id: &str| Ended { id: id.into(), name: id.into() };
    let (third, fourth) = (w.live(17), w.live(18));
    assert_eq!((w.see(&third).await, w.see(&fourth).await), (w.accepted(), w.accepted()));
    assert_eq!(w.server.end(&[ended("17")]).await.expect("ended"), 0);
    assert_eq!((w.see(&third).await, w.see(&other).await), (refused(), w.accepted()));
    assert!(w.server.end(&[ended("SHA256:x")]).await.is_err(), "no serial");
    assert_eq!(w.server.issued_users().await.expect("a list"), ["18"]);

    // Settings that go first: a server that looks at no list, and takes whatever was ended.
    w.server.configure("RevokedKeys none\n").await.expect("taken");
    assert_eq!(w.see(&third).await, w.accepted());
    assert!(w.server.configure("NoSuchWord yes\n").await.is_err());
    w.server.configure("").await.expect("taken");
    assert_eq!(w.see(&third).await, refused());

    // Without a list nobody gets in, the control neither.
    w.shell("rm /drill/run/krl").await;
    assert_eq!(w.see(&other).await, refused());
    let (cause, text) = w.reason("12").await;
    assert!(cause == Cause::Unknown && text.starts_with("Error checking"), "{text}");
    assert!(w.server.unlisted(&["12".into()]).await.is_err());
    w.revoke(&[]).await;
    w.server.clear().await.expect("listed");
    assert_eq!((w.server.issued_users().await.expect("a list"), w.see(&fourth).await), (vec![], refused()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_and_sessions() {
    let w = World::new("ssh-sessions").await;
    let live = w.live(21);
    let kinds = [OPEN_CHANNEL, NEW_CHANNEL, RECONNECTING];
    let mut sessions = Vec::new();
    for kind in kinds {
        sessions.push(w.session(&live, kind).await);
    }
    let administrator = w.server.administrator_session().await.expect("the administrator");
    for session in sessions.iter().chain([&administrator]) {
        assert_eq!(asked(session).await, w.accepted());
        assert_eq!(session.statement("id").await, w.accepted());
        let saw = session.statement("nowhere-to-be-found").await;
        assert_eq!(saw, Saw::Unclassified { what: "exit 127 (says nothing of rights)".into() });
    }
    for session in &sessions {
        assert_eq!(session.statement("sudo -n id").await, Saw::Denied { code: "exit 1".into() });
    }
    assert_eq!(administrator.statement("sudo -n id").await, w.accepted());

    // What is open goes on, and takes more; who logs in is refused.
    w.revoke(&["21"]).await;
    let seen = [asked(&sessions[0]).await, asked(&sessions[1]).await, asked(&sessions[2]).await];
    assert_eq!(seen, [w.accepted(), w.accepted(), refused()]);

    w.server.container.pause().await.expect("paused");
    assert_eq!(w.see(&live).await, Saw::Unreachable { why: "time-out after 5000 ms".into() });
    for session in &sessions {
        assert!(matches!(asked(session).await, Saw::Unreachable { .. }), "a silent session is not a closed one");
    }
    w.server.container.unpause().await.expect("unpaused");
    assert_eq!(asked(&sessions[0]).await, w.accepted(), "answers to earlier questions are passed over");

    w.server.container.kill().await.expect("killed");
    let eof = Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead };
    // The end of these counts only while the control's live; a new one is refused by nobody's server.
    assert_eq!([asked(&sessions[0]).await, asked(&sessions[1]).await], [eof.clone(), eof]);
    assert!(matches!(asked(&sessions[2]).await, Saw::Unreachable { .. }));
    assert!(matches!(w.see(&live).await, Saw::Unreachable { .. }));

    let before = w.server.identity();
    w.server.container.start_again().await.expect("started again");
    w.server.ready().await.expect("up again");
    assert_ne!(w.server.identity(), before, "a restarted server is told from the one before");
    assert_eq!(w.see(&live).await, refused(), "the list outlives a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_say_nothing() {
    let w = World::new("ssh-nothing").await;
    let live = w.live(31);
    let (address, administrator) = w.server.person().await.expect("an address");
    let stranger = new_key().expect("a key").public_key().clone();
    let target = Target { address, user: "root", way: Way::Key, host_key: stranger, turns: turns() };
    let (_, saw) = probe(&target, &administrator).await;
    assert_eq!(saw, Saw::Unclassified { what: "another host key".into() });

    // The same refusals with penalties: soon nobody is looked at any more, the good one neither.
    w.shell("sed -i 's/^PerSourcePenalties no/PerSourcePenalties yes/' /drill/sshd.conf").await;
    w.server.container.kill().await.expect("killed");
    w.server.container.start_again().await.expect("started again");
    w.server.ready().await.expect("up again");
    let unsigned = plain(&w.servers.redactor).expect("a key");
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(w.see(&unsigned).await);
    }
    assert!(seen.contains(&refused()), "{seen:?}");
    locked_out(&seen[7]);
    locked_out(&w.see(&live).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_openbao() {
    let w = World::new("ssh-openbao").await;
    let image = resolve_image(&w.servers.engine.docker, "quay.io/openbao/openbao:2.7.2", ImageMode::Auto).await;
    let name = format!("drill-{}-openbao", w.servers.run);
    let container =
        OpenBao::launch(&w.servers.engine, &w.servers.network, &w.servers.labels, &name, image.expect("an image"))
            .await
            .expect("openbao's container");
    let (_authority, bao) = OpenBao::open(container, &w.servers.redactor).await.expect("openbao");
    let post = async |path: &str, body| bao.post(path, body).await.unwrap_or_else(|e| panic!("{path}: {e}")).body;
    post("sys/mounts/ssh", json!({"type": "ssh"})).await;
    let ca = post("ssh/config/ca", json!({"generate_signing_key": true, "key_type": "ed25519"})).await;
    let certificate = ca["data"]["public_key"].as_str().expect("a key").trim().to_string();
    let role = json!({"key_type": "ca", "allow_user_certificates": true, "allowed_users": USER, "ttl": "30m"});
    post("ssh/roles/ops", role).await;
    w.server.trust(&Anchor { certificate: certificate.clone(), revoked: String::new() }).await.expect("taken on");
    let issue = async |ttl: &str| {
        let key = new_key().expect("a key");
        let public_key = public_text(&key).expect("a key");
        let body = json!({"public_key": public_key, "valid_principals": USER, "ttl": ttl});
        let answer = post("ssh/sign/ops", body).await;
        let signed = answer["data"]["signed_key"].as_str().expect("a certificate").to_string();
        let serial = u64::from_str_radix(answer["data"]["serial_number"].as_str().expect("a serial"), 16);
        assert_eq!(Ok(stated(&signed).expect("a certificate").serial), serial);
        assert!(stated(&signed).expect("a certificate").is_for_user(USER));
        assert_eq!(answer["lease_id"], "", "nothing at openbao ends it");
        (certified(&key, &signed, &w.servers.redactor).expect("a certificate"), signed)
    };

    let ((short, signed), (revoked, _), (live, _)) = (issue("2s").await, issue("10m").await, issue("10m").await);
    for credential in [&short, &revoked, &live] {
        assert_eq!(w.see(credential).await, w.accepted());
    }
    let list = Anchor { certificate, revoked: revoked.name.clone() };
    w.server.trust(&list).await.expect("taken on");
    assert_eq!((w.see(&revoked).await, w.see(&live).await), (refused(), w.accepted()));
    assert_eq!(w.reason(&revoked.name).await.0, Cause::Barred);
    let end = stated(&signed).expect("a certificate").valid.end;
    while jiff::Timestamp::now().as_millisecond() < i64::try_from(end).expect("a time") * 1000 + 100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((w.see(&short).await, w.see(&live).await), (refused(), w.accepted()));
    assert_eq!(w.reason(&short.name).await.0, Cause::Expired);
}
