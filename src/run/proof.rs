//! What the authority itself says of the credentials: leases, limits, entities, and its audit log.

use super::journal::Journal;
use super::prepare::Prepared;
use super::scenario::{Finished, Issues, ScenarioRun};
use super::stage::{RunContext, Stage};
use super::{AtStep, RunError};
use crate::authority::Reader;
use crate::authority::audit::{AuditLine, RevokedLine, audit_line, revoked_line};
use crate::authority::records::AuditEntry;
use crate::credential::{Issued, Issuer};
use crate::definition::Trigger;
use crate::environment::LogLine;
use crate::history::{Body, Part, Search, place};
use crate::secret::{Redactor, Secret};
use std::collections::BTreeSet;
use std::time::Duration;

/// An entry is in the log before its answer arrives; the engine's log stream is slower.
const LOG_LAG: Duration = Duration::from_secs(3);

/// Looks up, while they live, the leases and the limits of the roles that they were issued from.
///
/// # Errors
/// The auditor gets no answer.
pub async fn read_back(run: &ScenarioRun, prepared: &Prepared, issues: &Issues) -> Result<(), RunError> {
    let reader = Reader(run.stage.office.actors.auditor.clone());
    let namespace = &run.stage.office.tenant.namespace;
    for (member, issued) in (0..).zip(&issues.subjects) {
        let lease = reader.lease(&issued.record.id, namespace).await.at_step("looking the lease up")?;
        run.journal.write(Body::LeaseRead { part: Part::Subject { member }, lease });
    }
    limits(run, &reader, &prepared.subject).await?;
    if prepared.subject.place() != run.stage.office.issuer.place() {
        limits(run, &reader, &run.stage.office.issuer).await?;
    }
    Ok(())
}

async fn limits(run: &ScenarioRun, reader: &Reader, issuer: &Issuer) -> Result<(), RunError> {
    let (mount, role) = issuer.place();
    let read = reader.limits(mount, role, &run.stage.office.tenant.namespace).await.at_step("reading the role back")?;
    let as_stated = issuer.as_stated(&read.1.body["data"]);
    run.journal.write(Body::LimitsRead { role: role.into(), limits: read.0, as_stated });
    Ok(())
}

/// The audit log and the authority's own, after a marked request.
pub struct AuditLog {
    /// Entries with their lines, from 1.
    entries: Vec<(u64, AuditEntry)>,
    torn: u64,
    marked: bool,
    mark: String,
    /// Leases that the authority's own log says were revoked.
    revoked: Vec<RevokedLine>,
    /// Both as they are, to be searched.
    audit: Vec<String>,
    server: Vec<String>,
}

impl AuditLog {
    /// Reads it once for all scenarios of a drill.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read(context: &RunContext, stage: &Stage, journal: &Journal) -> Result<Self, RunError> {
        let namespace = &stage.office.tenant.namespace;
        let mark = format!("{}.{}.mark.{}", context.labels.run(), stage.drill().drill, journal.now_us());
        let auditor = Reader(stage.office.actors.auditor.correlated(&mark));
        let tenant = auditor.tenant_of(namespace).await.at_step("asking whose the namespace is")?;
        journal.write(Body::Namespace { path: namespace.clone(), tenant });
        let logs = &stage.office.server.container.logs;
        let found = |lines: &[LogLine]| lines.iter().rev().any(|l| l.text.contains(&mark)).then_some(());
        let marked = logs.wait_for(LOG_LAG, found).await.is_some();
        let (server, audit): (Vec<LogLine>, Vec<LogLine>) = logs.lines().into_iter().partition(|l| l.stderr);
        let texts = |lines: Vec<LogLine>| lines.into_iter().map(|l| l.text).collect::<Vec<_>>();
        let mut log = Self {
            entries: Vec::new(),
            torn: 0,
            marked,
            mark,
            revoked: server.iter().filter_map(|l| revoked_line(&l.text)).collect(),
            audit: texts(audit),
            server: texts(server),
        };
        for (line, text) in (1..).zip(&log.audit) {
            match audit_line(text) {
                AuditLine::Banner => {}
                AuditLine::Torn => log.torn += 1,
                AuditLine::Entry(entry) => log.entries.push((line, *entry)),
            }
        }
        Ok(log)
    }
}

/// What the log has of a scenario: its entries, who stands behind them, and that no secret is in it.
///
/// # Errors
/// The auditor gets no answer.
pub async fn audit(run: &ScenarioRun, log: &AuditLog, finished: &Finished) -> Result<(), RunError> {
    let reader = Reader(run.stage.office.actors.auditor.clone());
    let (prepared, issues) = (&run.prepared, &finished.issues);
    let entries = entries(run, log);
    people(run, &reader, &entries).await?;
    hashes(run, &reader, prepared, issues).await?;
    revoked(run, issues, log);
    let mut issued: Vec<&Issued> = issues.subjects.iter().chain([&issues.control, &issues.third]).collect();
    issued.extend(&finished.others);
    search_credentials(run, prepared, &issued, log);
    search_parent(run, &issued[0].credential.name, log).await
}

