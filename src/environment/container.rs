//! One server's container, started by testcontainers, reached by the run's reach.

use super::engine::EngineHandle;
use super::error::EnvError;
use super::images::ImageChoice;
use super::logs::LogBuffer;
use super::network::Network;
use super::reach::{Address, Reach};
use super::sweep::Labels;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use testcontainers::bollard::exec::StartExecResults;
use testcontainers::bollard::models::{ExecConfig, PortBinding};
use testcontainers::bollard::query_parameters::{KillContainerOptionsBuilder, StopContainerOptionsBuilder};
use testcontainers::core::ContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, CopyTargetOptions, GenericImage, ImageExt};

/// The engine itself hangs if a start takes longer.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// A server that has not stopped by then is killed, by the engine.
const STOP_SECONDS: i32 = 30;
/// A published port takes connections before the server does; behind a firewall none comes about, and waiting longer tells no more.
const REMOTE_PATIENCE: Duration = Duration::from_secs(15);
/// For the last try, when the server had its time already.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// A file that is copied in before the start: never bind-mounted, never an environment variable.
#[derive(Clone)]
pub struct CopiedFile {
    /// Absolute path inside.
    pub path: String,
    /// Its bytes; may be secret.
    pub bytes: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
}

/// What to start.
pub struct ContainerSpec {
    /// Name at the engine and in the network.
    pub name: String,
    /// Which image.
    pub image: ImageChoice,
    /// Arguments of the entry point.
    pub command: Vec<String>,
    /// Not secret.
    pub env: Vec<(String, String)>,
    /// TCP ports that drill itself needs.
    pub ports: Vec<u16>,
    /// Copied in before the start.
    pub files: Vec<CopiedFile>,
}

/// A started container. Not yet ready: that is for the server's own protocol to say.
pub struct Container {
    /// Name at the engine and in the network.
    pub name: String,
    /// Its log.
    pub logs: LogBuffer,
    engine: EngineHandle,
    network: String,
    inner: Option<ContainerAsync<GenericImage>>,
    /// A published port changes at every restart, an address may: so they are forgotten then and asked again.
    addresses: Mutex<HashMap<u16, Address>>,
}

impl Container {
    /// Creates and starts it.
    ///
    /// # Errors
    /// The engine refuses: a taken name, no such image, no room.
    pub async fn start(
        engine: &EngineHandle,
        network: &Network,
        labels: &Labels,
        spec: ContainerSpec,
    ) -> Result<Self, EnvError> {
        let (image, tag) = spec.image.run.rsplit_once(':').unwrap_or((&spec.image.run, "latest"));
        let publish = engine.reach.publish_on();
        let (ports, network_name) = (spec.ports.clone(), network.name.clone());
        let mut request = GenericImage::new(image, tag)
            .with_container_name(&spec.name)
            .with_labels(labels.map())
            .with_startup_timeout(START_TIMEOUT)
            .with_host_config_modifier(move |host| {
                host.network_mode = Some(network_name.clone());
                host.publish_all_ports = Some(false);
                host.port_bindings = publish.map(|ip| {
                    let binding =
                        || Some(vec![PortBinding { host_ip: Some(ip.to_string()), host_port: Some(String::new()) }]);
                    ports.iter().map(|p| (format!("{p}/tcp"), binding())).collect()
                });
            });
        if !spec.command.is_empty() {
            request = request.with_cmd(spec.command);
        }
        for port in &spec.ports {
            // Declared by testcontainers as exposed; the bindings are the modifier's.
            request = request.with_mapped_port(0, ContainerPort::Tcp(*port));
        }
        for (key, value) in spec.env {
            request = request.with_env_var(key, value);
        }
        for file in spec.files {
            request = request.with_copy_to(CopyTargetOptions::new(file.path).with_mode(file.mode), file.bytes);
        }
        let inner = request.start().await.map_err(|e| start_error(&spec.name, &e.to_string()))?;
        let logs = LogBuffer::follow(&engine.docker, inner.id());
        Ok(Self {
            name: spec.name,
            logs,
            engine: engine.clone(),
            network: network.name.clone(),
            inner: Some(inner),
            addresses: Mutex::default(),
        })
    }

    fn id(&self) -> &str {
        self.inner.as_ref().map_or("", |c| c.id())
    }

    /// Where one of its ports answers now.
    ///
    /// # Errors
    /// It is not running, or the port was not asked for; or the engine is elsewhere and its ports cannot be reached.
    pub async fn address(&self, port: u16) -> Result<Address, EnvError> {
        if let Some(address) = self.known(port) {
            return Ok(address);
        }
        let found = self.ask(port).await?;
        if let Reach::Remote { .. } = self.engine.reach
            && let Err(why) = found.connects(REMOTE_PATIENCE).await
        {
            return Err(EnvError::new(format!("{}: {}", self.no_connection(&found, &why), self.engine.reach.hint())));
        }
        self.addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(port, found.clone());
        Ok(found)
    }

