//! What the authority itself says of the credentials: leases, limits, entities, and its audit log.

use super::brokers_log::{self, BrokersLog};
use super::context::RunContext;
use super::issues::{Finished, Issues};
use super::journal::Journal;
use super::prepare::Prepared;
use super::scenario_run::ScenarioRun;
use super::stage::Stage;
use super::{AtStep, LOG_LAG, RunError, another};
use crate::authority::Reader;
use crate::authority::audit::{AuditLine, RevokedLine, audit_line, revoked_line};
use crate::authority::records::AuditEntry;
use crate::credential::{Ability, Issued, Issuer};
use crate::environment::LogLine;
use crate::history::{BROKERS_QUESTION, Body, Part, Search, place};
use crate::secret::{Redactor, Secret};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Looks up, while they live, the leases and the limits of the roles that they were issued from.
///
/// # Errors
/// The auditor gets no answer.
pub async fn read_back(run: &ScenarioRun, prepared: &Prepared, issues: &Issues) -> Result<(), RunError> {
    let leases = run.stage.office.auditor();
    let reader = leases.reader();
    let namespace = &run.stage.office.tenant.namespace;
    for (member, issued) in (0..).zip(&issues.subjects) {
        // Issued without one: that it has none is what is to be judged.
        if issued.record.id.is_empty() || !run.stage.drill().credential.can(Ability::Leases) {
            continue;
        }
        let read = leases.read(&issued.record.id, namespace).await.at_step("looking the lease up")?;
        // A broker that lost it says so; what is missing is judged.
        let Some((lease, record)) = read else { continue };
        let part = Part::Subject { member };
        run.journal.write(Body::LeaseRead { part: part.clone(), lease });
        if let (Some(record), Issuer::Brokered(issuer)) = (record, &prepared.subject) {
            let as_stated = issuer.as_stated(&record);
            run.journal.write(Body::RecordRead { part, record: Box::new(record), as_stated });
        }
    }
    limits(run, &reader, &prepared.subject).await?;
    if prepared.subject.place() != run.stage.office.issuer.place() {
        limits(run, &reader, &run.stage.office.issuer).await?;
    }
    Ok(())
}

async fn limits(run: &ScenarioRun, reader: &Reader, issuer: &Issuer) -> Result<(), RunError> {
    let read = issuer.read_back(reader).await.at_step("reading the role back")?;
    // A broker's roles nobody reads: its records say what was granted.
    let Some((limits, as_stated)) = read else { return Ok(()) };
    run.journal.write(Body::LimitsRead { role: issuer.place().1.into(), limits, as_stated });
    Ok(())
}

/// The audit log and the authority's own, after a marked request.
pub struct AuditLog {
    /// Those that can be this drill's, with their lines, from 1: a server that several drills use has thousands of others.
    entries: Vec<(u64, AuditEntry)>,
    /// How many there are in all.
    count: u64,
    torn: u64,
    marked: bool,
    mark: String,
    /// Leases that the authority's own log says were revoked.
    revoked: Vec<RevokedLine>,
    /// Both as they are, to be searched.
    audit: Vec<Arc<str>>,
    server: Vec<Arc<str>>,
    /// The broker's, where there is one.
    broker: Option<BrokersLog>,
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
        let broker = BrokersLog::read(stage, &mark).await?;
        let another = if stage.office.skips("own-audit-log") {
            Some(another::server(context, stage, &mark).await.map_err(RunError::of_sabotage)?)
        } else {
            None
        };
        let container = another.as_ref().map_or(&stage.office.server.container, |server| &server.container);
        let found = |lines: &[LogLine]| lines.iter().rev().any(|l| l.text.contains(&mark)).then_some(());
        let marked = container.logs.wait_for(LOG_LAG, found).await.is_some();
        let (server, audit): (Vec<LogLine>, Vec<LogLine>) = container.logs.lines().into_iter().partition(|l| l.stderr);
        if let Some(another) = another {
            another.container.remove().await;
        }
        let texts = |lines: Vec<LogLine>| lines.into_iter().map(|l| l.text).collect::<Vec<_>>();
        let mut log = Self {
            entries: Vec::new(),
            count: 0,
            torn: 0,
            marked,
            mark,
            revoked: server.iter().filter_map(|l| revoked_line(&l.text)).collect(),
            audit: texts(audit),
            server: texts(server),
            broker,
        };
        let prefix = format!("{}.{}.", context.labels.run(), stage.drill().drill);
        let ours = |entry: &AuditEntry| {
            entry.path == BROKERS_QUESTION || entry.correlation.as_ref().is_some_and(|c| c.starts_with(&prefix))
        };
        tokio::task::block_in_place(|| log.take_entries(ours));
        Ok(log)
    }
}

