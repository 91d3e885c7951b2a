//! The exit codes: one table, documented in `drill --help` and the README.

use crate::verdict::{Outcome, Verdicts};

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Passed, possibly with exceptions; READY; verified.
    Passed = 0,
    /// Failed: access outlived its trigger, or another claim is wrong.
    Failed = 1,
    /// The command line or a definition is wrong; nothing was started.
    Usage = 2,
    /// Nothing was proved: inconclusive, or the environment is broken (no engine, disk full, a name taken).
    Inconclusive = 3,
    /// SIGINT or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 5] = [Self::Passed, Self::Failed, Self::Usage, Self::Inconclusive, Self::Interrupted];

    /// What a run with these verdicts ends with.
    pub fn of(verdicts: &Verdicts) -> Self {
        // A run that ran out of time ends as its verdicts say; one that a person or a system stopped says so.
        if verdicts.interrupted.as_deref().is_some_and(|by| by.starts_with("SIG")) {
            return Self::Interrupted;
        }
        match verdicts.overall() {
            Outcome::Passed | Outcome::Excepted => Self::Passed,
            Outcome::Inconclusive => Self::Inconclusive,
            Outcome::Failed => Self::Failed,
        }
    }

    /// Of several runs the worst: a mistake in the command hides everything else, a failure is worse than not knowing.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Passed => 0,
            Self::Inconclusive => 1,
            Self::Interrupted => 2,
            Self::Failed => 3,
            Self::Usage => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// What it means, and what to do; for `drill explain`.
    pub fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Passed => (
                "passed: every claim was proved, or its failure is covered by a named exception that has not ended",
                "nothing; the report says on which servers, and what was not judged",
            ),
            Self::Failed => (
                "failed: at least one claim was proved wrong, e.g. access outlived its trigger",
                "read the failed blocks, or the first lines of readiness.md: they name the claim, what was seen and the place in the drill file",
            ),
            Self::Usage => (
                "the command line or a definition is wrong, or nothing was selected; nothing was started",
                "the message names the argument, or file, line and column; `drill validate` checks definitions alone",
            ),
            Self::Inconclusive => (
                "inconclusive: nothing was proved either way, or the environment is broken (no engine, disk full, a name taken)",
                "not a pass. Read the reason, mend the environment, run again; CI may retry on this code",
            ),
            Self::Interrupted => (
                "interrupted by SIGINT or SIGTERM; servers were stopped, and a partial report was written",
                "run it again",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(outcome: Outcome, interrupted: Option<&str>) -> Exit {
        Exit::of(&Verdicts {
            outcome,
            interrupted: interrupted.map(str::to_owned),
            drills: Vec::new(),
            exceptions: Vec::new(),
        })
    }

    #[test]
    fn verdicts_become_codes() {
        for (outcome, interrupted, code) in [
            (Outcome::Passed, None, Exit::Passed),
            (Outcome::Excepted, None, Exit::Passed),
            (Outcome::Failed, None, Exit::Failed),
            (Outcome::Inconclusive, None, Exit::Inconclusive),
            (Outcome::Passed, Some("SIGINT"), Exit::Interrupted),
            (Outcome::Failed, Some("SIGTERM"), Exit::Interrupted),
            (Outcome::Passed, Some("time-out"), Exit::Inconclusive),
            (Outcome::Failed, Some("time-out"), Exit::Failed),
        ] {
            assert_eq!(exit(outcome, interrupted), code, "{outcome:?} {interrupted:?}");
        }
    }

    #[test]
    fn the_worse_of_two_counts() {
        let order = [Exit::Passed, Exit::Inconclusive, Exit::Interrupted, Exit::Failed, Exit::Usage];
        for (i, a) in order.into_iter().enumerate() {
            for (j, b) in order.into_iter().enumerate() {
                assert_eq!(a.worse(b), order[i.max(j)]);
            }
        }
    }
}
