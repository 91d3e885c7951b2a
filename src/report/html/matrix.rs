//! Scenarios × families of checks: where it is red, at a glance.

use super::page::{Tone, scroll, text};
use super::{anchor, name};
use crate::report::cells::Credential;
use crate::report::facts::Run;
use crate::report::words;
use crate::verdict::{CheckVerdict, Outcome, TABLE};
use maud::{Markup, html};

pub fn section(run: Run<'_>, all: &[Credential<'_>]) -> Markup {
    let families = families(all);
    let table = html! {
        table.matrix {
            caption { "The worst verdict of each family of checks; each leads to its checks." }
            thead { tr {
                th scope="col" { "Scenario" }
                th scope="col" { "Verdict" }
                @for family in &families { th scope="col" { (text(family)) } }
            } }
            tbody {
                @for (n, c) in all.iter().enumerate() {
                    tr {
                        th scope="row" { a href={ "#" (anchor(n)) } { (text(&words::shorten(&name(c), 60))) } }
                        td { (Tone::from(c.verdict.outcome).mark(c.verdict.outcome.word())) }
                        @for family in &families { td { (cell(c, family, n)) } }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="matrix" {
            h2 id="matrix" { "Scenarios and checks" }
            @if run.scenarios().all(|s| s.checks.is_empty()) { p { "No check was judged." } }
            @if !all.is_empty() { (scroll("Scenarios and checks", &table)) }
        }
    }
}

/// In the order of the table of checks; what the program of the evidence had besides comes last.
fn families<'a>(all: &[Credential<'a>]) -> Vec<&'a str> {
    let order = |family: &str| TABLE.iter().position(|(_, id, _)| words::family(id) == family).unwrap_or(usize::MAX);
    let mut families: Vec<&str> = all.iter().flat_map(|c| &c.verdict.checks).map(|c| words::family(&c.check)).collect();
    families.sort_by_key(|f| (order(f), *f));
    families.dedup();
    families
}

fn cell(c: &Credential<'_>, family: &str, n: usize) -> Markup {
    let checks: Vec<&CheckVerdict> = c.verdict.checks.iter().filter(|k| words::family(&k.check) == family).collect();
    let Some(worst) = checks.iter().map(|k| k.outcome).max() else {
        return html! { "–" };
    };
    // A number is not torn from its word.
    let bad = checks.iter().filter(|k| k.outcome == worst).count();
    let count = match worst {
        Outcome::Passed => format!("{bad}\u{a0}passed"),
        _ => format!("{bad}\u{a0}of\u{a0}{} {}", checks.len(), worst.word()),
    };
    let tone = Tone::from(worst);
    html! { a class={ "cellmark " (tone.class()) } href={ "#" (anchor(n)) "-checks" } { (tone.shape()) span { (count) } } }
}
