//! A plan in the drill file's own form, with every default and export filled in: what `validate --resolved` shows.

use super::plan::{
    Caller, CallerKind, DrillPlan, Ends, Fault, FaultKind, FaultServer, Login, ScenarioPlan, SessionClaim, Trigger,
};
use super::resolve::system_word;
use crate::backend::BackendPlan;
use crate::credential::CredentialPlan;
use crate::credential::database::{DatabasePlan, RoleSource};
use crate::document::duration;
use std::fmt::Write;

/// The drill as it is understood. Where nothing is exported, it is itself a drill file that means the same.
pub fn text(plan: &DrillPlan) -> String {
    let mut out = format!("# {} (sha256 {}), with all that it leaves out\n", plan.file, plan.sha256);
    for (key, value) in [
        ("drill", plan.drill.as_str()),
        ("title", &plan.title),
        ("system", &system_word(plan.system)),
        ("owner", &plan.owner),
    ] {
        let _ = writeln!(out, "{key}: {}", scalar(value));
    }
    // The plan knows only scenarios' callers: the first one's stands for all, others state their own below.
    if let Some(first) = plan.scenarios.first() {
        let _ = write!(out, "caller:\n{}", caller(&first.caller, "  "));
    }
    let _ = write!(out, "authority:\n  openbao:\n    image: {}\n", scalar(&plan.authority_image));
    let CredentialPlan::Database(database) = &plan.credential;
    let _ = write!(out, "credential:\n  database:\n{}", role(database));
    let BackendPlan::Postgres(postgres) = &plan.backend;
    let _ = write!(
        out,
        "backend:\n  postgres:\n    image: {}\n    database: {}\n    seed: {} # {}\n",
        scalar(&postgres.image),
        scalar(&postgres.database),
        scalar(&postgres.seed),
        lines(&postgres.seed_sql)
    );
    let _ = write!(out, "{}{}", list("allowed", &postgres.allowed), list("denied", &postgres.denied));
    out.push_str("scenarios:\n");
    for s in &plan.scenarios {
        let own = plan.scenarios.first().is_some_and(|first| first.caller != s.caller);
        out.push_str(&scenario(s, own));
    }
    if !plan.not_from_production.is_empty() {
        let _ = writeln!(out, "# not from production: {}", plan.not_from_production.join(", "));
    }
    out
}

fn role(plan: &DatabasePlan) -> String {
    let mut out = format!("    role: {}\n", scalar(&plan.role));
    if let RoleSource::Exported { dir, sha256, date } = &plan.source {
        let date = date.as_ref().map(|d| format!(", written {d}")).unwrap_or_default();
        let _ = writeln!(out, "    # exported: {} (sha256 {sha256}{date})", scalar(dir));
    }
    for (key, statements) in [
        ("creation_statements", &plan.creation_statements),
        ("revocation_statements", &plan.revocation_statements),
        ("rollback_statements", &plan.rollback_statements),
        ("renew_statements", &plan.renew_statements),
    ] {
        match (statements.is_empty(), key) {
            (true, "revocation_statements") => {
                let _ = writeln!(out, "    # {key}: none, so the plugin's default");
            }
            (true, _) => {}
            (false, _) => out.push_str(&list(key, statements)),
        }
    }
    let mount = plan.mount.as_ref();
    for (key, ms, of_mount) in [
        ("default_ttl", plan.default_ttl_ms, mount.map(|m| m.default_ttl_ms)),
        ("max_ttl", plan.max_ttl_ms, mount.map(|m| m.max_ttl_ms)),
    ] {
        let _ = match (ms, of_mount) {
            (0, Some(mount)) => writeln!(out, "    {key}: {} # 0 at the role: the mount's", duration::text(mount)),
            (0, None) => writeln!(out, "    # {key}: 0 at the role: the mount's, which was not exported"),
            (ms, _) => writeln!(out, "    {key}: {}", duration::text(ms)),
        };
    }
    if let Some(mount) = mount {
        let (default, max) = (duration::text(mount.default_ttl_ms), duration::text(mount.max_ttl_ms));
        let _ = writeln!(out, "    # the mount: default_lease_ttl {default}, max_lease_ttl {max}");
    }
    out
}

fn caller(caller: &Caller, indent: &str) -> String {
    let kind = match caller.kind {
        CallerKind::Workload => "workload",
        CallerKind::Person => "person",
    };
    let login = match caller.login {
        Login::Approle => "approle",
        Login::Userpass => "userpass",
        Login::Jwt => "jwt",
    };
    let exported = if caller.exported { " # owner and tenant were exported" } else { "" };
    format!(
        "{indent}{kind}:{exported}\n{indent}  name: {}\n{indent}  login: {login}\n{indent}  owner: {}\n{indent}  tenant: {}\n",
        scalar(&caller.name),
        scalar(&caller.owner),
        scalar(&caller.tenant)
    )
}

