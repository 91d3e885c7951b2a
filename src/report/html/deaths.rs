//! One row a credential: whose it was, when and by whom it was ended, and where and why it was refused.

use super::page::{Tone, cell, scroll, text};
use super::{anchor, name};
use crate::report::cells::{self, CAUSE, Cell, Credential, REFUSED};
use crate::report::rich::{Line, Piece};
use crate::report::words;
use maud::{Markup, html};

/// Each column's cells, one under the other.
const COLUMNS: [(&str, &[Cell]); 5] = [
    ("actor, owner / tenant", &[cells::actor, cells::owner]),
    ("issued", &[cells::issued]),
    ("ended by", &[cells::ended_by]),
    (REFUSED, &[cells::refused, cells::exposure]),
    (CAUSE, &[cells::cause]),
];

pub fn section(all: &[Credential<'_>]) -> Markup {
    let table = html! {
        table.deaths {
            caption { "Times of day are UTC. Leases, sessions and audit lines: in each scenario's section below." }
            thead { tr {
                th scope="col" { "Scenario" }
                @for (label, _) in COLUMNS { th scope="col" { (text(&cells::label(label, all))) } }
            } }
            tbody {
                @for (n, c) in all.iter().enumerate() {
                    tr {
                        th scope="row" {
                            a href={ "#" (anchor(n)) } { (text(&words::shorten(&name(c), 60))) }
                            br;
                            (Tone::from(c.verdict.outcome).mark(c.verdict.outcome.word()))
                        }
                        @for (_, of) in COLUMNS { td { (told(c, of)) } }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="deaths" {
            h2 id="deaths" { "How the credentials ended" }
            @if all.is_empty() { p { "Nothing was tested." } } @else { (scroll("How the credentials ended", &table)) }
        }
    }
}

fn told(c: &Credential<'_>, of: &[Cell]) -> Markup {
    let told: Vec<Line> = of.iter().filter_map(|cell| cell(c)).collect();
    cell(Some(&Line::joined(told, &Piece::Break)).filter(|line| !line.is_empty()))
}
