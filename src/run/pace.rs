//! How long a probe waits for the next one: back to back while it matters, and never so fast that a stock is used up before the end.

use super::supply::Remainder;
use std::time::Duration;

/// Between probes where nothing is expected to change: ten a second.
pub const SLOW: Duration = Duration::from_millis(100);
/// Of a stock, for what follows the death: a second at ten a second, and the last probes of the drill.
const KEPT: usize = 14;
/// Of those, for the last probes.
const LAST: usize = 3;

/// When a probe was over, and what is planned. µs of the run's clock.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Now.
    pub now_us: u64,
    /// Back to back from here.
    pub fast_from_us: u64,
    /// Without a confirmed refusal, probing stops here.
    pub give_up_us: u64,
    /// Where a probe leaves something behind, it is not quicker than this.
    pub least: Duration,
}

impl Pace {
    /// How long to wait; not at all where it matters. A closed port answers in microseconds: what told nothing after that long (`silent`) is not
    /// hammered. A login that was cut off in the middle took its time, and what it might have told is asked for again at once.
    pub fn pause(&self, stock: Option<Remainder>, silent: Option<Duration>) -> Option<Duration> {
        let until = |us: u64| Duration::from_micros(us.saturating_sub(self.now_us));
        if self.now_us < self.fast_from_us {
            let left = until(self.fast_from_us);
            // A quarter of the stock is enough for the time in which nothing happens.
            let rationed = stock.map_or(SLOW, |s| spread(left, s.left.saturating_sub(s.total * 3 / 4)));
            return Some(left.min(SLOW.max(rationed)));
        }
        // What does not die must still be seen alive when the limit is over, or nobody could say that it failed.
        let rationed = stock.filter(|s| s.left * 8 <= s.total * 3).map(|s| {
            let left = until(self.give_up_us);
            spread(left, s.left.saturating_sub(KEPT)).min(left)
        });
        let polite = silent.map(|took| (SLOW / 10).saturating_sub(took));
        rationed.max(polite).max(Some(self.least)).filter(|pause| !pause.is_zero())
    }
}

/// Between two probes of what is dead, with `left_us` to go: what died long before its end does not use up the stock until then.
pub fn settled(left_us: u64, stock: Option<Remainder>) -> Duration {
    let left = Duration::from_micros(left_us);
    left.min(SLOW.max(stock.map_or(Duration::ZERO, |s| spread(left, s.left.saturating_sub(LAST)))))
}

/// The time between so many probes that have so long.
fn spread(time: Duration, probes: usize) -> Duration {
    time / u32::try_from(probes).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBE_US: u64 = 20_000;

    /// Probes a stock of 64 from 0 to the end; how many are left at `fast_from_us`, at the end, and the longest gap.
    fn spent(fast_from_us: u64, give_up_us: u64, probe_us: u64) -> (usize, usize, u64) {
        let (mut now_us, mut left, mut at_fast, mut gap_us) = (0, 64, None, 0);
        while now_us < give_up_us {
            left -= 1;
            now_us += probe_us;
            if now_us >= fast_from_us {
                at_fast = at_fast.or(Some(left));
            }
            let pace = Pace { now_us, fast_from_us, give_up_us, least: Duration::ZERO };
            let pause = pace.pause(Some(Remainder { total: 64, left }), None).unwrap_or_default();
            let pause_us = u64::try_from(pause.as_micros()).unwrap();
            gap_us = gap_us.max(if now_us >= fast_from_us { pause_us } else { 0 });
            now_us += pause_us;
        }
        (at_fast.unwrap_or(left), left, gap_us)
    }

    #[test]
    fn a_stock_lasts_to_the_end() {
        for (fast_from_us, give_up_us) in [(0, 6_000_000), (8_000_000, 14_250_000), (0, 16_000_000)] {
            for probe_us in [2_000, PROBE_US, 200_000] {
                let (at_fast, left, gap_us) = spent(fast_from_us, give_up_us, probe_us);
                assert!(at_fast >= 46, "{fast_from_us} {probe_us}: {at_fast} are left when it begins to matter");
                assert!(left >= 12, "{fast_from_us} {give_up_us} {probe_us}: {left}");
                assert!(gap_us <= give_up_us / 8, "{give_up_us} {probe_us}: {gap_us} µs between two");
            }
        }
    }

    #[test]
    fn what_is_dead_is_asked_until_its_end() {
        let stock = |left| Some(Remainder { total: 64, left });
        assert_eq!(settled(1_000_000, None), SLOW);
        assert_eq!(settled(30_000, None), Duration::from_millis(30));
        assert_eq!(settled(1_000_000, stock(KEPT)), SLOW);
        assert_eq!(settled(9_000_000, stock(KEPT - 2)), Duration::from_secs(1));
        assert_eq!(settled(9_000_000, stock(0)), Duration::from_secs(9));
    }

    #[test]
    fn who_has_no_stock_is_back_to_back_when_it_matters() {
        let pace = Pace { now_us: 1_000, fast_from_us: 1_000, give_up_us: 9_000_000, least: Duration::ZERO };
        assert_eq!(pace.pause(None, None), None);
        let at_once = Some(Duration::from_millis(1));
        assert_eq!(pace.pause(None, at_once), Some(Duration::from_millis(9)));
        assert_eq!(pace.pause(None, Some(SLOW / 10)), None);
        assert_eq!(Pace { least: SLOW / 2, ..pace }.pause(None, at_once), Some(SLOW / 2));
        assert_eq!(pace.pause(Some(Remainder { total: 64, left: 60 }), None), None);
        let before = Pace { now_us: 0, fast_from_us: 30_000, ..pace };
        assert_eq!(before.pause(None, None), Some(Duration::from_millis(30)));
        let long_before = Pace { fast_from_us: 900_000, ..before };
        assert_eq!(long_before.pause(None, at_once), Some(SLOW));
    }
}
