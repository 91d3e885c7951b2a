//! Exceptions in reports: who permitted which failure, until when, and what stands in for the check meanwhile.

use super::facts::Run;
use super::verbosity::Verbosity;
use super::words::{self, one_line};
use crate::exceptions::Exception;
use crate::verdict::{CheckVerdict, Use};
use jiff::civil::Date;

/// An exception of the run's head, and what became of it.
pub struct Granted<'a> {
    pub exception: &'a Exception,
    pub state: Use,
    as_of: Option<Date>,
}

/// All of them: those that were applied first, then those that somebody should remove, then the others; the soonest to end first.
pub fn granted(run: Run<'_>) -> Vec<Granted<'_>> {
    let head = run.head();
    let uses = &run.verdicts.exceptions;
    let state = |e: &Exception| {
        let known = uses.iter().find(|u| u.id == e.id && u.check == e.check).map(|u| u.state);
        let covers = || run.scenarios().flat_map(|s| &s.checks).any(|c| c.exception.as_ref() == Some(&e.id));
        known.unwrap_or_else(|| if covers() { Use::Applied } else { Use::NotRun })
    };
    let one = |exception| Granted { exception, state: state(exception), as_of: head.as_of };
    let mut all: Vec<Granted<'_>> = head.exceptions.iter().map(one).collect();
    all.sort_by_key(|g| (g.state, g.exception.expires, g.exception.id.clone()));
    all
}

/// The one that covers a check's failure.
pub fn covering<'a>(run: Run<'a>, check: &CheckVerdict) -> Option<Granted<'a>> {
    let id = check.exception.as_ref()?;
    granted(run).into_iter().find(|g| g.exception.id == *id && g.exception.check == check.id)
}

impl Granted<'_> {
    /// What became of it, and what to do.
    pub fn what(&self) -> &'static str {
        match self.state {
            Use::Applied => "applied: its check failed",
            Use::Stale => "stale: not needed here, remove it",
            Use::Expired => "expired: not applied",
            Use::NotYet => "not granted yet: not applied",
            Use::NotJudged => "its check is inconclusive: nothing to apply it to",
            Use::NotRun => "its check was not run",
            Use::Undated => "not applied: the evidence names no day",
        }
    }

    /// `last day 2026-12-31, 37 days left`.
    pub fn ends(&self) -> String {
        let left = self.as_of.map(|day| format!(", {}", days_left(self.exception, day))).unwrap_or_default();
        format!("last day {}{left}", self.exception.expires)
    }

    /// Somebody should act before it ends.
    pub fn warns(&self) -> bool {
        self.state != Use::Stale && self.as_of.is_some_and(|day| self.exception.ends_soon(day))
    }

    /// `granted by security on 2026-10-01`.
    pub fn granted(&self) -> String {
        format!("granted by {} on {}", self.exception.granted_by, self.exception.granted_on)
    }

    /// All that there is to say of it, by label.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let e = self.exception;
        let mut ends = self.ends();
        if self.warns() {
            ends += " (warning: it ends soon)";
        }
        vec![
            ("exception", format!("{} ({}) for {}", e.id, self.what(), e.check)),
            ("ends", ends),
            ("owner", format!("{} · {}", e.owner, self.granted())),
            ("because", e.reason.clone()),
            ("instead", e.compensating_control.clone()),
        ]
    }
}

/// `37 days left`, `the last day`, `3 days ago`.
pub fn days_left(exception: &Exception, day: Date) -> String {
    let days = |n: i32| format!("{n} {}", words::plural(usize::try_from(n).unwrap_or(0), "day"));
    match exception.days_left(day) {
        0 => "ends today".to_owned(),
        left if left > 0 => format!("{} left", days(left)),
        over => format!("ended {} ago", days(-over)),
    }
}

/// For the terminal: what was applied, or should be removed, in full; what has nothing to do with this run in one line.
pub fn terminal(run: Run<'_>, verbosity: Verbosity) -> Vec<String> {
    let mut lines = Vec::new();
    let (aside, shown): (Vec<_>, Vec<_>) =
        granted(run).into_iter().partition(|g| g.state == Use::NotRun && verbosity < Verbosity::Verbose);
    for granted in &shown {
        let (e, mark) = (granted.exception, if granted.warns() { " (warning: it ends soon)" } else { "" });
        lines.push(one_line(&format!("exception {} {} · {}{mark}", e.id, granted.what(), granted.ends())));
        if verbosity > Verbosity::Quiet {
            for (label, text) in [
                ("for", e.check.clone()),
                ("owner", format!("{} · {}", e.owner, granted.granted())),
                ("because", e.reason.clone()),
                ("instead", e.compensating_control.clone()),
            ] {
                lines.push(format!("    {label:<8} {}", one_line(&text)));
            }
        }
    }
    let ids: Vec<&str> = aside.iter().map(|g| g.exception.id.as_str()).collect();
    if !ids.is_empty() && verbosity > Verbosity::Quiet {
        let (n, them) = (ids.len(), ids.join(", "));
        lines.push(one_line(&format!(
            "{n} more {} for checks that were not run: {them}",
            words::plural(n, "exception")
        )));
    }
    lines
}
