//! A difference, for people.

use super::changes::{Difference, Exposed, Kind, Moved};
use crate::history::Head;
use crate::report::words;
use crate::verdict::Outcome;
use std::fmt::Write as _;

/// What changed, the worst first; the last line says what it comes to.
pub fn render(difference: &Difference, before: &Head, after: &Head) -> String {
    let mut out = format!("{} → {}\n", run(before), run(after));
    for (kind, title) in [
        (Kind::Worse, "worse"),
        (Kind::Gone, "not in the later run"),
        (Kind::New, "new"),
        (Kind::Excepted, "fails, with an exception"),
        (Kind::Better, "better"),
    ] {
        checks(&mut out, difference, kind, title);
    }
    if !difference.exposures.is_empty() {
        out += "exposure (the intervals do not overlap)\n";
        difference.exposures.iter().for_each(|e| exposure(&mut out, e));
    }
    moved(&mut out, "versions", &difference.versions, str::to_owned);
    moved(&mut out, "definitions", &difference.definitions, |v| format!("sha256 {}", words::hash(v)));
    out + &conclusion(difference)
}

fn run(head: &Head) -> String {
    let synthetic = if head.synthetic { "SYNTHETIC " } else { "" };
    words::one_line(&format!("{synthetic}{} of {}", head.run, head.started.strftime("%Y-%m-%d %H:%M UTC")))
}

fn checks(out: &mut String, difference: &Difference, kind: Kind, title: &str) {
    let of_kind = difference.checks.iter().filter(|c| c.kind == kind);
    let word = |outcome: Option<Outcome>| outcome.map_or("–", Outcome::word);
    let mut is_first = true;
    for change in of_kind {
        if is_first {
            let _ = writeln!(out, "{title}");
            is_first = false;
        }
        let (id, observed) = (words::one_line(&change.id), words::one_line(&change.observed));
        let _ = writeln!(out, "  {id}  {} → {}  {observed}", word(change.before), word(change.after));
    }
}

fn exposure(out: &mut String, exposed: &Exposed) {
    let interval = |(lower, upper)| words::interval(lower, upper);
    let word = if exposed.slower { "longer" } else { "shorter" };
    let (before, after, limit) = (interval(exposed.before), interval(exposed.after), words::span(exposed.limit_ms));
    let _ = writeln!(out, "  {}  {word}: {before} → {after} (limit {limit})", words::one_line(&exposed.id));
}

fn moved(out: &mut String, title: &str, all: &[Moved], show: impl Fn(&str) -> String) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "{title}");
    for moved in all {
        let value = |v: &Option<String>| v.as_deref().map_or("–".to_owned(), |v| words::one_line(&show(v)));
        let (what, before, after) = (words::one_line(&moved.what), value(&moved.before), value(&moved.after));
        let _ = writeln!(out, "  {what}  {before} → {after}");
    }
}

fn conclusion(difference: &Difference) -> String {
    let compared = difference.compared;
    match (difference.worse(), difference.unknown()) {
        (0, None) => format!("no check got worse ({compared} compared)\n"),
        (0, Some(why)) => {
            format!("cannot tell whether a check got worse: {} ({compared} compared)\n", words::one_line(&why))
        }
        (n, _) => format!("{n} {} got worse ({compared} compared)\n", words::plural(n, "check")),
    }
}
