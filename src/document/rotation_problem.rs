//! What can be wrong with a password that is rotated: the statement in `Display`, what to do about it in `hint`.

use thiserror::Error;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum RotationProblem {
    #[error("a credential of kind `{kind}` is not ended by `{trigger}`")]
    NotItsTrigger { trigger: &'static str, kind: &'static str, rotates: bool },
    #[error("its password is rotated by another scenario at the same time")]
    RotatedTwice { first: u32 },
    #[error("a password with a period below an hour may be rotated by the clock while it is looked at")]
    RotationTooShort,
    #[error("no rotation statement uses `{{{{password}}}}`")]
    PasswordUnused,
}

impl RotationProblem {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotItsTrigger { rotates: true, .. } => "`rotate` ends a password of a `static-role`".into(),
            Self::NotItsTrigger { .. } => "nothing ends its user: write `trigger: rotate`".into(),
            Self::RotatedTwice { first } => format!("the first is in line {first}: remove one"),
            Self::RotationTooShort => "write `rotation: 1h` or more".into(),
            Self::PasswordUnused => "the old password would stay good".into(),
        }
    }
}
