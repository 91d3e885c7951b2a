//! `gate.html`: whether a level is reached, why not, and what to do. The only page on which READY may stand.

use super::end::left;
use super::gate_evidence::{self, run};
use super::page::{self, Tone, code, scroll, text};
use crate::definition::system_word;
use crate::gate::readiness::{Cell, CellOutcome, GateOutcome, Met, Readiness, RequirementResult, SystemRow, Why};
use crate::report::words;
use crate::secret::Redactor;
use maud::{Markup, html};

impl From<Met> for Tone {
    fn from(met: Met) -> Self {
        match met {
            Met::Met => Self::Passed,
            Met::Inconclusive => Self::Inconclusive,
            Met::NotMet => Self::Failed,
        }
    }
}

fn tone(gate: &Readiness) -> Tone {
    match gate.outcome {
        // What was generated never looks like a proof.
        _ if gate.synthetic => Tone::Inconclusive,
        GateOutcome::Ready => Tone::Passed,
        GateOutcome::Inconclusive => Tone::Inconclusive,
        GateOutcome::NotReady => Tone::Failed,
    }
}

/// `NOT READY: RL3`, and first of all that it was made up, where it was.
fn headline(gate: &Readiness) -> String {
    let synthetic = if gate.synthetic { "SYNTHETIC: " } else { "" };
    format!("{synthetic}{}: {}", gate.outcome.loud(), gate.level)
}

/// The page's text.
pub fn page(gate: &Readiness, redactor: &Redactor) -> String {
    let main = html! {
        (requirements(gate))
        (systems(gate))
        (gate_evidence::sections(gate))
        footer { "One file, no scripts, nothing loaded from elsewhere. Every run was judged again for this page, by the events that it left." }
    };
    page::page(&headline(gate), tone(gate), &top(gate), &main, redactor)
}

fn top(gate: &Readiness) -> Markup {
    let not_met = gate.requirements.iter().filter(|r| r.outcome == Met::NotMet).count();
    let unknown = gate.requirements.iter().filter(|r| r.outcome == Met::Inconclusive).count();
    let all = gate.requirements.len();
    let next = gate.exceptions.iter().min_by_key(|e| e.days_left);
    html! {
        p.kicker { "Readiness gate · as of " (gate.as_of.to_string()) " (UTC)" }
        @if gate.synthetic {
            p.banner { "SYNTHETIC: made by a generator, not by servers. It counts for nothing." }
        }
        h1 { (tone(gate).shape()) span { (text(&words::shorten(&words::one_line(&headline(gate)), page::HEADLINE))) } }
        div.lede {
            p {
                strong {
                    // Nothing asked is nothing met.
                    @if all > 0 && not_met == 0 && unknown == 0 { "all " (all) " " (words::plural(all, "requirement")) " met" }
                    @else { (not_met) " of " (all) " " (words::plural(all, "requirement")) " not met" }
                }
                @if unknown > 0 { ", " (unknown) " could not be judged" }
                @if let Some(next) = next {
                    "; " (gate.exceptions.len()) " " (words::plural(gate.exceptions.len(), "exception")) " in use (the first: "
                    (text(&next.id)) ", " (left(next.days_left)) ")"
                }
                "."
            }
        }
        dl {
            dt { "Level" }
            dd { (text(&gate.level)) ": " (text(&gate.title)) }
            dt { "Judged" }
            dd { (gate.judged_at.strftime("%Y-%m-%d %H:%M UTC").to_string()) ", as of " (gate.as_of.to_string()) " · drill " (text(&gate.program)) }
            dt { "Gate" }
            dd { (code(&gate.gate_file)) " sha256 " (code(&words::hash(&gate.gate_sha256))) }
            dt { "Signature" }
            dd { (text(gate.signature.as_deref().unwrap_or("none on the evidence"))) }
        }
        (contents(gate))
    }
}

fn contents(gate: &Readiness) -> Markup {
    html! {
        nav aria-label="On this page" {
            ul {
                li { a href="#requirements" { "Requirements" } }
                li { a href="#systems" { "Systems" } }
                @for (id, label, there) in gate_evidence::contents(gate) {
                    @if there { li { a href={ "#" (id) } { (label) } } }
                }
            }
        }
    }
}

