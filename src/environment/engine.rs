//! Finds the container engine. testcontainers knows neither docker contexts nor the sockets of rootless Docker and Podman,
//! so drill looks itself and hands the answer on as `DOCKER_HOST`, by running itself again where that is not set.

use super::error::EnvError;
use super::reach::Reach;
use super::whereabouts::here;
use crate::provenance::Engine;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use testcontainers::bollard::{API_DEFAULT_VERSION, Docker};

/// A ping that takes longer is no answer.
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// A request that takes longer is given up.
const REQUEST_SECONDS: u64 = 120;
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
    /// The container that drill runs in, where it is one of this engine's.
    pub own: Option<String>,
    /// Where its client's certificates are, where it speaks TLS.
    tls: Option<PathBuf>,
}

/// Where an engine may answer.
struct Candidate {
    /// In the words of the error.
    name: String,
    endpoint: Option<String>,
    /// `ca.pem`, `cert.pem`, `key.pem` are there.
    tls: Option<PathBuf>,
}

impl Candidate {
    fn new(name: impl Into<String>, endpoint: Option<String>) -> Self {
        Self { name: name.into(), endpoint, tls: None }
    }
}

/// The environment variables that matter, read in one place by the caller.
pub type Vars = BTreeMap<String, String>;

/// Where an engine may answer, in order.
fn candidates(vars: &Vars) -> Vec<Candidate> {
    if let Some(host) = vars.get("DOCKER_HOST").filter(|h| !h.is_empty()) {
        // An explicit choice is never replaced by another engine.
        let tls = vars.get("DOCKER_TLS_VERIFY").is_some_and(|v| !v.is_empty()) && !host.starts_with("unix://");
        let tls = tls.then(|| vars.get("DOCKER_CERT_PATH").map(PathBuf::from).or_else(|| config_dir(vars))).flatten();
        return vec![Candidate { name: "DOCKER_HOST".into(), endpoint: Some(host.clone()), tls }];
    }
    let socket = |p: PathBuf| Some(format!("unix://{}", p.display()));
    let mut list = vec![Candidate::new("DOCKER_HOST", None), context(vars)];
    list.push(Candidate::new(DEFAULT_SOCKET, socket(DEFAULT_SOCKET.into())));
    if let Some(dir) = vars.get("XDG_RUNTIME_DIR") {
        list.push(Candidate::new("$XDG_RUNTIME_DIR/docker.sock", socket(Path::new(dir).join("docker.sock"))));
        let podman = socket(Path::new(dir).join("podman/podman.sock"));
        list.push(Candidate::new("$XDG_RUNTIME_DIR/podman/podman.sock", podman));
    } else {
        list.push(Candidate::new("$XDG_RUNTIME_DIR (unset)", None));
    }
    list.push(Candidate::new("/run/podman/podman.sock", socket("/run/podman/podman.sock".into())));
    list
}

fn config_dir(vars: &Vars) -> Option<PathBuf> {
    let home = || vars.get("HOME").map(|h| Path::new(h).join(".docker"));
    vars.get("DOCKER_CONFIG").map(PathBuf::from).or_else(home)
}

/// The current docker context, by the files that the docker CLI writes.
fn context(vars: &Vars) -> Candidate {
    let (endpoint, tls) = context_files(vars).unzip();
    Candidate { name: "docker context".into(), endpoint, tls: tls.flatten() }
}

fn context_files(vars: &Vars) -> Option<(String, Option<PathBuf>)> {
    let dir = config_dir(vars)?;
    let name = vars.get("DOCKER_CONTEXT").cloned().or_else(|| {
        let text = std::fs::read_to_string(dir.join("config.json")).ok()?;
        let config: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(config.get("currentContext")?.as_str()?.to_string())
    })?;
    let digest: String = Sha256::digest(name.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let text = std::fs::read_to_string(dir.join("contexts/meta").join(&digest).join("meta.json")).ok()?;
    let meta: serde_json::Value = serde_json::from_str(&text).ok()?;
    let endpoint = meta.pointer("/Endpoints/docker/Host")?.as_str()?.to_string();
    let tls = dir.join("contexts/tls").join(&digest).join("docker");
    Some((endpoint, tls.join("ca.pem").exists().then_some(tls)))
}

/// Finds the engine, or says what was tried, where we are, and the ways out.
///
/// # Errors
/// No engine answers; or its containers could not be reached from here.
pub async fn discover(vars: &Vars) -> Result<EngineHandle, EnvError> {
    let mut tried = Vec::new();
    for Candidate { name, endpoint, tls } in candidates(vars) {
        let Some(endpoint) = endpoint else {
            tried.push(if name.contains('(') {
                name
            } else {
                format!("{name} ({})", if name == "DOCKER_HOST" { "unset" } else { "none" })
            });
            continue;
        };
        match answer(&endpoint, tls.as_deref()).await {
            Ok((docker, engine, version)) => {
                let (reach, own) = Reach::decide(&docker, &endpoint, here()).await?;
                let info = Engine { name: engine, version, endpoint, reach: reach.name().into() };
                return Ok(EngineHandle { docker, info, reach, own, tls });
            }
            Err(why) => tried.push(format!("{name} ({why})")),
        }
    }
    Err(no_engine(&tried, vars))
}

/// Connects and asks for the version.
async fn answer(endpoint: &str, tls: Option<&Path>) -> Result<(Docker, String, String), String> {
    let docker = connect(endpoint, tls)?;
    tokio::time::timeout(PING_TIMEOUT, version(docker)).await.unwrap_or_else(|_| Err("no answer".into()))
}

/// The same connection as testcontainers makes of `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`.
fn connect(endpoint: &str, tls: Option<&Path>) -> Result<Docker, String> {
    if let Some(path) = endpoint.strip_prefix("unix://") {
        if !Path::new(path).exists() {
            return Err("no such socket".into());
        }
        return Docker::connect_with_unix(path, REQUEST_SECONDS, API_DEFAULT_VERSION)
            .map_err(|e| short(&e.to_string()));
    }
    if !["tcp://", "http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) {
        return Err(format!("{endpoint} is neither unix:// nor tcp://; for ssh:// forward its socket: ssh -L"));
    }
    let Some(dir) = tls else {
        return Docker::connect_with_http(endpoint, REQUEST_SECONDS, API_DEFAULT_VERSION)
            .map_err(|e| short(&e.to_string()));
    };
    let [key, cert, ca] = ["key.pem", "cert.pem", "ca.pem"].map(|name| dir.join(name));
    if let Some(missing) = [&key, &cert, &ca].iter().find(|file| !file.exists()) {
        return Err(format!("{} is missing", missing.display()));
    }
    Docker::connect_with_ssl(endpoint, &key, &cert, &ca, REQUEST_SECONDS, API_DEFAULT_VERSION)
        .map_err(|e| short(&e.to_string()))
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

impl EngineHandle {
    /// What has to stand in the environment for testcontainers to come to the same engine in the same way; nothing where it would by itself.
    pub fn missing_variables(&self, vars: &Vars) -> Vec<(&'static str, String)> {
        let endpoint = &self.info.endpoint;
        if !vars.contains_key("DOCKER_HOST") && *endpoint == format!("unix://{DEFAULT_SOCKET}") {
            return Vec::new();
        }
        let mut wanted = vec![("DOCKER_HOST", endpoint.clone())];
        if let Some(dir) = &self.tls {
            wanted.push(("DOCKER_TLS_VERIFY", "1".into()));
            wanted.push(("DOCKER_CERT_PATH", dir.display().to_string()));
        }
        wanted.retain(|(key, value)| vars.get(*key) != Some(value));
        wanted
    }
}
