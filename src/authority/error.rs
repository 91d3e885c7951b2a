//! What can go wrong in talking to the authority.

/// An error of the authority, with what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthorityError {
    /// No answer: nothing can be said about whether the request was carried out.
    #[error("openbao gave no answer to {request}: {why}")]
    NoAnswer {
        /// Method and path.
        request: String,
        /// What happened.
        why: String,
    },
    /// An answer that was not expected.
    #[error("openbao answered {status} to {request}: {message}")]
    Status {
        /// Method and path.
        request: String,
        /// HTTP status.
        status: u16,
        /// Its `errors`, joined.
        message: String,
    },
    /// An answer without a field that it must have.
    #[error("openbao's answer to {request} lacks {field}")]
    Lacks {
        /// Method and path.
        request: String,
        /// JSON pointer.
        field: String,
    },
    /// The server could not be started or configured.
    #[error("{0}")]
    Server(String),
}

impl From<crate::environment::EnvError> for AuthorityError {
    fn from(e: crate::environment::EnvError) -> Self {
        Self::Server(e.what)
    }
}
