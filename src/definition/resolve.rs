//! The shape of a drill → its plan. Every default is filled in here; what is wrong is noted, all of it.

use super::caller;
use super::plan::{
    DrillPlan, Ends, Fault, FaultKind, FaultServer, Location, ScenarioPlan, SessionClaim, System, Trigger,
};
use super::shape::{
    RawAuthority, RawBackend, RawClaim, RawCredential, RawDisturbance, RawDrill, RawFault, RawScenario, RawTrigger,
};
use crate::backend::BackendPlan;
use crate::backend::postgres::shape::wrong_image;
use crate::credential::CredentialPlan;
use crate::document::{At, Entries, Findings, Problem, Project, Span, duration};
use std::collections::BTreeMap;

/// Where a drill states no limit.
pub const DEFAULT_LIMIT_MS: u64 = 5_000;
/// Who issues where a drill does not say.
pub const DEFAULT_AUTHORITY: &str = "quay.io/openbao/openbao:2.7.2";
/// The control's TTL is at least so many times the trigger's.
pub(super) const CONTROL_FACTOR: u64 = 10;

/// The file that a drill stands in.
#[derive(Debug, Clone, Copy)]
pub struct DrillFile<'a> {
    /// As it was given, with `/`.
    pub path: &'a str,
    /// Its name without `.yaml`.
    pub stem: &'a str,
    /// SHA-256 of its bytes, hex.
    pub sha256: &'a str,
}

/// The plan of a drill; of no use where something was noted.
pub fn resolve(raw: &RawDrill, file: DrillFile, project: &Project, findings: &mut Findings) -> Option<DrillPlan> {
    check_names(raw, file, findings);
    let RawCredential::Database(database) = &raw.credential;
    let credential = database.value.resolve(project, findings);
    let RawBackend::Postgres(postgres) = &raw.backend;
    let (exported, places) = credential.as_ref().map_or((None, &[][..]), |c| (c.database.as_deref(), &c.places));
    let backend = BackendPlan::Postgres(postgres.value.resolve(project, exported, places, findings));
    let authority_image = authority(raw, findings);
    let caller = caller::resolve(&raw.caller, project, findings);
    let limit = raw.limit.as_ref().map(|raw| findings.duration(raw));
    let mut scenarios = Vec::new();
    if raw.scenarios.value.0.is_empty() {
        findings.add(Problem::NoScenario, raw.scenarios.span);
    }
    for (name, scenario) in &raw.scenarios.value.0 {
        findings.name("a scenario", name);
        let caller = match &scenario.caller {
            Some(raw) => caller::resolve(raw, project, findings),
            None => caller.clone(),
        };
        let own = scenario.limit.as_ref().map(|raw| findings.duration(raw));
        let limit_ms = own.or(limit).unwrap_or(DEFAULT_LIMIT_MS);
        if let (Some(resolved), RawTrigger::Expire(ttl)) = (&credential, &scenario.trigger) {
            check_expiry(resolved.plan.lease_ms(), resolved.plan.max_ttl_ms, ttl, findings);
        }
        scenarios.push(ScenarioPlan {
            scenario: name.value.clone(),
            at: location(file.path, name.span),
            trigger: trigger(&scenario.trigger, findings),
            caller: caller?,
            limit_ms,
            limit_is_default: own.or(limit).is_none(),
            sessions: sessions(scenario, &backend, limit_ms, findings),
            ends: scenario.ends.unwrap_or(Ends::Refused),
            fault: scenario.fault.as_ref().map(|raw| fault(raw, findings)),
        });
    }
    let credential = credential?;
    let mut not_from_production = credential.not_from_production;
    if scenarios.iter().any(|s| !s.caller.exported) {
        not_from_production.push("owner and tenant".into());
    }
    Some(DrillPlan {
        drill: raw.drill.value.clone(),
        title: raw.title.as_ref().unwrap_or(&raw.drill).value.clone(),
        system: raw.system,
        owner: raw.owner.value.clone(),
        file: file.path.to_string(),
        sha256: file.sha256.to_string(),
        authority_image,
        doors: backend.doors().iter().map(ToString::to_string).collect(),
        credential: CredentialPlan::Database(credential.plan),
        backend,
        scenarios,
        not_from_production,
    })
}

