//! What the judge says. Writers only format it.

use crate::definition::Location;
use serde::{Deserialize, Serialize};

/// A verdict. The order is the precedence: the worst decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Proved.
    Passed,
    /// Failed, and a named exception covers it.
    Excepted,
    /// Nothing was proved either way.
    Inconclusive,
    /// Proved wrong.
    Failed,
}

impl Outcome {
    /// As in the evidence, in tables and in sabotage files: `passed`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Excepted => "excepted",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}

/// All verdicts of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The worst of all.
    pub outcome: Outcome,
    /// The run was interrupted, and by what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<String>,
    /// In the order of the plan.
    pub drills: Vec<DrillVerdict>,
    /// What became of each exception, in the order of the head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionUse>,
}

/// What became of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionUse {
    /// Its id.
    pub id: String,
    /// The whole id of the check that it is for.
    pub check: String,
    /// What became of it.
    #[serde(rename = "use")]
    pub state: Use,
}

/// What became of an exception in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// The check failed, and it covers that.
    Applied,
    /// The check passed, or another exception covers it: this one is not needed any more.
    Stale,
    /// Its last day is over: it covers nothing.
    Expired,
    /// It is granted on a later day: it covers nothing yet.
    NotYet,
    /// The check is inconclusive: nothing was covered, and nothing shown.
    NotJudged,
    /// The check is not of this run.
    NotRun,
    /// The evidence knows no day: nothing is covered.
    Undated,
}

impl Use {
    /// As in the evidence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Stale => "stale",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::NotJudged => "not-judged",
            Self::NotRun => "not-run",
            Self::Undated => "undated",
        }
    }
}

impl Verdicts {
    /// The verdict of the whole run as every report and the exit code show it: an interrupted run proves nothing,
    /// whatever had passed by then.
    pub fn overall(&self) -> Outcome {
        match self.interrupted {
            Some(_) => self.outcome.max(Outcome::Inconclusive),
            None => self.outcome,
        }
    }
}

/// One drill's verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillVerdict {
    /// Name.
    pub drill: String,
    /// The worst of its scenarios.
    pub outcome: Outcome,
    /// In the order of the file.
    pub scenarios: Vec<ScenarioVerdict>,
    /// Check ids that apply to this kind and that this program does not have yet.
    pub not_judged: Vec<String>,
}

/// One scenario's verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioVerdict {
    /// Name.
    pub scenario: String,
    /// The worst of its checks.
    pub outcome: Outcome,
    /// Exposure at each door (worst first), where it could be measured.
    pub exposures: Vec<Exposure>,
    /// The checks, worst first, otherwise in the order of the table.
    pub checks: Vec<CheckVerdict>,
}

/// How long access lived after its origin, as an interval of µs; negative: it ended before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// The check suffix it belongs to: a door (`login`) or a session kind (`idle`).
    pub of: String,
    /// Whether `of` is a session kind.
    pub session: bool,
    /// Never before this.
    pub lower_us: i64,
    /// Never after this; absent: no counted refusal was seen.
    pub upper_us: Option<i64>,
    /// What it was judged against, ms.
    pub limit_ms: u64,
    /// When the last acceptance was sent, µs of the run's clock.
    pub last_accepted_us: Option<u64>,
    /// When the first counted refusal had been received, µs of the run's clock.
    pub first_refused_us: Option<u64>,
    /// The code of that refusal.
    pub code: Option<String>,
    /// The backend's own reason for it.
    pub reason: Option<String>,
}

/// One judged statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckVerdict {
    /// `<drill>/<scenario>/<check>`, with `@<door or session kind>` where there are several.
    pub id: String,
    /// The check alone, e.g. `trigger.exposure`.
    pub check: String,
    /// The suffix after `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The verdict.
    pub outcome: Outcome,
    /// Why, as a word of a closed list (`verdict::Reason`), e.g. `accepted-after-limit`.
    pub reason: String,
    /// What the claim is, in words.
    pub expected: String,
    /// What was seen, in words.
    pub observed: String,
    /// Trigger, acknowledgement, last acceptance: wall times and offsets in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What the control saw meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// One sentence on what it means; absent for passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    /// Where to look in the drill file.
    pub look_at: Location,
    /// The events it rests on: inclusive ranges of `seq`.
    pub events: Vec<(u64, u64)>,
    /// The exception that covers the failure: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// The check whose failure made this one impossible to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub premise: Option<String>,
}
