//! `drill run`: definitions → servers → history → verdicts → reports → exit code.

use super::gate::{self, Asked};
use super::grants::grants_of_run;
use super::serve::{Order, Served, serve, show};
use crate::definition::{self, DrillPlan};
use crate::environment::{EnvError, ImageMode};
use crate::exceptions::Grants;
use crate::exit::Exit;
use crate::history::{Body, History};
use crate::run::{ENDING, Say, ServerLogs};

use crate::definition::sabotage::Sabotage;
use crate::progress::{DrillProgress, Progress};
use crate::report::annotations::{self, Annotations, Repository};
use crate::report::{self, Console, Copies, Paths, Verbosity};
use crate::secret::{RedactingWriter, Redactor};
use crate::verdict::{Outcome, Verdicts, judge};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What every command with servers takes.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `--drills`.
    pub drills: PathBuf,
    /// `--reports`.
    pub reports: PathBuf,
    /// `--images`.
    pub images: ImageMode,
    /// `--jobs`.
    pub jobs: usize,
    /// `--timeout`.
    pub timeout: Duration,
    /// `--junit`, `--summary`.
    pub copies: Copies,
    /// `-q`, `-v`.
    pub verbosity: Verbosity,
    /// Colour on stdout.
    pub color: bool,
    /// Live progress on stderr.
    pub progress: bool,
    /// As typed, for the head.
    pub arguments: Vec<String>,
}

/// What `drill run` takes besides.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// `NAME[/SCENARIO]…`.
    pub names: Vec<String>,
    /// `--repeat`.
    pub repeat: u32,
    /// `--keep`.
    pub keep: bool,
    /// `--as-of`.
    pub as_of: Option<String>,
    /// Under GitHub Actions: where annotations point.
    pub annotate: Option<Repository>,
    /// `--gate`: the level, and what it is judged by; its directories are those of the runs.
    pub gate: Option<gate::Order>,
    /// The rest.
    pub servers: ServerOptions,
}

/// Runs the selected drills; the exit code is the worst verdict.
pub async fn run(options: &RunOptions, redactor: &Redactor) -> Exit {
    let drills = &options.servers.drills;
    let loaded = definition::load(drills, &options.names)
        .and_then(|plans| Ok((plans, grants_of_run(drills, options.as_of.as_deref())?)))
        // A gate that is wrong is said before anything starts.
        .and_then(|(plans, grants)| Ok((plans, grants, options.gate.as_ref().map(Asked::load).transpose()?)));
    let (plans, grants, asked) = match loaded {
        Ok(loaded) => loaded,
        Err(diagnostics) => {
            let text = diagnostics.render(options.servers.color);
            eprint!("{text}");
            not_run(options, "a definition or the command line is wrong", &text, redactor);
            return Exit::Usage;
        }
    };
    if options.keep && std::env::var_os("CI").is_some() {
        eprintln!("error: --keep is refused where CI is set: it leaves servers and a login behind");
        return Exit::Usage;
    }
    let (mut all, mut runs) = (Vec::new(), Vec::new());
    let mut exit = Exit::Passed;
    let mut annotations = options.annotate.clone().map(|r| Annotations::new(r, redactor));
    for _ in 0..options.repeat.max(1) {
        match once(&options.servers, plans.clone(), grants.clone(), options.keep, None, redactor).await {
            Ok(done) => {
                exit = exit.worse(done.exit);
                if let Some(annotations) = &mut annotations {
                    annotations.add(&done.history, &done.verdicts);
                }
                all.push(done.verdicts);
                runs.push(options.servers.reports.join("runs").join(&done.history.head.run));
            }
            Err(e) => {
                let code = show(&e);
                not_run(options, "the environment is broken", &e.to_string(), redactor);
                return code;
            }
        }
        if exit == Exit::Interrupted {
            break;
        }
    }
    if all.len() > 1 {
        let _ = console(&options.servers, redactor).spread(&all);
    }
    say(&annotations.map(|a| a.render()).unwrap_or_default());
    match options.gate.as_ref().zip(asked) {
        Some((order, asked)) => exit.worse(judged_by_gate(order, &asked, runs, exit, redactor)),
        None => exit,
    }
}

/// The gate over the runs that were just made.
fn judged_by_gate(order: &gate::Order, asked: &Asked, runs: Vec<PathBuf>, exit: Exit, redactor: &Redactor) -> Exit {
    if exit == Exit::Interrupted {
        eprintln!("note: {} was not judged: the run was interrupted", order.level);
        return exit;
    }
    let order = gate::Order { dirs: runs, ..order.clone() };
    let mut out = RedactingWriter::new(std::io::stdout(), redactor.clone());
    let mut err = RedactingWriter::new(std::io::stderr(), redactor.clone());
    let judged = gate::judged(&order, asked, &mut out, &mut err);
    let _ = out.finish();
    let _ = err.finish();
    judged
}

/// To stdout, where a text was cleaned already. A closed stdout must not lose the exit code.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// A run that was judged and reported.
pub struct Concluded {
    /// What the judge says.
    pub verdicts: Verdicts,
    /// The worst of it, and of what befell the reports.
    pub exit: Exit,
    /// What it was judged by.
    pub history: History,
}

