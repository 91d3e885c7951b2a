//! How containers are reached from where drill runs; decided once and shown in the report.

use super::error::EnvError;
use super::whereabouts::Whereabouts;
use std::collections::HashMap;
use std::net::TcpListener;
use std::time::Duration;
use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::ListNetworksOptionsBuilder;
use tokio::net::TcpStream;

/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(50);

/// How containers are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The engine is on this host: ports are published on 127.0.0.1.
    Loopback,
    /// drill runs in a container of that engine: it joins the run's network and publishes nothing.
    Attached {
        /// The container that joins: drill's own, or the one whose network drill's own uses.
        joins: String,
    },
    /// The engine is elsewhere: ports are published there.
    Remote {
        /// Its host.
        host: String,
    },
}

/// Where a server's port answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Host name or IP.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Address {
    /// Tries to connect until it works or `patience` is over; the last reason. That something accepts says nothing about a server.
    ///
    /// # Errors
    /// No connection came about.
    pub async fn connects(&self, patience: Duration) -> Result<(), String> {
        let mut why = "no answer".to_string();
        let connected = tokio::time::timeout(patience, async {
            loop {
                match TcpStream::connect((self.host.as_str(), self.port)).await {
                    Ok(_) => return,
                    Err(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => why = "connection refused".into(),
                    Err(e) => why = e.to_string(),
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
        connected.await.map_err(|_| why)
    }
}

/// A container of the engine, and how it is in the network.
struct Own {
    id: String,
    mode: String,
}

/// What the engine knows of one id. The whole id has to come back: a host name may be another container's name.
async fn known(docker: &Docker, id: &str) -> Option<Own> {
    let container = docker.inspect_container(id, None).await.ok()?;
    let full = container.id.filter(|full| full.starts_with(id))?;
    let running = container.state.and_then(|s| s.running).unwrap_or(false);
    running.then(|| Own { id: full, mode: container.host_config.and_then(|h| h.network_mode).unwrap_or_default() })
}

impl Reach {
    /// As in the report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Attached { .. } => "attached",
            Self::Remote { .. } => "remote",
        }
    }

    /// Decides by whether the engine knows the container that drill runs in (its id is the second answer), by the endpoint, and in a
    /// container of somebody else's by whether the engine's bridges are here.
    ///
    /// # Errors
    /// Nothing that the engine publishes could be reached from here.
    pub async fn decide(
        docker: &Docker,
        endpoint: &str,
        here: &Whereabouts,
    ) -> Result<(Self, Option<String>), EnvError> {
        for id in &here.ids {
            if let Some(own) = known(docker, id).await {
                return Ok((Self::of_own(docker, &own).await?, Some(own.id)));
            }
        }
        if let Some(host) = remote_host(endpoint) {
            return Ok((Self::Remote { host }, None));
        }
        if here.contained && bridges_here(docker).await == Some(false) && !forwards(docker).await {
            return Err(foreign(endpoint, here));
        }
        Ok((Self::Loopback, None))
    }

    async fn of_own(docker: &Docker, own: &Own) -> Result<Self, EnvError> {
        match own.mode.as_str() {
            // The engine's own network: what it publishes on 127.0.0.1 is here.
            "host" => Ok(Self::Loopback),
            "none" => Err(EnvError::new("drill runs in a container without a network (--network none)")
                .help("start it in any other network: it joins the servers' by itself")),
            // Rootless Podman's own ways out to the world: no other container is reached by them.
            mode if ["slirp4netns", "pasta"].iter().any(|m| mode.starts_with(m)) => Err(EnvError::new(format!(
                "drill's own container cannot join the servers' network: it runs with --network {mode}"
            ))
            .help("start it with --network podman, or --network host")),
            mode => match mode.strip_prefix("container:") {
                None => Ok(Self::Attached { joins: own.id.clone() }),
                Some(other) => match known(docker, other).await {
                    Some(other) if other.mode == "host" => Ok(Self::Loopback),
                    _ => Ok(Self::Attached { joins: other.to_string() }),
                },
            },
        }
    }

    /// On which host address the engine publishes ports; none where nothing is published.
    pub fn publish_on(&self) -> Option<&'static str> {
        match self {
            Self::Loopback => Some("127.0.0.1"),
            Self::Attached { .. } => None,
            Self::Remote { .. } => Some("0.0.0.0"),
        }
    }

    /// What to look at where a running server's port takes no connection.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Loopback => {
                "the engine publishes on 127.0.0.1 of its own host: is that here, or does the socket lead elsewhere? docs/ci.md#runners"
            }
            Self::Attached { .. } => {
                "drill's container is in the servers' network: is there a firewall between containers? docs/ci.md#runners"
            }
            Self::Remote { .. } => {
                "the engine publishes on its own host, on ephemeral ports: they must be open from here, not only the engine's. docs/ci.md#runners"
            }
        }
    }
}

