//! What can be wrong with a gate or an inventory: the statement in `Display`, what to do about it in `hint`.

use super::suggest::{nearest, one_of};
use thiserror::Error;

type Known = &'static [&'static str];

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum GateProblem {
    #[error("no gate `{level}` in {dir} (have: {have})")]
    NoSuchGate { level: String, dir: String, have: String, nearest: Option<String> },
    #[error("the gate is called `{gate}`, its file `{stem}.yaml`")]
    NotTheFilesName { gate: String, stem: String },
    #[error("{0}")]
    AsksNothing(&'static str),
    #[error("`{id}` asks for nothing")]
    RequirementAsksNothing { id: String },
    #[error("no requirement demands `{0}`")]
    NotDemanded(&'static str),
    #[error("there is no check `{0}`")]
    UnknownCheck(String, Known),
    #[error("`{check}` is never judged where the trigger is `{trigger}`")]
    NeverJudged { check: &'static str, trigger: &'static str },
    #[error("there is no kind of credential `{0}`")]
    UnknownKind(String, Known),
    #[error("there is no kind of system `{0}`")]
    UnknownSystem(String, Known),
    #[error("no server here is called `{0}`")]
    UnknownServer(String, Known),
    #[error("`{0}` is no version")]
    NoVersion(String),
    #[error("no version of {0} is named")]
    NoVersions(String),
    #[error("{what} `{id}` stands here twice")]
    Twice { what: &'static str, id: String, first: u32 },
    #[error("`{0}` is above `max_ttl`")]
    AboveMax(&'static str),
    #[error("nothing is in use, and nothing is said not to be")]
    EmptyInventory,
    #[error("`{system}` is declared not to be in use, and `{role}` is of it")]
    InUseAfterAll { system: String, role: String },
    #[error("there is no drill `{drill}`")]
    UnknownDrill { drill: String, nearest: Option<String> },
    #[error("{file} is no export: {why}")]
    BadExport { file: String, why: String },
}

impl GateProblem {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let of = |word: &str, known: Known| match nearest(word, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("expected {}", one_of(known.iter().copied())),
        };
        Some(match self {
            Self::NoSuchGate { nearest: Some(meant), .. } | Self::UnknownDrill { nearest: Some(meant), .. } => {
                format!("did you mean `{meant}`?")
            }
            Self::NoSuchGate { .. } => return None,
            Self::NotTheFilesName { stem, .. } => format!("write `{stem}`, or rename the file"),
            Self::AsksNothing(_) => "name at least one: what asks for nothing shows nothing".into(),
            Self::RequirementAsksNothing { .. } => "add `needs` or `demands`, or remove it".into(),
            Self::NotDemanded(_) => "without it the gate could be ready though it is wrong".into(),
            Self::UnknownCheck(check, _) if check.contains(['*', '?']) => {
                "write each check: there are no patterns".into()
            }
            Self::UnknownCheck(check, _) if check.contains(['/', '@']) => {
                "write the check alone, without drill, scenario, door and session".into()
            }
            Self::UnknownCheck(check, known) => match nearest(check, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`drill list --json` names them all".into(),
            },
            Self::NeverJudged { .. } => "remove it, or ask it of another trigger".into(),
            Self::UnknownKind(word, known) | Self::UnknownSystem(word, known) | Self::UnknownServer(word, known) => {
                of(word, known)
            }
            Self::NoVersion(_) | Self::NoVersions(_) => {
                "write the beginning of a version, like \"17\" or \"2.7\"".into()
            }
            Self::Twice { first, .. } => format!("the first is in line {first}"),
            Self::AboveMax(_) => "nothing could be that long".into(),
            Self::EmptyInventory => "name the roles in use, or remove the file".into(),
            Self::InUseAfterAll { .. } => "remove one of the two".into(),
            Self::UnknownDrill { .. } => "write the name of a drill file, without `.yaml`".into(),
            Self::BadExport { .. } => "docs/gate.md says how an inventory is taken from an OpenBao".into(),
        })
    }
}
