//! The checks of a scenario, the worst first. Every row carries its check's id and verdict, for programs that read the page.

use super::page::{Tone, code, scroll, text};
use crate::report::exceptions::covering;
use crate::report::words;
use crate::report::{cells::Credential, console};
use crate::verdict::{CheckVerdict, Outcome};
use maud::{Markup, html};

pub fn table(c: &Credential<'_>, label: &str) -> Markup {
    let table = html! {
        table.checks {
            thead { tr {
                th scope="col" { "Check" }
                th scope="col" { "Expected" }
                th scope="col" { "Observed" }
                th scope="col" { "Verdict" }
            } }
            tbody { @for check in &c.verdict.checks { (row(c, check)) } }
        }
    };
    html! {
        @if c.verdict.checks.is_empty() { p { "No check was judged." } } @else { (scroll(&format!("Checks of {label}"), &table)) }
    }
}

fn row(c: &Credential<'_>, check: &CheckVerdict) -> Markup {
    let tone = Tone::from(check.outcome);
    html! {
        tr class=(tone.class()) data-check=(check.id) data-outcome=(check.outcome.word()) {
            th scope="row" { (code(&words::name(check))) }
            td { (text(&check.expected)) }
            td {
                (text(&check.observed))
                @if check.outcome != Outcome::Passed { (more(c, check)) }
            }
            td { (tone.mark(check.outcome.word())) }
        }
    }
}

/// What there is to say about a check that did not pass.
fn more(c: &Credential<'_>, check: &CheckVerdict) -> Markup {
    let told = ["expected", "observed", "means"];
    let details = console::details(check);
    html! {
        @if let Some(means) = &check.means { p.means { (text(means)) } }
        dl.more {
            dt { "reason" } dd { (code(&check.reason)) }
            @for (label, value) in details.iter().filter(|(label, _)| !told.contains(label)) {
                dt { (label) } dd { (text(value)) }
            }
            @if let Some(granted) = covering(c.run, check) {
                dt { "exception" } dd { a href="#exceptions" { (text(&granted.exception.id)) } ", " (granted.ends()) }
            } @else if let Some(id) = &check.exception {
                dt { "exception" } dd { (text(id)) }
            }
        }
    }
}
