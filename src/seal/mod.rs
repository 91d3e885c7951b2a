//! Signing a run's evidence and checking it years later: in-toto Statement v1 in a DSSE envelope. Pure but for reading files.
//!
//! What is signed is a list of digests ([`Snapshot`]) and what the run came to ([`Statement`]); that the reports follow from
//! `events.jsonl` is found out by judging and rendering again (`follow`), when signing and when verifying.

mod dsse;
mod finding;
mod follow;
mod key;
mod sign;
mod snapshot;
mod statement;
mod verify;

pub use dsse::{Envelope, PAYLOAD_TYPE, Signature, pae};
pub use finding::{Finding, plain};
pub use key::{PrivateKey, PublicKey, readable_by_others};
pub use sign::{Signed, sign};
pub use snapshot::{FileDigest, Snapshot};
pub use statement::{PREDICATE_TYPE, Predicate, Resource, STATEMENT_TYPE, Statement};
pub use verify::{Standing, Verification, verify};

/// The envelope's name in a run's directory: a bundle of one attestation, by in-toto's rules for names.
pub const ENVELOPE: &str = "evidence.intoto.jsonl";

/// Why something could not be signed or checked at all.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The directory, the key or the command is not as it must be: exit 2.
    #[error("{what}")]
    Unusable {
        /// What is wrong.
        what: String,
        /// What to do.
        help: Option<String>,
    },
    /// Signing is refused: the reports are not what the evidence makes: exit 1.
    #[error("the reports do not follow from the evidence")]
    DoesNotFollow(Vec<Finding>),
}

impl SealError {
    fn new(what: impl Into<String>) -> Self {
        Self::Unusable { what: what.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        match self {
            Self::Unusable { what, .. } => Self::Unusable { what, help: Some(help.into()) },
            other @ Self::DoesNotFollow(_) => other,
        }
    }
}
