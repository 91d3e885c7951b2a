//! What was observed, thinned so that it can be drawn: one lane a credential at a door, or a kind of session.

use super::axis::{Axis, offset};
use crate::history::{Part, Series};
use crate::observation::Saw;
use crate::report::words;
use crate::secret::Redactor;
use crate::verdict::{Obs, Seen, View};
use std::collections::BTreeMap;

/// Observations of one kind in one lane that are closer than this are one mark. Other kinds have marks of their own,
/// so that none that contradicts is hidden.
pub const MARK_PX: i64 = 5;

/// What a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Accepted,
    Refused,
    Neither,
}

/// One or several observations of one kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    pub px: i64,
    pub kind: Kind,
    pub count: usize,
    /// From the first to the last, in words.
    pub title: String,
}

/// Whether it is a kind of session, and which door or kind.
type Of = (bool, String);
/// Observations of a lane, with what the lane shows.
type Gathered<'a> = (Option<Of>, Vec<&'a Obs<'a>>);

/// One line of the picture.
#[derive(Debug)]
pub struct Lane {
    pub name: String,
    /// The exposure that belongs to it: a door or a kind of session.
    pub of: Option<Of>,
    pub marks: Vec<Mark>,
}

/// Where a series is drawn: order, name, the exposure that it shows.
fn place(series: &Series, leases: u32, several_doors: bool) -> (u8, String, Option<Of>) {
    let door = if several_doors { format!(" · {}", series.door) } else { String::new() };
    match &series.part {
        Part::Subject { .. } => {
            let name = if leases > 1 { format!("{leases} credentials{door}") } else { format!("credential{door}") };
            (0, name, Some((false, series.door.clone())))
        }
        Part::Session { kind, .. } => (1, format!("session: {kind}"), Some((true, kind.clone()))),
        Part::Control => (2, format!("control{door}"), None),
        Part::ControlSession { .. } => (3, "control's sessions".to_owned(), None),
        Part::BogusSecret | Part::BogusName => (4, "wrong, never issued".to_owned(), None),
        Part::Reissued => (5, format!("issued after{door}"), None),
        Part::Unasked => (5, "while nobody can be asked".to_owned(), None),
        Part::UnaskedControl => (5, "control meanwhile".to_owned(), None),
        Part::Victim => (6, format!("others' target{door}"), None),
        Part::Parent => (7, "parent's first".to_owned(), None),
        Part::ParentControl => (8, "parent's control".to_owned(), None),
    }
}

/// All lanes, the credential first.
pub fn lanes(view: &View<'_>, axis: &Axis, zero_us: u64, redactor: &Redactor) -> Vec<Lane> {
    let several_doors = view.drill.doors.len() > 1;
    let mut lanes: BTreeMap<(u8, String), Gathered<'_>> = BTreeMap::new();
    for (series, line) in view.series() {
        let (order, name, of) = place(series, view.plan.leases, several_doors);
        lanes.entry((order, name)).or_insert_with(|| (of, Vec::new())).1.extend(&line.obs);
    }
    let lane = |((_, name), (of, seen)): ((u8, String), Gathered<'_>)| {
        let marks = thinned(&seen, axis, zero_us, redactor);
        Lane { name: words::shorten(&words::one_line(&redactor.clean(&name)), 22), of, marks }
    };
    lanes.into_iter().map(lane).collect()
}

/// An acceptance counts from where it began, all else from where it ended: so the gap between them is what was measured.
fn instant(obs: &Obs<'_>) -> u64 {
    if obs.seen == Seen::Accepted { obs.sent_us } else { obs.done_us }
}

/// µs from the origin.
pub fn since(at_us: u64, zero_us: u64) -> i64 {
    let us = i128::from(at_us) - i128::from(zero_us);
    i64::try_from(us).unwrap_or(if us < 0 { i64::MIN / 8 } else { i64::MAX / 8 }).clamp(i64::MIN / 8, i64::MAX / 8)
}

fn kind(seen: Seen) -> Kind {
    match seen {
        Seen::Accepted => Kind::Accepted,
        Seen::Refused(_) => Kind::Refused,
        Seen::Nothing => Kind::Neither,
    }
}

/// One mark for those of a kind that fall into the same few pixels: the last acceptance and the first of all else stand where they were.
fn thinned(seen: &[&Obs<'_>], axis: &Axis, zero_us: u64, redactor: &Redactor) -> Vec<Mark> {
    let mut buckets: BTreeMap<(Kind, i64), Vec<&Obs<'_>>> = BTreeMap::new();
    for obs in seen {
        let px = axis.px(since(instant(obs), zero_us));
        buckets.entry((kind(obs.seen), px / MARK_PX)).or_default().push(obs);
    }
    let mark = |((kind, _), mut all): ((Kind, i64), Vec<&Obs<'_>>)| {
        all.sort_by_key(|o| instant(o));
        let at = |obs: &Obs<'_>| since(instant(obs), zero_us);
        let (first, last) = (all.first()?, all.last()?);
        let shown = if kind == Kind::Accepted { last } else { first };
        let word = match kind {
            Kind::Accepted => "accepted".to_owned(),
            Kind::Refused if matches!(first.saw, Saw::Denied { .. }) => format!("denied ({})", code(first, redactor)),
            Kind::Refused => format!("refused ({})", code(first, redactor)),
            Kind::Neither => format!("no answer that counts ({})", code(first, redactor)),
        };
        let times = if all.len() > 1 { format!("{} times, ", all.len()) } else { String::new() };
        let span = if at(first) / 1000 == at(last) / 1000 {
            format!("{} ms", offset(at(first)))
        } else {
            format!("{} to {} ms", offset(at(first)), offset(at(last)))
        };
        Some(Mark { px: axis.px(at(shown)), kind, count: all.len(), title: format!("{word}: {times}{span}") })
    };
    buckets.into_iter().filter_map(mark).collect()
}

fn code(obs: &Obs<'_>, redactor: &Redactor) -> String {
    words::shorten(&words::one_line(&redactor.clean(obs.label())), 60)
}
