//! Real servers for tests, gone when the test is over. Where no engine answers the test fails: nothing is skipped.
#![allow(dead_code)]

use drill::authority::{Bao, OpenBao};
use drill::backend::influxdb::InfluxdbPlan;
use drill::backend::mariadb::MariadbPlan;
use drill::backend::minio::{self, MinioPlan};
use drill::backend::postgres::PostgresPlan;
use drill::backend::rabbitmq::{Operation, RabbitmqPlan};
use drill::backend::valkey::{self, ValkeyPlan};
use drill::backend::{BackendPlan, Credential, IdentityProvider, OpenSession, Running, Statement};
use drill::environment::{EngineHandle, Labels, Lock, Network, discover, resolve_image, sweep};
use drill::observation::{Meaning, Saw, Stage};
use drill::secret::{Redactor, Secret};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Tests of one process run side by side: each has a run of its own.
static NEXT: AtomicU32 = AtomicU32::new(0);

pub struct Servers {
    pub engine: EngineHandle,
    pub network: Network,
    pub labels: Labels,
    pub redactor: Redactor,
    pub run: String,
    _lock: Lock,
    _dir: tempfile::TempDir,
}

impl Servers {
    pub async fn new(name: &str) -> Self {
        let vars = std::env::vars().collect();
        let engine = discover(&vars).await.expect("a container engine answers");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let run = format!("test-{name}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let lock = Lock::take(&run, dir.path()).expect("the lock");
        let labels = Labels::new(&run, &lock, jiff::Timestamp::now().as_second() + 600, false);
        let network =
            Network::create(&engine.docker, &format!("drill-{run}"), &labels, &engine.reach).await.expect("a network");
        Self { engine, network, labels, redactor: Redactor::default(), run, _lock: lock, _dir: dir }
    }

    pub async fn postgres(&self) -> Running {
        self.start(postgres()).await
    }

    /// With two queues that messages reach, and an exchange that leads nowhere.
    pub async fn rabbitmq(&self) -> Running {
        let server = self.start(rabbitmq()).await;
        server.prepare(&[]).await.expect("the seed");
        server
    }

    /// With a text that may be read, one that may not, and an empty list.
    pub async fn valkey(&self) -> Running {
        let server = self.start(valkey()).await;
        server.prepare(&["acme".into()]).await.expect("the seed");
        server
    }

    /// With points that may be read and points that may not.
    pub async fn influxdb(&self) -> Running {
        let server = self.start(influxdb()).await;
        server.prepare(&["acme".into()]).await.expect("the seed");
        server
    }

    pub async fn mariadb(&self) -> Running {
        self.start(mariadb()).await
    }

    /// A name and a password that the test made up.
    pub fn credential(&self, name: &str, password: &str) -> Credential {
        Credential { name: name.into(), secret: Secret::new(password, &self.redactor) }
    }

    /// With an object that may be read and one that may not, and a parent.
    pub async fn minio(&self) -> (Running, Vec<drill::backend::Credential>) {
        let server = self.start(minio()).await;
        let parents = server.prepare(&["acme".into()]).await.expect("the seed");
        (server, parents)
    }

    /// The same with OpenBao beside it, whose tokens for `reports` buy sessions with this policy: the store, OpenBao, its root's connection.
    pub async fn federated_minio(&self, policy: &str) -> (Running, OpenBao, Bao) {
        use drill::backend::Audience;
        let BackendPlan::Minio(plan) = minio() else { unreachable!("it is MinIO's") };
        let image = |reference: &'static str| {
            resolve_image(&self.engine.docker, reference, drill::environment::ImageMode::Auto)
        };
        let (bao_name, name) = (format!("drill-{}-openbao", self.run), format!("drill-{}-store", self.run));
        let bao_image = image("quay.io/openbao/openbao:2.7.2").await.expect("an image");
        let container = OpenBao::launch(&self.engine, &self.network, &self.labels, &bao_name, bao_image).await;
        let (bao, root) = OpenBao::open(container.expect("a container"), &self.redactor).await.expect("openbao");
        let key = json!({"algorithm": "ES256", "allowed_client_ids": ["*"]});
        root.post("identity/oidc/key/drill", key).await.expect("a key");
        root.post("identity/oidc/config", json!({"issuer": bao.inner_address()})).await.expect("an issuer");
        let discovery = format!("{}/v1/identity/oidc/.well-known/openid-configuration", bao.inner_address());
        let audience = |id: &str| Audience { id: id.into(), policy: policy.into(), discovery: None };
        let provider = IdentityProvider { discovery, audiences: vec![audience("reports"), audience("others")] };
        let plan = BackendPlan::Minio(MinioPlan { federated: true, ..plan });
        let told = (&plan, &provider);
        let image = image(minio::DEFAULT_IMAGE).await.expect("an image");
        let server = Running::launch(&self.engine, &self.network, &self.labels, &name, image, told, &self.redactor);
        let server = server.await.expect("a container");
        server.ready().await.expect("a server");
        server.prepare(&["acme".into()]).await.expect("the seed");
        (server, bao, root)
    }

    async fn start(&self, plan: BackendPlan) -> Running {
        let image = resolve_image(&self.engine.docker, plan.image(), drill::environment::ImageMode::Auto)
            .await
            .expect("an image");
        let name = format!("drill-{}-{}", self.run, plan.name());
        let server = Running::launch(
            &self.engine,
            &self.network,
            &self.labels,
            &name,
            image,
            (&plan, &IdentityProvider::default()),
            &self.redactor,
        )
        .await
        .expect("a container");
        server.ready().await.expect("a server");
        server
    }
}

