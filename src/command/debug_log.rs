//! The debug log: on stderr, through the redactor, whatever library writes into it.

use crate::cli::Global;
use crate::secret::{RedactingWriter, Redactor};
use tracing_subscriber::EnvFilter;

/// Starts it: `-vv`, or whatever `DRILL_LOG` says.
pub fn start_log(global: &Global, redactor: &Redactor) {
    let default = if global.verbose > 1 { "drill=debug" } else { "off" };
    let filter = EnvFilter::try_from_env("DRILL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let redactor = redactor.clone();
    let writer = move || RedactingWriter::new(std::io::stderr(), redactor.clone());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).init();
}