/// The host of an endpoint by TCP, unless it is this one.
fn remote_host(endpoint: &str) -> Option<String> {
    let rest = ["tcp://", "http://", "https://"].iter().find_map(|scheme| endpoint.strip_prefix(scheme))?;
    let host = rest.split('/').next().unwrap_or(rest);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.rsplit_once(':').map_or(host, |(h, _)| h),
    };
    let local = host == "localhost" || host == "::1" || host.starts_with("127.");
    (!local && !host.is_empty()).then(|| host.to_string())
}

/// Whether the engine's bridges are interfaces of this network namespace; unknown where it has none. Only an address of one's own can be bound.
async fn bridges_here(docker: &Docker) -> Option<bool> {
    let filters = HashMap::from([("driver", vec!["bridge"])]);
    let networks =
        docker.list_networks(Some(ListNetworksOptionsBuilder::new().filters(&filters).build())).await.ok()?;
    let pools = networks.into_iter().filter_map(|n| n.ipam?.config).flatten();
    let gateways: Vec<String> = pools.filter_map(|pool| pool.gateway).filter(|g| !g.is_empty()).collect();
    let local = |gateway: &String| TcpListener::bind((gateway.as_str(), 0)).is_ok();
    (!gateways.is_empty()).then(|| gateways.iter().any(local))
}

/// Rootless engines and Podman have no bridge here even where they are at home: they forward ports in other ways, or make it when needed.
async fn forwards(docker: &Docker) -> bool {
    let rootless = docker
        .info()
        .await
        .is_ok_and(|info| info.security_options.unwrap_or_default().iter().any(|option| option.contains("rootless")));
    rootless
        || docker
            .version()
            .await
            .is_ok_and(|v| v.components.iter().flatten().any(|c| c.name.to_lowercase().contains("podman")))
}

fn foreign(endpoint: &str, here: &Whereabouts) -> EnvError {
    let own = here.ids.first().map_or_else(String::new, |id| format!(" {}", id.chars().take(12).collect::<String>()));
    EnvError::new(format!("the engine at {endpoint} does not run the container that drill is in"))
        .detail(format!("here   container{own}, of another engine; what this one publishes on its 127.0.0.1 cannot be reached from here"))
        .help("the socket of the engine that runs this container; or an engine by DOCKER_HOST=tcp://HOST:2376; docs/ci.md#runners")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_names_its_host() {
        for (endpoint, host) in [
            ("tcp://docker:2376", Some("docker")),
            ("tcp://10.0.0.7:2375", Some("10.0.0.7")),
            ("https://engine.example", Some("engine.example")),
            ("tcp://[fd00::7]:2376/v1", Some("fd00::7")),
            ("tcp://localhost:2375", None),
            ("tcp://127.0.0.1:2375", None),
            ("tcp://[::1]:2375", None),
            ("unix:///var/run/docker.sock", None),
        ] {
            assert_eq!(remote_host(endpoint).as_deref(), host, "{endpoint}");
        }
    }

    #[test]
    fn an_address_can_be_put_into_a_url() {
        assert_eq!(Address { host: "fd00::7".into(), port: 8200 }.to_string(), "[fd00::7]:8200");
        assert_eq!(Address { host: "docker".into(), port: 8200 }.to_string(), "docker:8200");
    }

    #[tokio::test]
    async fn what_does_not_connect_says_why() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = Address { host: "127.0.0.1".into(), port: free };
        assert_eq!(address.connects(Duration::from_millis(120)).await, Err("connection refused".into()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() };
        assert_eq!(address.connects(Duration::from_secs(5)).await, Ok(()));
    }
}
