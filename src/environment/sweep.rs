//! Whatever was started is stopped: also what a killed run left behind, and only that.
//!
//! Every container and network carries the run's id, the host with the path of the run's lock, and an end. The lock is held for as long
//! as the process lives, so a run whose lock can be taken is dead. Another host's run is left alone until its end has passed.

use super::error::EnvError;
use super::whereabouts::here;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as BollardError;
use testcontainers::bollard::models::NetworkDisconnectRequest;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, RemoveContainerOptionsBuilder,
};

/// Between two looks at a container that somebody else removes, and how many: 3 s.
const GOING: std::time::Duration = std::time::Duration::from_millis(30);
const GOING_MAX: u32 = 100;

/// Which run.
pub const RUN: &str = "drill.run";
/// Which host.
pub const HOST: &str = "drill.host";
/// The lock's path on that host.
pub const LOCK: &str = "drill.lock";
/// Unix seconds after which nobody needs it.
pub const UNTIL: &str = "drill.until";
/// The container that drill itself runs in, where it is one of the same engine's: what it started dies with it.
pub const CONTAINER: &str = "drill.container";
/// Set where a person asked to keep it: only `drill clean` removes it.
pub const KEEP: &str = "drill.keep";

/// The labels of one run.
#[derive(Debug, Clone)]
pub struct Labels {
    run: String,
    host: String,
    lock: String,
    until: i64,
    keep: bool,
    container: Option<String>,
}

impl Labels {
    /// For a run that ends at the latest at `until` (unix seconds).
    pub fn new(run: &str, lock: &Lock, until: i64, keep: bool) -> Self {
        Self { run: run.into(), host: host_id(), lock: lock.path.display().to_string(), until, keep, container: None }
    }
    /// For a run in a container of the engine itself.
    #[must_use]
    pub fn of_container(self, container: Option<String>) -> Self {
        Self { container, ..self }
    }
    /// As the engine wants them.
    pub fn map(&self) -> HashMap<String, String> {
        let mut map = HashMap::from([
            (RUN.to_string(), self.run.clone()),
            (HOST.to_string(), self.host.clone()),
            (LOCK.to_string(), self.lock.clone()),
            (UNTIL.to_string(), self.until.to_string()),
        ]);
        if self.keep {
            map.insert(KEEP.into(), "true".into());
        }
        if let Some(container) = &self.container {
            map.insert(CONTAINER.into(), container.clone());
        }
        map
    }
    /// The run's id.
    pub fn run(&self) -> &str {
        &self.run
    }
}

