//! A plan in the drill file's own form, with every default and export filled in: what `validate --resolved` shows.

use super::plan::{
    Caller, CallerKind, DrillPlan, Ends, Fault, FaultKind, FaultServer, Login, ScenarioPlan, SessionClaim, Trigger,
};
use super::resolve::system_word;
use super::resolved_store;
use super::scalar::{lines, scalar};
use crate::backend::BackendPlan;
use crate::backend::nginx::NginxPlan;
use crate::backend::plugin::Plugin;
use crate::backend::rabbitmq::{self, Operation};
use crate::backend::shape::SqlPlan;
use crate::backend::ssh::SshPlan;
use crate::backend::valkey::{self, ValkeyPlan};
use crate::credential::CredentialPlan;
use crate::credential::brokered::BrokeredPlan;
use crate::credential::certificate::CertificatePlan;
use crate::credential::database::{DatabasePlan, RoleSource};
use crate::credential::rabbitmq::RabbitmqPlan as RabbitmqRole;
use crate::credential::ssh_certificate::SshCertificatePlan;
use crate::credential::ssh_otp::SshOtpPlan;
use crate::credential::static_role::StaticPlan;
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
    let _ = match &plan.credential {
        CredentialPlan::Database(role) => {
            write!(out, "credential:\n  database:\n{}", database_role(role, plan.backend.plugin()))
        }
        CredentialPlan::Rabbitmq(plan) => write!(out, "credential:\n  rabbitmq:\n{}", brokers_role(plan)),
        CredentialPlan::Certificate(plan) => write!(out, "credential:\n  certificate:\n{}", certificate(plan)),
        CredentialPlan::SshOtp(plan) => write!(out, "credential:\n  ssh-otp:\n{}", ssh_otp(plan)),
        CredentialPlan::SshCertificate(plan) => {
            write!(out, "credential:\n  ssh-certificate:\n{}", ssh_certificate(plan))
        }
        CredentialPlan::Brokered(plan) => write!(out, "credential:\n  brokered:\n{}", brokered(plan)),
        CredentialPlan::StaticRole(plan) => write!(out, "credential:\n  static-role:\n{}", static_role(plan)),
        CredentialPlan::WebIdentity(plan) => {
            write!(out, "credential:\n  web-identity:\n{}", resolved_store::web_identity(plan))
        }
    };
    let name = plan.backend.name();
    out.push_str(&match &plan.backend {
        BackendPlan::Postgres(p) | BackendPlan::Mariadb(p) | BackendPlan::Influxdb(p) => sql_server(p, name),
        BackendPlan::Rabbitmq(plan) => rabbitmq(plan),
        BackendPlan::Nginx(plan) => nginx(plan),
        BackendPlan::Ssh(plan) | BackendPlan::SshOtp(plan) => ssh(plan),
        BackendPlan::Valkey(plan) => valkey(plan),
        BackendPlan::Minio(plan) => resolved_store::minio(plan),
    });
    out.push_str("scenarios:\n");
    for s in &plan.scenarios {
        let own = plan.scenarios.first().is_some_and(|first| first.caller != s.caller);
        out.push_str(&scenario(plan, s, own));
    }
    if !plan.not_from_production.is_empty() {
        let _ = writeln!(out, "# not from production: {}", plan.not_from_production.join(", "));
    }
    out
}