/// Writes the entries that carry this scenario's correlation ids, and what the log as a whole is like.
fn entries<'a>(run: &ScenarioRun, log: &'a AuditLog) -> Vec<&'a AuditEntry> {
    let prefix = format!("{}.", run.correlation);
    // The attempts of others are evidence of their own.
    let own = |c: &str| c.starts_with("issue.") || c.starts_with("trigger") || c == "login";
    let ours = |entry: &AuditEntry| entry.correlation.as_deref().and_then(|c| c.strip_prefix(&prefix)).is_some_and(own);
    let mut found = Vec::new();
    for (line, entry) in log.entries.iter().filter(|(_, entry)| ours(entry)) {
        run.journal.write(Body::Audit { line: *line, entry: entry.clone() });
        found.push(entry);
    }
    let entries = log.entries.len() as u64;
    run.journal.write(Body::AuditLog { entries, torn: log.torn, marked: log.marked });
    found
}

/// Joins the entities behind the entries; the operator's lives in root.
async fn people(run: &ScenarioRun, reader: &Reader, entries: &[&AuditEntry]) -> Result<(), RunError> {
    let ids: BTreeSet<&str> = entries.iter().filter_map(|e| e.entity_id.as_deref()).collect();
    for id in ids {
        let namespace = if id.contains('.') { run.stage.office.tenant.namespace.as_str() } else { "" };
        let entity = reader.entity(id, namespace).await.at_step("reading an entity")?;
        run.journal.write(Body::Entity { entity });
    }
    Ok(())
}

/// How this very server writes what it hides: another server's log cannot fit.
async fn hashes(run: &ScenarioRun, reader: &Reader, prepared: &Prepared, issues: &Issues) -> Result<(), RunError> {
    for issued in &issues.subjects {
        let hmac = reader.audit_hash(&issued.record.id).await.at_step("hashing a lease id")?;
        run.journal.write(Body::AuditHash { of: issued.record.id.clone(), hmac });
    }
    let hmac = reader.audit_hash(prepared.caller.accessor.expose()).await.at_step("hashing an accessor")?;
    run.journal.write(Body::AuditHash { of: crate::history::CALLERS_ACCESSOR.into(), hmac });
    Ok(())
}

fn revoked(run: &ScenarioRun, issues: &Issues, log: &AuditLog) {
    let ids: BTreeSet<&str> = issues.subjects.iter().map(|i| i.record.id.as_str()).collect();
    for revoked in log.revoked.iter().filter(|r| ids.contains(r.lease.as_str())) {
        run.journal.write(Body::Revoked { lease: revoked.lease.clone(), time: revoked.time.clone() });
    }
}

/// Places where a secret could have been written down, with something that must be found there.
fn places<'a>(log: &'a AuditLog, backend: &'a [String], name: &'a str) -> [(&'static str, &'a [String], &'a str); 3] {
    [
        (place::AUDIT_LOG, &log.audit, &log.mark),
        (place::AUTHORITYS_LOG, &log.server, "core"),
        (place::BACKENDS_LOG, backend, name),
    ]
}

fn backends_log(run: &ScenarioRun) -> Vec<String> {
    run.stage.backend.container().logs.lines().into_iter().map(|l| l.text).collect()
}

fn search_credentials(run: &ScenarioRun, prepared: &Prepared, issued: &[&Issued], log: &AuditLog) {
    let mut secrets: Vec<Secret> = issued.iter().map(|i| i.credential.secret.clone()).collect();
    secrets.extend(prepared.caller.bao.token().cloned());
    secrets.extend(prepared.control_caller.token().cloned());
    let backend = backends_log(run);
    for (place, lines, needle) in places(log, &backend, &issued[0].credential.name) {
        search(run, "credentials", place, &secrets, lines, needle);
    }
}

/// The parent is searched for in the logs and in what the engine shows of every container.
async fn search_parent(run: &ScenarioRun, name: &str, log: &AuditLog) -> Result<(), RunError> {
    if run.plan.trigger != Trigger::Revoke {
        return Ok(());
    }
    let secrets: Vec<Secret> = run.stage.parents.iter().map(|p| p.secret.clone()).collect();
    let backend = backends_log(run);
    for (place, lines, needle) in places(log, &backend, name) {
        search(run, "parent", place, &secrets, lines, needle);
    }
    for container in [&run.stage.office.server.container, run.stage.backend.container()] {
        let shown = container.shown().await.at_step("inspecting a container")?;
        let place = format!("{}{}", place::CONTAINER, container.name);
        search(run, "parent", &place, &secrets, &shown, "PATH=");
    }
    Ok(())
}

/// Searches lines for secrets, and for something that must be found there.
pub fn search(run: &ScenarioRun, of: &str, place: &str, secrets: &[Secret], lines: &[String], needle: &str) {
    let sought = Redactor::default();
    let registered = secrets.iter().filter(|s| sought.register(s)).count();
    let search = Search {
        of: of.into(),
        place: place.into(),
        secrets: registered as u64,
        lines: lines.len() as u64,
        control_found: lines.iter().any(|l| l.contains(needle)),
        found: lines.iter().filter(|l| sought.holds(l)).count() as u64,
    };
    run.journal.write(Body::Search { search });
}
