//! Arguments → lib → exit code.

use clap::Parser;
use drill::cli::{Cli, Global};
use drill::secret::Redactor;
use std::process::ExitCode;

fn main() -> ExitCode {
    let redactor = Redactor::default();
    drill::secret::install_panic_hook(redactor.clone());
    let cli = Cli::parse();
    start_log(&cli.global, &redactor);
    drill::command::dispatch(cli, &redactor).into()
}

/// The debug log, on stderr, through the redactor.
fn start_log(global: &Global, redactor: &Redactor) {
    use tracing_subscriber::EnvFilter;
    let default = if global.verbose > 1 { "drill=debug" } else { "off" };
    let filter = EnvFilter::try_from_env("DRILL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let redactor = redactor.clone();
    let writer = move || drill::secret::RedactingWriter::new(std::io::stderr(), redactor.clone());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).init();
}