impl AuditLog {
    /// Reads the audit's lines, and keeps the entries that are ours.
    fn take_entries(&mut self, ours: impl Fn(&AuditEntry) -> bool) {
        for (line, text) in (1..).zip(&self.audit) {
            match audit_line(text) {
                AuditLine::Banner => {}
                AuditLine::Torn => self.torn += 1,
                AuditLine::Entry(entry) => {
                    self.count += 1;
                    self.entries.extend(ours(&entry).then_some((line, *entry)));
                }
            }
        }
    }
}

/// What the log has of a scenario: its entries, who stands behind them, and that no secret is in it.
///
/// # Errors
/// The auditor gets no answer.
pub async fn audit(run: &ScenarioRun, log: &AuditLog, finished: &Finished) -> Result<(), RunError> {
    let reader = Reader(run.stage.office.actors.auditor.clone());
    let (prepared, issues) = (&run.prepared, &finished.issues);
    // First what was read: a server that lost its audit device answers no question about it.
    let mut entries = entries(run, log);
    let hashed = async || reader.audit_hash(prepared.caller.accessor.expose()).await.at_step("hashing an accessor");
    if let Some(broker) = &log.broker {
        let accessor = hashed().await?;
        entries.extend(brokers_log::entries(run, &log.entries, broker, (issues, &accessor)));
    }
    people(run, &reader, &entries).await?;
    hashes(run, &reader, hashed().await?, issues).await?;
    revoked(run, issues, log);
    let mut issued: Vec<&Issued> = issues.subjects.iter().chain([&issues.control, &issues.third]).collect();
    issued.extend(&finished.others);
    search_credentials(run, prepared, &issued, log);
    search_parent(run, issued[0], log).await
}

/// Writes the entries that carry this scenario's correlation ids, and what the log as a whole is like.
fn entries<'a>(run: &ScenarioRun, log: &'a AuditLog) -> Vec<&'a AuditEntry> {
    let prefix = format!("{}.", run.correlation);
    // The attempts of others are evidence of their own.
    let own = |c: &str| c.starts_with("issue.") || c.starts_with("trigger") || c == "login";
    let ours = |entry: &AuditEntry| entry.correlation.as_deref().and_then(|c| c.strip_prefix(&prefix)).is_some_and(own);
    let mut found = Vec::new();
    for (line, entry) in log.entries.iter().filter(|(_, entry)| ours(entry)) {
        run.journal.write(Body::Audit { line: *line, entry: Box::new(entry.clone()) });
        found.push(entry);
    }
    run.journal.write(Body::AuditLog { entries: log.count, torn: log.torn, marked: log.marked });
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
async fn hashes(run: &ScenarioRun, reader: &Reader, accessor: String, issues: &Issues) -> Result<(), RunError> {
    for issued in &issues.subjects {
        let hmac = reader.audit_hash(&issued.record.id).await.at_step("hashing a lease id")?;
        run.journal.write(Body::AuditHash { of: issued.record.id.clone(), hmac });
    }
    run.journal.write(Body::AuditHash { of: crate::history::CALLERS_ACCESSOR.into(), hmac: accessor });
    Ok(())
}

fn revoked(run: &ScenarioRun, issues: &Issues, log: &AuditLog) {
    let ids: BTreeSet<&str> = issues.subjects.iter().map(|i| i.record.id.as_str()).collect();
    for revoked in log.revoked.iter().filter(|r| ids.contains(r.lease.as_str())) {
        run.journal.write(Body::Revoked { lease: revoked.lease.clone(), time: revoked.time.clone() });
    }
}

/// A place where a secret could have been written down, its lines, and what must be found there.
type Place<'a> = (&'static str, &'a [Arc<str>], Vec<&'a str>);