/// One run, judged and reported.
///
/// # Errors
/// The environment: no engine, an unwritable directory, a taken id.
pub async fn once(
    options: &ServerOptions,
    plans: Vec<DrillPlan>,
    grants: Grants,
    keep: bool,
    sabotage: Option<Arc<Sabotage>>,
    redactor: &Redactor,
) -> Result<Concluded, EnvError> {
    let progress = Progress::new(options.progress, redactor.clone());
    let order = Order {
        plans,
        reports: options.reports.clone(),
        images: options.images,
        jobs: options.jobs,
        timeout: options.timeout,
        keep,
        grants,
        sabotage,
        say: sayer(progress.clone()),
        arguments: options.arguments.clone(),
    };
    let mut served = serve(order, redactor).await?;
    progress.finish();
    let (verdicts, exit) = conclude(options, &mut served, redactor);
    Ok(Concluded { verdicts, exit, history: served.history })
}

/// Tells the live progress, one line a drill.
fn sayer(progress: Progress) -> Say {
    let drills: Mutex<BTreeMap<String, DrillProgress>> = Mutex::default();
    Arc::new(move |drill, what| {
        let mut drills = drills.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        drills.entry(drill.to_string()).or_insert_with(|| progress.drill(drill)).say(what);
    })
}

fn conclude(options: &ServerOptions, served: &mut Served, redactor: &Redactor) -> (Verdicts, Exit) {
    let verdicts = judge(&served.history);
    let mut exit = Exit::of(&verdicts);
    // The reports need the room that they take.
    let logs = std::mem::take(&mut served.server_logs);
    if !matches!(verdicts.outcome, Outcome::Passed | Outcome::Excepted) {
        write_logs(&served.dir, &logs, redactor);
    }
    drop(logs);
    let mut console = console(options, redactor);
    let cannot = |e: std::io::Error| {
        EnvError::new(format!("cannot write the report: {e}")).help("--reports DIR, or DRILL_REPORTS")
    };
    let written = report::write_all(&options.reports, &served.history, &verdicts, redactor);
    let paths = match &written {
        Ok(paths) => paths.clone(),
        Err(_) => Paths {
            junit: served.dir.join("junit.xml"),
            readiness: served.dir.join("readiness.md"),
            evidence: served.dir.join("evidence.json"),
            dir: served.dir.clone(),
            evidence_sha256: String::new(),
        },
    };
    print(&mut console, served, &verdicts, &paths);
    if let Some(trouble) = &served.trouble {
        // Red stays red; what would have passed did not leave its evidence.
        eprintln!("error: the evidence is not complete on disk: {trouble}");
        exit = exit.worse(Exit::Inconclusive);
    }
    if let Some(left) = &served.left {
        eprintln!(
            "error: it is not known that everything was stopped: {left}\n  help   drill clean, once the engine answers"
        );
        exit = exit.worse(Exit::Inconclusive);
    }
    if let Some(what) = not_ended(&served.history) {
        eprintln!("error: what the drill issued may not all be ended: {what}");
        exit = exit.worse(Exit::Inconclusive);
    }
    if let Err(e) = written {
        show(&cannot(e));
        return (verdicts, exit.worse(Exit::Inconclusive));
    }
    if let Err(e) = report::write_copies(&options.copies, &paths, &served.history, &verdicts, redactor) {
        show(&cannot(e));
        exit = exit.worse(Exit::Inconclusive);
    }
    (verdicts, exit)
}

/// Why it is not known that no credential of the drill is left at the backend.
fn not_ended(history: &History) -> Option<&str> {
    history.events.iter().find_map(|e| match &e.body {
        Body::Problem { step, what } if step == ENDING => Some(what.as_str()),
        _ => None,
    })
}

fn print(console: &mut Console<RedactingWriter<std::io::Stdout>>, served: &Served, verdicts: &Verdicts, paths: &Paths) {
    // A closed stdout must not lose the exit code.
    let _ = console.run_started(&served.history.head, None);
    for (plan, drill) in served.history.head.drills.iter().zip(&verdicts.drills) {
        for scenario in &drill.scenarios {
            let _ = console.scenario_ended(plan, scenario);
        }
    }
    let _ = console.run_ended(&served.history, verdicts, paths);
}

fn console(options: &ServerOptions, redactor: &Redactor) -> Console<RedactingWriter<std::io::Stdout>> {
    let out = RedactingWriter::new(std::io::stdout(), redactor.clone());
    let latest = options.reports.join("latest").display().to_string();
    Console::new(out, options.color, options.verbosity, redactor.clone(), &latest)
}

/// The servers' own logs, cleaned, where the run did not pass.
fn write_logs(dir: &Path, logs: &ServerLogs, redactor: &Redactor) {
    let dir = dir.join("logs");
    if std::fs::create_dir_all(&dir).is_err() {
        return;
    }
    for (name, log) in logs {
        let Ok(file) = std::fs::File::create(dir.join(format!("{name}.log"))) else { continue };
        let mut out = RedactingWriter::new(std::io::BufWriter::new(file), redactor.clone());
        let _ = log.write_to(&mut out);
        let _ = out.finish();
    }
}

/// CI must see neither an old report nor none, and GitHub why.
fn not_run(options: &RunOptions, title: &str, what: &str, redactor: &Redactor) {
    trouble(&options.servers, title, what, redactor);
    if options.annotate.is_some() {
        say(&annotations::trouble(title, what, redactor));
    }
}

fn trouble(options: &ServerOptions, title: &str, what: &str, redactor: &Redactor) {
    if let Err(e) = report::write_trouble(&options.copies, title, what, jiff::Timestamp::now(), redactor) {
        eprintln!("error: cannot write the report: {e}");
    }
}
