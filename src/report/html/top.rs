//! The first screen: the verdict, what it rests on, where it ran.

use super::page::{self, Tone, code, line, text};
use crate::report::facts::Run;
use crate::report::words::{self, Counts};
use crate::report::{notes, phrases, sentences};
use crate::verdict::DrillVerdict;
use maud::{Markup, html};

pub fn verdict(run: Run<'_>, evidence_sha256: &str) -> Markup {
    let head = run.head();
    html! {
        p.kicker { "Revocation drill · run " (code(&words::shorten(&head.run, 60))) }
        @if head.synthetic {
            p.banner { "SYNTHETIC: made by a generator, not by servers. It counts for nothing." }
        }
        h1 { (Tone::from(run.outcome()).shape()) span { (text(&words::shorten(&words::one_line(&run.headline()), page::HEADLINE))) } }
        @if let Some(by) = &run.verdicts.interrupted {
            p.banner.inconclusive { "Interrupted by " (text(by)) ": what had not been observed by then is inconclusive." }
        }
        (lede(run))
        (counts(run))
        dl {
            dt { "What was tested" }
            dd { (tested(run)) }
            dt { "When, by whom" }
            dd { (line(&notes::who(run))) }
            dt { "Servers" }
            dd { (line(&notes::servers(run))) }
            dt { "Evidence" }
            dd { code { "evidence.json" } " sha256 " (code(&words::hash(evidence_sha256))) }
            @let families = phrases::not_judged_families(run);
            @if !families.is_empty() {
                dt { "Not judged here" }
                dd { (text(&families.join(", "))) "; see " a href="#not-shown" { "what this run does not show" } }
            }
        }
        (contents(run))
    }
}

/// More drills are told in the tables, not on the first screen.
const DRILLS: usize = 5;

fn tested(run: Run<'_>) -> Markup {
    let drills = &run.head().drills;
    html! {
        @if drills.len() > DRILLS {
            (drills.len()) " drills, " strong { (notes::place(run)) } "; their roles and hashes: " a href="#evidence" { "Evidence" }
        } @else {
            @for (n, plan) in drills.iter().enumerate() { @if n > 0 { br; } (line(&notes::tested(run, plan))) }
        }
    }
}

/// One sentence a drill, the worst first.
fn lede(run: Run<'_>) -> Markup {
    let mut drills: Vec<&DrillVerdict> = run.verdicts.drills.iter().collect();
    // Stable: within a verdict the order of the plan stays.
    drills.sort_by_key(|d| std::cmp::Reverse(d.outcome));
    let (told, rest) = drills.split_at(drills.len().min(DRILLS));
    html! {
        div.lede {
            @if let [one] = told {
                p { (line(&sentences::in_short(run, one))) }
            } @else {
                ul {
                    @for drill in told { li { (line(&sentences::in_short(run, drill))) } }
                    @if !rest.is_empty() { li { (rest.len()) " more: " (text(&named(rest))) "." } }
                }
            }
        }
    }
}

/// `mail (failed), search and orders (passed)`: each verdict once, behind the names that it is of.
fn named(drills: &[&DrillVerdict]) -> String {
    let same = drills.chunk_by(|a, b| a.outcome == b.outcome);
    let names = |few: &[&DrillVerdict]| words::list(&few.iter().map(|d| d.drill.clone()).collect::<Vec<_>>());
    same.map(|few| format!("{} ({})", names(few), few[0].outcome.word())).collect::<Vec<_>>().join(", ")
}

fn counts(run: Run<'_>) -> Markup {
    let counts = Counts::of_scenarios(run.scenarios());
    let all = [
        (counts.failed, "failed", Tone::Failed),
        (counts.inconclusive, "inconclusive", Tone::Inconclusive),
        (counts.excepted, "excepted", Tone::Excepted),
        (counts.passed, "passed", Tone::Passed),
    ];
    html! {
        ul.counts aria-label="Checks by verdict" {
            @for (n, word, tone) in all {
                li class=(if n > 0 { format!("some {}", tone.class()) } else { "none".to_owned() }) { b { (n) } " " (word) }
            }
        }
    }
}

fn contents(run: Run<'_>) -> Markup {
    html! {
        nav aria-label="On this page" {
            ul {
                li { a href="#matrix" { "Scenarios and checks" } }
                li { a href="#deaths" { "How the credentials ended" } }
                @for (n, drill) in run.verdicts.drills.iter().enumerate() {
                    li { a href={ "#d" (n + 1) } { "Drill " (text(&drill.drill)) } }
                }
                @if !run.head().exceptions.is_empty() { li { a href="#exceptions" { "Exceptions" } } }
                li { a href="#not-shown" { "Not shown" } }
                li { a href="#evidence" { "Evidence" } }
            }
        }
    }
}