fn requirements(gate: &Readiness) -> Markup {
    let table = html! {
        table.requirements {
            thead { tr {
                @for label in ["Requirement", "Verdict", "Why", "What to do"] { th scope="col" { (label) } }
            } }
            tbody { @for r in &gate.requirements { (requirement(r)) } }
        }
    };
    html! {
        section aria-labelledby="requirements" {
            h2 id="requirements" { "Requirements" }
            @if gate.requirements.is_empty() { p { "The gate asks for nothing." } } @else { (scroll("Requirements", &table)) }
        }
    }
}

/// One row a reason, so that what to do stands beside it.
fn requirement(r: &RequirementResult) -> Markup {
    let rows = r.reasons.len().max(1);
    let tone = Tone::from(r.outcome);
    html! {
        tr class={ "first " (tone.class()) } data-requirement=(r.id) data-outcome=(r.outcome.loud()) {
            th scope="rowgroup" rowspan=(rows) { (text(&r.pattern)) br; span.soft { (text(&r.id)) } }
            td rowspan=(rows) { (tone.mark(r.outcome.loud())) }
            @if let Some(why) = r.reasons.first() { (reason(why)) } @else { td colspan="2" { (text(&r.shown)) } }
        }
        @for why in r.reasons.iter().skip(1) { tr class=(tone.class()) { (reason(why)) } }
    }
}

fn reason(why: &Why) -> Markup {
    html! {
        td {
            (text(&why.what))
            @if let Some(check) = &why.check { br; (code(check)) }
            @if let Some(link) = &why.evidence { br; span.soft { "run " (code(&link.run)) } }
        }
        td { (text(&why.todo)) }
    }
}

fn systems(gate: &Readiness) -> Markup {
    let table = html! {
        table.systems {
            thead { tr {
                @for label in ["System", "Role, owner", "Revoke", "Expire", "Owner, scope, TTL, lease", "Audit", "Parent", "Tested", "Evidence"] {
                    th scope="col" { (label) }
                }
            } }
            tbody { @for row in &gate.systems { (system(row)) } }
        }
    };
    html! {
        section aria-labelledby="systems" {
            h2 id="systems" { "Systems" }
            @if gate.systems.is_empty() { p { "No system is asked for." } } @else { (scroll("Systems", &table)) }
        }
    }
}

fn system(row: &SystemRow) -> Markup {
    let tested = match row.tested_days_ago {
        None => "never".to_owned(),
        Some(0) => "today".to_owned(),
        Some(1) => "yesterday".to_owned(),
        Some(n) => format!("{n} days ago"),
    };
    html! {
        tr {
            th scope="row" {
                (system_word(row.system))
                br;
                span.soft { @if let Some(drill) = &row.drill { "drill " (text(drill)) } @else { "no drill" } }
            }
            td {
                @if let Some(role) = &row.role { (code(role)) }
                @if row.owner.is_some() || row.tenant.is_some() {
                    br;
                    (text(row.owner.as_deref().unwrap_or("–"))) " / " (text(row.tenant.as_deref().unwrap_or("–")))
                }
                @if !row.basis.is_empty() { br; span.soft { "basis: " (text(&row.basis)) } }
            }
            @for of in [&row.revoke, &row.expire, &row.metadata, &row.audit, &row.parent] { td { (cell(of)) } }
            td { span.num { (tested) } }
            td { @for (i, link) in row.evidence.iter().enumerate() { @if i > 0 { br; } (run(link)) } }
        }
    }
}

fn cell(of: &Cell) -> Markup {
    let (tone, word) = match of.outcome {
        CellOutcome::Passed => (Tone::Passed, "passed"),
        CellOutcome::Excepted => (Tone::Excepted, "excepted"),
        CellOutcome::Inconclusive => (Tone::Inconclusive, "inconclusive"),
        CellOutcome::Failed => (Tone::Failed, "failed"),
        CellOutcome::Missing => (Tone::Failed, "missing"),
    };
    html! {
        // A text that says the word itself needs it no second time.
        @let said = of.text.to_lowercase().starts_with(word);
        span class={ "cellmark " (tone.class()) } { (tone.shape()) span { @if said { (text(&of.text)) } @else { (word) } } }
        @if !said && !of.text.is_empty() { br; (text(&of.text)) }
    }
}
