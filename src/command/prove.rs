//! `drill prove`: breaks set-ups on purpose and sees that exactly the stated checks turn red.

use super::run::{ServerOptions, once};
use super::serve::show;
use crate::definition::sabotage::{Red, STEP, Sabotage};
use crate::definition::{DrillPlan, Project, load_patched};
use crate::exceptions::Grants;
use crate::exit::Exit;
use crate::history::{Body, History};
use crate::secret::{RedactingWriter, Redactor};
use crate::verdict::{Outcome, Verdicts};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs each sabotage; passed only if every one turned red what it states, and nothing else.
pub async fn prove(files: &[PathBuf], exit_of_run: bool, options: &ServerOptions, redactor: &Redactor) -> Exit {
    let files = if files.is_empty() { shipped(options) } else { files.to_vec() };
    if files.is_empty() {
        eprintln!(
            "error: no sabotage is named, and there is none in fixtures/sabotage beside {}",
            options.drills.display()
        );
        return Exit::Usage;
    }
    let mut exit = Exit::Passed;
    for file in &files {
        exit = exit.worse(one(file, exit_of_run, options, redactor).await);
        if exit == Exit::Interrupted {
            break;
        }
    }
    exit
}

fn shipped(options: &ServerOptions) -> Vec<PathBuf> {
    let dir = Project::of_drills(&options.drills).root().join("fixtures/sabotage");
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x == "yaml")).collect();
    files.sort();
    files
}

async fn one(file: &Path, exit_of_run: bool, options: &ServerOptions, redactor: &Redactor) -> Exit {
    let (sabotage, plan) = match read(file, options) {
        Ok(read) => read,
        Err(text) => {
            eprint!("{text}");
            return Exit::Usage;
        }
    };
    // What was broken must turn red, whatever is excepted elsewhere.
    let grants = Grants::default();
    let done = match once(options, vec![plan], grants, false, Some(sabotage.clone()), redactor).await {
        Ok(done) => done,
        Err(e) => return show(&e),
    };
    let name = file.file_stem().map(|s| s.to_string_lossy().to_string()).unwrap_or_default();
    let mut out = RedactingWriter::new(std::io::stdout(), redactor.clone());
    if done.exit == Exit::Interrupted {
        return done.exit;
    }
    if let Some((why, exit)) = not_carried_out(&sabotage, &done.history) {
        // A set-up that was not broken as stated shows nothing, whatever turned red.
        let _ = writeln!(out, "BROKEN: {name}   the sabotage itself was not carried out: {why}");
        return exit;
    }
    if exit_of_run {
        return done.exit;
    }
    let rows = compare(&sabotage.red, &done.verdicts);
    let _ = write!(out, "{}", text(&name, &sabotage, &rows));
    outcome(&rows)
}

/// What differs only by not having been found out proves nothing, neither for the drill nor against it.
fn outcome(rows: &[Row]) -> Exit {
    let differ = || rows.iter().filter(|r| !r.agrees());
    if differ().next().is_none() {
        Exit::Passed
    } else if differ().all(|r| r.seen == Some(Outcome::Inconclusive)) {
        Exit::Inconclusive
    } else {
        Exit::Failed
    }
}

/// The sabotage and the plan that it patches; what is wrong with them, in words.
fn read(file: &Path, options: &ServerOptions) -> Result<(Arc<Sabotage>, DrillPlan), String> {
    let error = |e: String| format!("error: {e}\n");
    let mut sabotage = Sabotage::read(file).map_err(error)?;
    let plan = load_patched(&options.drills, &sabotage.drill, &sabotage.scenario, &sabotage.patch)
        .map_err(|diagnostics| diagnostics.render(options.color))?;
    sabotage
        .read_variants(&plan.backend, &Project::of_drills(&options.drills))
        .map_err(|e| error(format!("{}: {e}", file.display())))?;
    Ok((Arc::new(sabotage), plan))
}

