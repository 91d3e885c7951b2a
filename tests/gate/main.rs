//! The gate over a full set of evidence, made from the table of kinds: what makes it ready, and for each requirement what does not.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

#[allow(dead_code)]
#[path = "../checker/bridge.rs"]
mod bridge;
#[allow(dead_code)]
#[path = "../checker/build.rs"]
mod build;
#[allow(dead_code)]
#[path = "../checker/hand.rs"]
mod hand;
#[allow(dead_code)]
#[path = "../checker/play.rs"]
mod play;
#[allow(dead_code)]
#[path = "../checker/proofs.rs"]
mod proofs;
#[allow(dead_code)]
#[path = "../checker/rng.rs"]
mod rng;
#[allow(dead_code)]
#[path = "../checker/sessions.rs"]
mod sessions;
#[allow(dead_code)]
#[path = "../checker/spec.rs"]
mod spec;
#[allow(dead_code)]
#[path = "../checker/trouble/mod.rs"]
mod trouble;
#[allow(dead_code)]
#[path = "../checker/truth.rs"]
mod truth;
#[allow(dead_code)]
#[path = "../checker/world.rs"]
mod world;

mod binary;
mod counts;
mod mutations;
mod ready;
mod set;
mod static_bridge;
