//! What the authority itself says of the credentials: leases, limits, entities, and its audit log.

use super::prepare::Prepared;
use super::scenario::{Issues, ScenarioRun};
use super::{AtStep, RunError};
use crate::authority::audit::{AuditLine, audit_line, revoked_line};
use crate::authority::Reader;
use crate::authority::records::AuditEntry;
use crate::credential::{Issued, Issuer};
use crate::environment::LogLine;
use crate::history::{Body, Part, Search};
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
    let reader = Reader(run.stage.actors.auditor.clone());
    let namespace = &run.stage.tenant.namespace;
    for (member, issued) in (0..).zip(&issues.subjects) {
        let lease = reader.lease(&issued.record.id, namespace).await.at_step("looking the lease up")?;
        run.journal.write(Body::LeaseRead { part: Part::Subject { member }, lease });
    }
    limits(run, &reader, &prepared.subject).await?;
    if prepared.subject.place() != run.stage.issuer.place() {
        limits(run, &reader, &run.stage.issuer).await?;
    }
    Ok(())
}

async fn limits(run: &ScenarioRun, reader: &Reader, issuer: &Issuer) -> Result<(), RunError> {
    let (mount, role) = issuer.place();
    let read = reader.limits(mount, role, &run.stage.tenant.namespace).await.at_step("reading the role back")?;
    let as_stated = issuer.as_stated(&read.1.body["data"]);
    run.journal.write(Body::LimitsRead { role: role.into(), limits: read.0, as_stated });
    Ok(())
}

/// Reads the audit log after a marked request: the entries of this scenario, who stands behind them, and that no secret is in it.
///
/// # Errors
/// The auditor gets no answer.
pub async fn audit(
    run: &ScenarioRun,
    prepared: &Prepared,
    issues: &Issues,
    others: Vec<Issued>,
) -> Result<(), RunError> {
    let reader = Reader(run.stage.actors.auditor.clone());
    let namespace = &run.stage.tenant.namespace;
    let mark = format!("{}.mark", run.correlation);
    let marked = Reader(reader.0.correlated(&mark)).tenant_of(namespace).await;
    let tenant = marked.at_step("asking whose the namespace is")?;
    run.journal.write(Body::Namespace { path: namespace.clone(), tenant });
    let logs = &run.stage.authority.container.logs;
    let found = logs.wait_for(LOG_LAG, |lines| lines.iter().rev().any(|l| l.text.contains(&mark)).then_some(())).await;
    let lines = logs.lines();
    let entries = entries(run, &lines, found.is_some());
    people(run, &reader, &entries).await?;
    hashes(run, &reader, prepared, issues).await?;
    revoked(run, issues, &lines);
    let mut issued: Vec<&Issued> = issues.subjects.iter().chain([&issues.control, &issues.third]).collect();
    issued.extend(&others);
    search_credentials(run, prepared, &issued, &lines);
    search_parent(run, &issued[0].credential.name, &lines).await
}

/// Writes the entries that carry this scenario's correlation ids, and what the log as a whole is like.
fn entries(run: &ScenarioRun, lines: &[LogLine], marked: bool) -> Vec<AuditEntry> {
    let prefix = format!("{}.", run.correlation);
    let (mut count, mut torn) = (0, 0);
    let mut own = Vec::new();
    for (line, text) in (1..).zip(lines.iter().filter(|l| !l.stderr)) {
        match audit_line(&text.text) {
            AuditLine::Banner => {}
            AuditLine::Torn => torn += 1,
            AuditLine::Entry(entry) => {
                count += 1;
                let ours = entry.correlation.as_deref().and_then(|c| c.strip_prefix(&prefix));
                // The attempts of others are evidence of their own.
                if ours.is_some_and(|c| c.starts_with("issue.") || c.starts_with("trigger") || c == "login") {
                    run.journal.write(Body::Audit { line, entry: (*entry).clone() });
                    own.push(*entry);
                }
            }
        }
    }
    run.journal.write(Body::AuditLog { entries: count, torn, marked });
    own
}

