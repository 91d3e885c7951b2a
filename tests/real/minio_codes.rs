//! Every code of `MinIO`'s table at the door `s3`, against the real server; and what its sessions do.

use crate::servers::{Servers, refused};
use drill::authority::Bao;
use drill::backend::minio::Operation;
use drill::backend::minio::keys::Keys;
use drill::backend::{Credential, Ended, OpenSession, Running, Statement};
use drill::credential::web_identity::issue::Issuer;
use drill::credential::{Issued, Record};
use drill::observation::{Meaning, Saw, Stage, Stock};
use drill::secret::Secret;
use serde_json::json;

struct World {
    servers: Servers,
    server: Running,
    parent: Credential,
}

impl World {
    async fn new(name: &str) -> Self {
        let servers = Servers::new(name).await;
        let (server, parents) = servers.minio().await;
        Self { servers, server, parent: parents[0].clone() }
    }
    fn here(&self) -> Saw {
        Saw::Accepted { server: self.server.identity() }
    }
    async fn see(&self, credential: &Credential) -> Saw {
        self.server.probe("s3", credential).await.1
    }
    fn keys(&self, access: &str, secret: &str, session: Option<&str>) -> Credential {
        Keys { access, secret, session, identity: None }.pack(&self.servers.redactor)
    }
}

/// An identity token of an entity of its own, for so many seconds.
async fn token(root: &Bao, servers: &Servers, name: &str, audience: &str, seconds: u64) -> Secret {
    let role = format!("{name}-{seconds}");
    let body = json!({"key": "drill", "client_id": audience, "ttl": format!("{seconds}s")});
    root.post(&format!("identity/oidc/role/{role}"), body).await.expect("a role");
    let all = json!({"policy": "path \"identity/oidc/token/*\" { capabilities = [\"read\"] }"});
    root.post("sys/policies/acl/tokens", all).await.expect("a policy");
    let _ = root.send("POST", "sys/auth/userpass", Some(json!({"type": "userpass"}))).await;
    let password = Secret::random(&servers.redactor);
    let user = json!({"password": password.expose(), "token_policies": ["tokens"]});
    root.post(&format!("auth/userpass/users/{name}"), user).await.expect("a user");
    let login = root.post(&format!("auth/userpass/login/{name}"), json!({"password": password.expose()})).await;
    let login = Secret::new(login.expect("a login").text("/auth/client_token").expect("a token"), &servers.redactor);
    let answer = root.with_token(login).get(&format!("identity/oidc/token/{role}")).await.expect("a token");
    Secret::new(answer.text("/data/token").expect("a token"), &servers.redactor)
}

const POLICY: &str = include_str!("../../fixtures/minio/reports-ro.json");

