//! What changed between two runs: a function of their evidence, judged again.

mod changes;
mod text;

pub use changes::{Change, Difference, Exposed, Kind, Moved, compare};
pub use text::render;
