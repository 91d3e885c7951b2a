//! The probe loop: the subject and the control in step, back to back while it matters.

use super::journal::{Journal, SeriesWriter};
use super::pace::{self, Pace, SLOW};
use super::supply::{NONE_LEFT, Supply};
use crate::backend::Running;
use crate::history::{Part, Series};
use crate::observation::{Saw, Stage};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Past the limit, so that a late death is seen as late and not as never.
pub const AFTER_LIMIT_US: u64 = 1_000_000;

/// One credential at one door.
pub struct Prober {
    backend: Arc<Running>,
    door: String,
    supply: Supply,
    writer: SeriesWriter,
    journal: Journal,
}

/// What one probe saw, with its times in µs.
pub struct Seen {
    /// Its number in the series.
    pub n: u32,
    /// When it was sent.
    pub sent_us: u64,
    /// When it was answered.
    pub done_us: u64,
    /// What it saw.
    pub saw: Saw,
}

impl Prober {
    /// Begins the series of `part` at `door`.
    pub fn new(journal: &Journal, backend: &Arc<Running>, part: Part, door: &str, supply: impl Into<Supply>) -> Self {
        let series = Series { part, door: door.into() };
        Self {
            backend: backend.clone(),
            door: door.into(),
            supply: supply.into(),
            writer: SeriesWriter::new(journal, series),
            journal: journal.clone(),
        }
    }
    /// One probe.
    pub async fn once(&mut self) -> Seen {
        let taken = self.supply.take();
        if let Some((_, Some(member))) = &taken {
            self.writer.presents(*member);
        }
        let sent_us = self.journal.now_us();
        let (stage, saw) = match &taken {
            Some((credential, _)) => self.backend.probe(&self.door, credential).await,
            None => (Stage::Login, Saw::Unreachable { why: NONE_LEFT.into() }),
        };
        let (n, done_us) = self.writer.record(sent_us, stage, saw.clone());
        Seen { n, sent_us, done_us, saw }
    }
    /// Waits as long as the schedule and what is left to be presented ask for, after a probe.
    async fn pause(&self, seen: &Seen, schedule: &Schedule, give_up_us: u64) {
        let silent = matches!(seen.saw, Saw::Unreachable { .. } | Saw::Unclassified { .. })
            .then(|| Duration::from_micros(seen.done_us.saturating_sub(seen.sent_us)));
        let give_up_us = give_up_us + schedule.longer_us;
        let pace = Pace { now_us: seen.done_us, fast_from_us: schedule.fast_from_us, give_up_us, least: schedule.pace };
        match pace.pause(self.supply.remainder(), silent) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => tokio::task::yield_now().await,
        }
    }
    /// Says that the series is complete.
    pub fn end(self) {
        self.writer.end();
    }
}

/// When to probe how fast, and when to stop. All times in µs of the run's clock.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Back to back from here until the first confirmed refusal.
    pub fast_from_us: u64,
    /// Without a confirmed refusal, probing stops here: the limit and a second more.
    pub give_up_us: u64,
    /// How long it goes on after the first confirmed refusal.
    pub tail_us: u64,
    /// It goes on at least until here. What dies before its end (a renewal is granted in whole seconds) is still to be seen after it.
    pub origin_us: u64,
    /// At this door a credential may be good for so much longer.
    pub longer_us: u64,
    /// Between two probes at this door at least.
    pub pace: Duration,
}

/// Shared between the loops of one scenario.
#[derive(Default)]
pub struct Shared {
    /// The schedule's end moves when a fault is healed later than planned.
    give_up_us: AtomicU64,
    /// What the control saw at each door: what it may there says nothing of another door.
    controls: Vec<Control>,
    /// Members of the cohort whose refusal is not confirmed.
    unsettled: AtomicU32,
    /// Members whose loop goes on.
    watched: AtomicU32,
    ended: tokio::sync::Notify,
}

/// What the control saw at a door.
#[derive(Default)]
struct Control {
    /// When its newest accepted probe was sent.
    accepted_us: AtomicU64,
    /// Since when every probe of it was accepted; [`u64::MAX`] while the newest one was not.
    good_since_us: AtomicU64,
    /// Subjects whose loop there goes on.
    watched: AtomicU32,
}

