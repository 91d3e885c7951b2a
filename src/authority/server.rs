//! OpenBao as a configured server: in-memory storage, a declared audit device, initialised and unsealed here. Not dev mode.

use super::client::Bao;
use super::error::AuthorityError;
use crate::environment::{Container, ContainerSpec, EngineHandle, ImageChoice, Labels, Network};
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::time::Duration;

/// The API's port inside.
const PORT: u16 = 8200;
/// A request to a living OpenBao on the same machine takes milliseconds; a revoke waits for the backend.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// From the container's start to an initialised server.
const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two questions whether it listens yet: the first answer is worth milliseconds of every run.
const POLL: Duration = Duration::from_millis(5);

/// Audit goes to stdout and the server's log as JSON to stderr, so one follower of the container's log reads both.
const CONFIG: &str = r#"
ui = false
log_level = "info"
log_format = "json"
storage "inmem" {}
listener "tcp" {
  address = "0.0.0.0:8200"
  tls_disable = true
}
audit "file" "to-file" {
  options { file_path = "stdout" }
}
api_addr = "http://127.0.0.1:8200"
"#;

/// A running, unsealed OpenBao.
pub struct OpenBao {
    /// Its container.
    pub container: Container,
    /// As it states it.
    pub version: String,
    /// Its cluster's id: what tells it from another OpenBao.
    pub cluster: String,
    unseal_key: Secret,
}

impl OpenBao {
    /// Starts the container only, so that others can be started beside it.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(
        engine: &EngineHandle,
        network: &Network,
        labels: &Labels,
        name: &str,
        image: ImageChoice,
    ) -> Result<Container, AuthorityError> {
        let spec = ContainerSpec {
            name: name.into(),
            image,
            command: vec!["server".into()],
            env: vec![
                ("SKIP_SETCAP".into(), "true".into()),
                ("BAO_SKIP_SETCAP".into(), "true".into()),
                // There is no secret in it, and the image's own way to a configuration saves the engine a copy into the container.
                ("BAO_LOCAL_CONFIG".into(), CONFIG.into()),
            ],
            ports: vec![PORT],
            files: Vec::new(),
        };
        Ok(Container::start(engine, network, labels, spec).await?)
    }

    /// Initialises and unseals it; the second is the root token's connection.
    ///
    /// # Errors
    /// It does not come up in time, or was initialised by somebody else.
    pub async fn open(container: Container, redactor: &Redactor) -> Result<(Self, Bao), AuthorityError> {
        let bao = Bao::at(&container.address(PORT).await?, REQUEST_TIMEOUT)?;
        until_it_listens(&bao, &container).await?;
        let init = bao.call("PUT", "sys/init", Some(json!({"secret_shares": 1, "secret_threshold": 1}))).await?;
        let unseal_key = Secret::new(init.text("/keys_base64/0")?.to_string(), redactor);
        // The same key in its other notation is as secret.
        let _hex = Secret::new(init.text("/keys/0")?.to_string(), redactor);
        let root = Secret::new(init.text("/root_token")?.to_string(), redactor);
        let mut server = Self { container, version: String::new(), cluster: String::new(), unseal_key };
        server.unseal(&bao).await?;
        let health = bao.get("sys/health").await?;
        server.version = health.text("/version")?.to_string();
        server.cluster = health.text("/cluster_id")?.to_string();
        Ok((server, bao.with_token(root)))
    }

    /// Unseals it and waits until it is active.
    ///
    /// # Errors
    /// It does not become active in time.
    pub async fn unseal(&self, bao: &Bao) -> Result<(), AuthorityError> {
        bao.call("PUT", "sys/unseal", Some(json!({"key": self.unseal_key.expose()}))).await?;
        let ready = async {
            while bao.send("GET", "sys/health", None).await.map_or(0, |a| a.status) != 200 {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(READY_TIMEOUT, ready)
            .await
            .map_err(|_| AuthorityError::Server("openbao was unsealed and did not become active".into()))
    }

    /// Where it answers now.
    ///
    /// # Errors
    /// It is not running.
    pub async fn address(&self) -> Result<crate::environment::Address, AuthorityError> {
        Ok(self.container.address(PORT).await?)
    }

    /// Where other containers of the network reach it.
    pub fn inner_address(&self) -> String {
        Self::address_of(&self.container.name)
    }

    /// The same of one that is called so, which need not be there yet.
    pub fn address_of(name: &str) -> String {
        format!("http://{name}:{PORT}")
    }
}

async fn until_it_listens(bao: &Bao, container: &Container) -> Result<(), AuthorityError> {
    let quick = bao.with_timeout(Duration::from_secs(1));
    let listening = async {
        while quick.send("GET", "sys/init", None).await.map_or(0, |a| a.status) != 200 {
            tokio::time::sleep(POLL).await;
        }
    };
    if tokio::time::timeout(READY_TIMEOUT, listening).await.is_ok() {
        return Ok(());
    }
    Err(AuthorityError::Server(format!(
        "openbao did not come up in {} s; its last lines: {}{}",
        READY_TIMEOUT.as_secs(),
        container.logs.last_words(),
        container.why_silent(PORT).await
    )))
}
