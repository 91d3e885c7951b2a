//! `drill prove`: breaks set-ups on purpose and sees that exactly the stated checks turn red.

use super::run::{ServerOptions, once};
use super::serve::show;
use crate::definition::load_patched;
use crate::definition::sabotage::{Red, Sabotage};
use crate::exit::Exit;
use crate::secret::Redactor;
use crate::verdict::{Outcome, Verdicts};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
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
        let sabotage = match Sabotage::read(file) {
            Ok(sabotage) => Arc::new(sabotage),
            Err(e) => {
                eprintln!("error: {e}");
                return Exit::Usage;
            }
        };
        exit = exit.worse(one(file, &sabotage, exit_of_run, options, redactor).await);
        if exit == Exit::Interrupted {
            break;
        }
    }
    exit
}

fn shipped(options: &ServerOptions) -> Vec<PathBuf> {
    let root = options.drills.parent().unwrap_or(&options.drills);
    let entries = std::fs::read_dir(root.join("fixtures/sabotage")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x == "yaml")).collect();
    files.sort();
    files
}

async fn one(
    file: &std::path::Path,
    sabotage: &Arc<Sabotage>,
    exit_of_run: bool,
    options: &ServerOptions,
    redactor: &Redactor,
) -> Exit {
    let name = file.file_stem().map(|s| s.to_string_lossy().to_string()).unwrap_or_default();
    let plans = match load_patched(&options.drills, &sabotage.drill, &sabotage.scenario, &sabotage.patch) {
        Ok(plan) => vec![plan],
        Err(diagnostics) => {
            eprint!("{}", diagnostics.render(options.color));
            return Exit::Usage;
        }
    };
    let verdicts = match once(options, plans, false, Some(sabotage.clone()), redactor).await {
        Ok((_, Exit::Interrupted)) => return Exit::Interrupted,
        Ok((_, exit)) if exit_of_run => return exit,
        Ok((verdicts, _)) => verdicts,
        Err(e) => return show(&e),
    };
    let wrong = differences(&sabotage.red, &verdicts);
    let mut out = std::io::stdout();
    if wrong.is_empty() {
        let _ = writeln!(out, "PROVED: {name}   {} checks turned red as stated, no other", sabotage.red.len());
        return Exit::Passed;
    }
    let _ = writeln!(out, "NOT PROVED: {name}   {}", sabotage.why);
    for line in wrong {
        let _ = writeln!(out, "  {line}");
    }
    Exit::Failed
}

/// Where the run differs from what the sabotage states.
fn differences(red: &BTreeMap<String, Red>, verdicts: &Verdicts) -> Vec<String> {
    let checks = verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
    let seen: BTreeMap<String, Outcome> =
        checks.filter_map(|c| Some((c.id.splitn(3, '/').nth(2)?.to_string(), c.outcome))).collect();
    let expected = |check: &str| match red.get(check) {
        None => Outcome::Passed,
        Some(Red::Failed) => Outcome::Failed,
        Some(Red::Inconclusive) => Outcome::Inconclusive,
    };
    let mut wrong: Vec<String> = seen
        .iter()
        .filter(|(check, outcome)| **outcome != expected(check))
        .map(|(check, outcome)| format!("{check}: {outcome:?}, stated {:?}", expected(check)))
        .collect();
    wrong.extend(
        red.keys()
            .filter(|check| !seen.contains_key(*check))
            .map(|check| format!("{check}: stated, and not judged at all")),
    );
    wrong
}
