//! `exceptions.yaml` as it is written. The JSON Schema is generated from these types.

use crate::document::{At, RawDate};
use schemars::JsonSchema;
use serde::Deserialize;

/// What reports call an exception, as a pattern.
pub const ID: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
/// A text that says something: a letter or a digit is in it.
const SAYS: &str = "[\\p{L}\\p{N}]";
/// The longest text, in characters: reports show all of it.
pub const LONGEST_TEXT: usize = 500;

/// Which checks may fail, by whose leave, until when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exceptions")]
pub struct RawExceptions {
    /// One for each check that may fail.
    pub exceptions: Vec<At<RawException>>,
}

/// One check that may fail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exception")]
pub struct RawException {
    /// How reports call it, e.g. `EX-7`. None stands twice.
    #[schemars(extend("pattern" = ID))]
    pub id: At<String>,
    /// The whole id of the one check that may fail, as `drill list --json` shows it. No patterns; none stands twice.
    #[schemars(extend("pattern" = "^[a-z0-9-]+/[a-z0-9-]+/[a-z.-]+(@[a-z0-9-]+)?$"))]
    pub check: At<String>,
    /// The team that answers for it.
    #[schemars(extend("pattern" = SAYS, "maxLength" = LONGEST_TEXT))]
    pub owner: At<String>,
    /// Why the check cannot pass yet.
    #[schemars(extend("pattern" = SAYS, "maxLength" = LONGEST_TEXT))]
    pub reason: At<String>,
    /// What protects the system meanwhile.
    #[schemars(extend("pattern" = SAYS, "maxLength" = LONGEST_TEXT))]
    pub compensating_control: At<String>,
    /// Who granted it; never its owner.
    #[schemars(extend("pattern" = SAYS, "maxLength" = LONGEST_TEXT))]
    pub granted_by: At<String>,
    /// When, UTC; not in the future.
    pub granted_on: At<RawDate>,
    /// Its last day, UTC: it ends at the end of it. At most ten years after it was granted, and a gate may ask for less.
    pub expires: At<RawDate>,
}
