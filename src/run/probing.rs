//! The probe loop: the subject and the control in step, back to back while it matters.

use super::journal::{Journal, SeriesWriter};
use crate::backend::{Credential, Running};
use crate::history::{Part, Series};
use crate::observation::Saw;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Between probes where nothing is expected to change: ten a second.
pub const SLOW: Duration = Duration::from_millis(100);
/// Past the limit, so that a late death is seen as late and not as never.
pub const AFTER_LIMIT_US: u64 = 1_000_000;

/// One credential at one door.
pub struct Prober {
    backend: Arc<Running>,
    door: String,
    credential: Credential,
    writer: SeriesWriter,
    journal: Journal,
}

/// What one probe saw, with its times in µs.
pub struct Seen {
    /// When it was sent.
    pub sent_us: u64,
    /// When it was answered.
    pub done_us: u64,
    /// What it saw.
    pub saw: Saw,
}

impl Prober {
    /// Begins the series of `part` at `door`.
    pub fn new(journal: &Journal, backend: &Arc<Running>, part: Part, door: &str, credential: &Credential) -> Self {
        let series = Series { part, door: door.into() };
        Self {
            backend: backend.clone(),
            door: door.into(),
            credential: credential.clone(),
            writer: SeriesWriter::new(journal, series),
            journal: journal.clone(),
        }
    }
    /// One probe.
    pub async fn once(&mut self) -> Seen {
        let sent_us = self.journal.now_us();
        let (stage, saw) = self.backend.probe(&self.door, &self.credential).await;
        let done_us = self.writer.record(sent_us, stage, saw.clone());
        Seen { sent_us, done_us, saw }
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
}

/// Shared between the loops of one scenario.
#[derive(Default)]
pub struct Shared {
    /// The schedule's end moves when a fault is healed later than planned.
    give_up_us: AtomicU64,
    /// When the newest accepted probe of the control was sent.
    control_accepted_us: AtomicU64,
    /// Since when every probe of the control was accepted; [`u64::MAX`] while the newest one was not.
    control_good_since_us: AtomicU64,
    /// The subject's first confirmed refusal; 0: none yet.
    settled_us: AtomicU64,
    /// The subject's loop is over; the others may end.
    over: AtomicBool,
    ended: tokio::sync::Notify,
}

impl Shared {
    /// For a schedule.
    pub fn new(schedule: &Schedule) -> Arc<Self> {
        let shared = Self::default();
        shared.give_up_us.store(schedule.give_up_us, Ordering::Relaxed);
        Arc::new(shared)
    }
    /// The subject's loop is over.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
    /// Returns when the subject's loop is over.
    pub async fn wait_until_over(&self) {
        let ended = self.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        if !self.is_over() {
            ended.await;
        }
    }
    /// The subject was refused, and the control accepted after it.
    pub fn is_settled(&self) -> bool {
        self.settled_us.load(Ordering::Acquire) != 0
    }
    /// What the control just saw.
    fn control_saw(&self, seen: &Seen) {
        if seen.saw.is_acceptance() {
            let _ = self.control_good_since_us.compare_exchange(
                u64::MAX,
                seen.done_us,
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            self.control_accepted_us.fetch_max(seen.sent_us, Ordering::AcqRel);
        } else {
            self.control_good_since_us.store(u64::MAX, Ordering::Release);
        }
    }
    /// Whether acceptances of the control stand on both sides of a refusal; none where that can only be known of a later one.
    fn confirms(&self, refusal: &Refusal) -> Option<bool> {
        // In this order: the control's probes follow each other, so what overlaps the refusal was told before what confirms it.
        let after = self.control_accepted_us.load(Ordering::Acquire) >= refusal.done_us;
        let broken = self.control_good_since_us.load(Ordering::Acquire) > refusal.sent_us;
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
}

/// A refusal that the control's next acceptance would confirm.
#[derive(Clone, Copy)]
struct Refusal {
    sent_us: u64,
    done_us: u64,
}

/// Probes the subject until it is settled and the tail is over, or it is given up.
pub async fn watch_subject(mut prober: Prober, schedule: Schedule, shared: Arc<Shared>) -> Prober {
    let mut refusal: Option<Refusal> = None;
    loop {
        let seen = prober.once().await;
        match &seen.saw {
            Saw::Refused { meaning, .. } if meaning.may_be_dead() => {
                refusal = refusal.or(Some(Refusal { sent_us: seen.sent_us, done_us: seen.done_us }));
            }
            saw if saw.is_acceptance() => {
                refusal = None;
                shared.settled_us.store(0, Ordering::Release);
            }
            _ => {}
        }
        if let Some(first) = refusal
            && !shared.is_settled()
        {
            match shared.confirms(&first) {
                Some(true) => shared.settled_us.store(first.done_us, Ordering::Release),
                Some(false) => {}
                // Everybody was refused around it: a later refusal has to do.
                None => refusal = None,
            }
        }
        let settled = shared.settled_us.load(Ordering::Acquire);
        let now = seen.done_us;
        let over = if settled == 0 { now >= shared.give_up_us() } else { now >= settled + schedule.tail_us };
        if over {
            break;
        }
        if settled != 0 {
            tokio::time::sleep(SLOW.min(Duration::from_micros(settled + schedule.tail_us - now))).await;
        } else {
            pause(now, &schedule, &seen).await;
        }
    }
    shared.over.store(true, Ordering::Release);
    shared.ended.notify_waiters();
    prober
}

/// Probes the control in step with the subject, and once more after the subject's last probe.
pub async fn watch_control(mut prober: Prober, schedule: Schedule, shared: Arc<Shared>) -> Prober {
    loop {
        let last = shared.is_over();
        let seen = prober.once().await;
        shared.control_saw(&seen);
        if last {
            return prober;
        }
        if shared.is_settled() {
            tokio::select! { () = tokio::time::sleep(SLOW) => {}, () = shared.wait_until_over() => {} }
        } else {
            pause(seen.done_us, &schedule, &seen).await;
        }
    }
}

/// Back to back while it matters, else ten a second. A closed port answers in microseconds: it is not hammered.
async fn pause(now_us: u64, schedule: &Schedule, seen: &Seen) {
    if now_us < schedule.fast_from_us {
        let left = Duration::from_micros(schedule.fast_from_us - now_us);
        tokio::time::sleep(left.min(SLOW)).await;
    } else if matches!(seen.saw, Saw::Unreachable { .. } | Saw::Unclassified { .. }) {
        tokio::time::sleep(SLOW / 10).await;
    } else {
        tokio::task::yield_now().await;
    }
}
