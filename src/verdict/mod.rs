//! The checker: `judge(history) → verdicts`. Pure: no clock, no connection, no rule anywhere else.

mod access;
mod audit;
mod chain;
mod check;
mod expire;
mod exposure;
mod found;
mod judge;
mod metadata;
mod outcome;
mod policy;
mod reason;
mod renew;
mod residue;
mod search;
mod sessions;
mod trigger;
mod view;
mod words;

pub use check::{Check, TABLE, checks_of, not_judged};
pub use judge::judge;
pub use outcome::*;
pub use reason::Reason;
