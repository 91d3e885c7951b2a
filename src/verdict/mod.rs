//! The checker: `judge(history) → verdicts`. Pure: no clock, no connection.

mod outcome;

pub use outcome::*;
