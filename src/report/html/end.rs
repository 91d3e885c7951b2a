//! The last sections: exceptions, what the run does not show, and how to check all of it.

use super::page::{Tone, code, scroll, text};
use crate::report::exceptions::{Granted, days_left, granted};
use crate::report::facts::{self, Run};
use crate::report::{notes, words};
use crate::verdict::Use;
use jiff::civil::Date;
use maud::{Markup, html};

pub fn sections(run: Run<'_>, evidence_sha256: &str) -> Markup {
    html! {
        (exceptions(run))
        section aria-labelledby="not-shown" {
            h2 id="not-shown" { "Not shown by this run" }
            ul { @for line in notes::not_shown(run) { li { (text(&line)) } } }
        }
        (evidence(run, evidence_sha256))
        footer { "One file, no scripts, nothing loaded from elsewhere. It says what " code { "evidence.json" } " says; whether a level is reached, only a gate decides." }
    }
}

fn exceptions(run: Run<'_>) -> Markup {
    let all = granted(run);
    let table = html! {
        table {
            @if let Some(day) = run.head().as_of { caption { "Judged as of " (day.to_string()) " (UTC)." } }
            thead { tr { @for label in ["Exception", "Check", "Owner", "Granted", "Ends", "Why, and what stands in for it", "In this run"] { th scope="col" { (label) } } } }
            tbody { @for one in &all { (exception(one, run.head().as_of)) } }
        }
    };
    html! {
        @if !all.is_empty() {
            section aria-labelledby="exceptions" {
                h2 id="exceptions" { "Exceptions" }
                (scroll("Exceptions", &table))
            }
        }
    }
}

fn exception(granted: &Granted<'_>, as_of: Option<Date>) -> Markup {
    let e = granted.exception;
    html! {
        tr {
            th scope="row" { (text(&e.id)) }
            td { (code(&e.check)) }
            td { (text(&e.owner)) }
            td { "by " (text(&e.granted_by)) br; span.num { (e.granted_on.to_string()) } }
            td {
                span.num { (e.expires.to_string()) }
                @if let Some(day) = as_of { br; (days_left(e, day)) }
                @if granted.warns() { br; strong { "warning: it ends soon" } }
            }
            td { (text(&e.reason)) br; "Instead: " (text(&e.compensating_control)) }
            td { @if granted.state == Use::Applied { (Tone::Excepted.mark(granted.what())) } @else { (granted.what()) } }
        }
    }
}

/// `37 days left`, `ends today`, `ended 3 days ago`.
pub fn left(days: i32) -> String {
    let count = |n: i32| format!("{n} {}", words::plural(usize::try_from(n).unwrap_or(0), "day"));
    match days {
        0 => "ends today".to_owned(),
        1.. => format!("{} left", count(days)),
        _ => format!("ended {} ago", count(days.saturating_neg())),
    }
}

fn evidence(run: Run<'_>, evidence_sha256: &str) -> Markup {
    let servers = html! {
        table {
            caption { "Servers" }
            thead { tr { @for label in ["Role", "Product", "Image", "Content id", "Where it came from"] { th scope="col" { (label) } } } }
            tbody {
                @for s in run.servers() {
                    tr {
                        th scope="row" { (text(s.role)) }
                        td { (text(s.product)) " " (text(s.version)) }
                        td { (code(s.image)) }
                        td { (code(&words::hash(s.image_id))) }
                        td { (notes::origin(s.origin)) }
                    }
                }
            }
        }
    };
    let drills = html! {
        table {
            caption { "Definitions" }
            thead { tr { @for label in ["Drill", "File", "sha256", "Credential", "Mended by"] { th scope="col" { (label) } } } }
            tbody {
                @for plan in &run.head().drills {
                    tr {
                        th scope="row" { (text(&plan.drill)) }
                        td { (code(&plan.file)) }
                        td { (code(&words::hash(&plan.sha256))) }
                        td { (plan.credential.kind()) ", role " (code(plan.credential.role())) (exported(plan)) }
                        td { (text(&plan.owner)) }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="evidence" {
            h2 id="evidence" { "Evidence" }
            @if run.servers().is_empty() { p { "No server came up." } } @else { (scroll("Servers", &servers)) }
            @if !run.head().drills.is_empty() { (scroll("Definitions", &drills)) }
            p {
                "Beside this file: " code { "events.jsonl" } " holds every observation, " code { "evidence.json" } " (sha256 " (code(&words::hash(evidence_sha256)))
                ") what was decided. To check that nothing was altered and that the verdicts follow from the events: " code { "drill verify DIR" }
                "; to judge and render again, without containers: " code { "drill report DIR" } ". Hashes are cut to twelve characters here; the whole is in the evidence."
            }
            @if let Some(engine) = &run.head().engine {
                p.soft { "Container engine: " (text(&engine.name)) " " (text(&engine.version)) " at " (code(&engine.endpoint)) ", reached by " (text(&engine.reach)) "." }
            }
        }
    }
}

fn exported(plan: &crate::definition::DrillPlan) -> Markup {
    use crate::credential::database::RoleSource;
    match facts::source(plan) {
        RoleSource::Drill => html! { ", as the drill file states it" },
        RoleSource::Exported { sha256, date, .. } => html! {
            ", exported" @if let Some(date) = date { " on " (text(date)) } " (sha256 " (code(&words::hash(sha256))) ")"
        },
    }
}
