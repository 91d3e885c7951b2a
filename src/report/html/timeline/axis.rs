//! The axis: three stretches of time, each with a scale of its own, so that milliseconds around the end can be seen beside seconds.
//! Pixels are whole numbers: the same evidence, the same picture, byte for byte.

use crate::report::words;

/// A stretch of time and of the picture. µs from the origin; px.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub from_us: i64,
    pub to_us: i64,
    pub from_px: i64,
    pub to_px: i64,
    /// Drawn at a smaller scale than the middle.
    pub squeezed: bool,
}

/// A tick with its words.
#[derive(Debug, PartialEq, Eq)]
pub struct Tick {
    pub px: i64,
    pub text: String,
}

/// The whole axis.
#[derive(Debug)]
pub struct Axis {
    pub stretches: Vec<Stretch>,
}

/// How much of the width a squeezed stretch gets.
const SQUEEZED_PERCENT: i64 = 18;
/// The middle shows at least so much on each side of the origin.
const MIDDLE_MIN_US: i64 = 20_000;

impl Axis {
    /// `all`: first and last instant. `middle`: what must be seen closely. `px`: where the axis begins and ends.
    pub fn new(all: (i64, i64), middle: (i64, i64), px: (i64, i64)) -> Self {
        let last = all.1.max(all.0.saturating_add(1));
        let from = (middle.0.min(-MIDDLE_MIN_US).saturating_mul(5) / 4).max(all.0);
        let to = (middle.1.max(MIDDLE_MIN_US).saturating_mul(5) / 4).min(last);
        let (from, to) = if from < to { (from, to) } else { (all.0, last) };
        // A cut that saves little is not worth a break.
        let saves = |rest: i64| rest > (to - from) / 2;
        let from = if saves(from - all.0) { from } else { all.0 };
        let to = if saves(last - to) { to } else { last };
        let part = (px.1 - px.0) * SQUEEZED_PERCENT / 100;
        let left_px = if from > all.0 { px.0 + part } else { px.0 };
        let right_px = if to < last { px.1 - part } else { px.1 };
        let stretch = |from_us, to_us, from_px, to_px, squeezed| Stretch { from_us, to_us, from_px, to_px, squeezed };
        let stretches = [
            stretch(all.0, from, px.0, left_px, true),
            stretch(from, to, left_px, right_px, false),
            stretch(to, last, right_px, px.1, true),
        ];
        Self { stretches: stretches.into_iter().filter(|s| s.from_us < s.to_us).collect() }
    }

    /// Where an instant is; what lies outside stands at the edge.
    pub fn px(&self, us: i64) -> i64 {
        let inside = self.stretches.iter().find(|s| us <= s.to_us).or(self.stretches.last());
        inside.map_or(0, |s| {
            let us = us.clamp(s.from_us, s.to_us);
            let along = i128::from(us - s.from_us) * i128::from(s.to_px - s.from_px) / i128::from(s.to_us - s.from_us);
            s.from_px + i64::try_from(along).unwrap_or_default()
        })
    }

    /// Ticks at round numbers, and as many as fit: at least so many px apart.
    pub fn ticks(&self, apart_px: i64) -> Vec<Tick> {
        let mut ticks: Vec<Tick> = Vec::new();
        for s in &self.stretches {
            let most = ((s.to_px - s.from_px) / apart_px).max(1);
            let step = round_step((s.to_us - s.from_us) / most);
            // Bounded by `most`, give or take one.
            let mut at = s.from_us.div_euclid(step) * step;
            while at <= s.to_us {
                let px = self.px(at);
                if at >= s.from_us && ticks.last().is_none_or(|t| px - t.px >= apart_px * 3 / 4) {
                    ticks.push(Tick { px, text: offset(at) });
                }
                at += step;
            }
        }
        ticks
    }
}

/// 1, 2 or 5 with zeros, in whole ms, not below.
fn round_step(us: i64) -> i64 {
    let mut unit = 1000;
    loop {
        for times in [1, 2, 5] {
            if unit * times >= us {
                return unit * times;
            }
        }
        // An axis is never longer than a run: far from the end of the numbers.
        unit *= 10;
        if unit > i64::MAX / 100 {
            return unit;
        }
    }
}

/// `−2,440`, `0`, `+14`: ms from the origin.
pub fn offset(us: i64) -> String {
    let ms = us.div_euclid(1000);
    match ms {
        0 => "0".to_owned(),
        1.. => format!("+{}", words::thousands(ms)),
        _ => format!("−{}", words::thousands(-ms)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_seen_closely_and_nothing_lies_outside() {
        let axis = Axis::new((-2_400_000, 4_000_000), (-29_000, 28_000), (100, 1100));
        assert_eq!(axis.stretches.len(), 3);
        let middle = axis.stretches[1];
        assert_eq!((middle.from_us, middle.to_us, middle.from_px, middle.to_px), (-36_250, 35_000, 280, 920));
        assert!(axis.stretches.windows(2).all(|w| w[0].to_us == w[1].from_us && w[0].to_px == w[1].from_px));
        for us in [-9_000_000, -2_400_000, -1, 0, 35_000, 4_000_000, i64::MAX] {
            assert!((100..=1100).contains(&axis.px(us)), "{us}");
        }
        assert!(axis.px(0) < axis.px(28_000) && axis.px(28_000) < axis.px(2_000_000));
    }

    #[test]
    fn no_break_where_it_saves_little() {
        let axis = Axis::new((-100_000, 3_002_000), (-20_000, 3_002_000), (0, 1000));
        assert_eq!(axis.stretches.len(), 1);
        assert_eq!(Axis::new((5, 5), (0, 0), (0, 10)).stretches.len(), 1, "an instant has an axis too");
    }

    #[test]
    fn ticks_are_round_and_apart() {
        let axis = Axis::new((-2_400_000, 4_000_000), (-29_000, 28_000), (100, 1100));
        let ticks = axis.ticks(60);
        assert!(ticks.iter().any(|t| t.text == "0") && ticks.iter().any(|t| t.text == "−10"), "{ticks:?}");
        assert!(ticks.windows(2).all(|w| w[1].px - w[0].px >= 45), "{ticks:?}");
        assert_eq!(offset(-2_440_000), "−2,440");
    }
}
