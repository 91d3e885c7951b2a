//! Production's own role: a directory with what `bao read -format=json` writes.
//!
//! `role.json` of `database/roles/ROLE`; optionally `mount.json` of `sys/mounts/database/tune` and `config.json` of
//! `database/config/CONNECTION`. The hash is over the canonical `data`: every export carries a fresh request id.

use super::MountLimits;
use crate::document::{Diagnostic, Place, Problem, Project, Span, file, project};
use serde::Deserialize;
use serde_json::Value;
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

/// One file of an export.
struct File {
    name: String,
    text: String,
    data: Value,
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
    let date = date(&path);
    let file = open(&path, &file)?;
    let role = role(&file)?;
    let optional = |name: &str| -> Result<Option<File>, Failure> {
        let file = format!("{}/{name}", dir.trim_end_matches('/'));
        if !found.join(name).exists() {
            return Ok(None);
        }
        open(&project.find(&file).map_err(missing)?, &file).map(Some)
    };
    let mount = optional("mount.json")?.map(|file| mount(&file)).transpose()?;
    let config = optional("config.json")?.map(|file| file.data);
    let database = config.as_ref().and_then(database);
    let plugin = config.as_ref().and_then(|data| Some(data.get("plugin_name")?.as_str()?.to_string()));
    Ok(Exported { role, mount, database, plugin, sha256: hash(&file.data), date })
}

fn wrong(file: &str, why: impl Into<String>, span: Span, line: &str) -> Failure {
    let name = file.rsplit('/').next().unwrap_or(file).to_string();
    let place = Place { file: file.to_string(), span, line: line.to_string() };
    Failure::At(Box::new(Diagnostic::new(Problem::BadExport { file: name, why: why.into() }, place)))
}

fn open(path: &Path, name: &str) -> Result<File, Failure> {
    let text = project::read(path).map_err(|p| {
        let place = Place { file: name.to_string(), span: Span::START, line: String::new() };
        Failure::At(Box::new(Diagnostic::new(p, place)))
    })?;
    let mut value: Value = serde_json::from_str(&text).map_err(|e| {
        let why = e.to_string();
        let why = format!("it is no JSON ({})", why.split(" at line ").next().unwrap_or("").to_lowercase());
        let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or("");
        wrong(name, why, Span { line: small(e.line()), column: small(e.column()), length: 1 }, line)
    })?;
    match value.get_mut("data").map(Value::take) {
        Some(data @ Value::Object(_)) => Ok(File { name: name.to_string(), text, data }),
        _ => Err(wrong(name, "there is no `data` in it", Span::START, text.lines().next().unwrap_or(""))),
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX).max(1)
}

impl File {
    /// Where a key stands, as well as that can be seen without a parser that knows places.
    fn place(&self, key: &str) -> Place {
        let word = format!("\"{key}\"");
        let found = self.text.lines().enumerate().find_map(|(i, line)| Some((i, line, line.find(&word)?)));
        let (index, line, at) = found.unwrap_or((0, self.text.lines().next().unwrap_or(""), 0));
        let length = if found.is_some() { small(word.chars().count()) } else { 1 };
        let span = Span { line: small(index + 1), column: small(line[..at].chars().count() + 1), length };
        Place { file: self.name.clone(), span, line: line.to_string() }
    }
    fn bad(&self, key: &str, why: &str) -> Failure {
        let place = self.place(key);
        wrong(&self.name, format!("`{key}` {why}"), place.span, &place.line)
    }
    fn not_yet(&self, key: &str, what: String) -> Failure {
        Failure::At(Box::new(Diagnostic::new(Problem::ExportNotYet(what), self.place(key))))
    }
    /// Left out and null are no statements.
    fn statements(&self, key: &str) -> Result<Vec<String>, Failure> {
        match self.data.get(key) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(list) => Vec::deserialize(list).map_err(|_| self.bad(key, "is no list of texts")),
        }
    }
    /// Whole seconds as ms; left out is 0.
    fn ttl_ms(&self, key: &str) -> Result<u64, Failure> {
        let seconds = self.data.get(key).map_or(Some(0), Value::as_u64);
        seconds.and_then(|s| s.checked_mul(1_000)).ok_or_else(|| self.bad(key, "is no whole number of seconds"))
    }
}

fn role(file: &File) -> Result<Role, Failure> {
    if file.data.get("rotation_period").is_some() {
        return Err(file.not_yet("rotation_period", "a static role".into()));
    }
    let kind = file.data.get("credential_type").and_then(Value::as_str).unwrap_or("password");
    if kind != "password" {
        return Err(file.not_yet("credential_type", format!("the credential_type `{kind}`")));
    }
    let role = Role {
        creation_statements: file.statements("creation_statements")?,
        revocation_statements: file.statements("revocation_statements")?,
        rollback_statements: file.statements("rollback_statements")?,
        renew_statements: file.statements("renew_statements")?,
        default_ttl_ms: file.ttl_ms("default_ttl")?,
        max_ttl_ms: file.ttl_ms("max_ttl")?,
    };
    if role.creation_statements.is_empty() {
        return Err(file.bad("creation_statements", "is missing or empty: nothing could be issued"));
    }
    Ok(role)
}

fn mount(file: &File) -> Result<MountLimits, Failure> {
    for key in ["default_lease_ttl", "max_lease_ttl"] {
        if file.data.get(key).is_none() {
            return Err(file.bad(key, "is missing: is it `sys/mounts/MOUNT/tune`?"));
        }
    }
    let (default_ttl_ms, max_ttl_ms) = (file.ttl_ms("default_lease_ttl")?, file.ttl_ms("max_lease_ttl")?);
    Ok(MountLimits { default_ttl_ms, max_ttl_ms })
}

/// `postgresql://{{username}}:{{password}}@host:5432/orders?sslmode=require` → `orders`, and so
/// `{{username}}:{{password}}@tcp(host:3306)/orders?tls=true`.
fn database(data: &Value) -> Option<String> {
    let url = data.pointer("/connection_details/connection_url")?.as_str()?;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    // In brackets an address may hold slashes: a socket's path.
    let place = place.rsplit_once(')').map_or(place, |(_, place)| place);
    let (_, path) = place.split_once('/')?;
    let name = path.split(['?', '#']).next().unwrap_or("");
    (!name.is_empty()).then(|| name.to_string())
}

fn date(path: &Path) -> Option<String> {
    let written = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
    let written = jiff::Timestamp::try_from(written).ok()?;
    Some(written.strftime("%Y-%m-%d").to_string())
}

/// Over the canonical `data` of a role, hex: the same for two exports of the same role.
pub fn fingerprint(data: &Value) -> String {
    hash(data)
}

fn hash(data: &Value) -> String {
    file::sha256(canonical(data).to_string().as_bytes())
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
        assert_eq!(of("{{username}}:{{password}}@tcp(db.internal:3306)/orders?tls=true").as_deref(), Some("orders"));
        assert_eq!(of("u:p@unix(/run/db.sock)/orders").as_deref(), Some("orders"));
        assert_eq!(of("u:p@tcp(h:3306)/"), None);
        assert_eq!(database(&json!({})), None);
    }
}
