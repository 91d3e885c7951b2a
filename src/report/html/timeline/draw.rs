//! The picture as SVG.

use super::axis::Axis;
use super::lanes::{Kind, Lane, MARK_PX, Mark};
use super::{AXIS_PX, Instant, Picture, Span};
use maud::{Markup, html};

const WIDTH: i64 = 1000;
const LANE: i64 = 28;
/// Acceptances stand above the lane's middle, refusals below: a death is a step.
const STEP: i64 = 6;
const LABEL: i64 = 15;
/// About how wide a character of a label is, px.
const CHARACTER: i64 = 7;

/// Figure, key and caption.
pub fn figure(picture: &Picture, n: usize) -> Markup {
    html! {
        figure {
            div.scroll tabindex="0" role="group" aria-label=(picture.title) { (svg(picture, n)) }
            ul.key {
                li { (key(Kind::Accepted)) "accepted" }
                li { (key(Kind::Refused)) "refused" }
                li { (key(Kind::Neither)) "no answer that counts" }
                li { svg.timeline-key viewBox="0 0 14 14" aria-hidden="true" { rect.key-lived x="0" y="2" width="14" height="10" {} } "still accepted after the origin" }
                li { svg.timeline-key viewBox="0 0 14 14" aria-hidden="true" { rect.key-span x="1" y="2" width="12" height="10" {} } "died within (dashed: no end seen)" }
            }
            figcaption {
                "Milliseconds from " (picture.origin) ". An acceptance stands where its attempt began, everything else where it ended. "
                @if picture.axis.stretches.iter().any(|s| s.squeezed) { "The shaded ends are drawn at a smaller scale. " }
                "Marks of one kind closer than " (MARK_PX) " px are drawn as one; different kinds never are."
            }
        }
    }
}

fn key(kind: Kind) -> Markup {
    html! { svg.timeline-key viewBox="0 0 14 14" aria-hidden="true" { (shape(kind, 7, 7)) } }
}

fn svg(picture: &Picture, n: usize) -> Markup {
    let labels = label_rows(&picture.instants, &picture.axis);
    let rows = labels.iter().map(|(_, _, row)| row + 1).max().unwrap_or(0);
    let top = rows * LABEL + 10;
    let lanes = i64::try_from(picture.lanes.len()).unwrap_or_default();
    let bottom = top + lanes * LANE;
    let middle = |lane: usize| top + i64::try_from(lane).unwrap_or_default() * LANE + LANE / 2;
    let (title, desc) = (format!("t{n}-title"), format!("t{n}-desc"));
    html! {
        svg.timeline viewBox={ "0 0 " (WIDTH) " " (bottom + 34) } role="img" aria-labelledby=(title) aria-describedby=(desc) {
            title id=(title) { (picture.title) }
            desc id=(desc) { (picture.desc) }
            (ground(picture, top, bottom))
            @for (i, lane) in picture.lanes.iter().enumerate() {
                text x="8" y=(middle(i) + 4) { (lane.name) }
                line.lane x1=(AXIS_PX.0) x2=(AXIS_PX.1) y1=(middle(i)) y2=(middle(i)) {}
            }
            @for span in &picture.spans { (exposure(span, &picture.axis, middle(span.lane))) }
            @for (instant, px, row) in &labels { (line(instant, *px, *row, bottom)) }
            @for (instant, px, row) in &labels { (words(instant, *px, *row)) }
            @for (i, lane) in picture.lanes.iter().enumerate() { (marks(lane, middle(i))) }
            @for span in &picture.spans { (exposure_text(span, &picture.axis, middle(span.lane))) }
        }
    }
}

/// What lies under everything: squeezed stretches, faults, ticks.
fn ground(picture: &Picture, top: i64, bottom: i64) -> Markup {
    let axis = &picture.axis;
    html! {
        @for s in axis.stretches.iter().filter(|s| s.squeezed) {
            rect.squeezed x=(s.from_px) y=(top) width=(s.to_px - s.from_px) height=(bottom - top) {}
        }
        @for (from, to, text) in &picture.faults {
            rect.fault x=(axis.px(*from)) y=(top) width=((axis.px(*to) - axis.px(*from)).max(2)) height=(bottom - top) {
                title { (text) }
            }
            text.minor x=(axis.px(*from) + 3) y=(bottom - 3) { (text) }
        }
        @for tick in axis.ticks(58) {
            line.grid x1=(tick.px) x2=(tick.px) y1=(top) y2=(bottom + 4) {}
            @let edge = tick.px + 24 > WIDTH;
            text.minor x=(if edge { tick.px + 8 } else { tick.px }) y=(bottom + 16) text-anchor=(if edge { "end" } else { "middle" }) { (tick.text) }
        }
        @for pair in axis.stretches.windows(2) {
            line.break x1=(pair[0].to_px) x2=(pair[0].to_px) y1=(top) y2=(bottom + 4) {}
        }
        text.minor x=(AXIS_PX.0) y=(bottom + 31) { "ms from " (picture.origin) }
    }
}

