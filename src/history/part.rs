//! Whose credential it is that something happens to.

use serde::{Deserialize, Serialize};

/// Which credential or connection a series or record is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What the trigger must end. `member` counts from 0 within the cohort.
    Subject {
        /// 0 where there is only one.
        member: u32,
    },
    /// The sibling that the trigger must spare.
    Control,
    /// A third living credential's name with an altered secret.
    BogusSecret,
    /// A name that was never issued.
    BogusName,
    /// A session that was open on the subject before the trigger.
    Session {
        /// One of the backend's session kinds, e.g. `idle`.
        kind: String,
        /// Which of several parallel clients of that kind, from 0.
        client: u32,
    },
    /// A session of the same kind that was open on the control.
    ControlSession {
        /// One of the backend's session kinds.
        kind: String,
    },
    /// A credential issued after the trigger.
    Reissued,
    /// A living credential that attempts of others must spare.
    Victim,
    /// The parent's bootstrap credential, which set-up made and the authority rotates.
    Parent,
    /// The inspector, beside the parent: its control.
    ParentControl,
    /// The dead subject, around a time in which the backend cannot ask the authority.
    Unasked,
    /// The control, beside it.
    UnaskedControl,
}

impl Part {
    /// In one word, for correlation ids and reports.
    pub fn word(&self) -> String {
        match self {
            Self::Subject { member } => format!("subject-{member}"),
            Self::Control => "control".into(),
            Self::BogusSecret => "wrong-secret".into(),
            Self::BogusName => "invented-name".into(),
            Self::Session { kind, client } => format!("session-{kind}-{client}"),
            Self::ControlSession { kind } => format!("control-session-{kind}"),
            Self::Reissued => "reissued".into(),
            Self::Victim => "victim".into(),
            Self::Parent => "parent".into(),
            Self::ParentControl => "parent-control".into(),
            Self::Unasked => "unasked".into(),
            Self::UnaskedControl => "unasked-control".into(),
        }
    }
}
