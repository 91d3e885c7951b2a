//! Finds the container engine. testcontainers knows neither docker contexts nor the sockets of rootless Docker and Podman,
//! so drill looks itself and hands the answer on as `DOCKER_HOST`, by running itself again where that is not set.

use super::error::EnvError;
use super::reach::Reach;
use crate::provenance::Engine;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use testcontainers::bollard::{API_DEFAULT_VERSION, Docker};

/// A ping that takes longer is no answer.
const PING_TIMEOUT: Duration = Duration::from_secs(3);
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// An engine that answers.
#[derive(Clone)]
pub struct EngineHandle {
    /// Its API.
    pub docker: Docker,
    /// For the head.
    pub info: Engine,
    /// How its containers are reached from here.
    pub reach: Reach,
}

/// The environment variables that matter, read in one place by the caller.
pub type Vars = BTreeMap<String, String>;

/// Where an engine may answer, in order, each with the words for the error.
fn candidates(vars: &Vars) -> Vec<(String, Option<String>)> {
    if let Some(host) = vars.get("DOCKER_HOST").filter(|h| !h.is_empty()) {
        // An explicit choice is never replaced by another engine.
        return vec![("DOCKER_HOST".into(), Some(host.clone()))];
    }
    let socket = |p: PathBuf| Some(format!("unix://{}", p.display()));
    let mut list = vec![("DOCKER_HOST".to_string(), None), ("docker context".to_string(), context_host(vars))];
    list.push((DEFAULT_SOCKET.into(), socket(DEFAULT_SOCKET.into())));
    if let Some(dir) = vars.get("XDG_RUNTIME_DIR") {
        list.push(("$XDG_RUNTIME_DIR/docker.sock".into(), socket(Path::new(dir).join("docker.sock"))));
        list.push(("$XDG_RUNTIME_DIR/podman/podman.sock".into(), socket(Path::new(dir).join("podman/podman.sock"))));
    } else {
        list.push(("$XDG_RUNTIME_DIR (unset)".into(), None));
    }
    list.push(("/run/podman/podman.sock".into(), socket("/run/podman/podman.sock".into())));
    list
}

/// The endpoint of the current docker context, by the files that the docker CLI writes.
fn context_host(vars: &Vars) -> Option<String> {
    let home = vars
        .get("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| vars.get("HOME").map(|h| Path::new(h).join(".docker")))?;
    let name = vars.get("DOCKER_CONTEXT").cloned().or_else(|| {
        let text = std::fs::read_to_string(home.join("config.json")).ok()?;
        let config: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(config.get("currentContext")?.as_str()?.to_string())
    })?;
    let digest: String = Sha256::digest(name.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let text = std::fs::read_to_string(home.join("contexts/meta").join(digest).join("meta.json")).ok()?;
    let meta: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(meta.pointer("/Endpoints/docker/Host")?.as_str()?.to_string())
}

/// Finds the engine, or says what was tried, where we are, and the ways out.
///
/// # Errors
/// No engine answers.
pub async fn discover(vars: &Vars) -> Result<EngineHandle, EnvError> {
    let mut tried = Vec::new();
    for (name, endpoint) in candidates(vars) {
        let Some(endpoint) = endpoint else {
            tried.push(if name.contains('(') {
                name
            } else {
                format!("{name} ({})", if name == "DOCKER_HOST" { "unset" } else { "none" })
            });
            continue;
        };
        match answer(&endpoint).await {
            Ok((docker, engine, version)) => {
                let reach = Reach::decide(&docker, &endpoint).await;
                let info = Engine { name: engine, version, endpoint, reach: reach.name().into() };
                return Ok(EngineHandle { docker, info, reach });
            }
            Err(why) => tried.push(format!("{name} ({why})")),
        }
    }
    Err(no_engine(&tried, vars))
}

/// Connects and asks for the version.
async fn answer(endpoint: &str) -> Result<(Docker, String, String), String> {
    let docker = if let Some(path) = endpoint.strip_prefix("unix://") {
        if !Path::new(path).exists() {
            return Err("no such socket".into());
        }
        Docker::connect_with_unix(path, 120, API_DEFAULT_VERSION)
    } else {
        // testcontainers reads DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH itself.
        return match tokio::time::timeout(PING_TIMEOUT, async {
            let docker = testcontainers::core::client::docker_client_instance().await.map_err(|e| e.to_string())?;
            version(docker).await
        })
        .await
        {
            Ok(result) => result,
            Err(_) => Err("no answer".into()),
        };
    };
    let docker = docker.map_err(|e| e.to_string())?;
    tokio::time::timeout(PING_TIMEOUT, version(docker)).await.unwrap_or_else(|_| Err("no answer".into()))
}

async fn version(docker: Docker) -> Result<(Docker, String, String), String> {
    let v = docker.version().await.map_err(|e| short(&e.to_string()))?;
    let podman = v.components.iter().flatten().any(|c| c.name.to_lowercase().contains("podman"));
    Ok((docker, if podman { "podman" } else { "docker" }.into(), v.version.unwrap_or_else(|| "unknown".into())))
}

fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.contains("ermission denied") {
        "permission denied".into()
    } else if line.contains("refused") {
        "connection refused".into()
    } else {
        line.chars().take(120).collect()
    }
}

fn no_engine(tried: &[String], vars: &Vars) -> EnvError {
    let error = EnvError::new("no container engine answers").detail(format!("tried  {}", tried.join(" · ")));
    if vars.contains_key("KUBERNETES_SERVICE_HOST") {
        error
            .detail("here   a Kubernetes pod (KUBERNETES_SERVICE_HOST is set), not privileged: an engine cannot be started inside")
            .help("DOCKER_HOST=tcp://HOST:2376 to an engine elsewhere, or docs/ci.md#kubernetes")
    } else {
        error.help("ci/drill installs and starts one (Debian, root); or start Docker or Podman; or DOCKER_HOST=tcp://HOST:2376 to an engine elsewhere")
    }
}

/// Whether testcontainers would talk to this endpoint without being told.
pub fn is_default(endpoint: &str, vars: &Vars) -> bool {
    vars.get("DOCKER_HOST").is_some_and(|h| h == endpoint)
        || (!vars.contains_key("DOCKER_HOST") && endpoint == format!("unix://{DEFAULT_SOCKET}"))
}