impl Shared {
    /// For so many subjects at so many doors.
    pub fn new(subjects: usize, doors: usize) -> Arc<Self> {
        let each = u32::try_from(subjects).unwrap_or(u32::MAX);
        let control = || Control { watched: AtomicU32::new(each), ..Control::default() };
        let controls = (0..doors).map(|_| control()).collect();
        let shared = Self { controls, ..Self::default() };
        let series = u32::try_from(subjects * doors).unwrap_or(u32::MAX);
        shared.unsettled.store(series, Ordering::Relaxed);
        shared.watched.store(series, Ordering::Relaxed);
        Arc::new(shared)
    }
    /// The subjects' loops are over.
    pub fn is_over(&self) -> bool {
        self.watched.load(Ordering::Acquire) == 0
    }
    /// Returns when the subjects' loops are over.
    pub async fn wait_until_over(&self) {
        let ended = self.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        if !self.is_over() {
            ended.await;
        }
    }
    /// Every subject was refused, and the control accepted after it.
    pub fn is_settled(&self) -> bool {
        self.unsettled.load(Ordering::Acquire) == 0
    }
    /// What the control just saw at a door.
    fn control_saw(&self, door: usize, seen: &Seen) {
        let Some(control) = self.controls.get(door) else { return };
        if seen.saw.is_acceptance() {
            let good = &control.good_since_us;
            let _ = good.compare_exchange(u64::MAX, seen.done_us, Ordering::AcqRel, Ordering::Acquire);
            control.accepted_us.fetch_max(seen.sent_us, Ordering::AcqRel);
        } else {
            control.good_since_us.store(u64::MAX, Ordering::Release);
        }
    }
    /// Whether acceptances of the control stand on both sides of a refusal; none where that can only be known of a later one.
    fn confirms(&self, door: usize, refusal: &Refusal) -> Option<bool> {
        let control = self.controls.get(door)?;
        // In this order: the control's probes follow each other, so what overlaps the refusal was told before what confirms it.
        let after = control.accepted_us.load(Ordering::Acquire) >= refusal.done_us;
        let broken = control.good_since_us.load(Ordering::Acquire) > refusal.sent_us;
        (!broken).then_some(after)
    }
    /// Until when sessions are watched.
    pub fn give_up_us(&self) -> u64 {
        self.give_up_us.load(Ordering::Relaxed)
    }
    /// Moves the end of an unsettled watch.
    pub fn give_up_at(&self, us: u64) {
        self.give_up_us.fetch_max(us, Ordering::Relaxed);
    }
    /// The subjects' loops at a door are over: what is observed there changes slowly.
    pub fn door_is_over(&self, door: usize) -> bool {
        self.controls.get(door).is_none_or(|control| control.watched.load(Ordering::Acquire) == 0)
    }
    fn one_ended(&self, door: usize) {
        if let Some(control) = self.controls.get(door) {
            control.watched.fetch_sub(1, Ordering::AcqRel);
        }
        if self.watched.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ended.notify_waiters();
        }
    }
}

/// What the loop knows of its own subject: the first refusal since the last acceptance, whether the control confirmed it, and whether
/// another one was asked for after that.
#[derive(Default)]
struct Refused {
    first: Option<Refusal>,
    confirmed: bool,
    again: bool,
}

/// A refusal that the control's next acceptance would confirm.
#[derive(Clone, Copy)]
struct Refusal {
    sent_us: u64,
    done_us: u64,
}

impl Refused {
    fn observe(&mut self, seen: &Seen, door: usize, shared: &Shared) {
        // What confirmed the first was told before this one was sent: the control's acceptance stands between the two.
        self.again |= self.confirmed;
        match &seen.saw {
            Saw::Refused { meaning, .. } if meaning.may_be_dead() => {
                self.first = self.first.or(Some(Refusal { sent_us: seen.sent_us, done_us: seen.done_us }));
            }
            saw if saw.is_acceptance() => {
                if std::mem::take(&mut self.confirmed) {
                    shared.unsettled.fetch_add(1, Ordering::AcqRel);
                }
                (self.first, self.again) = (None, false);
            }
            _ => {}
        }
        let Some(first) = self.first.filter(|_| !self.confirmed) else { return };
        match shared.confirms(door, &first) {
            Some(true) => {
                self.confirmed = true;
                shared.unsettled.fetch_sub(1, Ordering::AcqRel);
            }
            Some(false) => {}
            // Everybody was refused around it: a later refusal has to do.
            None => self.first = None,
        }
    }
    /// When the watch is over, if nothing else is seen until then; none where it is not settled.
    fn end_us(&self, schedule: &Schedule) -> Option<u64> {
        let settled = self.first.filter(|_| self.confirmed)?;
        Some(schedule.origin_us.max(settled.done_us + schedule.tail_us))
    }
}

