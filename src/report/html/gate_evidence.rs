//! What the gate's page says below its tables: exceptions, what did not count, and what nobody drills.

use super::end::left;
use super::page::{Tone, code, scroll, text};
use crate::definition::system_word;
use crate::gate::readiness::{Coverage, EvidenceLink, EvidenceUse, ExceptionUse, Readiness};
use crate::report::words;
use maud::{Markup, html};

/// Anchor, label, and whether there is anything.
pub fn contents(gate: &Readiness) -> [(&'static str, &'static str, bool); 6] {
    [
        ("exceptions", "Exceptions", !gate.exceptions.is_empty() || !gate.exceptions_refused.is_empty()),
        ("contradictions", "Contradictions", !gate.contradictions.is_empty()),
        ("set-aside", "Evidence that does not count", !gate.set_aside.is_empty()),
        ("kinds", "Kinds without evidence", !gate.kinds_missing.is_empty() || !gate.kinds_not_in_use.is_empty()),
        ("inventory", "Roles in use", gate.inventory.is_some()),
        ("evidence", "Evidence that counts", true),
    ]
}

pub fn sections(gate: &Readiness) -> Markup {
    let bodies = [exceptions, contradictions, set_aside, kinds, inventory, evidence];
    html! {
        @for ((id, label, there), body) in contents(gate).into_iter().zip(bodies) {
            @if there {
                section aria-labelledby=(id) { h2 id=(id) { (label) } (body(gate)) }
            }
        }
    }
}

/// A run by its id and where it lies. No link: what is written there is whatever somebody wrote.
pub fn run(link: &EvidenceLink) -> Markup {
    html! { (code(&link.run)) br; span.soft { (text(&link.dir)) } }
}

/// A table with its header in a box that scrolls by itself.
fn table(label: &str, columns: &[&str], rows: &Markup) -> Markup {
    let table = html! {
        table {
            thead { tr { @for column in columns { th scope="col" { (column) } } } }
            tbody { (rows) }
        }
    };
    scroll(label, &table)
}

fn exceptions(gate: &Readiness) -> Markup {
    let row = |e: &ExceptionUse| {
        html! {
            tr {
                th scope="row" { (text(&e.id)) br; (Tone::Excepted.mark("in use")) }
                td { (code(&e.check)) }
                td { (text(&e.owner)) }
                td { "by " (text(&e.granted_by)) br; span.num { (e.granted_on.to_string()) } }
                td { span.num { (e.ends.to_string()) } br; strong { (left(e.days_left)) } }
                td { (text(&e.reason)) br; "Instead: " (text(&e.compensating_control)) }
            }
        }
    };
    let used = html! { @for e in &gate.exceptions { (row(e)) } };
    let refused = html! {
        @for e in &gate.exceptions_refused {
            tr {
                th scope="row" { (text(&e.id)) }
                td { (code(&e.check)) }
                td { (text(&e.owner)) }
                td { (text(&e.why)) }
            }
        }
    };
    html! {
        @if !gate.exceptions.is_empty() {
            (table("Exceptions in use", &["Exception", "Check", "Owner", "Granted", "Ends", "Why, and what stands in for it"], &used))
        }
        @if !gate.exceptions_refused.is_empty() {
            h3 { "Written down, and not applied" }
            (table("Exceptions that were not applied", &["Exception", "Check", "Owner", "Why not"], &refused))
        }
    }
}

fn contradictions(gate: &Readiness) -> Markup {
    let rows = html! {
        @for c in &gate.contradictions {
            tr {
                th scope="row" { (text(&c.of)) }
                td { (text(&c.worse_outcome)) br; (run(&c.worse)) }
                td { (text(&c.other_outcome)) br; (run(&c.other)) }
                td { @for (i, check) in c.checks.iter().enumerate() { @if i > 0 { br; } (code(check)) } }
            }
        }
    };
    html! {
        p { "Runs of one definition on the same servers, close to each other, that say different things. The worse counts." }
        (table("Contradictions", &["Scenario", "Counts", "The other", "Checks that differ"], &rows))
    }
}

fn set_aside(gate: &Readiness) -> Markup {
    let rows = html! {
        @for s in &gate.set_aside {
            tr {
                th scope="row" { @if s.run.is_empty() { "unreadable" } @else { (code(&s.run)) } }
                td { (code(&s.dir)) }
                td { @if s.of.is_empty() { "the whole run" } @else { (text(&s.of)) } }
                td { (text(&s.why)) }
            }
        }
    };
    table("Evidence that does not count", &["Run", "Directory", "Of what", "Why it does not count"], &rows)
}

fn kinds(gate: &Readiness) -> Markup {
    let rows = html! {
        @for k in &gate.kinds_missing {
            tr {
                th scope="row" { (system_word(k.system)) }
                td { (Tone::Failed.mark("missing")) }
                td { (text(&k.why)) @if !k.in_use.is_empty() { "; in use: " (text(&k.in_use.join(", "))) } }
            }
        }
        @for k in &gate.kinds_not_in_use {
            tr {
                th scope="row" { (system_word(k.system)) }
                td { "not in use" }
                td { (text(&k.reason)) ", says " (text(&k.owner)) }
            }
        }
    };
    table("Kinds without evidence", &["Kind of system", "State", "Why"], &rows)
}

fn inventory(gate: &Readiness) -> Markup {
    html! { @if let Some(inventory) = &gate.inventory { (coverage(inventory)) } }
}

fn coverage(of: &Coverage) -> Markup {
    let rows = html! {
        @for role in &of.uncovered {
            tr {
                th scope="row" { (code(&role.path)) }
                td { @if let Some(system) = role.system { (system_word(system)) } @else { "not told" } }
                td { (text(role.owner.as_deref().unwrap_or("not told"))) }
            }
        }
    };
    html! {
        p {
            (of.roles) " " (words::plural(of.roles, "role")) " in use by " (code(&of.file)) ", "
            strong { (of.uncovered.len()) " without a drill" } "."
            @if !of.drills_without_role.is_empty() { " Drills whose role is not in it: " (text(&of.drills_without_role.join(", "))) "." }
        }
        @if !of.uncovered.is_empty() { (table("Roles without a drill", &["Role without a drill", "Kind of system", "Owner"], &rows)) }
    }
}

fn evidence(gate: &Readiness) -> Markup {
    let row = |e: &EvidenceUse| {
        html! {
            tr {
                th scope="row" { (run(&e.link)) }
                td { span.num { (e.started.strftime("%Y-%m-%d %H:%M").to_string()) } }
                td { (text(&e.scenarios.join(", "))) }
                td { (text(&e.servers.join(" · "))) " · drill " (text(&e.program)) }
                td { (code(&words::hash(&e.events_sha256))) }
                td { (text(e.signature.as_deref().unwrap_or("not signed"))) }
            }
        }
    };
    let rows = html! { @for e in &gate.evidence { (row(e)) } };
    html! {
        @if gate.evidence.is_empty() { p { "None." } } @else {
            (table("Evidence that counts", &["Run", "Began (UTC)", "Counts for", "Servers", "events.jsonl sha256", "Signature"], &rows))
        }
        p.soft { "To check a run: " code { "drill verify DIR" } ". Hashes are cut to twelve characters; the whole is in " code { "gate.json" } "." }
    }
}
