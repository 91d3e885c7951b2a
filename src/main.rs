//! Arguments → lib → exit code.

use clap::Parser;
use drill::cli::Cli;
use drill::secret::Redactor;
use std::process::ExitCode;

fn main() -> ExitCode {
    let redactor = Redactor::default();
    drill::secret::install_panic_hook(redactor.clone());
    let cli = Cli::parse();
    drill::command::start_log(&cli.global, &redactor);
    drill::command::dispatch(cli, &redactor).into()
}
