//! How much the terminal is told.

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// `-q`: only what is red, and the verdict.
    Quiet,
    /// What a reader in a hurry needs.
    #[default]
    Normal,
    /// `-v`: every red check in full, and where the time went.
    Verbose,
}
