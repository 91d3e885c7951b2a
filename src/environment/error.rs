//! What can go wrong with the engine. All of it is exit 3: nothing was proved.

/// An environment error: what happened, and apart from it what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct EnvError {
    /// In lower-case fragments.
    pub what: String,
    /// What was tried, where we are: lines shown below the error.
    pub details: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl EnvError {
    /// An error without a hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), details: Vec::new(), help: None }
    }
    /// Adds a hint.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    /// Adds a line below the error.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}

impl From<testcontainers::bollard::errors::Error> for EnvError {
    fn from(e: testcontainers::bollard::errors::Error) -> Self {
        Self::new(format!("the container engine: {e}"))
    }
}
