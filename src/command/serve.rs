//! What every command with servers needs: the engine, the run's lock, leftovers swept, signals heard, and everything stopped at the end.

use crate::definition::DrillPlan;
use crate::definition::sabotage::Sabotage;
use crate::environment::{EngineHandle, EnvError, ImageMode, Labels, Lock, discover, sweep};
use crate::exceptions::Grants;
use crate::exit::Exit;
use crate::history::log::Log;
use crate::history::{Body, Head, History, Invocation, PROGRAM, SCHEMA, State, program_commit};
use crate::report;
use crate::run::{House, RunContext, Say, ServerLogs, run_drill};
use crate::secret::Redactor;
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// Leftovers of another host are taken so long after a run's own time-out.
const GRACE: Duration = Duration::from_secs(600);
/// A tear-down by label that takes longer is left to the next start's sweep.
const TEAR_DOWN_MAX: Duration = Duration::from_secs(4);

/// The environment variables, read once.
pub fn variables() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

/// What one run of drills needs to know.
pub struct Order {
    /// What to run.
    pub plans: Vec<DrillPlan>,
    /// `--reports`.
    pub reports: PathBuf,
    /// `--images`.
    pub images: ImageMode,
    /// `--jobs`.
    pub jobs: usize,
    /// `--timeout`.
    pub timeout: Duration,
    /// `--keep`.
    pub keep: bool,
    /// What may fail, and by which day that counts.
    pub grants: Grants,
    /// What is broken on purpose.
    pub sabotage: Option<Arc<Sabotage>>,
    /// Told what goes on: drill, words.
    pub say: Say,
    /// As typed.
    pub arguments: Vec<String>,
}

/// A run that is over.
pub struct Served {
    /// Everything that happened.
    pub history: History,
    /// Where its reports go.
    pub dir: PathBuf,
    /// The servers' own logs.
    pub server_logs: ServerLogs,
    /// Why events could not be written to disk any more.
    pub trouble: Option<String>,
    /// Why it is not known that everything was stopped.
    pub left: Option<String>,
}

/// Finds the engine, and runs the program again with `DOCKER_HOST` where testcontainers would not find it by itself.
///
/// # Errors
/// No engine answers.
pub async fn engine(vars: &BTreeMap<String, String>) -> Result<EngineHandle, EnvError> {
    let engine = discover(vars).await?;
    let missing = engine.missing_variables(vars);
    if !missing.is_empty() {
        use std::os::unix::process::CommandExt;
        let program =
            std::env::current_exe().map_err(|e| EnvError::new(format!("cannot find the program itself: {e}")))?;
        let failed = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(missing).exec();
        return Err(EnvError::new(format!(
            "cannot run the program again for the engine at {}: {failed}",
            engine.info.endpoint
        )));
    }
    Ok(engine)
}

