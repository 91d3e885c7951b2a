//! `--keep`: a login for a person, in a file of mode 0600 outside the reports. The one place where a secret leaves memory.

use crate::authority::{Actors, OpenBao};
use crate::backend::Running;
use crate::definition::DrillPlan;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Appends how to get at a drill's servers.
///
/// # Errors
/// The file cannot be written, or a server is not up; in words.
pub async fn write(
    file: &Path,
    plan: &DrillPlan,
    authority: &OpenBao,
    actors: &Actors,
    backend: &Running,
) -> Result<(), String> {
    let bao = authority.address().await.map_err(|e| e.to_string())?;
    let (address, login) = backend.person().await.map_err(|e| e.to_string())?;
    let token = actors.provisioner.token().map_or("", |t| t.expose());
    let text = format!(
        "# {drill}: until `drill clean`\nBAO_ADDR=http://{bao}\nBAO_TOKEN={token}\n# {product}\nADDRESS={address}\nLOGIN={name}\nSECRET={secret}\n",
        drill = plan.drill,
        product = plan.backend.product(),
        name = login.name,
        secret = login.secret.expose(),
    );
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    let opened = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file);
    let written = opened.and_then(|mut f| f.write_all(text.as_bytes()));
    written.map_err(|e| format!("{}: {e}", file.display()))
}
