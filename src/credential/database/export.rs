//! Production's own role: a directory with what `bao read -format=json` writes.
//!
//! `role.json` of `database/roles/ROLE`; optionally `mount.json` of `sys/mounts/database/tune` and `config.json` of
//! `database/config/CONNECTION`. The hash is over the canonical `data`: every export carries a fresh request id.

use super::MountLimits;
use crate::document::{Diagnostic, Place, Problem, Project, Span, project};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// From `role.json`.
    pub role: Role,
    /// From `mount.json`.
    pub mount: Option<MountLimits>,
    /// From `config.json`: the database that its URL names.
    pub database: Option<String>,
    /// From `config.json`: the plugin that knows the backend.
    pub plugin: Option<String>,
    /// Over the canonical `data` of `role.json`, hex.
    pub sha256: String,
    /// The day on which `role.json` was written, UTC.
    pub date: Option<String>,
}

/// A role as OpenBao gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // OpenBao's own names
pub struct Role {
    pub creation_statements: Vec<String>,
    pub revocation_statements: Vec<String>,
    pub rollback_statements: Vec<String>,
    pub renew_statements: Vec<String>,
    pub default_ttl_ms: u64,
    pub max_ttl_ms: u64,
}

/// Why an export cannot be taken.
#[derive(Debug)]
pub enum Failure {
    /// It is not there: to be said where it is named.
    Missing(Box<Problem>),
    /// A file of it is wrong.
    At(Box<Diagnostic>),
}

#[derive(Deserialize)]
struct RoleData {
    creation_statements: Vec<String>,
    #[serde(default)]
    revocation_statements: Option<Vec<String>>,
    #[serde(default)]
    rollback_statements: Option<Vec<String>>,
    #[serde(default)]
    renew_statements: Option<Vec<String>>,
    #[serde(default)]
    default_ttl: u64,
    #[serde(default)]
    max_ttl: u64,
    #[serde(default)]
    credential_type: Option<String>,
}

#[derive(Deserialize)]
struct MountData {
    default_lease_ttl: u64,
    max_lease_ttl: u64,
}

/// Reads an export.
///
/// # Errors
/// It is not there, leaves the project, or is no export of a dynamic role.
pub fn read(dir: &str, project: &Project) -> Result<Exported, Failure> {
    let missing = |p: Problem| Failure::Missing(Box::new(p));
    let found = project.find(dir).map_err(missing)?;
    let file = format!("{}/role.json", dir.trim_end_matches('/'));
    let path = project.find(&file).map_err(missing)?;
    let data = data(&path, &file)?;
    let role = role(&data, &file)?;
    let optional = |name: &str| -> Result<Option<(Value, String)>, Failure> {
        let file = format!("{}/{name}", dir.trim_end_matches('/'));
        if !found.join(name).exists() {
            return Ok(None);
        }
        let path = project.find(&file).map_err(missing)?;
        Ok(Some((self::data(&path, &file)?, file)))
    };
    let mount = optional("mount.json")?.map(|(data, file)| mount(&data, &file)).transpose()?;
    let config = optional("config.json")?.map(|(data, _)| data);
    let database = config.as_ref().and_then(database);
    let plugin = config.as_ref().and_then(|data| Some(data.get("plugin_name")?.as_str()?.to_string()));
    Ok(Exported { role, mount, database, plugin, sha256: hash(&data), date: date(&path) })
}

fn wrong(file: &str, why: impl Into<String>, span: Span, line: &str) -> Failure {
    let name = file.rsplit('/').next().unwrap_or(file).to_string();
    let place = Place { file: file.to_string(), span, line: line.to_string() };
    Failure::At(Box::new(Diagnostic::new(Problem::BadExport { file: name, why: why.into() }, place)))
}