fn database_role(plan: &DatabasePlan, plugin: Option<&Plugin>) -> String {
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
            (true, "revocation_statements") if plugin.is_some_and(|p| !p.runs(key)) => {}
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

fn sql_server(plan: &SqlPlan, name: &str) -> String {
    format!(
        "backend:\n  {name}:\n    image: {}\n    database: {}\n    seed: {} # {}\n{}{}",
        scalar(&plan.image),
        scalar(&plan.database),
        scalar(&plan.seed),
        lines(&plan.seed_sql),
        list("allowed", &plan.allowed),
        list("denied", &plan.denied)
    )
}

fn valkey(plan: &ValkeyPlan) -> String {
    use valkey::Operation as O;
    let item = |operation: &O| {
        let (word, what) = match operation {
            O::Get(key) => ("get", scalar(key)),
            O::Set(key) => ("set", scalar(key)),
            O::Pop(list) => ("pop", scalar(list)),
            O::Publish(channel) => ("publish", scalar(channel)),
            O::Subscribe(channel) => ("subscribe", scalar(channel)),
            // JSON's form is YAML's too.
            O::Run(words) => ("run", serde_json::Value::from(words.clone()).to_string()),
        };
        format!("      - {word}: {what}\n")
    };
    let operations = |all: &[O]| all.iter().map(item).collect::<String>();
    format!(
        "backend:\n  valkey:\n    image: {}\n    seed: {} # {}\n    allowed:\n{}    denied:\n{}",
        scalar(&plan.image),
        scalar(&plan.seed),
        lines(&plan.seed_json),
        operations(&plan.allowed),
        operations(&plan.denied)
    )
}

fn rabbitmq(plan: &rabbitmq::RabbitmqPlan) -> String {
    let operations = |key: &str, all: &[Operation]| {
        let item = |operation: &Operation| {
            let (word, name) = match operation {
                Operation::Publish(name) => ("publish", name),
                Operation::Consume(name) => ("consume", name),
                Operation::Get(name) => ("get", name),
                Operation::Declare(name) => ("declare", name),
            };
            format!("      - {word}: {}\n", scalar(name))
        };
        format!("    {key}:\n{}", all.iter().map(item).collect::<String>())
    };
    format!(
        "backend:\n  rabbitmq:\n    image: {}\n    vhost: {}\n    seed: {} # {}\n{}{}",
        scalar(&plan.image),
        scalar(&plan.vhost),
        scalar(&plan.seed),
        lines(&plan.seed_json),
        operations("allowed", &plan.allowed),
        operations("denied", &plan.denied)
    )
}

fn nginx(plan: &NginxPlan) -> String {
    let requests = |key: &str, all: &[String]| {
        let item = |request: &String| {
            let (method, path) = request.split_once(' ').unwrap_or(("GET", request));
            format!("      - {}: {}\n", method.to_lowercase(), scalar(path))
        };
        format!("    {key}:\n{}", all.iter().map(item).collect::<String>())
    };
    format!(
        "backend:\n  nginx:\n    image: {}\n    verification: {} # {}\n    seed: {} # {}\n{}{}",
        scalar(&plan.image),
        scalar(&plan.verification),
        lines(&plan.verification_conf),
        scalar(&plan.seed),
        lines(&plan.seed_conf),
        requests("allowed", &plan.allowed),
        requests("denied", &plan.denied)
    )
}

fn ssh(plan: &SshPlan) -> String {
    let commands = |key: &str, all: &[String]| {
        let items: String = all.iter().map(|c| format!("      - run: {}\n", scalar(c))).collect();
        format!("    {key}:\n{items}")
    };
    let (allowed, denied) = (commands("allowed", &plan.allowed), commands("denied", &plan.denied));
    format!("backend:\n  ssh:\n    image: {}\n{allowed}{denied}", scalar(&plan.image))
}

fn ssh_otp(plan: &SshOtpPlan) -> String {
    format!(
        "    role: {}\n    default_ttl: {} # the mount's\n    max_ttl: {} # the mount's\n",
        scalar(&plan.role),
        duration::text(plan.default_ttl_ms),
        duration::text(plan.max_ttl_ms)
    )
}

fn brokered(plan: &BrokeredPlan) -> String {
    format!(
        "    role: {} # {} of {}/{}*
    ttl: {}
    max_ttl: {}
    poll: {}
    image: {}
",
        scalar(&plan.role),
        plan.access.word(),
        plan.bucket,
        plan.prefix,
        duration::text(plan.ttl_ms),
        duration::text(plan.max_ttl_ms),
        duration::text(plan.poll_ms),
        scalar(&plan.image)
    )
}

fn ssh_certificate(plan: &SshCertificatePlan) -> String {
    format!(
        "    role: {}\n    ttl: {}\n    max_ttl: {}\n    revocation: {}\n",
        scalar(&plan.role),
        duration::text(plan.ttl_ms),
        duration::text(plan.max_ttl_ms),
        plan.revocation.word()
    )
}

fn certificate(plan: &CertificatePlan) -> String {
    format!(
        "    role: {}\n    common_name: {}\n    ttl: {}\n    max_ttl: {}\n",
        scalar(&plan.role),
        scalar(&plan.common_name),
        duration::text(plan.ttl_ms),
        duration::text(plan.max_ttl_ms)
    )
}

fn static_role(plan: &StaticPlan) -> String {
    let statements = match plan.rotation_statements.as_slice() {
        [] => "    # rotation_statements: none, so the plugin's default\n".to_string(),
        all => list("rotation_statements", all),
    };
    format!(
        "    role: {}\n    username: {}\n    rotation: {}\n{statements}",
        scalar(&plan.role),
        scalar(&plan.username),
        duration::text(plan.rotation_ms)
    )
}

fn brokers_role(plan: &RabbitmqRole) -> String {
    let mut out = format!("    role: {}\n    vhosts:\n", scalar(&plan.role));
    for (vhost, rights) in &plan.vhosts {
        let _ = writeln!(out, "      {}:", scalar(vhost));
        for (key, names) in [("configure", &rights.configure), ("write", &rights.write), ("read", &rights.read)] {
            let _ = writeln!(out, "        {key}: {}", scalar(names));
        }
    }
    let tags: Vec<&str> = plan.tags.iter().map(|t| t.word()).collect();
    let _ = writeln!(out, "    tags: [{}]", tags.join(", "));
    for (key, ms) in [("default_ttl", plan.default_ttl_ms), ("max_ttl", plan.max_ttl_ms)] {
        let _ = writeln!(out, "    {key}: {} # the mount's", duration::text(ms));
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

fn scenario(plan: &DrillPlan, s: &ScenarioPlan, own_caller: bool) -> String {
    let trigger = match s.trigger {
        Trigger::Revoke | Trigger::Teardown | Trigger::Rotate | Trigger::Use => s.trigger.name().to_string(),
        Trigger::Expire { ttl_ms } => format!("{{ expire: {} }}", duration::text(ttl_ms)),
        Trigger::Incident { of } => format!("{{ incident: {} }}", of.word()),
        Trigger::Renew { cap_ms, every_ms } => {
            format!("{{ renew: {{ cap: {}, every: {} }} }}", duration::text(cap_ms), duration::text(every_ms))
        }
    };
    let default = if s.limit_is_default { " # the default: nobody stated it" } else { "" };
    let mut out = format!("  {}:\n    trigger: {trigger}\n", scalar(&s.scenario));
    let _ = writeln!(out, "    limit: {}{default}", duration::text(s.limit_ms));
    for (door, limit_ms) in plan.doors.iter().map(|door| (door, plan.limit_ms(s, door))) {
        if limit_ms != s.limit_ms {
            let limit = duration::text(limit_ms);
            let _ = writeln!(out, "    # limit at the door {door}: {limit}, what is left of a token and 2s");
        }
    }
    if s.leases > 1 {
        let _ = writeln!(out, "    leases: {}", s.leases);
    }
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
        FaultKind::Restarted => "restarted",
    };
    format!("{{ {server}: {{ {kind}: {} }} }}", duration::text(fault.duration_ms))
}

fn list(key: &str, statements: &[String]) -> String {
    let items: String = statements.iter().map(|s| format!("      - {}\n", scalar(s))).collect();
    format!("    {key}:\n{items}")
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
    fn every_shipped_drill_means_what_is_shown() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["rabbitmq", "internal-api", "operator-ssh", "s3-broker"] {
            let file = format!("drills/{name}.yaml");
            let read = |text: &str| {
                let project = Project::of_drills(&root.join("drills"));
                let plan = load_text(Source { file: &file, text }, "0", &project, None);
                plan.unwrap_or_else(|all| panic!("{}\n{text}", crate::document::Diagnostics { all, files: 1 }))
            };
            let plan = read(&std::fs::read_to_string(root.join(&file)).expect("a drill"));
            let shown = super::text(&plan);
            assert_eq!(same(&read(&shown)), same(&plan), "{shown}");
        }
    }

    #[test]
    fn a_default_limit_is_said_to_be_one() {
        let shipped = include_str!("../../drills/postgres.yaml");
        let text = |drill: &str| super::text(&load(drill));
        assert!(!text(shipped).contains("the default"));
        assert!(text(&shipped.replace("limit: 2s\n", "")).contains("limit: 5s # the default: nobody stated it"));
    }
}
