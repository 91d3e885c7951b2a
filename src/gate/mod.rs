//! The gate: what a level asks of which kinds of system, and whether evidence shows it. Pure.
//!
//! `load` reads what is asked, `inventory` what is in use, `evidence` what was seen; `judge` makes a [`Readiness`] of them,
//! which writers only format. Verdicts are never read from a file: every run is judged again, with the exceptions of now.

mod answer;
pub mod evidence;
mod file;
pub mod inventory;
mod judge;
mod limits;
mod load;
mod needs;
mod question;
pub mod readiness;
mod refusal;
mod rows;
mod schema;
pub mod shape;
mod standing;
mod systems;
mod time;

pub use evidence::{Evidence, Seal};
pub use inventory::Inventory;
pub use judge::judge;
pub use load::{Gate, Limits, Need, Requirement, SystemRule, load, load_text};
pub use question::Question;
pub use readiness::{GateOutcome, Met, Readiness};
pub use schema::{inventory_schema, schema};
pub use time::today;
