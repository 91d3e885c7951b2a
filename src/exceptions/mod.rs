//! Exceptions: a named, owned, justified, ending permission for one check to fail. Plain data and pure rules.

mod load;
mod rules;
mod schema;
pub mod shape;

pub use load::{FILE, load, load_file, load_text, path};
pub use schema::schema;

use crate::definition::Location;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// From so many days before its last one on, an exception warns.
pub const WARN_DAYS: i32 = 30;

/// What a run is granted: every exception that the file holds, and the day by which they count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// UTC. Without one nothing is excepted.
    pub as_of: Option<Date>,
    /// In the order of the file, also what has ended.
    pub exceptions: Vec<Exception>,
}

/// One entry of `exceptions.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// How reports call it, e.g. `EX-7`.
    pub id: String,
    /// The whole id of the check that may fail, e.g. `static-bridge/rotate/credential.dynamic`.
    pub check: String,
    /// The team that answers for it.
    pub owner: String,
    /// Why it is needed.
    pub reason: String,
    /// What stands in for the check meanwhile.
    pub compensating_control: String,
    /// Who granted it; never its owner.
    pub granted_by: String,
    /// When, UTC.
    pub granted_on: Date,
    /// Its last day, UTC: it ends at the end of it.
    pub expires: Date,
    /// Where it stands.
    pub at: Location,
}

impl Exception {
    /// Whether it is in force on that day, UTC.
    pub fn in_force(&self, as_of: Date) -> bool {
        self.granted_on <= as_of && as_of <= self.expires
    }

    /// Whether it ends so soon that somebody should act, and has not ended yet.
    pub fn ends_soon(&self, as_of: Date) -> bool {
        (0..=WARN_DAYS).contains(&self.days_left(as_of))
    }

    /// Days left on that day; 0 on its last one, negative after it.
    pub fn days_left(&self, as_of: Date) -> i32 {
        (self.expires - as_of).get_days()
    }
}
