//! What is true of a generated history, and which verdicts would be wrong.
//!
//! **The truth** is the instant from which this backend grants the holder nothing. It grants while the credential lives, but for times
//! in which it (or another server in its place: a refusal shows no identity) refuses everybody, and it grants while it lets everybody in.
//! Silence, and another server that lets everybody in, end nothing.
//! A period of granting counts
//! - if it is the credential's own first life and outlasts the last question (it is what "never" means), or
//! - if at least one question fell into it: a grant between two questions, neither before nor after which anything was granted, is known
//!   to nobody, and to no checker. How many histories hold such a grant is counted and printed (`unasked`).
//!
//! **A wrong pass**: `trigger.refused-at-backend`, `trigger.exposure` or `trigger.sessions` passed although that instant lies past the
//! limit or never comes; `trigger.stays-dead` passed although the backend granted again, when asked, after the first counted refusal;
//! `expire.not-early` passed although it died by more than 250 ms and more than one probe before its end.
//! **A wrong fail**: one of them failed although the instant lies within the limit, or the trigger was neither heard nor answered;
//! `trigger.stays-dead` failed although no question after the origin was refused before a later one was granted;
//! `expire.not-early` failed although it did not end before its end.
//! **A wrong interval**: it does not hold the truth.

use super::world::{Mode, NEVER, Who, World};

/// What is true of one history.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // independent facts of one history
pub struct Truth {
    /// The true origin (for a TTL: when the authority began to count, plus the TTL).
    pub origin_us: u64,
    /// The end that the credential states, or that was granted.
    pub end_us: u64,
    /// From when the holder is granted nothing; `NEVER`.
    pub death_us: u64,
    /// The same, had every instant been asked.
    pub unasked_us: u64,
    /// A question after the origin was refused, and a later one granted.
    pub again: bool,
    /// The same of a question that was also sent after it.
    pub again_sent: bool,
    /// How many credentials the trigger ends; what is true of them is true of the last to die.
    pub members: u32,
    /// The last question that was granted, µs; 0: none.
    pub last_granted_us: u64,
    /// When access by sessions ended, by kind.
    pub sessions: Vec<(&'static str, u64)>,
    /// The trigger was answered or carried out (a TTL needs nobody).
    pub heard: bool,
    /// The server keeps a session that no client of ours holds: that fails every kind.
    pub orphan: bool,
    /// The longest time between two questions to the subject.
    pub gap_us: u64,
}

/// A time in which the backend grants the holder something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    from: u64,
    to: u64,
    /// Of the credential's first life.
    own: bool,
}

/// The periods of granting, in order.
fn periods(world: &World, who: Who) -> Vec<Period> {
    let mut cuts: Vec<u64> = world.windows.iter().flat_map(|w| [w.from, w.to]).collect();
    let life = world.life_of(who);
    cuts.extend(life.iter().flat_map(|(from, to)| [*from, *to]));
    cuts.push(NEVER);
    cuts.sort_unstable();
    cuts.dedup();
    let first_life_end = life.first().map_or(0, |(_, to)| *to);
    let mut periods: Vec<Period> = Vec::new();
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        if !world.grants(who, *from) {
            continue;
        }
        let own = *from < first_life_end;
        match periods.last_mut() {
            Some(last) if last.to == *from && last.own == own => last.to = *to,
            _ => periods.push(Period { from: *from, to: *to, own }),
        }
    }
    periods
}

/// The end of the last period that counts, given when questions were decided; and the same had every instant been asked.
pub fn death(world: &World, who: Who, asked: &[Asked]) -> (u64, u64) {
    let last_asked = asked.iter().map(|a| a.decided).max().unwrap_or(0);
    let periods = periods(world, who);
    let counts = |p: &&Period| {
        let witnessed = asked.iter().any(|a| p.from <= a.decided && a.decided < p.to);
        witnessed || (p.own && p.to > last_asked)
    };
    let end = |p: &Period| p.to;
    let unasked = periods.iter().rev().find(|p| p.own || p.from <= last_asked).map_or(0, end);
    (periods.iter().rev().find(counts).map_or(0, end), unasked)
}

/// A question after the origin was refused at this door, and a later one was granted.
pub fn again(world: &World, who: Who, asked: &[Asked], after: impl Fn(&Asked) -> bool) -> bool {
    let first = asked.iter().filter(|a| after(a)).map(|a| a.decided).find(|at| world.refuses(who, *at));
    first.is_some_and(|first| asked.iter().any(|a| a.decided > first && granted(world, who, a.decided)))
}

/// What is true of one member, or of all of a cohort.
pub fn of_cohort(world: &World, asked: &[(Who, Vec<Asked>)], origin_us: u64) -> (u64, u64, bool, bool, u64) {
    let mut of_all = (0, 0, false, false, 0);
    for (who, asked) in asked {
        let (death_us, unasked_us) = death(world, *who, asked);
        of_all.0 = of_all.0.max(death_us);
        of_all.1 = of_all.1.max(unasked_us);
        of_all.2 |= again(world, *who, asked, |a| a.decided >= origin_us);
        of_all.3 |= again(world, *who, asked, |a| a.sent > origin_us);
        let granted = asked.iter().map(|a| a.decided).filter(|at| granted(world, *who, *at));
        of_all.4 = of_all.4.max(granted.max().unwrap_or(0));
    }
    of_all
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub sent: u64,
    pub decided: u64,
}

/// Granted by this run's server, and the answer came.
pub fn granted(world: &World, who: Who, at: u64) -> bool {
    !matches!(world.mode(at), Some(Mode::Unreachable(_) | Mode::Another(_) | Mode::Babbles)) && world.grants(who, at)
}