fn check_names(raw: &RawDrill, file: DrillFile, findings: &mut Findings) {
    findings.name("a drill", &raw.drill);
    if raw.drill.value != file.stem {
        let problem = Problem::NotTheFilesName { drill: raw.drill.value.clone(), stem: file.stem.to_string() };
        findings.add(problem, raw.drill.span);
    }
    if let Some(title) = &raw.title {
        findings.text("the title", title);
    }
    findings.text("the owner", &raw.owner);
}

fn authority(raw: &RawDrill, findings: &mut Findings) -> String {
    let Some(RawAuthority::Openbao(openbao)) = &raw.authority else {
        return DEFAULT_AUTHORITY.to_string();
    };
    if let Some(problem) = wrong_image(&openbao.image.value) {
        findings.add(problem, openbao.image.span);
    }
    openbao.image.value.clone()
}

fn trigger(raw: &RawTrigger, findings: &mut Findings) -> Trigger {
    match raw {
        RawTrigger::Revoke => Trigger::Revoke,
        RawTrigger::Expire(ttl) => Trigger::Expire { ttl_ms: findings.ttl(ttl) },
    }
}

/// The subject must be able to live so long, and the control far longer.
fn check_expiry(lease_ms: Option<u64>, max_ms: u64, ttl: &At<duration::RawDuration>, findings: &mut Findings) {
    let Ok(expire) = duration::milliseconds(&ttl.value.0) else {
        return;
    };
    if max_ms > 0 && expire > max_ms {
        let (expire, max) = (duration::text(expire), duration::text(max_ms));
        findings.add(Problem::ExpireAboveMax { expire, max }, ttl.span);
    } else if let Some(control) = lease_ms.filter(|ms| *ms > 0 && *ms < expire.saturating_mul(CONTROL_FACTOR)) {
        let (control, subject) = (duration::text(control), duration::text(expire));
        findings.add(Problem::ControlTooShort { control, subject }, ttl.span);
    }
}

/// Left out: every kind of the backend, closed within the limit.
fn sessions(
    scenario: &RawScenario,
    backend: &BackendPlan,
    limit_ms: u64,
    findings: &mut Findings,
) -> BTreeMap<String, SessionClaim> {
    let known = backend.session_kinds();
    let Some(Entries(claims)) = &scenario.sessions else {
        let claim = SessionClaim::ClosedWithin { limit_ms };
        return known.iter().map(|kind| ((*kind).to_string(), claim)).collect();
    };
    let mut sessions = BTreeMap::new();
    for (kind, claim) in claims {
        if !known.contains(&kind.value.as_str()) {
            let problem = Problem::UnknownSession { backend: backend.product(), kind: kind.value.clone(), known };
            findings.add(problem, kind.span);
        }
        let claim = match claim {
            RawClaim::ClosedWithin(within) => SessionClaim::ClosedWithin { limit_ms: findings.duration(within) },
            RawClaim::MayOutlive => SessionClaim::MayOutlive,
        };
        sessions.insert(kind.value.clone(), claim);
    }
    sessions
}

fn fault(raw: &RawFault, findings: &mut Findings) -> Fault {
    let (server, raw) = match raw {
        RawFault::Authority(raw) => (FaultServer::Authority, raw),
        RawFault::Backend(raw) => (FaultServer::Backend, raw),
    };
    let (kind, lasts) = match &raw.value {
        RawDisturbance::Paused(d) => (FaultKind::Paused, d),
        RawDisturbance::Killed(d) => (FaultKind::Killed, d),
        RawDisturbance::Sealed(d) => (FaultKind::Sealed, d),
    };
    match (server, kind) {
        (FaultServer::Backend, FaultKind::Sealed) => {
            findings.add(Problem::SealedBackend, findings.within(raw.span, "sealed"));
        }
        // Its storage is in memory: it would come back as another.
        (FaultServer::Authority, FaultKind::Killed) => {
            let problem = Problem::NotYet { word: "killed".into(), known: &["paused", "sealed"] };
            findings.add(problem, findings.within(raw.span, "killed"));
        }
        _ => {}
    }
    Fault { server, kind, duration_ms: findings.duration(lasts) }
}

fn location(file: &str, span: Span) -> Location {
    Location { file: file.to_string(), line: span.line, column: span.column }
}

/// The system as it is written.
pub fn system_word(system: System) -> String {
    serde_json::to_value(system).ok().and_then(|v| v.as_str().map(String::from)).unwrap_or_default()
}