/// Which label goes into which row: the first in which it touches no other. Instant, px of its line, row.
fn label_rows<'a>(instants: &'a [Instant], axis: &Axis) -> Vec<(&'a Instant, i64, i64)> {
    let mut sorted: Vec<&Instant> = instants.iter().collect();
    sorted.sort_by_key(|i| i.us);
    let mut ends: Vec<i64> = Vec::new();
    let mut placed = Vec::new();
    for instant in sorted {
        let px = axis.px(instant.us);
        let (from, to) = label_px(instant, px);
        let row = ends.iter().position(|end| *end < from).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(to);
        } else {
            ends[row] = to;
        }
        placed.push((instant, px, i64::try_from(row).unwrap_or_default()));
    }
    placed
}

fn label_width(instant: &Instant) -> i64 {
    i64::try_from(instant.text.chars().count()).unwrap_or_default() * CHARACTER
}

/// From where to where a label goes: right of its line, or left of it at the picture's edge.
fn label_px(instant: &Instant, px: i64) -> (i64, i64) {
    let width = label_width(instant);
    if px + width + 8 > WIDTH { (px - width - 8, px) } else { (px, px + width + 8) }
}

fn line(instant: &Instant, px: i64, row: i64, bottom: i64) -> Markup {
    let y = row * LABEL + 12;
    let class = match instant.class {
        "origin" => "origin",
        "limit" => "limit",
        _ => "at",
    };
    html! {
        line class=(class) x1=(px) x2=(px) y1=(y - 10) y2=(bottom) {}
    }
}

fn words(instant: &Instant, px: i64, row: i64) -> Markup {
    let (y, left) = (row * LABEL + 12, label_px(instant, px).0 < px);
    let (x, anchor) = if left { (px - 4, "end") } else { (px + 4, "start") };
    let words = if instant.class == "limit" { "limit-text" } else { "label" };
    html! {
        text class=(words) x=(x) y=(y) text-anchor=(anchor) { (instant.text) }
    }
}

fn exposure_px(span: &Span, axis: &Axis) -> (i64, i64) {
    let from = axis.px(span.from_us);
    (from, span.to_us.map_or(AXIS_PX.1, |to| axis.px(to)).max(from + 2))
}

/// From the origin on it lived for sure; then comes the interval in which it died.
fn exposure(span: &Span, axis: &Axis, y: i64) -> Markup {
    let (from, to) = exposure_px(span, axis);
    let class = if span.to_us.is_some() { "span" } else { "span open" };
    let (top, height, zero) = (y - LANE / 2 + 2, LANE - 4, axis.px(0));
    html! {
        @if from > zero { rect.lived x=(zero) y=(top) width=(from - zero) height=(height) { title { "still accepted" } } }
        rect class=(class) x=(from) y=(top) width=(to - from) height=(height) { title { "exposure " (span.text) } }
    }
}

fn exposure_text(span: &Span, axis: &Axis, y: i64) -> Markup {
    let (from, to) = exposure_px(span, axis);
    let width = i64::try_from(span.text.chars().count()).unwrap_or_default() * CHARACTER;
    // Inside where it fits, else beside it, above where refusals stand.
    let inside = to - from > width + 12;
    let left = to + width + 8 > WIDTH;
    let (x, y, anchor, class) = match (inside, left) {
        (true, _) => (i64::midpoint(from, to), y + 1, "middle", "span-text inside"),
        (false, false) => (to + 5, y + 4, "start", "span-text"),
        // No end was seen: all marks before it are acceptances, above.
        (false, true) => (from - 5, y + 9, "end", "span-text"),
    };
    html! { text class=(class) x=(x) y=(y) text-anchor=(anchor) { (span.text) } }
}

fn marks(lane: &Lane, y: i64) -> Markup {
    let at = |mark: &Mark| match mark.kind {
        Kind::Accepted => y - STEP,
        Kind::Refused => y + STEP,
        Kind::Neither => y,
    };
    html! { @for mark in &lane.marks { g { title { (mark.title) } (shape(mark.kind, mark.px, at(mark))) } } }
}

/// A dot, a cross, a hollow square: told apart without colour.
fn shape(kind: Kind, x: i64, y: i64) -> Markup {
    match kind {
        Kind::Accepted => html! { circle.yes cx=(x) cy=(y) r="2.7" {} },
        Kind::Refused => {
            let d = format!("M{} {}l6 6m0-6l-6 6", x - 3, y - 3);
            html! { path.no d=(d) {} }
        }
        Kind::Neither => html! { rect.other x=(x - 3) y=(y - 3) width="6" height="6" {} },
    }
}