/// Why the set-up was not broken as the file says. A step that was refused is the file's mistake; one that was never come to is the run's.
fn not_carried_out(sabotage: &Sabotage, history: &History) -> Option<(String, Exit)> {
    let of_sabotage = |name: &str| name.starts_with(STEP);
    let refused = history.events.iter().find_map(|e| match &e.body {
        Body::Problem { step, what } if of_sabotage(step) => Some(format!("{step}: {what}")),
        _ => None,
    });
    if let Some(refused) = refused {
        return Some((refused, Exit::Usage));
    }
    let done =
        history.events.iter().filter(|e| matches!(&e.body, Body::Step { name, .. } if of_sabotage(name))).count();
    let stated = sabotage.steps();
    (done != stated).then(|| (format!("{done} of {stated} steps were come to"), Exit::Inconclusive))
}

/// One check, as stated and as seen.
struct Row {
    check: String,
    stated: Outcome,
    seen: Option<Outcome>,
}

impl Row {
    fn agrees(&self) -> bool {
        self.seen == Some(self.stated)
    }
    /// Neither stated to be red nor seen so.
    fn is_sound(&self) -> bool {
        self.agrees() && self.stated == Outcome::Passed
    }
}

/// All checks of the run and all that are stated. What is not stated must be passed.
fn compare(red: &BTreeMap<String, Red>, verdicts: &Verdicts) -> Vec<Row> {
    let stated = |check: &str| match red.get(check) {
        None => Outcome::Passed,
        Some(Red::Failed) => Outcome::Failed,
        Some(Red::Inconclusive) => Outcome::Inconclusive,
    };
    let checks = verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
    let seen: BTreeMap<String, Outcome> =
        checks.filter_map(|c| Some((c.id.splitn(3, '/').nth(2)?.to_string(), c.outcome))).collect();
    let all: BTreeSet<&String> = seen.keys().chain(red.keys()).collect();
    let row = |check: &String| Row { check: check.clone(), stated: stated(check), seen: seen.get(check).copied() };
    all.into_iter().map(row).collect()
}

fn text(name: &str, sabotage: &Sabotage, rows: &[Row]) -> String {
    let sound = rows.iter().filter(|r| r.is_sound()).count();
    let outcome = outcome(rows);
    let mut text = match outcome {
        Exit::Passed => {
            format!("PROVED: {name}   {} checks turned red as stated, {sound} others did not\n", sabotage.red.len())
        }
        Exit::Inconclusive => format!("INCONCLUSIVE: {name}   something was not found out; try again\n"),
        _ => format!("NOT PROVED: {name}   {}\n", sabotage.why.trim()),
    };
    let red: Vec<&Row> = rows.iter().filter(|r| !r.is_sound()).collect();
    let width = red.iter().map(|r| r.check.len()).max().unwrap_or(0).max(5);
    if !red.is_empty() {
        let _ = writeln!(text, "    {:width$}  {:12}  seen", "check", "stated");
    }
    for row in &red {
        let seen = row.seen.map_or("not judged at all", Outcome::word);
        let mark = if row.agrees() { ' ' } else { '≠' };
        let _ = writeln!(text, "  {mark} {:width$}  {:12}  {seen}", row.check, row.stated.word());
    }
    if outcome != Exit::Passed {
        text.push_str("  what was seen, as the file would state it (first understand why):\nred:\n");
        let seen = rows.iter().filter_map(|r| Some((r, r.seen?)));
        for (row, seen) in seen.filter(|(_, seen)| *seen != Outcome::Passed) {
            let _ = writeln!(text, "  {}: {}", row.check, seen.word());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stated: Outcome, seen: Option<Outcome>) -> Row {
        Row { check: "a.check".into(), stated, seen }
    }

    /// What a machine out of breath did not find out may be tried again; what was seen otherwise than stated may not.
    #[test]
    fn only_what_was_not_found_out_may_be_tried_again() {
        use Outcome::{Failed, Inconclusive, Passed};
        let agrees = || row(Failed, Some(Failed));
        let unknown = || row(Failed, Some(Inconclusive));
        assert_eq!(outcome(&[agrees(), row(Inconclusive, Some(Inconclusive))]), Exit::Passed);
        assert_eq!(outcome(&[agrees(), unknown(), row(Passed, Some(Inconclusive))]), Exit::Inconclusive);
        for wrong in [
            row(Failed, Some(Passed)),
            row(Passed, Some(Failed)),
            row(Inconclusive, Some(Passed)),
            row(Inconclusive, Some(Failed)),
            row(Failed, None),
        ] {
            assert_eq!(outcome(&[agrees(), unknown(), wrong]), Exit::Failed);
        }
    }
}
