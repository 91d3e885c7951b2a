//! `drill sign` and `drill verify`: what is signed is verified, and whatever is altered afterwards is named.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

#[path = "../common/mod.rs"]
mod common;

mod altered;
mod envelope;
mod follows;
mod keys;
mod run;
mod signing;
