//! Drill files: their shape, how they are loaded, what they resolve to. Never starts anything.

mod plan;

pub use plan::*;
