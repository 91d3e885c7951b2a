//! What can be wrong with a database role beside its SQL: the statement in `Display`, what to do about it in `hint`.

use thiserror::Error;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum DatabaseProblem {
    #[error("{plugin} runs no `{key}`")]
    NotRun { plugin: &'static str, key: &'static str },
    #[error("{plugin} does not fill in `{{{{{template}}}}}`")]
    NotFilled { plugin: &'static str, template: String, fills: &'static [&'static str] },
    #[error("these are no access rules: {why}")]
    NoRules { why: String },
    #[error("nothing takes the effect of this statement back")]
    CannotUndo,
    #[error("nothing takes the effect of this query back")]
    CannotUndoQuery,
    #[error("`{0}` is a command of the client, no SQL")]
    ClientCommand(String),
}

impl DatabaseProblem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotRun { .. } => "remove it: OpenBao would take it, and it would do nothing".into(),
            Self::NotFilled { fills, .. } => {
                let fills: Vec<String> = fills.iter().map(|name| format!("{{{{{name}}}}}")).collect();
                format!("write one of {}: left as it is it would become a name", fills.join(", "))
            }
            Self::CannotUndo => "drill runs it as the administrator, too: write one that reads or changes rows, or CREATE TABLE, USER, ROLE, VIEW or DATABASE of one new name".into(),
            Self::CannotUndoQuery => "drill makes it as the administrator, too: write one SELECT without INTO, SHOW, or CREATE DATABASE of a new name".into(),
            Self::ClientCommand(_) => "the seed runs over one connection, without the client".into(),
            Self::NoRules { .. } => "write a JSON array of texts in quotes: '[\"~app:*\", \"+@read\"]'".into(),
        }
    }
}