/// A run's id: sortable, and unlike any other's.
pub fn run_id(vars: &BTreeMap<String, String>) -> String {
    use rand::RngExt;
    if let Some(id) = vars.get("DRILL_RUN_ID").filter(|id| !id.is_empty()) {
        return id.clone();
    }
    let suffix: String = rand::rng()
        .sample_iter(rand::distr::Alphanumeric)
        .map(|b| char::from(b).to_ascii_lowercase())
        .take(4)
        .collect();
    format!("{}-{suffix}", jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S"))
}

/// Runs the drills to their end, or until a signal or the time-out; whatever was started is stopped.
///
/// # Errors
/// No engine; the reports' directory cannot be written; the run's id is taken.
pub async fn serve(order: Order, redactor: &Redactor) -> Result<Served, EnvError> {
    let vars = variables();
    // Beside the engine's first answer, which takes longer.
    let program = std::thread::spawn(program_sha256);
    let engine = engine(&vars).await?;
    let run = run_id(&vars);
    let lock = Lock::take(&run, &sweep::lock_dir(vars.get("XDG_RUNTIME_DIR").map(String::as_str)))?;
    let dir = order.reports.join("runs").join(&run);
    // Before the head is made: its wall time and the log's clock start in the same breath.
    let program_sha256 = program.join().ok().flatten();
    let head = Head { program_sha256, ..head(&order, &engine, &run, &vars) };
    let log = create_log(&dir, &head, redactor)?;
    let until =
        jiff::Timestamp::now().as_second() + i64::try_from((order.timeout + GRACE).as_secs()).unwrap_or(i64::MAX / 2);
    let mut context = RunContext {
        engine: engine.clone(),
        labels: Labels::new(&run, &lock, until, order.keep).of_container(engine.own.clone()),
        images: order.images,
        log: log.clone(),
        redactor: redactor.clone(),
        sabotage: order.sabotage.clone(),
        say: order.say.clone(),
        server_logs: Arc::new(Mutex::new(Vec::new())),
        house: (order.sabotage.is_none() && !order.keep).then(|| House::of(&order.plans)).flatten(),
        keep: order.keep.then(|| keep_file(&run, &vars)),
    };
    let interrupted = run_until_interrupted(&order, &context).await;
    if let Some(by) = &interrupted {
        let _ = log.append("", "", State::Done, Body::Interrupted { by: by.clone() });
    }
    let mut left = None;
    if let Some(house) = context.house.take().filter(|_| interrupted.is_none()) {
        house.close().await;
    }
    if !order.keep || interrupted.is_some() {
        left = stop_everything(&engine, &run, interrupted.is_some()).await;
    }
    let server_logs =
        std::mem::take(&mut *context.server_logs.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    drop(lock);
    Ok(Served { history: log.history(), dir, server_logs, trouble: log.trouble(), left })
}

/// Outside the reports, which are published; only its owner may read it.
fn keep_file(run: &str, vars: &BTreeMap<String, String>) -> PathBuf {
    let home = || Path::new(vars.get("HOME").map_or("/tmp", String::as_str)).join(".local/state");
    vars.get("XDG_STATE_HOME").map_or_else(home, PathBuf::from).join("drill").join(format!("keep-{run}.env"))
}

async fn run_until_interrupted(order: &Order, context: &RunContext) -> Option<String> {
    let sweeping = {
        let docker = context.engine.docker.clone();
        tokio::spawn(async move { sweep::sweep(&docker, &sweep::Scope::Leftovers).await })
    };
    // Who takes longest begins first: the others fit beside it.
    let mut plans: Vec<_> = order.plans.iter().enumerate().collect();
    plans.sort_by_key(|(_, plan)| std::cmp::Reverse(waits_ms(plan)));
    let drills = futures_util::stream::iter(plans)
        .map(|(i, plan)| alone(context.clone(), Arc::new(plan.clone()), i + 1))
        .buffer_unordered(order.jobs.max(1))
        .collect::<Vec<()>>();
    let interrupted = tokio::select! {
        _ = drills => None,
        by = signal() => Some(by),
        () = tokio::time::sleep(order.timeout) => Some("time-out".to_string()),
    };
    if let Ok(Ok(swept)) = sweeping.await
        && !swept.is_empty()
    {
        tracing::info!(containers = ?swept.containers, networks = ?swept.networks, "removed what an earlier run left behind");
    }
    interrupted
}

/// A drill in a task of its own, which ends with this future: what one computes must not delay another's probes.
async fn alone(context: RunContext, plan: Arc<DrillPlan>, index: usize) {
    let drill = tokio::spawn(async move { run_drill(&context, plan, index).await });
    if let Err(e) = AbortOnDropHandle::new(drill).await
        && e.is_panic()
    {
        std::panic::resume_unwind(e.into_panic());
    }
}

/// What a drill waits for at least: its longest TTL, and the faults, whose scenarios come one after the other.
fn waits_ms(plan: &DrillPlan) -> u64 {
    let ttls = plan.scenarios.iter().filter_map(|s| s.trigger.ttl_ms()).max().unwrap_or(0);
    let faults: u64 = plan.scenarios.iter().filter_map(|s| s.fault.as_ref()).map(|fault| fault.duration_ms).sum();
    ttls + faults
}

async fn signal() -> String {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! { _ = int.recv() => "SIGINT".into(), _ = term.recv() => "SIGTERM".into() }
}

/// By label, so that also a container is found whose start was under way. More than once where the run was cut off: the engine may
/// just be creating one. Why it is not known to be done, if so.
async fn stop_everything(engine: &EngineHandle, run: &str, cut_off: bool) -> Option<String> {
    let scope = sweep::Scope::Run(run.into());
    let rounds = async {
        for round in 0..if cut_off { 3 } else { 1 } {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            sweep::sweep(&engine.docker, &scope).await.map_err(|e| e.to_string())?;
        }
        Ok(())
    };
    match tokio::time::timeout(TEAR_DOWN_MAX, rounds).await {
        Ok(result) => result.err(),
        Err(_) => Some(format!("the container engine did not answer within {} s", TEAR_DOWN_MAX.as_secs())),
    }
}

/// Of the running binary: the kernel's link leads to it even where the file was replaced meanwhile.
fn program_sha256() -> Option<String> {
    let binary = std::fs::File::open("/proc/self/exe")
        .ok()
        .or_else(|| std::fs::File::open(std::env::current_exe().ok()?).ok())?;
    report::sha256_of(binary).ok().map(|(sha256, _)| sha256)
}

fn create_log(dir: &Path, head: &Head, redactor: &Redactor) -> Result<Log, EnvError> {
    let cannot = |e: std::io::Error| {
        EnvError::new(format!("cannot write to {}: {e}", dir.display())).help("--reports DIR, or DRILL_REPORTS")
    };
    if dir.exists() {
        return Err(EnvError::new(format!("the run {} exists already: {}", head.run, dir.display()))
            .help("another DRILL_RUN_ID"));
    }
    std::fs::create_dir_all(dir).map_err(cannot)?;
    Log::create(dir, head, redactor.clone()).map_err(cannot)
}

fn head(order: &Order, engine: &EngineHandle, run: &str, vars: &BTreeMap<String, String>) -> Head {
    let job = ["DRILL_JOB", "CI_JOB_URL", "BUILD_URL"].iter().find_map(|k| vars.get(*k).cloned()).or_else(|| {
        Some(format!(
            "{}/{}/actions/runs/{}",
            vars.get("GITHUB_SERVER_URL")?,
            vars.get("GITHUB_REPOSITORY")?,
            vars.get("GITHUB_RUN_ID")?
        ))
    });
    let commit =
        std::process::Command::new("git").args(["rev-parse", "HEAD"]).stderr(std::process::Stdio::null()).output().ok();
    let commit = commit.filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string());
    // The program's own image has no git.
    let commit =
        commit.or_else(|| ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"].iter().find_map(|k| vars.get(*k).cloned()));
    Head {
        schema: SCHEMA,
        run: run.into(),
        program: PROGRAM.into(),
        program_sha256: None,
        program_commit: program_commit().map(Into::into),
        started: jiff::Timestamp::now(),
        by: Invocation {
            user: vars.get("USER").or_else(|| vars.get("LOGNAME")).cloned(),
            ci: vars.contains_key("CI"),
            job,
            commit,
            arguments: order.arguments.clone(),
            jobs: u32::try_from(order.jobs).ok(),
        },
        engine: Some(engine.info.clone()),
        drills: order.plans.clone(),
        as_of: order.grants.as_of,
        // Those of other drills say nothing of this run.
        exceptions: order.grants.exceptions.iter().filter(|e| concerns(&order.plans, &e.check)).cloned().collect(),
        synthetic: false,
        sabotage: order.sabotage.as_ref().map(|sabotage| sabotage.why.trim().to_string()),
        clock_tick_us: 1,
    }
}

/// Whether a check's whole id is of one of these drills.
fn concerns(plans: &[DrillPlan], check: &str) -> bool {
    check.split_once('/').is_some_and(|(drill, _)| plans.iter().any(|plan| plan.drill == drill))
}

/// Shows an environment error and what to do: exit 3.
pub fn show(error: &EnvError) -> Exit {
    eprintln!("error: {error}");
    for detail in &error.details {
        eprintln!("  {detail}");
    }
    if let Some(help) = &error.help {
        eprintln!("  help   {help}");
    }
    Exit::Inconclusive
}
