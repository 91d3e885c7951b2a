//! Every check, verdict and reason that can be reached is, and nothing else is.

use super::many::Row;
use super::table::{ROWS, Row as Line};
use super::{
    table_audit, table_brokered, table_certificates, table_edges, table_metadata, table_once, table_policy,
    table_records, table_renew, table_static, table_web_identity,
};
use drill::verdict::Outcome::{self, Failed, Inconclusive, Passed};
use drill::verdict::{Reason, TABLE, judge};
use std::collections::BTreeSet;

/// One line a check and verdict: the reasons that it can have.
#[rustfmt::skip]
const REACHABLE: &[(&str, Outcome, &[&str])] = &[
    ("access.accepted-before", Passed, &["proved"]),
    ("access.accepted-before", Failed, &["never-accepted"]),
    ("access.accepted-before", Inconclusive, &["evidence-incomplete", "not-observed", "no-answer"]),
    ("access.bogus-refused", Passed, &["proved"]),
    ("access.bogus-refused", Failed, &["bogus-accepted"]),
    ("access.bogus-refused", Inconclusive, &["evidence-incomplete", "not-observed", "no-answer"]),
    ("access.allowed", Passed, &["proved"]),
    ("access.allowed", Failed, &["allowed-denied"]),
    ("access.allowed", Inconclusive, &["evidence-incomplete", "not-observed", "no-answer"]),
    ("access.denied", Passed, &["proved"]),
    ("access.denied", Failed, &["denied-allowed"]),
    ("access.denied", Inconclusive, &["evidence-incomplete", "not-observed", "no-answer", "statement-broken"]),
    ("trigger.acknowledged", Passed, &["proved"]),
    ("trigger.acknowledged", Failed, &["trigger-rejected", "lease-left"]),
    ("trigger.acknowledged", Inconclusive, &["evidence-incomplete", "not-observed", "trigger-unanswered", "nothing-to-compare",
        "control-not-accepted"]),
    ("trigger.refused-at-backend", Passed, &["proved"]),
    ("trigger.refused-at-backend", Failed, &["accepted-after-limit"]),
    ("trigger.refused-at-backend", Inconclusive, &["evidence-incomplete", "premise-failed", "not-observed", "no-answer", "control-not-accepted",
        "interval-spans-limit", "dead-before-trigger", "trigger-unanswered", "nothing-to-compare"]),
    ("trigger.exposure", Passed, &["proved"]),
    ("trigger.exposure", Failed, &["accepted-after-limit"]),
    ("trigger.exposure", Inconclusive, &["evidence-incomplete", "premise-failed", "not-observed", "no-answer", "control-not-accepted",
        "interval-spans-limit", "dead-before-trigger", "trigger-unanswered", "nothing-to-compare"]),
    ("trigger.sessions", Passed, &["proved"]),
    ("trigger.sessions", Failed, &["accepted-after-limit", "may-outlive"]),
    ("trigger.sessions", Inconclusive, &["evidence-incomplete", "premise-failed", "not-observed", "no-answer", "control-not-accepted",
        "interval-spans-limit", "dead-before-trigger", "trigger-unanswered", "nothing-to-compare"]),
    ("trigger.control-alive", Passed, &["proved"]),
    ("trigger.control-alive", Failed, &["control-ended"]),
    ("trigger.control-alive", Inconclusive, &["evidence-incomplete", "not-observed", "control-not-accepted"]),
    ("trigger.no-residue", Passed, &["proved"]),
    ("trigger.no-residue", Failed, &["residue-left"]),
    ("trigger.no-residue", Inconclusive, &["evidence-incomplete", "no-answer", "not-observed", "nothing-to-compare", "trigger-unanswered"]),
    ("trigger.stays-dead", Passed, &["proved"]),
    ("trigger.stays-dead", Failed, &["accepted-again"]),
    ("trigger.stays-dead", Inconclusive, &["evidence-incomplete", "premise-failed", "not-observed", "no-answer", "control-not-accepted",
        "trigger-unanswered"]),
    ("trigger.service-returns", Passed, &["proved"]),
    ("trigger.service-returns", Failed, &["reissue-refused"]),
    ("trigger.service-returns", Inconclusive, &["evidence-incomplete", "not-observed", "no-answer"]),
    ("trigger.fails-closed", Passed, &["proved"]),
    ("trigger.fails-closed", Failed, &["served-while-down"]),
    ("trigger.fails-closed", Inconclusive, &["control-not-accepted", "evidence-incomplete", "no-answer", "not-observed",
        "trigger-unanswered"]),
    ("expire.not-early", Passed, &["proved"]),
    ("expire.not-early", Failed, &["refused-early"]),
    ("expire.not-early", Inconclusive, &["evidence-incomplete", "premise-failed", "not-observed", "no-answer"]),
    ("renew.extended", Passed, &["proved"]),
    ("renew.extended", Failed, &["not-extended"]),
    ("renew.extended", Inconclusive, &["evidence-incomplete", "no-answer", "not-observed"]),
    ("renew.capped", Passed, &["proved"]),
    ("renew.capped", Failed, &["cap-exceeded", "cap-missing"]),
    ("renew.capped", Inconclusive, &["evidence-incomplete", "not-observed"]),
    ("renew.dead-after-cap", Passed, &["proved"]),
    ("renew.dead-after-cap", Failed, &["accepted-after-limit"]),
    ("renew.dead-after-cap", Inconclusive, &["control-not-accepted", "evidence-incomplete", "interval-spans-limit", "no-answer",
        "not-observed", "premise-failed"]),
    ("incident.reissue-refused", Passed, &["proved"]),
    ("incident.reissue-refused", Failed, &["breach"]),
    ("incident.reissue-refused", Inconclusive, &["evidence-incomplete", "no-answer", "not-observed", "trigger-unanswered"]),
    ("credential.dynamic", Failed, &["not-dynamic"]),
    ("credential.dynamic", Inconclusive, &["not-observed"]),
    ("metadata.owner", Passed, &["proved"]),
    ("metadata.owner", Failed, &["audit-missing", "metadata-differs", "metadata-missing"]),
    ("metadata.owner", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed"]),
    ("metadata.tenant", Passed, &["proved"]),
    ("metadata.tenant", Failed, &["audit-missing", "metadata-differs", "metadata-missing"]),
    ("metadata.tenant", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed"]),
    ("metadata.scope", Passed, &["proved"]),
    ("metadata.scope", Failed, &["metadata-differs"]),
    ("metadata.scope", Inconclusive, &["evidence-incomplete", "not-observed"]),
    ("metadata.ttl", Passed, &["proved"]),
    ("metadata.ttl", Failed, &["metadata-differs"]),
    ("metadata.ttl", Inconclusive, &["evidence-incomplete", "not-observed"]),
    ("metadata.lease", Passed, &["proved"]),
    ("metadata.lease", Failed, &["metadata-differs", "metadata-missing"]),
    ("metadata.lease", Inconclusive, &["evidence-incomplete", "not-observed"]),
    ("policy.role-refused", Passed, &["proved"]),
    ("policy.role-refused", Failed, &["breach"]),
    ("policy.role-refused", Inconclusive, &["evidence-incomplete", "no-answer", "not-observed", "nothing-to-compare"]),
    ("policy.scope-refused", Passed, &["proved"]),
    ("policy.scope-refused", Failed, &["breach"]),
    ("policy.scope-refused", Inconclusive, &["evidence-incomplete", "no-answer", "not-observed", "nothing-to-compare"]),
    ("policy.ttl-capped", Passed, &["proved"]),
    ("policy.ttl-capped", Failed, &["cap-exceeded"]),
    ("policy.ttl-capped", Inconclusive, &["evidence-incomplete", "not-observed"]),
    ("policy.tenant-isolated", Passed, &["proved"]),
    ("policy.tenant-isolated", Failed, &["breach", "victim-harmed"]),
    ("policy.tenant-isolated", Inconclusive, &["control-not-accepted", "evidence-incomplete", "no-answer", "not-observed",
        "nothing-to-compare"]),
    ("parent.unreadable", Passed, &["proved"]),
    ("parent.unreadable", Failed, &["breach", "secret-found"]),
    ("parent.unreadable", Inconclusive, &["evidence-incomplete", "no-answer", "not-observed", "search-blind"]),
    ("parent.rotated", Passed, &["proved"]),
    ("parent.rotated", Failed, &["parent-accepted"]),
    ("parent.rotated", Inconclusive, &["control-not-accepted", "evidence-incomplete", "no-answer", "not-observed"]),
    ("audit.issuance", Passed, &["proved"]),
    ("audit.issuance", Failed, &["audit-missing"]),
    ("audit.issuance", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed"]),
    ("audit.revocation", Passed, &["proved"]),
    ("audit.revocation", Failed, &["audit-missing", "causes-differ"]),
    ("audit.revocation", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed", "premise-failed", "trigger-unanswered"]),
    ("audit.linked", Passed, &["proved"]),
    ("audit.linked", Failed, &["audit-missing", "audit-unlinked", "causes-differ"]),
    ("audit.linked", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed", "premise-failed", "trigger-unanswered"]),
    ("audit.actor", Passed, &["proved"]),
    ("audit.actor", Failed, &["audit-missing", "causes-differ", "metadata-differs", "metadata-missing"]),
    ("audit.actor", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed", "premise-failed", "trigger-unanswered"]),
    ("audit.tenant", Passed, &["proved"]),
    ("audit.tenant", Failed, &["audit-missing", "causes-differ", "metadata-differs", "metadata-missing"]),
    ("audit.tenant", Inconclusive, &["audit-silent", "evidence-incomplete", "not-observed", "premise-failed", "trigger-unanswered"]),
    ("audit.no-secret", Passed, &["proved"]),
    ("audit.no-secret", Failed, &["secret-found"]),
    ("audit.no-secret", Inconclusive, &["evidence-incomplete", "not-observed", "search-blind"]),
];

/// Reasons that no history is known to reach: an error of this program, caught so that the other checks are judged all the same.
const UNREACHABLE: &[Reason] = &[Reason::CheckerPanicked];

type Met = BTreeSet<(String, Outcome, String)>;

fn listed() -> Met {
    let all = |(check, outcome, reasons): &(&str, Outcome, &[&str])| {
        reasons.iter().map(|r| ((*check).to_string(), *outcome, (*r).to_string())).collect::<Vec<_>>()
    };
    REACHABLE.iter().flat_map(all).collect()
}

/// All tables, by what they are about.
pub const TABLES: &[(&str, &[Line])] = &[
    ("table", ROWS),
    ("certificates", table_certificates::ROWS),
    ("edges", table_edges::ROWS),
    ("metadata", table_metadata::ROWS),
    ("audit", table_audit::ROWS),
    ("brokered", table_brokered::ROWS),
    ("policy", table_policy::ROWS),
    ("once", table_once::ROWS),
    ("records", table_records::ROWS),
    ("renew", table_renew::ROWS),
    ("static", table_static::ROWS),
    ("web-identity", table_web_identity::ROWS),
];

/// All lines of all tables.
pub fn lines() -> impl Iterator<Item = &'static Line> {
    TABLES.iter().flat_map(|(_, rows)| rows.iter())
}

/// What the tables meet, in all checks of their histories.
fn tables() -> Met {
    let mut met = Met::new();
    for (_, history, ..) in lines() {
        let checks = judge(&history()).drills.remove(0).scenarios.remove(0).checks;
        met.extend(checks.into_iter().map(|c| (c.check, c.outcome, c.reason)));
    }
    met
}

/// What is wrong with what was met; empty: nothing.
pub fn gaps(rows: &[Row]) -> String {
    let mut met = tables();
    met.extend(rows.iter().flat_map(|row| row.met.iter().cloned()));
    let listed = listed();
    let show = |what: &str, (check, outcome, reason): &(String, Outcome, String)| {
        format!("{what}: {check} {outcome:?} {reason}\n")
    };
    let missing = listed.difference(&met).map(|m| show("never reached", m));
    let unlisted = met.difference(&listed).map(|m| show("not in the list", m));
    missing.chain(unlisted).collect()
}

#[test]
fn the_list_knows_every_check_and_every_reason() {
    let listed = listed();
    for (_, id, _) in TABLE {
        assert!(listed.iter().any(|(check, ..)| check == id), "{id}");
    }
    for reason in Reason::ALL {
        let reachable = listed.iter().any(|(.., word)| word == reason.text().0);
        assert_eq!(reachable, !UNREACHABLE.contains(reason), "{}", reason.text().0);
    }
}
