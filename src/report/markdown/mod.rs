//! `readiness.md`: the report for people, the worst first. The verdict word of a gate never stands here.

mod checks;
mod ended;
mod exceptions;
pub mod text;

use super::facts::Run;
use super::{notes, phrases, sentences, words};
use crate::secret::Redactor;
use std::fmt::Write as _;
use text::{code, md, row};

/// A report of two scenarios is no longer, in lines; and what each further scenario may add.
const LINES: usize = 59;
const LINES_MORE: usize = 12;

/// The file's text.
pub fn render(run: Run<'_>, evidence_sha256: &str, redactor: &Redactor) -> String {
    let mut out = format!("# {}\n", md(&run.headline()));
    if let Some(by) = &run.verdicts.interrupted {
        let _ = writeln!(out, "**Interrupted by {}**: what had not been observed by then is inconclusive.\n", md(by));
    }
    out += &summary(run);
    out.push('\n');
    out += &facts_table(run);
    out += &ended::tables(run);
    let granted = exceptions::table(run);
    let end = not_shown(run) + &footer(run, evidence_sha256);
    let lines = LINES + LINES_MORE * run.scenarios().count().saturating_sub(2);
    let room = lines.saturating_sub(out.lines().count() + end.lines().count());
    out += &checks::table(run, room);
    // These come on top of what a report may be long: each is somebody's risk, and has its line.
    out += &granted;
    out += &end;
    redactor.clean(&out).into_owned()
}

fn footer(run: Run<'_>, evidence_sha256: &str) -> String {
    let definition = match run.head().drills.as_slice() {
        [one] => format!(" · definition sha256 {}", code(&words::hash(&one.sha256))),
        _ => String::new(),
    };
    let evidence = code(&words::hash(evidence_sha256));
    format!("\nevidence.json sha256 {evidence}{definition} · terms: docs/words.md\n")
}

/// What stands in the file when there is no verdict.
pub fn render_trouble(title: &str, what: &str, redactor: &Redactor) -> String {
    let fence = "`".repeat(3.max(longest_run_of_backticks(what) + 1));
    let what: String = what.chars().filter(|c| *c == '\n' || !words::is_unprintable(*c)).collect();
    let text = format!("# NOT RUN: {}\n\n{fence}text\n{}\n{fence}\n", md(title), what.trim_end());
    redactor.clean(&text).into_owned()
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn summary(run: Run<'_>) -> String {
    let drills = &run.verdicts.drills;
    let bullet = if drills.len() > 1 { "- " } else { "" };
    drills.iter().map(|d| format!("{bullet}{}\n", text::line(&sentences::of_drill(run, d)))).collect()
}

fn facts_table(run: Run<'_>) -> String {
    let mut out = String::from("| | |\n|---|---|\n");
    let mut say = |label: &str, cell: String| out += &row(&[label.to_owned(), cell]);
    for plan in &run.head().drills {
        say("What was tested", text::line(&notes::tested(run, plan)));
    }
    say("When, by whom", text::line(&notes::who(run)));
    say("Servers", text::line(&notes::servers(run)));
    say("Result", notes::result(run));
    let families = phrases::not_judged_families(run);
    if !families.is_empty() {
        say("Not judged here", format!("{}; see the end", md(&families.join(", "))));
    }
    out
}

fn not_shown(run: Run<'_>) -> String {
    let lines = notes::not_shown(run);
    let lines = lines.iter().map(|line| format!("- {}\n", md(line)));
    std::iter::once("\n## Not shown by this run\n".to_owned()).chain(lines).collect()
}
