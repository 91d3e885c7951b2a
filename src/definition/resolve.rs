//! The shape of a drill → its plan. Every default is filled in here; what is wrong is noted, all of it.

use super::caller;
use super::defaults::{DEFAULT_AUTHORITY, DEFAULT_LIMIT_MS};
use super::plan::{
    Caller, DrillPlan, Ends, Fault, FaultKind, FaultServer, IncidentOf, LEAST_ONCE, Location, ScenarioPlan,
    SessionClaim, System, Trigger,
};
use super::shape::{
    RawAuthority, RawBackend, RawClaim, RawCredential, RawDisturbance, RawDrill, RawFault, RawScenario, RawTrigger,
};
use crate::backend::BackendPlan;
use crate::backend::image::wrong_image;
use crate::credential::{Ability, CredentialPlan, RENEWED_MS};
use crate::document::{
    At, BrokeredProblem, Entries, Findings, MinioProblem, Problem, Project, RotationProblem, Span, duration,
};
use std::collections::BTreeMap;

/// OpenBao counts renewals in whole seconds: below this nothing could be told apart.
const SHORTEST_CAP_MS: u64 = 3_000;
/// More leases are no drill but a load test.
const MOST_LEASES: u32 = 10_000;
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
    let issued = credential(raw, project, findings);
    let backend = backend(raw, issued.as_ref(), project, findings);
    let authority_image = authority(raw, findings);
    let caller = caller::resolve(&raw.caller, project, findings);
    let limit = raw.limit.as_ref().map(|raw| findings.duration(raw));
    let mut scenarios = Vec::new();
    let mut rotated = None;
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
        if let Some(resolved) = &issued {
            check_trigger(name, scenario, &resolved.plan, &mut rotated, findings);
        }
        let can = |ability| issued.as_ref().is_some_and(|i| i.plan.can(ability));
        let (brokered, works_once) = (can(Ability::Brokered), can(Ability::WorksOnce));
        let trigger = trigger(&scenario.trigger, findings);
        scenarios.push(ScenarioPlan {
            scenario: name.value.clone(),
            at: location(file.path, name.span),
            leases: leases(scenario, &trigger, works_once, findings),
            caller: callers_copy(caller?, &name.value, &trigger, issued.as_ref().map(|i| &i.plan)),
            trigger,
            limit_ms,
            limit_is_default: own.or(limit).is_none(),
            sessions: sessions(scenario, &backend, limit_ms, findings),
            ends: scenario.ends.unwrap_or(Ends::Refused),
            fault: scenario.fault.as_ref().map(|raw| fault(raw, brokered, findings)),
        });
    }
    let mut issued = issued?;
    if let (CredentialPlan::Brokered(role), BackendPlan::Minio(store)) = (&mut issued.plan, &backend) {
        role.is_for(&store.bucket, &store.prefix, store.uploads.is_some());
    }
    let mut not_from_production = issued.not_from_production;
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
        credential: issued.plan,
        backend,
        scenarios,
        not_from_production,
    })
}

/// Whether what is issued can be ended so.
fn check_trigger(
    name: &At<String>,
    scenario: &RawScenario,
    plan: &CredentialPlan,
    rotated: &mut Option<Span>,
    findings: &mut Findings,
) {
    if let Some(ttl) = stated_ttl(&scenario.trigger) {
        check_expiry(plan.lease_ms(), plan.ttls().max_ms, ttl, findings);
    }
    if let RawTrigger::Renew(renew) = &scenario.trigger
        && !plan.can(Ability::Renews)
    {
        let at = findings.key_of(renew.span, "renew");
        findings.add(Problem::NotRenewable(plan.kind()), at);
    }
    check_rotation(name, scenario, plan, rotated, findings);
    check_incident(&scenario.trigger, plan, name.span, findings);
    if matches!(scenario.trigger, RawTrigger::Use) && !plan.can(Ability::WorksOnce) {
        findings.add(Problem::NotSpent(plan.kind()), name.span);
    }
    if plan.can(Ability::Brokered) && matches!(scenario.trigger, RawTrigger::Incident(IncidentOf::Mount)) {
        findings.add(Problem::Brokered(BrokeredProblem::NoMount), name.span);
    }
}

/// Where the backend is told of an entity and of no single credential, each scenario has a caller of its own: what one ends must not
/// end another's. An incident's is a copy anyway.
fn callers_copy(caller: Caller, scenario: &str, trigger: &Trigger, kind: Option<&CredentialPlan>) -> Caller {
    let by_entity = kind.is_some_and(|kind| kind.can(Ability::IsPresented));
    let has_one = caller.name.ends_with(&format!("-{scenario}"));
    if !by_entity || has_one || matches!(trigger, Trigger::Incident { .. }) {
        return caller;
    }
    Caller { name: format!("{}-{scenario}", caller.name), ..caller }
}

