//! From the command line to a command: the one place that reads environment variables for people's taste.

use super::{explain, list, new, report, schema, validate};
use crate::cli::{Cli, Color, Command, Global};
use crate::exit::Exit;
use crate::report::{Copies, Verbosity};
use crate::secret::{RedactingWriter, Redactor};
use std::io::{IsTerminal, Write, stderr, stdout};

/// Does what the command line says.
pub fn dispatch(cli: Cli, redactor: &Redactor) -> Exit {
    let global = cli.global;
    let mut out = RedactingWriter::new(stdout(), redactor.clone());
    let mut err = RedactingWriter::new(stderr(), redactor.clone());
    let loud = colour(&global, stderr().is_terminal());
    let exit = match cli.command {
        Command::List { json } => list::list(&global.drills, json, loud, &mut out, &mut err),
        Command::Validate { files, resolved } => {
            let order = validate::Order { drills: &global.drills, files: &files, resolved, color: loud };
            validate::validate(&order, &mut out, &mut err)
        }
        Command::New { name, from } => new::new(&name, &from, &global.drills, loud, &mut out, &mut err),
        Command::Schema => schema::schema(&mut out),
        Command::Explain { what } => match explain::explain(&what) {
            Ok(text) => {
                let _ = write!(out, "{text}");
                Exit::Passed
            }
            Err(e) => {
                let _ = writeln!(err, "error: {e}");
                Exit::Usage
            }
        },
        Command::Report { dirs, junit, summary } => {
            let order = report::Order {
                dirs,
                reports: global.reports.clone(),
                copies: Copies { junit, summary },
                color: colour(&global, stdout().is_terminal()),
                verbosity: verbosity(&global),
            };
            report::report(&order, crate::verdict::judge, &mut out, &mut err)
        }
        command => with_servers(command, &global, redactor),
    };
    // A reader that went away early is no error of ours.
    let _ = out.finish();
    let _ = err.finish();
    exit
}

fn verbosity(global: &Global) -> Verbosity {
    match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    }
}

fn colour(global: &Global, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
    }
}

#[cfg(not(feature = "engine"))]
fn with_servers(_: Command, _: &Global, _: &Redactor) -> Exit {
    eprintln!("error: this build has no container engine (feature `engine`)");
    Exit::Usage
}

#[cfg(feature = "engine")]
fn with_servers(command: Command, global: &Global, redactor: &Redactor) -> Exit {
    use super::{clean, prove, run};
    // Two workers: the subject and the control are probed at the same time.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("error: {e}");
            return Exit::Inconclusive;
        }
    };
    let exit = match command {
        Command::Run(args) => match options(global, &args.servers) {
            Ok(servers) => {
                let options = run::RunOptions { names: args.names, repeat: args.repeat, keep: args.keep, servers };
                runtime.block_on(run::run(&options, redactor))
            }
            Err(exit) => exit,
        },
        Command::Prove(args) => match options(global, &args.servers) {
            Ok(servers) => runtime.block_on(prove::prove(&args.files, args.exit_of_run, &servers, redactor)),
            Err(exit) => exit,
        },
        Command::Clean { all } => runtime.block_on(clean::clean(all, &mut stdout())),
        // `dispatch` has taken all others.
        _ => Exit::Usage,
    };
    // What still runs by then (a log follower) holds nothing up.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    exit
}

#[cfg(feature = "engine")]
fn options(global: &Global, args: &crate::cli::ServerArgs) -> Result<super::run::ServerOptions, Exit> {
    use crate::cli::Images;
    use crate::environment::ImageMode;
    let timeout: jiff::SignedDuration = args.timeout.parse().map_err(|_| {
        eprintln!("error: `{}` is no duration: write 10m or 90s", args.timeout);
        Exit::Usage
    })?;
    Ok(super::run::ServerOptions {
        drills: global.drills.clone(),
        reports: global.reports.clone(),
        images: match args.images {
            Images::Auto => ImageMode::Auto,
            Images::Official => ImageMode::Official,
            Images::Local => ImageMode::Local,
        },
        jobs: args.jobs,
        timeout: timeout.unsigned_abs(),
        copies: Copies { junit: args.junit.clone(), summary: args.summary.clone() },
        verbosity: verbosity(global),
        color: colour(global, stdout().is_terminal()),
        progress: stderr().is_terminal() && !global.quiet,
        arguments: std::env::args().skip(1).collect(),
    })
}