/// The audit log must have been read to its mark, and hold this credential's lease, or the request that issued it: another server's log
/// hides no secret of ours.
fn places<'a>(
    log: &'a AuditLog,
    (backend, named): (&'a [Arc<str>], &'a str),
    issued: &'a Issued,
    leased: bool,
) -> Vec<Place<'a>> {
    let record = &issued.record;
    let known = match &log.broker {
        // A broker keeps its record at the authority, at a path that ends as the lease's id does.
        Some(_) => record.id.rsplit('/').next().unwrap_or("?"),
        None if leased => record.id.as_str(),
        None => record.request_id.as_deref().unwrap_or("?"),
    };
    let mut places = vec![
        (place::AUDIT_LOG, log.audit.as_slice(), vec![log.mark.as_str(), known]),
        (place::AUTHORITYS_LOG, &log.server, vec!["core"]),
        (place::BACKENDS_LOG, backend, vec![named]),
    ];
    if let Some(broker) = &log.broker {
        places.push((place::BROKERS_AUDIT, &broker.audit, vec![log.mark.as_str(), record.id.as_str()]));
        places.push((place::BROKERS_LOG, &broker.server, vec!["the broker listens"]));
    }
    places
}

fn backends_log(run: &ScenarioRun) -> Vec<Arc<str>> {
    run.stage.backend.container().logs.lines().into_iter().map(|l| l.text).collect()
}

fn search_credentials(run: &ScenarioRun, prepared: &Prepared, issued: &[&Issued], log: &AuditLog) {
    let mut secrets: Vec<Secret> = issued.iter().map(|i| i.credential.secret.clone()).collect();
    secrets.extend(prepared.caller.bao.token().cloned());
    secrets.extend(prepared.control_caller.token().cloned());
    let (backend, named) = (backends_log(run), run.stage.backend.named_in_log(&issued[0].credential.name));
    let leased = run.stage.drill().credential.can(Ability::Leases);
    for (place, lines, needles) in places(log, (&backend, &named), issued[0], leased) {
        search(run, "credentials", place, &secrets, lines, &needles);
    }
}

/// The parent is searched for in the logs and in what the engine shows of every container.
async fn search_parent(run: &ScenarioRun, issued: &Issued, log: &AuditLog) -> Result<(), RunError> {
    if !run.plan.trigger.ends_one() || !run.stage.drill().credential.can(Ability::LogsIn) {
        return Ok(());
    }
    let secrets: Vec<Secret> = run.stage.parents.iter().map(|p| p.secret.clone()).collect();
    let (backend, named) = (backends_log(run), run.stage.backend.named_in_log(&issued.credential.name));
    let leased = run.stage.drill().credential.can(Ability::Leases);
    for (place, lines, needles) in places(log, (&backend, &named), issued, leased) {
        search(run, "parent", place, &secrets, lines, &needles);
    }
    let mut containers = vec![&run.stage.office.server.container, run.stage.backend.container()];
    containers.extend(run.stage.office.actors.broker.as_ref().and_then(|broker| broker.running().ok()));
    for container in containers {
        let shown = container.shown().await.at_step("inspecting a container")?;
        let place = format!("{}{}", place::CONTAINER, container.name);
        search(run, "parent", &place, &secrets, &shown, &["PATH="]);
    }
    Ok(())
}

/// Searches lines for secrets, and for what must be found there.
pub fn search<T: AsRef<str>>(
    run: &ScenarioRun,
    of: &str,
    place: &str,
    secrets: &[Secret],
    lines: &[T],
    needles: &[&str],
) {
    let search = || {
        let sought = Redactor::default();
        let registered = secrets.iter().filter(|s| sought.register(s)).count();
        for line in secrets.iter().flat_map(Secret::key_lines) {
            let _known = Secret::new(line, &sought);
        }
        Search {
            of: of.into(),
            place: place.into(),
            secrets: registered as u64,
            lines: lines.len() as u64,
            control_found: needles.iter().all(|needle| lines.iter().any(|l| l.as_ref().contains(needle))),
            found: lines.iter().filter(|l| sought.holds(l.as_ref())).count() as u64,
        }
    };
    // It may take a second: other drills probe meanwhile.
    run.journal.write(Body::Search { search: tokio::task::block_in_place(search) });
}
