//! From the command line to a command: the one place that reads environment variables for people's taste.

use super::{coverage, diff, exceptions, explain, gate, list, new, report, schema, seal, validate};
use crate::cli::{Cli, Color, Command, GateArgs, Global};
use crate::exit::Exit;
use crate::report::annotations::Repository;
use crate::report::{Copies, Verbosity};
use crate::secret::{RedactingWriter, Redactor};
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;

/// Does what the command line says.
pub fn dispatch(cli: Cli, redactor: &Redactor) -> Exit {
    let global = cli.global;
    let mut out = RedactingWriter::new(stdout(), redactor.clone());
    let mut err = RedactingWriter::new(stderr(), redactor.clone());
    let loud = colour(&global, stderr().is_terminal());
    let github = GitHub::here();
    let exit = match cli.command {
        Command::List { json, coverage: true, inventory } => {
            let order = coverage::Order { drills: &global.drills, inventory: inventory.as_deref(), json, color: loud };
            coverage::coverage(&order, &mut out, &mut err)
        }
        Command::List { json, .. } => list::list(&global.drills, json, loud, &mut out, &mut err),
        Command::Validate { files, resolved } => {
            let order = validate::Order { drills: &global.drills, files: &files, resolved, color: loud };
            validate::validate(&order, &mut out, &mut err)
        }
        Command::New { name, from } => new::new(&name, &from, &global.drills, loud, &mut out, &mut err),
        Command::Schema { kind } => schema::schema(&kind, &mut out, &mut err),
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
                copies: Copies { junit, summary: summary.or(github.summary) },
                annotate: github.annotate,
                color: colour(&global, stdout().is_terminal()),
                verbosity: verbosity(&global),
            };
            report::report(&order, crate::verdict::judge, &mut out, &mut err)
        }
        Command::Gate(mut args) => {
            args.summary = args.summary.or(github.summary);
            gate::gate(&gate_order(args, &global), &mut out, &mut err)
        }
        Command::Sign { dir, key } => seal::sign(&dir, &key, redactor, &mut out, &mut err),
        Command::Verify { dir, key } => seal::verify(&dir, key.as_deref(), &mut out, &mut err),
        Command::Exceptions { as_of } => {
            let (drills, reports) = (&global.drills, &global.reports);
            let order = exceptions::Order { drills, reports, as_of: as_of.as_deref(), color: loud };
            exceptions::exceptions(&order, &mut out, &mut err)
        }
        Command::Diff { before, after } => diff::diff(&before, &after, &mut out, &mut err),
        command => with_servers(command, &global, github, redactor),
    };
    // A reader that went away early is no error of ours.
    let _ = out.finish();
    let _ = err.finish();
    exit
}

/// What GitHub Actions says of itself; nothing anywhere else.
#[derive(Default)]
struct GitHub {
    /// Where annotations point.
    annotate: Option<Repository>,
    /// The step's summary.
    summary: Option<PathBuf>,
}

impl GitHub {
    fn here() -> Self {
        let path = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let actions = std::env::var_os("GITHUB_ACTIONS").is_some_and(|v| v == "true");
        let repository =
            || Repository { root: path("GITHUB_WORKSPACE"), cwd: std::env::current_dir().unwrap_or_default() };
        Self { annotate: actions.then(repository), summary: path("GITHUB_STEP_SUMMARY") }
    }
}

fn gate_order(args: GateArgs, global: &Global) -> gate::Order {
    gate::Order {
        level: args.level,
        dirs: args.dirs,
        drills: global.drills.clone(),
        reports: global.reports.clone(),
        inventory: args.inventory,
        as_of: args.as_of,
        out: args.out,
        summary: args.summary,
        key: args.key,
        allow_synthetic: args.allow_synthetic,
        color: (colour(global, stdout().is_terminal()), colour(global, stderr().is_terminal())),
        verbosity: verbosity(global),
    }
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
fn with_servers(_: Command, _: &Global, _: GitHub, _: &Redactor) -> Exit {
    eprintln!("error: this build has no container engine (feature `engine`)");
    Exit::Usage
}

#[cfg(feature = "engine")]
fn with_servers(command: Command, global: &Global, github: GitHub, redactor: &Redactor) -> Exit {
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
            Ok(mut servers) => {
                servers.copies.summary = servers.copies.summary.or(github.summary);
                let asked = |level| GateArgs {
                    level,
                    dirs: Vec::new(),
                    inventory: args.inventory,
                    as_of: args.as_of.clone(),
                    out: None,
                    summary: servers.copies.summary.clone(),
                    key: None,
                    allow_synthetic: false,
                };
                let gate = args.gate.map(|level| gate_order(asked(level), global));
                let annotate = github.annotate;
                let (names, repeat, keep, as_of) = (args.names, args.repeat, args.keep, args.as_of);
                let options = run::RunOptions { names, repeat, keep, as_of, annotate, gate, servers };
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
        jobs: args.jobs.unwrap_or_else(super::jobs::here),
        timeout: timeout.unsigned_abs(),
        copies: Copies { junit: args.junit.clone(), summary: args.summary.clone() },
        verbosity: verbosity(global),
        color: colour(global, stdout().is_terminal()),
        progress: stderr().is_terminal() && !global.quiet,
        arguments: std::env::args().skip(1).collect(),
    })
}
