//! What can be wrong with a Valkey backend: the statement in `Display`, what to do about it in `hint`.

use thiserror::Error;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum ValkeyProblem {
    #[error("no `{0}` is allowed")]
    OperationMissing(&'static str),
    #[error("{file} holds no commands: {why}")]
    BadSeed { file: String, why: String },
    #[error("the seed fills `{0}`, which is waited for")]
    NotEmpty(String),
}

impl ValkeyProblem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::OperationMissing("pop") => "add `- { pop: LIST }`: the session `blocked` waits for it".into(),
            Self::OperationMissing(_) => {
                "add `- { subscribe: CHANNEL }`: the session `subscribed` listens to it".into()
            }
            Self::BadSeed { .. } => {
                "write a JSON array of commands, each an array of words: [[\"SET\", \"app:a\", \"1\"]]".into()
            }
            Self::NotEmpty(_) => "pop a list of its own: nobody may take what others wait for".into(),
        }
    }
}
