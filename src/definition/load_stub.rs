//! stub until the loader lands
use super::DrillPlan;
/// Stub.
pub struct Diagnostics;
impl Diagnostics {
    /// Stub.
    pub fn render(&self, _c: bool) -> String {
        String::new()
    }
}
/// Stub.
pub fn load(_d: &std::path::Path, _s: &[String]) -> Result<Vec<DrillPlan>, Diagnostics> {
    Err(Diagnostics)
}
/// Stub.
pub fn load_patched(
    _d: &std::path::Path,
    _n: &str,
    _s: &str,
    _p: &serde_json::Value,
) -> Result<DrillPlan, Diagnostics> {
    Err(Diagnostics)
}