/// Joins the entities behind the entries; the operator's lives in root.
async fn people(run: &ScenarioRun, reader: &Reader, entries: &[AuditEntry]) -> Result<(), RunError> {
    let ids: BTreeSet<&str> = entries.iter().filter_map(|e| e.entity_id.as_deref()).collect();
    for id in ids {
        let namespace = if id.contains('.') { run.stage.tenant.namespace.as_str() } else { "" };
        let entity = reader.entity(id, namespace).await.at_step("reading an entity")?;
        run.journal.write(Body::Entity { entity });
    }
    Ok(())
}

/// How this very server writes what it hides: another server's log cannot fit.
async fn hashes(
    run: &ScenarioRun,
    reader: &Reader,
    prepared: &Prepared,
    issues: &Issues,
) -> Result<(), RunError> {
    for issued in &issues.subjects {
        let hmac = reader.audit_hash(&issued.record.id).await.at_step("hashing a lease id")?;
        run.journal.write(Body::AuditHash { of: issued.record.id.clone(), hmac });
    }
    let hmac = reader.audit_hash(prepared.caller.accessor.expose()).await.at_step("hashing an accessor")?;
    run.journal.write(Body::AuditHash { of: crate::history::CALLERS_ACCESSOR.into(), hmac });
    Ok(())
}

fn revoked(run: &ScenarioRun, issues: &Issues, lines: &[LogLine]) {
    let ids: BTreeSet<&str> = issues.subjects.iter().map(|i| i.record.id.as_str()).collect();
    for line in lines.iter().filter(|l| l.stderr && l.text.contains("revoked lease")) {
        if let Some(revoked) = revoked_line(&line.text).filter(|r| ids.contains(r.lease.as_str())) {
            run.journal.write(Body::Revoked { lease: revoked.lease, time: revoked.time });
        }
    }
}

/// Places where a secret could have been written down, with something that must be found there.
fn places(run: &ScenarioRun, lines: &[LogLine], needle: &str) -> Vec<(String, Vec<String>, String)> {
    let texts = |stderr: bool| lines.iter().filter(|l| l.stderr == stderr).map(|l| l.text.clone()).collect::<Vec<_>>();
    let backend = run.stage.backend.container().logs.lines().into_iter().map(|l| l.text).collect();
    vec![
        ("the audit log".into(), texts(false), format!("{}.mark", run.correlation)),
        ("the authority's log".into(), texts(true), "core".into()),
        ("the backend's log".into(), backend, needle.into()),
    ]
}

fn search_credentials(run: &ScenarioRun, prepared: &Prepared, issued: &[&Issued], lines: &[LogLine]) {
    let mut secrets: Vec<Secret> = issued.iter().map(|i| i.credential.secret.clone()).collect();
    secrets.extend(prepared.caller.bao.token().cloned());
    secrets.extend(prepared.control_caller.token().cloned());
    let name = &issued[0].credential.name;
    for (place, lines, needle) in places(run, lines, name) {
        search(run, "credentials", place, &secrets, &lines, &needle);
    }
}

/// The parent is searched for in the logs and in what the engine shows of every container.
async fn search_parent(run: &ScenarioRun, name: &str, lines: &[LogLine]) -> Result<(), RunError> {
    if !matches!(run.plan.trigger, crate::definition::Trigger::Revoke) {
        return Ok(());
    }
    let secrets: Vec<Secret> = run.stage.parents.iter().map(|p| p.secret.clone()).collect();
    for (place, lines, needle) in places(run, lines, name) {
        search(run, "parent", place, &secrets, &lines, &needle);
    }
    for container in [&run.stage.authority.container, run.stage.backend.container()] {
        let shown = container.shown().await.at_step("inspecting a container")?;
        let place = format!("environment, arguments and labels of {}", container.name);
        search(run, "parent", place, &secrets, &shown, "PATH=");
    }
    Ok(())
}

fn search(run: &ScenarioRun, of: &str, place: String, secrets: &[Secret], lines: &[String], needle: &str) {
    let sought = Redactor::default();
    let registered = secrets.iter().filter(|s| sought.register(s)).count();
    let search = Search {
        of: of.into(),
        place,
        secrets: registered as u64,
        lines: lines.len() as u64,
        control_found: lines.iter().any(|l| l.contains(needle)),
        found: lines.iter().filter(|l| sought.holds(l)).count() as u64,
    };
    run.journal.write(Body::Search { search });
}