/// Runs a script as the server's administrator.
pub async fn admin(server: &Running, script: &str) {
    let session = server.administrator().await.expect("the administrator's session");
    session.run(script).await.unwrap_or_else(|saw| panic!("{script}: {saw:?}"));
}

pub fn refused(code: &str, meaning: Meaning) -> Saw {
    Saw::Refused { code: code.into(), meaning }
}

pub fn denied(code: &str) -> Saw {
    Saw::Denied { code: code.into() }
}

/// A known answer, or an unknown one, from which nothing follows.
#[track_caller]
pub fn says_nothing(saw: &Saw, code: &str) {
    assert!(matches!(saw, Saw::Unclassified { what } if what.starts_with(code)), "{saw:?} is no unclassified {code}");
}

/// sshd looks at nobody from there any more: it closes before the key exchange, which may come as a reset, where no process of the engine stands between.
#[track_caller]
pub fn locked_out(saw: &Saw) {
    let closed = Saw::Unclassified { what: "closed before the key exchange".into() };
    assert!(*saw == closed || *saw == Saw::Unreachable { why: "connection reset".into() }, "{saw:?}");
}

/// Asks an open session until it is closed.
pub async fn closed(session: &OpenSession) -> Saw {
    for _ in 0..200 {
        let (stage, saw) = session.probe().await;
        if !matches!(saw, Saw::Accepted { .. }) {
            assert_eq!(stage, Stage::Open);
            return saw;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it was never closed");
}

pub fn sql(text: &str) -> Statement {
    Statement::Sql(text.into())
}

fn postgres() -> BackendPlan {
    BackendPlan::Postgres(PostgresPlan {
        image: "postgres:17".into(),
        database: "app".into(),
        seed: "none".into(),
        seed_sql: String::new(),
        allowed: vec![],
        denied: vec![],
    })
}

fn mariadb() -> BackendPlan {
    BackendPlan::Mariadb(MariadbPlan {
        image: "mariadb:11.8".into(),
        database: "app".into(),
        seed: "none".into(),
        seed_sql: String::new(),
        allowed: vec![],
        denied: vec![],
    })
}

fn rabbitmq() -> BackendPlan {
    let seed = r#"{
        "exchanges": [ { "name": "app.orders", "type": "fanout", "durable": true, "auto_delete": false, "internal": false, "arguments": {} },
                       { "name": "app.unbound", "type": "fanout", "durable": true, "auto_delete": false, "internal": false, "arguments": {} },
                       { "name": "payroll", "type": "fanout", "durable": true, "auto_delete": false, "internal": false, "arguments": {} } ],
        "queues": [ { "name": "app.orders", "durable": true, "auto_delete": false, "arguments": {} },
                    { "name": "payroll", "durable": true, "auto_delete": false, "arguments": {} } ],
        "bindings": [ { "source": "app.orders", "destination": "app.orders", "destination_type": "queue", "routing_key": "", "arguments": {} },
                      { "source": "payroll", "destination": "payroll", "destination_type": "queue", "routing_key": "", "arguments": {} } ] }"#;
    BackendPlan::Rabbitmq(RabbitmqPlan {
        image: "rabbitmq:4-management".into(),
        vhost: "app".into(),
        seed: "none".into(),
        seed_json: seed.into(),
        allowed: vec![Operation::Consume("app.orders".into())],
        denied: vec![],
    })
}

fn valkey() -> BackendPlan {
    use valkey::Operation as O;
    BackendPlan::Valkey(ValkeyPlan {
        image: "valkey/valkey:8.1".into(),
        seed: "none".into(),
        seed_json: r#"[["SET", "app:greeting", "hello"], ["SET", "payroll:salaries", "secret"]]"#.into(),
        allowed: vec![O::Pop("app:queue".into()), O::Subscribe("app:events".into())],
        denied: vec![],
    })
}

fn influxdb() -> BackendPlan {
    let seed = "INSERT orders quantity=3i 1\nCREATE DATABASE payroll\nUSE payroll\nINSERT salaries salary=1i 1\n";
    BackendPlan::Influxdb(InfluxdbPlan {
        image: "influxdb:1.6".into(),
        database: "app".into(),
        seed: "none".into(),
        seed_sql: seed.into(),
        allowed: vec![],
        denied: vec![],
    })
}

impl Drop for Servers {
    /// Also where the test failed. A thread of its own: the test's runtime may be going down.
    fn drop(&mut self) {
        let run = self.run.clone();
        let sweeping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let engine = discover(&std::env::vars().collect()).await.expect("a container engine answers");
                sweep::sweep(&engine.docker, &sweep::Scope::Run(run)).await.expect("swept");
            });
        });
        let _ = sweeping.join();
    }
}

fn minio() -> BackendPlan {
    use minio::Operation as O;
    BackendPlan::Minio(MinioPlan {
        image: minio::DEFAULT_IMAGE.into(),
        bucket: "app".into(),
        prefix: "reports/".into(),
        uploads: Some("reports/incoming/".into()),
        seed: "none".into(),
        seed_json: r#"{"reports/q3.txt": "hello", "payroll/salaries.csv": "secret"}"#.into(),
        allowed: vec![O::Get("reports/q3.txt".into())],
        denied: vec![],
        federated: false,
    })
}
