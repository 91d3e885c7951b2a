//! `drill report [DIR…]`: judge and render existing evidence again, without containers.

use crate::exit::Exit;
use crate::history::{History, Replay, log, replay};
use crate::report::annotations::{Annotations, Repository};
use crate::report::{self, Console, Copies, Verbosity};
use crate::secret::Redactor;
use crate::verdict::Verdicts;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the command line says.
pub struct Order {
    /// Directories with `events.jsonl` (or such files); the latest run where none is named.
    pub dirs: Vec<PathBuf>,
    /// `--reports`.
    pub reports: PathBuf,
    /// `--junit`, `--summary`.
    pub copies: Copies,
    /// Under GitHub Actions: where annotations point.
    pub annotate: Option<Repository>,
    /// Whether results are coloured.
    pub color: bool,
    /// `-q`, `-v`.
    pub verbosity: Verbosity,
}

/// Judges and renders each run again: results to `out`, what went wrong to `err`. As the runs' exit, the worst of several.
pub fn report(order: &Order, judge: impl Fn(&History) -> Verdicts, out: &mut impl Write, err: &mut impl Write) -> Exit {
    let latest = [order.reports.join("latest")];
    let dirs = if order.dirs.is_empty() { &latest[..] } else { &order.dirs[..] };
    if order.copies.junit.is_some() && dirs.len() > 1 {
        complain(err, "--junit takes one run, not several");
        return Exit::Usage;
    }
    let mut worst = Exit::Passed;
    let mut annotations = order.annotate.clone().map(|r| Annotations::new(r, &Redactor::default()));
    for dir in dirs {
        let exit = match one(order, &judge, dir, out, err) {
            Ok((history, verdicts)) => {
                if let Some(annotations) = &mut annotations {
                    annotations.add(&history, &verdicts);
                }
                Exit::of(&verdicts)
            }
            Err(trouble) => {
                complain(err, &trouble.what);
                trouble.exit
            }
        };
        worst = worst.worse(exit);
    }
    // After the results. A reader that went away early is no error of ours.
    let _ = write!(out, "{}", annotations.map(|a| a.render()).unwrap_or_default());
    worst
}

struct Trouble {
    exit: Exit,
    what: String,
}

fn one(
    order: &Order,
    judge: &impl Fn(&History) -> Verdicts,
    dir: &Path,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<(History, Verdicts), Trouble> {
    let file = if dir.is_file() { dir.to_owned() } else { dir.join(log::FILE) };
    let dir = file.parent().unwrap_or(Path::new(".")).to_owned();
    if !file.is_file() {
        // Nothing is there to be judged: what was asked for is wrong, not the evidence.
        let what = format!("no evidence: {} is not there", file.display());
        return Err(Trouble { exit: Exit::Usage, what });
    }
    let Replay { history, torn_line } =
        replay(&file).map_err(|e| Trouble { exit: Exit::Inconclusive, what: format!("{}: {e}", file.display()) })?;
    if let Some(line) = torn_line {
        let place = format!("{}:{line}", file.display());
        let _ = writeln!(err, "note: {place}: cut off and left out: the run was killed while it wrote");
    }
    let verdicts = judge(&history);
    // Evidence holds no secret any more, so there is none to know.
    let redactor = Redactor::default();
    write(order, &dir, &history, &verdicts, &redactor, out)
        .map_err(|e| Trouble { exit: Exit::Inconclusive, what: e.to_string() })?;
    Ok((history, verdicts))
}

fn write(
    order: &Order,
    dir: &Path,
    history: &History,
    verdicts: &Verdicts,
    redactor: &Redactor,
    out: &mut impl Write,
) -> io::Result<()> {
    let paths = report::write_to(dir, history, verdicts, redactor)?;
    report::write_copies(&order.copies, &paths, history, verdicts, redactor)?;
    let shown = dir.display().to_string();
    let mut console = Console::new(out, order.color, order.verbosity, redactor.clone(), &shown);
    console.run_started(&history.head, None)?;
    for drill in &verdicts.drills {
        let Some(plan) = history.head.drills.iter().find(|p| p.drill == drill.drill) else {
            continue;
        };
        for scenario in &drill.scenarios {
            console.scenario_ended(plan, scenario)?;
        }
    }
    console.run_ended(history, verdicts, &paths)
}

fn complain(err: &mut impl Write, what: &str) {
    // Where stderr is gone too, the exit code still says it.
    let _ = writeln!(err, "error: {what}");
}
