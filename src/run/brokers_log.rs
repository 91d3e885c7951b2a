//! The broker's own audit, and how it is linked with the authority's: the broker asked there whether this very caller may.

use super::issues::Issues;
use super::scenario_run::ScenarioRun;
use super::stage::Stage;
use super::{AtStep, LOG_LAG, RunError};
use crate::authority::broker::log::{BrokersLine, brokers_line};
use crate::authority::records::AuditEntry;
use crate::environment::LogLine;
use crate::history::{BROKERS_QUESTION, Body};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The broker's audit and its own log, after a marked request.
pub struct BrokersLog {
    /// Entries with their lines, from 1.
    entries: Vec<(u64, AuditEntry)>,
    torn: u64,
    marked: bool,
    /// Both as they are, to be searched.
    pub audit: Vec<Arc<str>>,
    /// The broker's own.
    pub server: Vec<Arc<str>>,
}

impl BrokersLog {
    /// Reads it; none where there is no broker. The mark is a request that the broker refuses, and writes down.
    ///
    /// # Errors
    /// The broker gives no answer.
    pub async fn read(stage: &Stage, mark: &str) -> Result<Option<Self>, RunError> {
        const STEP: &str = "marking the broker's audit";
        let office = &stage.office;
        let Some(broker) = &office.actors.broker else { return Ok(None) };
        let auditor = broker.at(&office.actors.auditor).in_namespace(&office.tenant.namespace);
        let path = format!("broker/leases/revoke-prefix/broker/creds/{mark}");
        let answer = auditor.send("POST", &path, Some(json!({}))).await.at_step(STEP)?;
        if answer.status != 403 {
            return Err(format!("the auditor was answered {}", answer.status)).at_step(STEP);
        }
        let container = broker.running().at_step(STEP)?;
        let found = |lines: &[LogLine]| lines.iter().rev().any(|l| !l.stderr && l.text.contains(mark)).then_some(());
        let marked = container.logs.wait_for(LOG_LAG, found).await.is_some();
        let (audit, server) = broker.lines();
        let texts = |lines: Vec<LogLine>| lines.into_iter().map(|l| l.text).collect::<Vec<_>>();
        let mut log = Self { entries: Vec::new(), torn: 0, marked, audit: texts(audit), server: texts(server) };
        for (line, text) in (1..).zip(&log.audit) {
            match brokers_line(text) {
                BrokersLine::Other => {}
                BrokersLine::Torn => log.torn += 1,
                BrokersLine::Entry(entry) => log.entries.push((line, *entry)),
            }
        }
        Ok(Some(log))
    }
}

/// Writes what the broker's audit has of the subjects' leases, and the first question about their caller in the authority's.
pub fn entries<'a>(
    run: &ScenarioRun,
    authoritys: &'a [(u64, AuditEntry)],
    log: &'a BrokersLog,
    (issues, accessor): (&Issues, &str),
) -> Vec<&'a AuditEntry> {
    let ids: BTreeSet<&str> = issues.subjects.iter().map(|issued| issued.record.id.as_str()).collect();
    let ours = |entry: &AuditEntry| entry.lease_id.as_deref().is_some_and(|id| ids.contains(id));
    let asked = |entry: &AuditEntry| {
        entry.path == BROKERS_QUESTION
            && entry.kind == "response"
            && entry.asked_accessor_hmac.as_deref() == Some(accessor)
    };
    let question = authoritys.iter().find(|(_, entry)| asked(entry));
    let mut found = Vec::new();
    for (line, entry) in question.into_iter().chain(log.entries.iter().filter(|(_, entry)| ours(entry))) {
        run.journal.write(Body::Audit { line: *line, entry: Box::new(entry.clone()) });
        if entry.broker.as_ref().is_some_and(|word| word.event == "revoked") {
            let lease = entry.lease_id.clone().unwrap_or_default();
            run.journal.write(Body::Revoked { lease, time: entry.time.clone() });
        }
        found.push(entry);
    }
    let entries = log.entries.len() as u64;
    run.journal.write(Body::BrokersLog { entries, torn: log.torn, marked: log.marked });
    found
}
