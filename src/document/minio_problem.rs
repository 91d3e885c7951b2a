//! What can be wrong with a `MinIO` backend, or with who is let in there: the statement in `Display`, what to do about it in `hint`.

use thiserror::Error;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum MinioProblem {
    #[error("`{0}` is no bucket's name")]
    NoBucket(String),
    #[error("`{0}` is no prefix")]
    NoPrefix(String),
    #[error("`{0}` is no place for uploads")]
    NoUploads(String),
    #[error("{file} holds no objects: {why}")]
    BadSeed { file: String, why: String },
    #[error("{file} is no policy: {why}")]
    BadPolicy { file: String, why: String },
    #[error("`incident: mount` has nothing to clear: identity tokens have no mount of their own")]
    NoMount,
}

impl MinioProblem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoBucket(_) => "3 to 63 lower-case letters, digits and `-`, a letter or digit at both ends".into(),
            Self::NoPrefix(_) => "a folder with its slash: `reports/`".into(),
            Self::NoUploads(_) => "a folder below the prefix, with its slash: `reports/incoming/`".into(),
            Self::BadSeed { .. } => "write a JSON object, key and text: {\"reports/q3.txt\": \"…\"}".into(),
            Self::BadPolicy { .. } => {
                "write the policy in JSON: {\"Version\": \"2012-10-17\", \"Statement\": […]}".into()
            }
            Self::NoMount => "write `incident: role`".into(),
        }
    }
}
