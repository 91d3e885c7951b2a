//! The exit codes: one table, documented in `drill --help` and the README.

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Passed, possibly with exceptions; READY; verified.
    Passed = 0,
    /// Failed: access outlived its trigger, or another claim is wrong.
    Failed = 1,
    /// The command line or a definition is wrong; nothing was started.
    Usage = 2,
    /// Nothing was proved: inconclusive, or the environment is broken (no engine, disk full, a name taken).
    Inconclusive = 3,
    /// SIGINT or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