    /// Asks the engine. Attached, it is the container's own address in the run's network: a name would be looked up with every probe.
    async fn ask(&self, port: u16) -> Result<Address, EnvError> {
        let inspected = self.engine.docker.inspect_container(self.id(), None).await?;
        let settings = inspected.network_settings.unwrap_or_default();
        let host = match &self.engine.reach {
            Reach::Loopback => "127.0.0.1",
            Reach::Remote { host } => host,
            Reach::Attached { .. } => {
                let endpoint = settings.networks.unwrap_or_default().remove(&self.network).unwrap_or_default();
                let addresses = [endpoint.ip_address, endpoint.global_ipv6_address];
                let host = addresses.into_iter().flatten().find(|a| !a.is_empty());
                return host.map(|host| Address { host, port }).ok_or_else(|| {
                    EnvError::new(format!("{} has no address in {}: it is not running", self.name, self.network))
                });
            }
        };
        let published = settings.ports.unwrap_or_default();
        let bindings = published.get(&format!("{port}/tcp")).cloned().flatten().unwrap_or_default();
        let host_port = bindings.iter().find_map(|b| b.host_port.as_ref()?.parse().ok());
        host_port
            .map(|port| Address { host: host.into(), port })
            .ok_or_else(|| EnvError::new(format!("{} publishes no port {port}: it is not running", self.name)))
    }

    /// For a server that did not come up in time: whether a port of its takes connections at all, and if not, what to look at.
    pub async fn why_silent(&self, port: u16) -> String {
        let Some(address) = self.known(port) else { return String::new() };
        match address.connects(LAST_PATIENCE).await {
            Ok(()) => String::new(),
            Err(why) => format!("; {}: {}", self.no_connection(&address, &why), self.engine.reach.hint()),
        }
    }

    fn no_connection(&self, address: &Address, why: &str) -> String {
        format!("no connection to {address} ({why}), where {} should answer", self.name)
    }

    fn known(&self, port: u16) -> Option<Address> {
        self.addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&port).cloned()
    }

    /// Freezes its processes: ports accept and stay silent.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn pause(&self) -> Result<(), EnvError> {
        Ok(self.engine.docker.pause_container(self.id()).await?)
    }

    /// Lets its processes go on.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn unpause(&self) -> Result<(), EnvError> {
        Ok(self.engine.docker.unpause_container(self.id()).await?)
    }

    /// As its operator stops it: the server is told, and has its time.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn stop(&self) -> Result<(), EnvError> {
        self.addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        let patience = StopContainerOptionsBuilder::new().t(STOP_SECONDS).build();
        Ok(self.engine.docker.stop_container(self.id(), Some(patience)).await?)
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn kill(&self) -> Result<(), EnvError> {
        self.addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        Ok(self
            .engine
            .docker
            .kill_container(self.id(), Some(KillContainerOptionsBuilder::new().signal("SIGKILL").build()))
            .await?)
    }

    /// Starts it again after a kill; its published ports are other ones now.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn start_again(&self) -> Result<(), EnvError> {
        self.addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        let since = i32::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0);
        self.engine.docker.start_container(self.id(), None).await?;
        self.logs.follow_into(&self.engine.docker, self.id(), since);
        Ok(())
    }

    /// Runs a command inside and waits for its end; the exit code and what it printed.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn exec(&self, command: &[String]) -> Result<(i64, String), EnvError> {
        use futures_util::StreamExt;
        let docker = &self.engine.docker;
        let config = ExecConfig {
            cmd: Some(command.to_vec()),
            // Whatever user the server runs as: who breaks a set-up has the keys to the room.
            user: Some("0".into()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..Default::default()
        };
        let exec = docker.create_exec(self.id(), config).await?;
        let mut text = String::new();
        if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec.id, None).await? {
            while let Some(chunk) = output.next().await {
                text.push_str(&chunk?.to_string());
            }
        }
        let code = docker.inspect_exec(&exec.id).await?.exit_code.unwrap_or(-1);
        Ok((code, text))
    }

    /// What the engine shows of it to everybody who may ask: environment, arguments, labels.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn shown(&self) -> Result<Vec<String>, EnvError> {
        let inspected = self.engine.docker.inspect_container(self.id(), None).await?;
        let mut lines: Vec<String> = inspected.args.unwrap_or_default();
        let config = inspected.config.unwrap_or_default();
        lines.extend(config.env.unwrap_or_default());
        lines.extend(config.cmd.unwrap_or_default());
        lines.extend(config.entrypoint.unwrap_or_default());
        lines.extend(config.labels.unwrap_or_default().into_iter().map(|(k, v)| format!("{k}={v}")));
        Ok(lines)
    }

    /// Removes it with its volumes.
    pub async fn remove(mut self) {
        if let Some(inner) = self.inner.take()
            && let Err(e) = inner.rm().await
        {
            tracing::debug!(container = %self.name, error = %e, "container not removed");
        }
    }
}

fn start_error(name: &str, text: &str) -> EnvError {
    let error = EnvError::new(format!("cannot start {name}: {text}"));
    if text.contains("is already in use") {
        return EnvError::new(format!("the name {name} is taken at the engine"))
            .help("drill clean, or another DRILL_RUN_ID");
    }
    if text.contains("no space left") {
        return error.help("free room at the engine's disk: docker system df");
    }
    error
}
