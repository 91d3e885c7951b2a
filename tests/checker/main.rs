//! The checker against histories whose truth is known, against laws, and against a second judge. See `docs/checker.md`.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves
#![allow(clippy::format_push_string)] // tables and lists of faults: short, and read by people

mod applies;
mod brackets;
mod bridge;
mod build;
mod coverage;
mod excepted;
mod fixtures;
mod hand;
mod laws;
mod many;
mod play;
mod proofs;
mod restart;
mod rng;
mod second;
mod sessions;
mod spec;
mod table;
mod table_audit;
mod table_brokered;
mod table_certificates;
mod table_edges;
mod table_metadata;
mod table_once;
mod table_policy;
mod table_records;
mod table_renew;
mod table_static;
mod table_web_identity;
mod trouble;
mod truth;
mod words;
mod world;
mod wrong;
