//! Exceptions on verdicts. They cover what failed, one check by its whole id, on the head's day; they make nothing else better.

use super::{CheckVerdict, DrillVerdict, ExceptionUse, Outcome, Use};
use crate::exceptions::Exception;
use crate::history::Head;

/// A failure that an exception in force covers is excepted, and names it. Whatever rests on the failed check stays as it is:
/// that a failure is permitted does not prove what could not be judged for it.
pub fn cover(head: &Head, check: &mut CheckVerdict) {
    if check.outcome != Outcome::Failed {
        return;
    }
    let Some(as_of) = head.as_of else { return };
    let covers = |e: &&Exception| e.check == check.id && e.in_force(as_of);
    if let Some(exception) = head.exceptions.iter().find(covers) {
        check.outcome = Outcome::Excepted;
        check.exception = Some(exception.id.clone());
    }
}

/// What became of each exception of the head.
pub fn uses(head: &Head, drills: &[DrillVerdict]) -> Vec<ExceptionUse> {
    let checks = || drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
    let one = |e: &Exception| {
        let found = checks().find(|c| c.id == e.check);
        ExceptionUse { id: e.id.clone(), check: e.check.clone(), state: state(head, e, found) }
    };
    head.exceptions.iter().map(one).collect()
}

fn state(head: &Head, exception: &Exception, check: Option<&CheckVerdict>) -> Use {
    match (head.as_of, check) {
        (None, _) => Use::Undated,
        (Some(day), _) if day > exception.expires => Use::Expired,
        (Some(day), _) if day < exception.granted_on => Use::NotYet,
        (_, None) => Use::NotRun,
        (_, Some(check)) => match check.outcome {
            Outcome::Excepted if check.exception.as_deref() == Some(exception.id.as_str()) => Use::Applied,
            // Excepted by another one: this one is not needed.
            Outcome::Passed | Outcome::Excepted => Use::Stale,
            Outcome::Inconclusive | Outcome::Failed => Use::NotJudged,
        },
    }
}
