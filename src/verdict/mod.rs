//! The checker: `judge(history) → verdicts`. Pure: no clock, no connection, no rule anywhere else.

mod access;
mod audit;
mod brokered;
mod chain;
mod check;
mod except;
mod expire;
mod exposure;
mod found;
mod judge;
mod line;
mod metadata;
mod once;
mod outage;
mod outcome;
mod policy;
mod reason;
mod renew;
mod residue;
mod search;
mod sessions;
mod trail;
mod trigger;
mod view;
mod words;

pub use check::{Check, TABLE, check_ids, checks_of, not_judged};
pub use judge::{judge, view};
pub use line::{Line, Obs, Seen};
pub use outcome::*;
pub use reason::Reason;
pub use view::{OriginSpan, View};