#[tokio::test]
async fn tokens_are_refused_by_what_is_wrong_with_them_and_sessions_end() {
    let servers = Servers::new("minio-sts").await;
    let (server, _bao, root) = servers.federated_minio(POLICY).await;
    assert!(server.has_policy("reports", POLICY).await.expect("a policy"));
    assert!(!server.has_policy("reports", "{}").await.expect("a policy"));
    let here = Saw::Accepted { server: server.identity() };
    let (one, other) =
        (token(&root, &servers, "one", "reports", 60).await, token(&root, &servers, "other", "reports", 60).await);
    let short = token(&root, &servers, "one", "reports", 2).await;
    let sold = server.buy(&one, None, &servers.redactor).await.expect("a session");
    let control = server.buy(&other, None, &servers.redactor).await.expect("a session");
    let dying = server.buy(&short, None, &servers.redactor).await.expect("a session");
    let (subject, control) = (sold.credential, control.credential);
    for door in ["s3", "sts"] {
        assert_eq!(server.probe(door, &subject).await, (Stage::Login, here.clone()), "{door}");
    }
    // A longer one than its token, another's role, an altered token, one of a key that nobody has.
    let longer = server.buy(&one, Some(("reports", Some(31_536_000))), &servers.redactor).await.err();
    assert_eq!(longer, Some(Saw::Denied { code: "AccessDenied".into() }));
    let others = server.buy(&one, Some(("others", None)), &servers.redactor).await.err();
    assert_eq!(others, Some(refused("InvalidParameterValue audience", Meaning::Bogus)));
    let unknown = server.buy(&one, Some(("nobody", None)), &servers.redactor).await.err();
    assert!(matches!(unknown, Some(Saw::Unclassified { .. })), "{unknown:?}");
    let issued = Issued { credential: subject.clone(), record: record(&subject.name), warnings: vec![] };
    let [wrong, never] = Issuer::bogus(&issued, &servers.redactor);
    for (bogus, at_s3, at_sts) in [
        (wrong, "SignatureDoesNotMatch", "InvalidParameterValue signature"),
        (never, "InvalidAccessKeyId", "InvalidParameterValue unknown-key"),
    ] {
        assert!(matches!(server.probe("s3", &bogus).await.1, Saw::Refused { code, .. } if code == at_s3));
        assert_eq!(server.probe("sts", &bogus).await.1, refused(at_sts, Meaning::Bogus));
    }
    // Altered or left out, the session's token is none.
    let keys = Keys::of(&subject);
    let without = Keys { session: None, ..keys }.pack(&servers.redactor);
    assert_eq!(server.probe("s3", &without).await.1, refused("InvalidTokenId", Meaning::Bogus));
    // It makes no permanent key.
    let session = server.open(&subject, "statements").await.map_err(|(_, saw)| saw).expect("a session");
    let account = Statement::Store(Operation::Account("keeps-for-ever".into()));
    assert_eq!(session.statement(&account).await, Saw::Denied { code: "AccessDenied".into() });
    let names = vec![subject.name.clone(), control.name.clone(), "NEVERISSUED".to_string()];
    let all = server.inventory(Stock::Users, &names).await.expect("an inventory");
    assert_eq!(all.len(), 2, "{all:?}");
    // All sessions of its entity end, nobody else's, and the token buys another one.
    let ended = Ended { id: subject.name.clone(), name: subject.name.clone() };
    assert_eq!(server.end(&[ended]).await.expect("ended"), 204);
    assert_eq!(server.probe("s3", &subject).await.1, refused("InvalidAccessKeyId", Meaning::Both));
    assert_eq!(server.probe("sts", &subject).await.1, here);
    assert_eq!(server.probe("s3", &control).await.1, here);
    let left = server.inventory(Stock::Users, &names).await.expect("an inventory");
    assert_eq!(left.into_iter().collect::<Vec<_>>(), [control.name.as_str()]);
    let unkept = server.buy(&other, None, &servers.redactor).await.expect("a session").credential;
    assert_eq!(server.issued_users().await.expect("a list").len(), 2);
    server.discard(&unkept.name);
    let issued = server.issued_users().await.expect("a list");
    assert_eq!(issued, [control.name.as_str()], "and none that a probe bought");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(server.probe("sts", &dying.credential).await.1, refused("InvalidParameterValue expired", Meaning::Dead));
    assert_eq!(server.probe("s3", &dying.credential).await.1, refused("InvalidAccessKeyId", Meaning::Both));
    // Whether a probe that has no answer bought one is known to nobody.
    assert_eq!(server.unanswered(), 0);
    server.container().pause().await.expect("paused");
    assert!(matches!(server.probe("s3", &control).await.1, Saw::Unreachable { .. }));
    assert_eq!(server.unanswered(), 0, "keys buy nothing");
    assert!(matches!(server.probe("sts", &control).await.1, Saw::Unreachable { .. }));
    assert_eq!(server.unanswered(), 1);
    server.container().unpause().await.expect("unpaused");
    server.clear().await.expect("cleared");
    assert_eq!(server.issued_users().await.expect("a list"), Vec::<String>::new());
}