/// Identity tokens have no mount of their own that could be cleared.
fn check_incident(trigger: &RawTrigger, kind: &CredentialPlan, at: Span, findings: &mut Findings) {
    let mount = matches!(trigger, RawTrigger::Incident(IncidentOf::Mount));
    if mount && kind.can(Ability::IsPresented) {
        findings.add(Problem::Minio(MinioProblem::NoMount), at);
    }
}

/// What a drill issues, with what its backend must know of it.
struct Issued {
    plan: CredentialPlan,
    not_from_production: Vec<String>,
    /// The database that production's role is for.
    database: Option<String>,
    /// Where each of its statements stands.
    places: Vec<(Span, String)>,
}

fn credential(raw: &RawDrill, project: &Project, findings: &mut Findings) -> Option<Issued> {
    let plugin = raw.backend.plugin();
    Some(match &raw.credential {
        RawCredential::Database(raw) => {
            let resolved = raw.value.resolve(plugin, project, findings)?;
            Issued {
                plan: CredentialPlan::Database(resolved.plan),
                not_from_production: resolved.not_from_production,
                database: resolved.database,
                places: resolved.places,
            }
        }
        RawCredential::Rabbitmq(raw) => Issued {
            plan: CredentialPlan::Rabbitmq(raw.value.resolve(findings)),
            not_from_production: vec!["role".into(), "mount limits".into(), "connection".into()],
            database: None,
            places: Vec::new(),
        },
        RawCredential::Certificate(raw) => Issued {
            plan: CredentialPlan::Certificate(raw.value.resolve(findings)),
            not_from_production: vec!["role".into(), "mount limits".into(), "connection".into()],
            database: None,
            places: Vec::new(),
        },
        RawCredential::SshOtp(raw) => Issued {
            plan: CredentialPlan::SshOtp(raw.value.resolve(findings)),
            not_from_production: vec!["role".into(), "mount limits".into()],
            database: None,
            places: Vec::new(),
        },
        RawCredential::Brokered(raw) => Issued {
            plan: CredentialPlan::Brokered(raw.value.resolve(findings)),
            not_from_production: vec!["role".into(), "connection".into()],
            database: None,
            places: Vec::new(),
        },
        RawCredential::WebIdentity(raw) => Issued {
            plan: CredentialPlan::WebIdentity(raw.value.resolve(project, findings)),
            not_from_production: vec!["role".into(), "policy".into()],
            database: None,
            places: Vec::new(),
        },
        RawCredential::SshCertificate(raw) => Issued {
            plan: CredentialPlan::SshCertificate(raw.value.resolve(findings)),
            not_from_production: vec!["role".into(), "mount limits".into()],
            database: None,
            places: Vec::new(),
        },
        RawCredential::StaticRole(raw) => {
            let resolved = raw.value.resolve(findings);
            Issued {
                plan: CredentialPlan::StaticRole(resolved.plan),
                not_from_production: vec!["role".into(), "mount limits".into(), "connection".into()],
                database: None,
                places: resolved.places,
            }
        }
    })
}

fn backend(raw: &RawDrill, issued: Option<&Issued>, project: &Project, findings: &mut Findings) -> BackendPlan {
    let database = issued.and_then(|c| c.database.as_deref());
    let (plan, span) = match &raw.backend {
        RawBackend::Postgres(raw) => {
            let places = issued.map_or(&[][..], |c| &c.places);
            let plan = raw.value.resolve(project, database, places, findings);
            (BackendPlan::Postgres(plan), raw.span)
        }
        RawBackend::Rabbitmq(raw) => {
            let vhosts = issued.map_or(Vec::new(), |issued| match &issued.plan {
                CredentialPlan::Rabbitmq(plan) => plan.vhosts.iter().map(|(vhost, _)| vhost.clone()).collect(),
                _ => Vec::new(),
            });
            (BackendPlan::Rabbitmq(raw.value.resolve(project, &vhosts, findings)), raw.span)
        }
        RawBackend::Valkey(raw) => (BackendPlan::Valkey(raw.value.resolve(project, findings)), raw.span),
        RawBackend::Minio(raw) => {
            let federated = issued.is_some_and(|i| i.plan.can(Ability::IsPresented));
            (BackendPlan::Minio(raw.value.resolve(project, federated, findings)), raw.span)
        }
        RawBackend::Nginx(raw) => (BackendPlan::Nginx(raw.value.resolve(project, findings)), raw.span),
        RawBackend::Ssh(raw) => {
            let plan = raw.value.resolve(findings);
            match issued.map(|i| &i.plan) {
                Some(CredentialPlan::SshOtp(_)) => (BackendPlan::SshOtp(plan), raw.span),
                _ => (BackendPlan::Ssh(plan), raw.span),
            }
        }
        RawBackend::Influxdb(raw) => (BackendPlan::Influxdb(raw.value.resolve(project, database, findings)), raw.span),
        RawBackend::Mariadb(raw) => (BackendPlan::Mariadb(raw.value.resolve(project, database, findings)), raw.span),
    };
    if let Some(credential) = issued.map(|i| i.plan.kind()).filter(|kind| !plan.lets_in(kind)) {
        let problem = Problem::WrongKind { backend: plan.product(), credential, needed: plan.credential_kind() };
        findings.add(problem, findings.key_of(span, plan.name()));
    }
    plan
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
        RawTrigger::Use => Trigger::Use,
        RawTrigger::Expire(ttl) => Trigger::Expire { ttl_ms: findings.ttl(ttl) },
        RawTrigger::Teardown => Trigger::Teardown,
        RawTrigger::Incident(of) => Trigger::Incident { of: *of },
        RawTrigger::Renew(renew) => {
            let cap_ms = findings.ttl(&renew.value.cap);
            let every_ms = findings.duration(&renew.value.every);
            if cap_ms > 0 && cap_ms < SHORTEST_CAP_MS {
                findings.add(Problem::CapTooShort { shortest: duration::text(SHORTEST_CAP_MS) }, renew.value.cap.span);
            } else if every_ms == 0 || every_ms.saturating_mul(2) > RENEWED_MS {
                findings.add(Problem::RenewedTooSeldom { ttl: duration::text(RENEWED_MS) }, renew.value.every.span);
            }
            Trigger::Renew { cap_ms, every_ms }
        }
        RawTrigger::Rotate => Trigger::Rotate,
    }
}

