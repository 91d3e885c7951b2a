//! A first drill from an exported role: everything that the export says is written out, the rest is a `${TODO …}`.

use crate::backend::postgres::{DEFAULT_IMAGE, skeleton};
use crate::backend::shape::DEFAULT_DATABASE;
use crate::credential::database::export::{self, Exported, Failure};
use crate::document::{Diagnostic, Diagnostics, Problem, Project, duration, is_name};
use std::path::Path;

/// The longest TTL that the first `expire` waits for.
const EXPIRE_MS: u64 = 2_000;

/// Texts to be written, and where; paths start at the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The drill file's text.
    pub drill: String,
    /// Where its seed belongs.
    pub seed_path: String,
    /// The seed's text.
    pub seed: String,
}

/// A draft of the drill `name` from the export in `dir`, which starts at the project. `drill_file` is how people know it.
///
/// # Errors
/// The name is none; the directory is no export of a role that can be drilled.
pub fn draft(name: &str, dir: &str, drill_file: &str, project: &Project) -> Result<Draft, Diagnostics> {
    if !is_name(name) {
        return Err(Diagnostics::of_command_line(Problem::BadName { what: "a drill", name: name.to_string() }));
    }
    if super::load::RESERVED.contains(&name) {
        return Err(Diagnostics::of_command_line(Problem::ReservedName(name.to_string())));
    }
    let exported = export::read(dir, project).map_err(|failure| {
        let diagnostic = match failure {
            Failure::Missing(problem) => Diagnostic::without_place(*problem),
            Failure::At(diagnostic) => *diagnostic,
        };
        Diagnostics { all: vec![diagnostic], files: 1 }
    })?;
    if let Some(plugin) = exported.plugin.as_deref().filter(|p| !p.contains("postgres")) {
        let (word, known) = (plugin.to_string(), &["postgresql-database-plugin"]);
        return Err(Diagnostics::of_command_line(Problem::NotYet { word, known }));
    }
    // `role.json` does not say what the role is called.
    let role = Path::new(dir).file_name().map_or_else(|| name.to_string(), |n| n.to_string_lossy().to_string());
    let seed_path = format!("fixtures/postgres/{name}.sql");
    let statements = || {
        let r = &exported.role;
        let lists = [&r.creation_statements, &r.revocation_statements, &r.rollback_statements, &r.renew_statements];
        lists.into_iter().flatten()
    };
    let database = skeleton::database(statements()).or_else(|| exported.database.clone());
    Ok(Draft {
        drill: drill(name, dir, &role, &seed_path, database.as_deref(), &exported),
        seed: skeleton::seed(drill_file, statements()),
        seed_path,
    })
}

fn drill(name: &str, dir: &str, role: &str, seed: &str, database: Option<&str>, exported: &Exported) -> String {
    let database = database.unwrap_or(DEFAULT_DATABASE);
    let dir = dir.trim_end_matches('/');
    format!(
        "# By `drill new`. Replace each TODO, from the dollar sign to the brace; `drill validate` shows those that are left.
# Every key: docs/drill-file.md, `drill schema`.
drill: {name}
system: database
owner: ${{TODO the team that mends this drill}}
caller:
  workload:
    name: ${{TODO the workload that asks for the credential, e.g. orders-api}}
    login: approle
    owner: ${{TODO the team that answers for that workload}}
    tenant: ${{TODO whose workload it is, e.g. acme}}
credential:
  database:
    role: {role}
    exported: {dir}
backend:
  postgres:
    image: {DEFAULT_IMAGE} # production's version
    database: {database}
    seed: {seed}
    allowed:
      - ${{TODO a statement that the role must be able to run, e.g. SELECT count(*) FROM orders}}
    denied:
      - ${{TODO a statement that must be denied to it, e.g. SELECT * FROM payroll}}
# limit: 2s # the longest acceptable time from the trigger to the refusal; left out: 5s
scenarios:
  revoke: {{ trigger: revoke }}
{}",
        expire(exported)
    )
}

/// The control lives as long as the role says, and must live ten times as long as the subject.
fn expire(exported: &Exported) -> String {
    let mount = exported.mount.as_ref();
    let of = |own: u64, mount: Option<u64>| if own > 0 { Some(own) } else { mount.filter(|ms| *ms > 0) };
    let default = of(exported.role.default_ttl_ms, mount.map(|m| m.default_ttl_ms));
    let max = of(exported.role.max_ttl_ms, mount.map(|m| m.max_ttl_ms));
    let control = [default, max].into_iter().flatten().min();
    let ttl = control.map_or(EXPIRE_MS, |ms| EXPIRE_MS.min(ms / super::resolve::CONTROL_FACTOR / 1_000 * 1_000));
    match ttl {
        0 => {
            "  # expire: the role's TTL leaves no room for it: the control must live ten times as long as the subject\n"
                .to_string()
        }
        ms => format!("  expire: {{ trigger: {{ expire: {} }} }}\n", duration::text(ms)),
    }
}

/// How many places of a text are still to be filled in.
pub fn todos(text: &str) -> usize {
    text.matches(crate::document::TODO).count()
}
