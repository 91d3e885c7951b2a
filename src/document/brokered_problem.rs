//! What can be wrong with what a credential broker issues: the statement in `Display`, what to do about it in `hint`.

use thiserror::Error;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum BrokeredProblem {
    #[error("`{0}` is no name of a broker's role")]
    Role(String),
    #[error("the broker grants no more than {longest}")]
    TooLong { longest: String },
    #[error("a broker has roles and no mounts")]
    NoMount,
}

impl BrokeredProblem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Role(_) => "lower-case letters, digits and hyphens: it stands in paths of OpenBao's policies".into(),
            Self::TooLong { longest } => format!("write `max_ttl: {longest}` or less"),
            Self::NoMount => "write `incident: role`".into(),
        }
    }
}
