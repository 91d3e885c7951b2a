//! `readiness.md`: the report for people, the worst first. The verdict word of a gate never stands here.

mod checks;
mod ended;
mod text;

pub use text::{server_line, where_it_ran};

use super::facts::{self, Run};
use super::phrases;
use super::words::{self, Counts};
use crate::credential::database::RoleSource;
use crate::definition::DrillPlan;
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
    out += &text::summary(run);
    out.push('\n');
    out += &facts_table(run);
    out += &ended::tables(run);
    let end = not_shown(run) + &footer(run, evidence_sha256);
    let lines = LINES + LINES_MORE * run.scenarios().count().saturating_sub(2);
    let room = lines.saturating_sub(out.lines().count() + end.lines().count());
    out += &checks::table(run, room);
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

fn facts_table(run: Run<'_>) -> String {
    let mut out = String::from("| | |\n|---|---|\n");
    for plan in &run.head().drills {
        out += &row(&["What was tested".to_owned(), tested(run, plan)]);
    }
    out += &row(&["When, by whom".to_owned(), who(run)]);
    let mut servers: Vec<String> = run.servers().iter().map(text::server_md).collect();
    let binary = run.head().program_sha256.as_deref();
    let binary = binary.map(|s| format!(" ({})", code(&words::hash(s))));
    servers.push(format!("drill {}{}", md(&run.head().program), binary.unwrap_or_default()));
    out += &row(&["Servers".to_owned(), servers.join(" · ")]);
    let counts = Counts::of_scenarios(run.scenarios());
    let result = format!(
        "{} {} passed, {} failed, {} inconclusive, {} excepted",
        counts.passed,
        words::plural(counts.passed, "check"),
        counts.failed,
        counts.inconclusive,
        counts.excepted
    );
    out += &row(&["Result".to_owned(), result]);
    let families = phrases::not_judged_families(run);
    if !families.is_empty() {
        let families = md(&families.join(", "));
        out += &row(&["Not judged here".to_owned(), format!("{families}; see the end")]);
    }
    out
}

fn tested(run: Run<'_>, plan: &DrillPlan) -> String {
    let source = match facts::source(plan) {
        RoleSource::Drill => format!("as {} states it", code(&plan.file)),
        RoleSource::Exported { date, sha256, .. } => {
            let date = date.as_deref().map(|d| format!(" on {}", md(d)));
            format!("as exported{} (sha256 {})", date.unwrap_or_default(), code(&words::hash(sha256)))
        }
    };
    let place = text::place(run);
    format!("{}: role {}, {source}, **{place}**", md(&plan.drill), code(plan.credential.role()))
}

fn who(run: Run<'_>) -> String {
    let head = run.head();
    let ended = words::wall(head.started, run.ended_us());
    let mut parts = vec![
        format!("{} – {} UTC", head.started.strftime("%Y-%m-%d %H:%M:%S"), ended.strftime("%H:%M:%S")),
        format!("run {}", code(&head.run)),
    ];
    parts.extend(head.by.job.as_deref().map(md));
    let commit = head.by.commit.as_deref();
    parts.extend(commit.map(|c| format!("commit {}", code(&words::hash(c)))));
    let user = head.by.user.as_deref().map(|u| format!(" by {}", code(u)));
    let started = if head.by.ci { "started in CI" } else { "started" };
    match user {
        Some(user) => parts.push(format!("{started}{user}")),
        None if head.by.ci => parts.push(started.to_owned()),
        None => {}
    }
    parts.join(" · ")
}

/// `metadata (owner, tenant), audit (linked)`.
fn not_judged(run: Run<'_>) -> String {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in run.verdicts.drills.iter().flat_map(|d| &d.not_judged) {
        let (family, rest) = check.split_once('.').unwrap_or((check, ""));
        match families.iter_mut().find(|(f, _)| *f == family) {
            Some((_, checks)) if checks.contains(&rest) => {}
            Some((_, checks)) => checks.push(rest),
            None => families.push((family, vec![rest])),
        }
    }
    let one = |(family, checks): &(&str, Vec<&str>)| format!("{family} ({})", checks.join(", "));
    families.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn not_shown(run: Run<'_>) -> String {
    let mut out = String::from("\n## Not shown by this run\n");
    let mut say = |line: String| out += &["- ", &line, "\n"].concat();
    let drills = &run.head().drills;
    let mut unread: Vec<String> = Vec::new();
    for item in drills.iter().flat_map(|d| &d.not_from_production) {
        if !unread.contains(&md(item)) {
            unread.push(md(item));
        }
    }
    match unread.as_slice() {
        [] => say("Production itself.".to_owned()),
        some => say(format!("Production itself; not taken from there: {}.", words::list(some))),
    }
    let stand_ins = run.stand_ins();
    if !stand_ins.is_empty() {
        say(format!("The vendors' own images: {} ran from stand-ins.", md(&words::list(&stand_ins))));
    }
    let mut doors: Vec<String> = drills.iter().flat_map(|d| &d.doors).map(|d| md(d)).collect();
    doors.dedup();
    say(format!("Other ways in than {}: replicas, poolers, restored backups.", words::list(&doors)));
    let mut scenarios = drills.iter().flat_map(|d| &d.scenarios);
    if scenarios.clone().any(|s| !s.caller.exported) {
        say("Owner and tenant as production has them: the drill file states them itself.".to_owned());
    }
    if scenarios.any(|s| s.limit_is_default) {
        say("That the default limit is the right one: the drill states none.".to_owned());
    }
    let not_judged = not_judged(run);
    if !not_judged.is_empty() {
        say(format!("What this program does not judge yet: {}.", md(&not_judged)));
    }
    out
}
