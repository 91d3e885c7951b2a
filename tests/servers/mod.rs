//! A real PostgreSQL for tests, gone when the test is over. Where no engine answers the test fails: nothing is skipped.
#![allow(dead_code)]

use drill::backend::postgres::PostgresPlan;
use drill::backend::{BackendPlan, Running};
use drill::environment::{EngineHandle, Labels, Lock, Network, discover, resolve_image, sweep};
use drill::secret::Redactor;

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
        let run = format!("test-{name}-{}", std::process::id());
        let lock = Lock::take(&run, dir.path()).expect("the lock");
        let labels = Labels::new(&run, &lock, jiff::Timestamp::now().as_second() + 600, false);
        let network =
            Network::create(&engine.docker, &format!("drill-{run}"), &labels, &engine.reach).await.expect("a network");
        Self { engine, network, labels, redactor: Redactor::default(), run, _lock: lock, _dir: dir }
    }

    pub async fn postgres(&self) -> Running {
        let plan = BackendPlan::Postgres(PostgresPlan {
            image: "postgres:17".into(),
            database: "app".into(),
            seed: "none".into(),
            seed_sql: String::new(),
            allowed: vec![],
            denied: vec![],
        });
        let image = resolve_image(&self.engine.docker, plan.image(), drill::environment::ImageMode::Auto)
            .await
            .expect("an image");
        let name = format!("drill-{}-postgres", self.run);
        let server = Running::launch(&self.engine, &self.network, &self.labels, &name, image, &plan, &self.redactor)
            .await
            .expect("a container");
        server.ready().await.expect("a server");
        server
    }
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
