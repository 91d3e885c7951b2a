//! The files that the container is started with.

use super::NginxPlan;
use super::tls::SERVER_NAME;
use crate::backend::certificates::{RunCa, Subject};
use crate::backend::{BackendError, Credential};
use crate::environment::CopiedFile;
use crate::secret::Redactor;
use rand::RngExt;

const MAIN: &str = include_str!("files/nginx.conf");
const COMMON: &str = include_str!("files/common.conf");
const START: &str = include_str!("files/start.sh");

/// How client certificates are verified.
pub const VERIFICATION: &str = "/drill/run/verification.conf";
/// Who issues client certificates.
pub const CLIENTS_CA: &str = "/drill/run/clients-ca.pem";
/// What that authority revoked, as of when it was fetched.
pub const CLIENTS_CRL: &str = "/drill/run/clients-crl.pem";
/// Which configuration is in force: an answer of a worker of the one before is told from it.
pub const GENERATION: &str = "/drill/run/generation.conf";

/// The text of the generation's file.
pub fn generation(number: u32) -> String {
    format!("add_header X-Drill-Generation {number} always;\n")
}

/// The files, the run's own authority, and the administrator's credential.
pub struct Prepared {
    /// Copied in before the start.
    pub files: Vec<CopiedFile>,
    /// Whom clients trust.
    pub authority: RunCa,
    /// Who may do everything.
    pub administrator: Credential,
}

/// Makes them. Until the server is told whose certificates it should take it takes nobody's but the administrator's.
///
/// # Errors
/// No key can be made.
pub fn prepare(container: &str, plan: &NginxPlan, redactor: &Redactor) -> Result<Prepared, BackendError> {
    let authority = RunCa::new("drill's own authority")?;
    let (certificate, key) = authority.server(&[SERVER_NAME.into(), container.into()], redactor)?;
    // Nobody can be issued this name, which is made up for this server.
    let suffix: u64 = rand::rng().random();
    let subject = Subject::named(&format!("administrator-{suffix:016x}"));
    let administrator = authority.client(&subject, redactor)?;
    let seed = plan.seed_conf.replace("${administrator}", &subject.common_name);
    let file = |path: &str, bytes: Vec<u8>, mode| CopiedFile { path: path.into(), bytes, mode };
    let files = vec![
        file("/etc/nginx/nginx.conf", MAIN.into(), 0o644),
        file("/docker-entrypoint.d/50-drill.sh", START.into(), 0o755),
        file("/drill/common.conf", COMMON.into(), 0o644),
        file("/drill/seed.conf", seed.into(), 0o644),
        file("/drill/server.pem", certificate.into(), 0o644),
        file("/drill/server.key", key.expose().into(), 0o600),
        file("/drill/administrators-ca.pem", authority.pem().into(), 0o644),
        file(CLIENTS_CA, authority.pem().into(), 0o644),
        file(VERIFICATION, "ssl_verify_client on;\n".into(), 0o644),
        file(GENERATION, generation(0).into(), 0o644),
    ];
    Ok(Prepared { files, authority, administrator })
}