/// A user that stays has no lease: only its password ends. And what two scenarios rotate side by side, one would end for the other.
fn check_rotation(
    name: &At<String>,
    scenario: &RawScenario,
    credential: &CredentialPlan,
    rotated: &mut Option<Span>,
    findings: &mut Findings,
) {
    let rotates = matches!(scenario.trigger, RawTrigger::Rotate);
    if rotates != credential.can(Ability::Rotates) {
        let trigger = scenario.trigger.word();
        findings.add(
            Problem::Rotation(RotationProblem::NotItsTrigger { trigger, kind: credential.kind(), rotates }),
            name.span,
        );
    } else if rotates && scenario.fault.is_none() {
        match rotated {
            Some(first) => {
                findings.add(Problem::Rotation(RotationProblem::RotatedTwice { first: first.line }), name.span);
            }
            None => *rotated = Some(name.span),
        }
    }
}

/// The TTL that ends access by itself, as it is written.
fn stated_ttl(raw: &RawTrigger) -> Option<&At<duration::RawDuration>> {
    match raw {
        RawTrigger::Expire(ttl) => Some(ttl),
        RawTrigger::Renew(renew) => Some(&renew.value.cap),
        RawTrigger::Revoke | RawTrigger::Teardown | RawTrigger::Incident(_) | RawTrigger::Rotate | RawTrigger::Use => {
            None
        }
    }
}

/// A cohort is for triggers that end several credentials at once.
fn leases(scenario: &RawScenario, trigger: &Trigger, works_once: bool, findings: &mut Findings) -> u32 {
    let Some(stated) = &scenario.leases else {
        return trigger.default_leases(works_once);
    };
    let cohort = works_once || matches!(trigger, Trigger::Teardown | Trigger::Incident { .. });
    let least = if works_once { LEAST_ONCE } else { trigger.default_leases(false) };
    if !cohort && stated.value != 1 {
        findings.add(Problem::NoCohort { trigger: trigger.name() }, stated.span);
    } else if stated.value < least || stated.value > MOST_LEASES {
        let most = MOST_LEASES;
        findings.add(Problem::CohortSize { least, most }, stated.span);
    }
    stated.value
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
    // A session is what the use was for.
    if let RawTrigger::Use = scenario.trigger {
        if let Some((kind, _)) = scenario.sessions.as_ref().and_then(|Entries(claims)| claims.first()) {
            findings.add(Problem::SessionOfUse, kind.span);
        }
        return BTreeMap::new();
    }
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

fn fault(raw: &RawFault, brokered: bool, findings: &mut Findings) -> Fault {
    let (server, raw) = match raw {
        RawFault::Authority(raw) => (FaultServer::Authority, raw),
        RawFault::Backend(raw) => (FaultServer::Backend, raw),
    };
    let (kind, lasts) = match &raw.value {
        RawDisturbance::Paused(d) => (FaultKind::Paused, d),
        RawDisturbance::Killed(d) => (FaultKind::Killed, d),
        RawDisturbance::Sealed(d) => (FaultKind::Sealed, d),
        RawDisturbance::Restarted(d) => (FaultKind::Restarted, d),
    };
    match (server, kind) {
        (FaultServer::Backend, FaultKind::Sealed) => {
            findings.add(Problem::SealedBackend, findings.within(raw.span, "sealed"));
        }
        // The broker's records are not in it.
        (FaultServer::Authority, FaultKind::Killed) if brokered => {}
        // Its storage is in memory: it would come back as another.
        (FaultServer::Authority, FaultKind::Killed | FaultKind::Restarted) => {
            let word = if kind == FaultKind::Killed { "killed" } else { "restarted" };
            let known: &[_] = if brokered { &["paused", "killed", "sealed"] } else { &["paused", "sealed"] };
            let problem = Problem::NotYet { word: word.into(), known };
            findings.add(problem, findings.within(raw.span, word));
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
