//! How containers are reached from where drill runs; decided once and shown in the report.

use testcontainers::bollard::Docker;

/// How containers are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The engine is on this host: ports are published on 127.0.0.1.
    Loopback,
    /// drill runs in a container of that engine: it joins the run's network and publishes nothing.
    Attached {
        /// drill's own container.
        own: String,
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
        write!(f, "{}:{}", self.host, self.port)
    }
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

    /// Decides by the endpoint, and by whether the engine knows a container with our host name.
    pub async fn decide(docker: &Docker, endpoint: &str) -> Self {
        if let Some(rest) = endpoint
            .strip_prefix("tcp://")
            .or_else(|| endpoint.strip_prefix("http://"))
            .or_else(|| endpoint.strip_prefix("https://"))
        {
            let host = rest.split('/').next().unwrap_or(rest);
            let host = host.rsplit_once(':').map_or(host, |(h, _)| h).trim_matches(['[', ']']).to_string();
            if host != "localhost" && host != "::1" && !host.starts_with("127.") {
                return Self::Remote { host };
            }
        }
        if std::path::Path::new("/.dockerenv").exists() || std::path::Path::new("/run/.containerenv").exists() {
            let own = std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_string();
            if !own.is_empty() && docker.inspect_container(&own, None).await.is_ok() {
                return Self::Attached { own };
            }
        }
        Self::Loopback
    }

    /// On which host address the engine publishes ports; none where nothing is published.
    pub fn publish_on(&self) -> Option<&'static str> {
        match self {
            Self::Loopback => Some("127.0.0.1"),
            Self::Attached { .. } => None,
            Self::Remote { .. } => Some("0.0.0.0"),
        }
    }
}
