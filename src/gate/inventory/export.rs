//! What an OpenBao says of itself: `secrets.json` of `bao secrets list -format=json`, beside it a directory a mount with
//! `roles.json` of `bao list -format=json MOUNT/roles`, and `roles/NAME.json` of `bao read -format=json MOUNT/roles/NAME`.
//!
//! What it does not hold is in use all the same: a mount whose roles were not listed is a role that nobody knows.

use super::{Inventory, Role};
use crate::credential::database::export::fingerprint;
use crate::definition::engines::{self, Engine};
use crate::document::file::whole;
use crate::document::{Diagnostic, GateProblem};
use crate::gate::file;
use crate::gate::readiness::RoleInUse;
use serde_json::Value;
use std::path::Path;

/// What every mount is named in.
const MOUNTS: &str = "secrets.json";
/// The role of a mount whose roles were not listed.
pub const UNLISTED: &str = "(not listed)";

type Failure = Box<Diagnostic>;

/// Reads an export: a directory, or the list of mounts alone.
///
/// # Errors
/// It is none.
pub fn read(path: &Path, shown: &str) -> Result<Inventory, Failure> {
    let shown = shown.trim_end_matches('/');
    let (dir, mounts) = if path.is_dir() { (Some(path), format!("{shown}/{MOUNTS}")) } else { (None, shown.into()) };
    let json = json(&mounts)?;
    let Value::Object(list) = &json else {
        return Err(bad(&mounts, "it is no list of mounts"));
    };
    let mut roles = Vec::new();
    for (mount, about) in list {
        let Some(kind) = about.get("type").and_then(Value::as_str) else {
            return Err(bad(&mounts, &format!("`{mount}` has no `type`: is it `bao secrets list`?")));
        };
        let engine = engines::of(kind);
        if engine == Engine::Static {
            continue;
        }
        let mount = mount.trim_matches('/');
        let plain = !mount.is_empty() && mount.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !plain {
            return Err(bad(&mounts, &format!("`{mount}` is no path of a mount")));
        }
        for (list, is_static) in [("roles", false), ("static-roles", true)] {
            roles.extend(of_mount(dir, shown, mount, engine, list, is_static)?);
        }
    }
    if roles.is_empty() {
        return Err(bad(&mounts, "no mount of it issues credentials"));
    }
    Ok(Inventory { file: shown.to_string(), roles, not_in_use: Vec::new() })
}

fn of_mount(
    dir: Option<&Path>,
    shown: &str,
    mount: &str,
    engine: Engine,
    list: &str,
    is_static: bool,
) -> Result<Vec<Role>, Failure> {
    let system = match engine {
        Engine::Issues(system) => system,
        Engine::Static => None,
    };
    let role = |name: &str, sha256| Role {
        role: RoleInUse { system, path: format!("{mount}/{list}/{name}"), role: name.to_string(), owner: None },
        is_static,
        drill: None,
        sha256,
    };
    let names = dir.map(|dir| dir.join(mount).join(format!("{list}.json"))).filter(|path| path.exists());
    if names.is_none() {
        // Only dynamic roles are always there to be listed.
        return Ok(if is_static { Vec::new() } else { vec![role(UNLISTED, None)] });
    }
    let file = format!("{shown}/{mount}/{list}.json");
    let Value::Array(names) = json(&file)? else {
        return Err(bad(&file, "it is no list of names"));
    };
    let mut roles = Vec::new();
    for name in &names {
        let Some(name) = name.as_str().filter(|name| !name.is_empty() && !name.contains(['/', '\\'])) else {
            return Err(bad(&file, "it is no list of names"));
        };
        let read = format!("{shown}/{mount}/{list}/{name}.json");
        let sha256 = if Path::new(&read).exists() { Some(data_of(&read)?) } else { None };
        roles.push(role(name, sha256));
    }
    Ok(roles)
}

fn data_of(file: &str) -> Result<String, Failure> {
    match json(file)?.get("data") {
        Some(data @ Value::Object(_)) => Ok(fingerprint(data)),
        _ => Err(bad(file, "there is no `data` in it")),
    }
}

fn json(file: &str) -> Result<Value, Failure> {
    let read = file::read(file)?;
    serde_json::from_str(&read.text).map_err(|_| bad(file, "it is no JSON"))
}

// Every caller returns it as it is.
#[allow(clippy::unnecessary_box_returns)]
fn bad(file: &str, why: &str) -> Failure {
    let name = file.rsplit('/').next().unwrap_or(file).to_string();
    Box::new(whole(file, GateProblem::BadExport { file: name, why: why.into() }.into()))
}
