//! The checker: `judge(history) → verdicts`. Pure: no clock, no connection, no rule anywhere else.

mod access;
mod check;
mod expire;
mod exposure;
mod found;
mod judge;
mod outcome;
mod reason;
mod residue;
mod sessions;
mod trigger;
mod view;
mod words;

pub use check::{Check, NOT_JUDGED, TABLE};
pub use judge::judge;
pub use outcome::*;
pub use reason::Reason;