fn scenario(s: &ScenarioPlan, own_caller: bool) -> String {
    let trigger = match s.trigger {
        Trigger::Revoke => "revoke".to_string(),
        Trigger::Expire { ttl_ms } => format!("{{ expire: {} }}", duration::text(ttl_ms)),
    };
    let default = if s.limit_is_default { " # the default: nobody stated it" } else { "" };
    let mut out = format!("  {}:\n    trigger: {trigger}\n", scalar(&s.scenario));
    let _ = writeln!(out, "    limit: {}{default}", duration::text(s.limit_ms));
    if own_caller {
        let _ = write!(out, "    caller:\n{}", caller(&s.caller, "      "));
    }
    let ends = if s.ends == Ends::Denied { "denied" } else { "refused" };
    let _ = writeln!(out, "    ends: {ends}");
    if s.sessions.is_empty() {
        out.push_str("    sessions: {}\n");
    } else {
        out.push_str("    sessions:\n");
    }
    for (kind, claim) in &s.sessions {
        let claim = match claim {
            SessionClaim::ClosedWithin { limit_ms } => format!("{{ closed-within: {} }}", duration::text(*limit_ms)),
            SessionClaim::MayOutlive => "may-outlive".to_string(),
        };
        let _ = writeln!(out, "      {}: {claim}", scalar(kind));
    }
    if let Some(fault) = &s.fault {
        let _ = writeln!(out, "    fault: {}", fault_text(fault));
    }
    out
}

fn fault_text(fault: &Fault) -> String {
    let server = match fault.server {
        FaultServer::Authority => "authority",
        FaultServer::Backend => "backend",
    };
    let kind = match fault.kind {
        FaultKind::Paused => "paused",
        FaultKind::Killed => "killed",
        FaultKind::Sealed => "sealed",
    };
    format!("{{ {server}: {{ {kind}: {} }} }}", duration::text(fault.duration_ms))
}

fn list(key: &str, statements: &[String]) -> String {
    let items: String = statements.iter().map(|s| format!("      - {}\n", scalar(s))).collect();
    format!("    {key}:\n{items}")
}

fn lines(text: &str) -> String {
    let n = text.lines().count();
    format!("{n} line{}", if n == 1 { "" } else { "s" })
}

/// Plain where YAML reads it back as the same text, else in JSON's quotes, which are YAML's too.
fn scalar(text: &str) -> String {
    const SPECIAL: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with([' ', ':'])
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !text.contains(": ")
        && !text.contains(" #")
        && !SPECIAL.contains(&text.to_lowercase().as_str());
    if plain { text.to_string() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::load_text;
    use crate::document::{Project, Source};
    use std::path::Path;

    fn load(text: &str) -> DrillPlan {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let source = Source { file: "drills/postgres.yaml", text };
        let plan = load_text(source, "0", &Project::of_drills(&root.join("drills")), None);
        plan.unwrap_or_else(|all| panic!("{}\n{text}", crate::document::Diagnostics { all, files: 1 }))
    }

    /// Places and the stated limits differ, nothing else may.
    fn same(plan: &DrillPlan) -> DrillPlan {
        let mut plan = plan.clone();
        for s in &mut plan.scenarios {
            s.at = crate::definition::Location::default();
            s.limit_is_default = false;
        }
        plan
    }

    #[test]
    fn what_is_shown_means_the_same() {
        let shipped = include_str!("../../drills/postgres.yaml");
        let more = "
  outage: { trigger: revoke, ends: denied, fault: { backend: { paused: 1500ms } }, sessions: { idle: may-outlive } }
  seal:
    trigger: { expire: 4s }
    limit: 90s
    sessions: {}
    caller: { person: { name: oncall, login: userpass, owner: 'a: b # c', tenant: \"9\" } }
    fault: { authority: { sealed: 1h } }
";
        let odd = shipped.replace("SELECT * FROM payroll", "\"SELECT 'a: b', \\\"c\\\" # d\\n, 'é'\"");
        for text in [shipped.to_string(), format!("{}{more}", odd.trim_end())] {
            let plan = load(&text);
            let shown = super::text(&plan);
            assert_eq!(same(&load(&shown)), same(&plan), "{shown}");
        }
    }

    #[test]
    fn a_default_limit_is_said_to_be_one() {
        let shipped = include_str!("../../drills/postgres.yaml");
        let text = |drill: &str| super::text(&load(drill));
        assert!(!text(shipped).contains("the default"));
        assert!(text(&shipped.replace("limit: 2s\n", "")).contains("limit: 5s # the default: nobody stated it"));
    }

    #[test]
    fn scalars_are_read_back() {
        for plain in ["orders", "SELECT count(*) FROM orders", "CREATE ROLE \"{{name}}\"", "a#b", "a:b"] {
            assert_eq!(scalar(plain), plain);
        }
        for quoted in ["", "17", "yes", "a: b", "a #b", "-x", "{{name}}", "é", "a\nb", "x:", " x"] {
            assert!(scalar(quoted).starts_with('"'), "{quoted}");
        }
    }
}