fn data(path: &Path, file: &str) -> Result<Value, Failure> {
    let text = project::read(path).map_err(|p| {
        let place = Place { file: file.to_string(), span: Span::START, line: String::new() };
        Failure::At(Box::new(Diagnostic::new(p, place)))
    })?;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    let mut value: Value = serde_json::from_str(&text).map_err(|e| {
        let why = e.to_string();
        let why = why.split(" at line ").next().unwrap_or("no JSON").to_lowercase();
        let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or("");
        wrong(file, why, Span { line: small(e.line()), column: small(e.column()), length: 1 }, line)
    })?;
    match value.get_mut("data").map(Value::take) {
        Some(Value::Object(data)) => Ok(Value::Object(data)),
        _ => Err(wrong(file, "there is no `data` in it", Span::START, text.lines().next().unwrap_or(""))),
    }
}

fn role(data: &Value, file: &str) -> Result<Role, Failure> {
    let bad = |why: String| wrong(file, why, Span::START, "");
    if data.get("rotation_period").is_some() {
        return Err(bad("a static role, which is not supported yet by this version".into()));
    }
    let role = RoleData::deserialize(data).map_err(|e| bad(e.to_string()))?;
    if let Some(kind) = role.credential_type.filter(|kind| kind != "password") {
        return Err(bad(format!("its credential_type is `{kind}`, and only `password` is supported yet")));
    }
    let ms = |seconds: u64| seconds.checked_mul(1_000).ok_or_else(|| bad(format!("{seconds} s is no TTL")));
    Ok(Role {
        creation_statements: role.creation_statements,
        revocation_statements: role.revocation_statements.unwrap_or_default(),
        rollback_statements: role.rollback_statements.unwrap_or_default(),
        renew_statements: role.renew_statements.unwrap_or_default(),
        default_ttl_ms: ms(role.default_ttl)?,
        max_ttl_ms: ms(role.max_ttl)?,
    })
}

fn mount(data: &Value, file: &str) -> Result<MountLimits, Failure> {
    let mount = MountData::deserialize(data).map_err(|e| wrong(file, e.to_string(), Span::START, ""))?;
    Ok(MountLimits {
        default_ttl_ms: mount.default_lease_ttl.saturating_mul(1_000),
        max_ttl_ms: mount.max_lease_ttl.saturating_mul(1_000),
    })
}

/// `postgresql://{{username}}:{{password}}@host:5432/orders?sslmode=require` → `orders`
fn database(data: &Value) -> Option<String> {
    let url = data.pointer("/connection_details/connection_url")?.as_str()?;
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.rsplit_once('@').unwrap_or(("", rest)).1.split_once('/')?;
    let name = path.split(['?', '#']).next().unwrap_or("");
    (!name.is_empty()).then(|| name.to_string())
}

fn date(path: &Path) -> Option<String> {
    let written = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
    let written = jiff::Timestamp::try_from(written).ok()?;
    Some(written.strftime("%Y-%m-%d").to_string())
}

fn hash(data: &Value) -> String {
    use std::fmt::Write;
    Sha256::digest(canonical(data).to_string()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Keys in order, at every level.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|k| (k.clone(), canonical(&map[k]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_is_of_what_was_said_and_not_of_how() {
        let a = json!({"b": [1, {"y": 2, "x": 3}], "a": "é"});
        let b = json!({"a": "é", "b": [1, {"x": 3, "y": 2}]});
        assert_eq!(hash(&a), hash(&b));
        assert_ne!(hash(&a), hash(&json!({"a": "é", "b": [{"x": 3, "y": 2}, 1]})));
        assert_eq!(hash(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }

    #[test]
    fn the_database_is_in_the_url() {
        let of = |url: &str| database(&json!({"connection_details": {"connection_url": url}}));
        assert_eq!(of("postgresql://{{username}}:{{password}}@db.internal:5432/orders").as_deref(), Some("orders"));
        assert_eq!(of("postgres://u:p@h/orders?sslmode=require").as_deref(), Some("orders"));
        assert_eq!(of("postgres://u:p@h/"), None);
        assert_eq!(of("host=x dbname=y"), None);
        assert_eq!(database(&json!({})), None);
    }
}
