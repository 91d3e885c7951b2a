//! Reading a YAML document with the place of everything in it, and saying what is wrong with it, where, and what to do.
//!
//! Knows no drill: `definition`, `credential` and `backend` describe their shapes with it, so it comes before all three.

mod brokered_problem;
mod database_problem;
pub mod date;
pub mod diagnostic;
pub mod duration;
pub mod entries;
pub mod file;
pub mod findings;
mod gate_problem;
mod hint;
pub mod json;
mod minio_problem;
mod node;
mod parse;
pub mod problem;
pub mod project;
mod rotation_problem;
mod shape;
mod span;
pub mod sql;
pub mod sql_words;
mod suggest;
mod valkey_problem;

pub use brokered_problem::BrokeredProblem;
pub use database_problem::DatabaseProblem;
pub use date::{RawDate, day};
pub use diagnostic::{Diagnostic, Diagnostics, Place};
pub use duration::{RawDuration, milliseconds};
pub use entries::Entries;
pub use findings::{Findings, TODO};
pub use gate_problem::GateProblem;
pub use minio_problem::MinioProblem;
pub use node::{Node, Value};
pub use parse::{Source, lines, parse, parse_plain};
pub use problem::Problem;
pub use project::Project;
pub use rotation_problem::RotationProblem;
pub use shape::{Planned, shape};
pub use span::{At, Span};
pub use suggest::{nearest, one_of};
pub use valkey_problem::ValkeyProblem;

/// `[a-z0-9][a-z0-9-]{0,62}`: what drills, scenarios, callers and tenants are called.
pub fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= 63 && bytes.first().is_some_and(|b| allowed(*b)) && bytes.iter().all(|b| allowed(*b) || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        for good in ["a", "9", "orders-api", "a-", &"a".repeat(63)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "a b", "é", "a/b", "a.b", &"a".repeat(64)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