/// Probes a subject at the door of this number until it is settled, the tail is over, and it was refused once more with the control let in
/// between; or until it is given up.
pub async fn watch_subject(mut prober: Prober, door: usize, schedule: Schedule, shared: Arc<Shared>) -> Prober {
    let mut refused = Refused::default();
    loop {
        let seen = prober.once().await;
        refused.observe(&seen, door, &shared);
        let now = seen.done_us;
        match refused.end_us(&schedule) {
            Some(end) if now >= end && refused.again => break,
            Some(end) => tokio::time::sleep(pace::settled(end.saturating_sub(now), prober.supply.remainder())).await,
            None if now >= shared.give_up_us() + schedule.longer_us => break,
            None => {
                if refused.first.is_some() {
                    // Its end is known now. What ends a user's connections right after the user cuts off a login in the middle, and nothing follows from that.
                    tokio::time::sleep(SLOW / 2).await;
                }
                prober.pause(&seen, &schedule, shared.give_up_us()).await;
            }
        }
    }
    shared.one_ended(door);
    prober
}

/// Probes the control in step with the subject, and once more after the subject's last probe.
pub async fn watch_control(mut prober: Prober, door: usize, schedule: Schedule, shared: Arc<Shared>) -> Prober {
    loop {
        let last = shared.is_over();
        let seen = prober.once().await;
        shared.control_saw(door, &seen);
        if last {
            return prober;
        }
        if shared.is_settled() || shared.door_is_over(door) {
            tokio::select! { () = tokio::time::sleep(SLOW) => {}, () = shared.wait_until_over() => {} }
        } else {
            prober.pause(&seen, &schedule, shared.give_up_us()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Meaning;

    fn seen((sent_us, done_us): (u64, u64), accepted: bool) -> Seen {
        let refused = || Saw::Refused { code: "no".into(), meaning: Meaning::Both };
        let saw = if accepted { Saw::Accepted { server: "ours".into() } } else { refused() };
        Seen { n: 0, sent_us, done_us, saw }
    }

    /// The judge wants the control's acceptance between a refusal and the next: the watch goes on until there is one.
    #[test]
    fn it_is_asked_again_after_the_control_confirmed_the_first_refusal() {
        let (shared, mut refused) = (Shared::new(1, 1), Refused::default());
        let mut told = |control: (u64, u64), subject: (u64, u64), accepted: bool| {
            shared.control_saw(0, &seen(control, true));
            refused.observe(&seen(subject, accepted), 0, &shared);
            (refused.confirmed, refused.again, shared.is_settled())
        };
        assert_eq!(told((0, 9), (10, 20), false), (false, false, false));
        // The control's overlapped the refusal: that confirms nothing.
        assert_eq!(told((15, 25), (21, 30), false), (false, false, false));
        // This one does, but it was not told yet when the third was sent.
        assert_eq!(told((26, 35), (31, 40), false), (true, false, true));
        assert_eq!(told((36, 45), (46, 50), false), (true, true, true));
        // Let in again: all of it anew.
        assert_eq!(told((46, 55), (56, 60), true), (false, false, false));
    }

    /// What a renewal extends in whole seconds dies before its cap; the control is looked at on both sides of the cap all the same.
    #[test]
    fn the_watch_goes_on_to_the_end_that_was_stated() {
        let (give_up_us, longer_us, pace) = (0, 0, Duration::ZERO);
        let at = |origin_us| Schedule { fast_from_us: 0, give_up_us, tail_us: 250, origin_us, longer_us, pace };
        let first = Some(Refusal { sent_us: 10, done_us: 20 });
        let dead = Refused { first, confirmed: true, again: false };
        assert_eq!([0, 270, 900].map(|us| dead.end_us(&at(us))), [Some(270), Some(270), Some(900)]);
        assert_eq!(Refused { first, ..Refused::default() }.end_us(&at(0)), None);
    }
}