fn record(name: &str) -> Record {
    Record {
        id: name.into(),
        name: name.into(),
        role: "reports".into(),
        twin_of: None,
        namespace: String::new(),
        ttl_ms: 0,
        renewable: false,
        stated_end: None,
        request_id: None,
    }
}

#[tokio::test]
async fn keys_are_refused_by_what_is_wrong_with_them() {
    let w = World::new("minio-keys").await;
    assert_eq!(w.see(&w.parent).await, w.here());
    let name = w.parent.name.as_str();
    let wrong = w.keys(name, "another-secret-of-it", None);
    assert_eq!(w.see(&wrong).await, refused("SignatureDoesNotMatch", Meaning::Bogus));
    let never = w.keys("NEVERISSUED", "another-secret-of-it", None);
    assert_eq!(w.see(&never).await, refused("InvalidAccessKeyId", Meaning::Both));
    let with_token = w.keys(name, Keys::of(&w.parent).secret, Some("no-token-at-all"));
    assert_eq!(w.see(&with_token).await, refused("InvalidTokenId", Meaning::Bogus));
    // It may see users, and no object.
    assert_eq!(w.see(w.server.inspector()).await, Saw::Denied { code: "AccessDenied".into() });
    w.server.check_inspector().await.expect("the inspector");
    assert_eq!(w.server.issued_users().await.expect("a list"), Vec::<String>::new());
}

#[tokio::test]
async fn sessions_and_operations_behave() {
    let w = World::new("minio-sessions").await;
    for kind in ["keep-alive", "presigned", "transfer", "reconnecting", "multipart"] {
        let session = w.server.open(&w.parent, kind).await.map_err(|(_, saw)| saw).expect(kind);
        for _ in 0..3 {
            assert_eq!(session.probe().await, (Stage::Open, w.here()), "{kind}");
        }
    }
    let statement = async |session: &OpenSession, operation| session.statement(&Statement::Store(operation)).await;
    let administrator = w.server.administrator().await.expect("the administrator");
    let all = || {
        use Operation as O;
        let name = || "reports/q3.txt".to_string();
        [
            O::Get(name()),
            O::List("reports/".into()),
            O::Put(name()),
            O::Put("reports/new.txt".into()),
            O::Delete(name()),
            O::Account("keeper-of-all".into()),
        ]
    };
    for operation in all() {
        assert_eq!(statement(&administrator, operation.clone()).await, w.here(), "{operation}");
    }
    let parent = w.server.open(&w.parent, "statements").await.map_err(|(_, saw)| saw).expect("a session");
    for operation in all() {
        let denied = matches!(operation, Operation::Account(_));
        let saw = statement(&parent, operation.clone()).await;
        assert_eq!(saw == (Saw::Denied { code: "AccessDenied".into() }), denied, "{operation}: {saw:?}");
        assert_eq!(saw == w.here(), !denied, "{operation}: {saw:?}");
    }
    w.server.clear().await.expect("cleared");
}

#[tokio::test]
async fn a_killed_or_paused_server_says_nothing() {
    let w = World::new("minio-faults").await;
    let session = w.server.open(&w.parent, "keep-alive").await.map_err(|(_, saw)| saw).expect("a session");
    w.server.container().pause().await.expect("paused");
    assert!(matches!(w.see(&w.parent).await, Saw::Unreachable { .. }));
    assert!(matches!(session.probe().await.1, Saw::Unreachable { .. }));
    w.server.container().unpause().await.expect("unpaused");
    assert_eq!(w.see(&w.parent).await, w.here());
    w.server.container().kill().await.expect("killed");
    assert!(matches!(w.see(&w.parent).await, Saw::Unreachable { .. }));
    w.server.container().start_again().await.expect("started");
    w.server.ready().await.expect("the same server");
    assert_eq!(w.see(&w.parent).await, w.here());
}
