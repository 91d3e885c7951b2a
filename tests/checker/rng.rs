//! A small generator of random numbers of its own (splitmix64): a seed names the same history whatever crate is updated.

/// The state.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// For one history: its kind's number and its seed.
    pub fn new(kind: u64, seed: u64) -> Self {
        let mut rng = Self(seed ^ kind.wrapping_mul(0xD1B5_4A32_D192_ED03));
        rng.next();
        rng
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// In `from..=to`.
    pub fn within(&mut self, from: u64, to: u64) -> u64 {
        if to <= from { from } else { from + self.next() % (to - from + 1) }
    }
    /// True in so many of a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
    /// One of them.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let i = usize::try_from(self.within(0, of.len() as u64 - 1)).unwrap_or(0);
        of[i]
    }
    /// Between `from` and `to`, short ones as likely as long ones.
    pub fn log_within(&mut self, from: u64, to: u64) -> u64 {
        let (low, high) = (from.max(1).ilog2(), to.max(1).ilog2());
        let power = self.within(u64::from(low), u64::from(high));
        self.within(1 << power, (2 << power) - 1).clamp(from, to)
    }
}