/// Held while the run lives; the kernel lets go of it whatever ends the process.
#[derive(Debug)]
pub struct Lock {
    /// Where it is.
    pub path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the run's lock.
    ///
    /// # Errors
    /// The directory is not writable, or a run of that id lives.
    pub fn take(run: &str, dir: &Path) -> Result<Self, EnvError> {
        std::fs::create_dir_all(dir).map_err(|e| EnvError::new(format!("cannot create {}: {e}", dir.display())))?;
        let path = dir.join(format!("{run}.lock"));
        let file = File::create(&path).map_err(|e| EnvError::new(format!("cannot create {}: {e}", path.display())))?;
        file.try_lock()
            .map_err(|_| EnvError::new(format!("a run with the id {run} is going on ({})", path.display())))?;
        Ok(Self { path, _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Stable for this machine; several engines' users may share an engine. A container is a host of its own: it does not see the locks of
/// the others on its machine, and must not take them for free.
fn host_id() -> String {
    let namespace = &here().namespace;
    let machine = machine_id();
    if namespace.is_empty() { machine } else { format!("{machine}/{namespace}") }
}

fn machine_id() -> String {
    std::fs::read_to_string("/etc/machine-id")
        .ok()
        .map(|s| s.trim().to_string())
        .filter(|s| !s.is_empty())
        .unwrap_or_else(|| {
            std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_string()
        })
}

/// What a sweep removed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Names of containers.
    pub containers: Vec<String>,
    /// Names of networks.
    pub networks: Vec<String>,
}

impl Swept {
    /// Nothing was left.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty()
    }
}

/// Which leftovers to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// What dead runs left behind; kept ones stay.
    Leftovers,
    /// What dead runs left behind, and kept ones.
    Clean,
    /// Everything of every run, also of living ones.
    All,
    /// Everything of this run.
    Run(String),
}

impl Scope {
    /// `orphan`: the container that the run lived in is gone.
    fn takes(&self, labels: &HashMap<String, String>, orphan: bool) -> bool {
        let get = |k: &str| labels.get(k).map_or("", String::as_str);
        match self {
            Self::All => true,
            Self::Run(run) => get(RUN) == run,
            Self::Leftovers if labels.contains_key(KEEP) => false,
            Self::Leftovers | Self::Clean => {
                if get(HOST) == host_id() {
                    dead(Path::new(get(LOCK)))
                } else if orphan {
                    true
                } else {
                    get(UNTIL).parse::<i64>().is_ok_and(|until| until < jiff::Timestamp::now().as_second())
                }
            }
        }
    }
}

/// A run is dead when nobody holds its lock.
fn dead(lock: &Path) -> bool {
    match File::open(lock) {
        Ok(file) => {
            let free = file.try_lock().is_ok();
            if free {
                let _ = std::fs::remove_file(lock);
            }
            free
        }
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Whether the run lived in a container of this engine that has ended. An engine that does not say leaves it alive.
async fn orphan(docker: &Docker, labels: &HashMap<String, String>) -> bool {
    let Some(container) = labels.get(CONTAINER) else { return false };
    match docker.inspect_container(container, None).await {
        Ok(found) => found.state.and_then(|s| s.running) == Some(false),
        Err(BollardError::DockerResponseServerError { status_code: 404, .. }) => true,
        Err(_) => false,
    }
}

/// Removes containers, then networks. Errors of single removals are kept back: what could be removed is.
///
/// # Errors
/// The engine does not answer.
pub async fn sweep(docker: &Docker, scope: &Scope) -> Result<Swept, EnvError> {
    let filters = HashMap::from([("label", vec![RUN])]);
    let containers =
        docker.list_containers(Some(ListContainersOptionsBuilder::new().all(true).filters(&filters).build())).await?;
    let mut swept = Swept::default();
    let mut removals = Vec::new();
    for container in containers {
        let labels = container.labels.unwrap_or_default();
        if !scope.takes(&labels, orphan(docker, &labels).await) {
            continue;
        }
        let id = container.id.unwrap_or_default();
        swept.containers.push(
            container
                .names
                .unwrap_or_default()
                .first()
                .map_or_else(|| id.clone(), |n| n.trim_start_matches('/').to_string()),
        );
        removals.push(async move { remove_container(docker, &id).await });
    }
    futures_util::future::join_all(removals).await;
    let networks = docker.list_networks(Some(ListNetworksOptionsBuilder::new().filters(&filters).build())).await?;
    for network in networks {
        let labels = network.labels.unwrap_or_default();
        if !scope.takes(&labels, orphan(docker, &labels).await) {
            continue;
        }
        // By its id: another's network may have the same name.
        let name = network.name.unwrap_or_default();
        if remove_network(docker, network.id.as_deref().unwrap_or(&name)).await {
            swept.networks.push(name);
        }
    }
    Ok(swept)
}

/// Removes one of drill's networks; who is still in it (drill's own container, where the run was cut off) leaves it first.
async fn remove_network(docker: &Docker, id: &str) -> bool {
    if docker.remove_network(id).await.is_ok() {
        return true;
    }
    let Ok(network) = docker.inspect_network(id, None).await else { return false };
    for container in network.containers.unwrap_or_default().into_keys() {
        let request = NetworkDisconnectRequest { container, force: Some(true) };
        let _ = docker.disconnect_network(id, request).await;
    }
    docker.remove_network(id).await.is_ok()
}

/// Force-removes one container with its volumes; one that is gone is no error.
pub async fn remove_container(docker: &Docker, id: &str) {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    let Err(e) = docker.remove_container(id, Some(options)).await else { return };
    tracing::debug!(container = id, error = %e, "container not removed");
    // Another sweep is at it: whoever comes back from this one may rely on its being gone.
    for _ in 0..GOING_MAX {
        if docker.inspect_container(id, None).await.is_err() {
            return;
        }
        tokio::time::sleep(GOING).await;
    }
}

/// Where the locks of this machine's runs are.
pub fn lock_dir(runtime_dir: Option<&str>) -> PathBuf {
    runtime_dir.map_or_else(std::env::temp_dir, PathBuf::from).join("drill-locks")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
    }

    #[test]
    fn a_living_run_is_left_alone_and_a_dead_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take("r1", dir.path()).unwrap();
        let path = lock.path.display().to_string();
        let l = labels(&[(RUN, "r1"), (HOST, &host_id()), (LOCK, &path), (UNTIL, "0")]);
        assert!(!Scope::Leftovers.takes(&l, false), "its lock is held");
        assert!(Lock::take("r1", dir.path()).is_err());
        drop(lock);
        assert!(Scope::Leftovers.takes(&l, false), "its lock is free");
    }

    #[test]
    fn another_host_is_left_alone_until_its_end() {
        let future = (jiff::Timestamp::now().as_second() + 60).to_string();
        assert!(
            !Scope::Clean
                .takes(&labels(&[(RUN, "r"), (HOST, "other"), (LOCK, "/nonexistent"), (UNTIL, &future)]), false)
        );
        assert!(
            Scope::Clean.takes(&labels(&[(RUN, "r"), (HOST, "other"), (LOCK, "/nonexistent"), (UNTIL, "1")]), false)
        );
    }

    #[test]
    fn what_a_gone_container_started_is_taken_before_its_end() {
        let future = (jiff::Timestamp::now().as_second() + 60).to_string();
        let l = labels(&[(RUN, "r"), (HOST, "other"), (LOCK, "/nonexistent"), (UNTIL, &future), (CONTAINER, "c")]);
        assert!(Scope::Leftovers.takes(&l, true) && !Scope::Leftovers.takes(&l, false));
        let mut kept = l.clone();
        kept.insert(KEEP.into(), "true".into());
        assert!(!Scope::Leftovers.takes(&kept, true), "kept is kept");
        // A host's lock says more: the run lives.
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take("r", dir.path()).unwrap();
        let here = labels(&[(RUN, "r"), (HOST, &host_id()), (LOCK, &lock.path.display().to_string())]);
        assert!(!Scope::Leftovers.takes(&here, true));
    }

    #[test]
    fn kept_containers_survive_every_sweep_but_clean() {
        let l = labels(&[(RUN, "r"), (HOST, &host_id()), (LOCK, "/nonexistent"), (UNTIL, "1"), (KEEP, "true")]);
        assert!(!Scope::Leftovers.takes(&l, false));
        assert!(Scope::Clean.takes(&l, false));
    }
}
