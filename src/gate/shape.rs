//! A gate file as it is written. The JSON Schema is generated from these types.

use crate::document::json::NAME;
use crate::document::{At, Entries, RawDuration};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A gate: what a level asks of evidence.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gate")]
pub struct RawGate {
    /// The level: the file's name without `.yaml`, in any case.
    pub gate: At<String>,
    /// For people.
    pub title: At<String>,
    /// Whether somebody must have written down what is in use.
    pub inventory: Presence,
    /// Whether evidence from stand-in images counts.
    pub stand_in_images: StandIns,
    /// Whether role and caller must have been taken from production.
    pub basis: Basis,
    /// The beginnings of versions that count, by product: `OpenBao: ["2.7"]`. A product that is left out may have any.
    #[schemars(with = "Option<BTreeMap<String, Vec<String>>>")]
    pub servers: Option<Entries<Vec<At<String>>>>,
    /// How much is too much.
    pub limits: RawLimits,
    /// The kinds of system that need a drill.
    #[schemars(with = "BTreeMap<String, RawSystem>", extend("propertyNames" = { "enum": crate::definition::System::WORDS }, "minProperties" = 1))]
    pub systems: At<Entries<RawSystem>>,
    /// The sentences of the pattern, each with what shows it.
    #[schemars(extend("minItems" = 1))]
    pub requirements: At<Vec<At<RawRequirement>>>,
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// Without it a requirement is not met.
    Required,
    /// Without it the report says so.
    Optional,
}

/// Whether stand-ins count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StandIns {
    /// They count, and the report names them.
    Count,
    /// Only the vendors' own images count.
    Refused,
}

/// Where role and caller come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// From production: `exported` in the drill file.
    Exported,
    /// From production or from the drill file.
    Any,
}

/// How much is too much.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Limits")]
pub struct RawLimits {
    /// The longest exposure of one credential.
    pub exposure: At<RawDuration>,
    /// The same where one trigger ends several credentials. Default: `exposure`.
    pub exposure_of_many: Option<At<RawDuration>>,
    /// The longest TTL of a lease that nobody renews.
    pub ttl: At<RawDuration>,
    /// The longest that a lease can live, renewals included.
    pub max_ttl: At<RawDuration>,
    /// The oldest evidence that counts.
    pub evidence_age: At<RawDuration>,
    /// The oldest export of a role that counts.
    pub export_age: At<RawDuration>,
    /// The longest that an exception can be granted for.
    pub exception: At<RawDuration>,
}

/// One kind of system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "System")]
pub struct RawSystem {
    /// The kinds of credential that a drill of it issues.
    #[schemars(extend("items" = { "enum": crate::credential::KINDS }, "minItems" = 1))]
    pub kinds: At<Vec<At<String>>>,
    /// Whether the inventory may declare that there is none.
    pub not_in_use: NotInUse,
}

/// Whether a kind of system may be declared not to be in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotInUse {
    /// With owner and reason, in the inventory.
    Declared,
    /// Everybody has one.
    Refused,
}

/// One line of the gate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Requirement")]
pub struct RawRequirement {
    /// How reports and tests call it.
    #[schemars(extend("pattern" = NAME))]
    pub id: At<String>,
    /// The sentence of the pattern that it stands for.
    #[schemars(extend("minLength" = 1))]
    pub pattern: At<String>,
    /// Checks that must have passed.
    #[serde(default)]
    pub needs: Option<Vec<RawNeed>>,
    /// What is judged besides checks.
    #[serde(default)]
    pub demands: Option<Vec<At<Demand>>>,
}

/// Checks that must have passed in every scenario of these triggers; each drill must have one of each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Need")]
pub struct RawNeed {
    /// Which scenarios.
    #[schemars(extend("minItems" = 1))]
    pub triggers: At<Vec<At<On>>>,
    /// Kinds of credential that it is asked of. Default: all but `static-role`.
    #[schemars(extend("items" = { "enum": crate::credential::KINDS }))]
    pub kinds: Option<Vec<At<String>>>,
    /// The checks, by their ids without drill, scenario, door and session.
    #[schemars(extend("items" = { "enum": crate::verdict::check_ids() }, "minItems" = 1))]
    pub checks: At<Vec<At<String>>>,
}

/// A trigger, as in the drill file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Trigger")]
#[allow(missing_docs)] // the drill file's own words
pub enum On {
    Revoke,
    Expire,
    Teardown,
    Incident,
    Renew,
    Rotate,
}

impl On {
    /// As in the drill file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Expire => "expire",
            Self::Teardown => "teardown",
            Self::Incident => "incident",
            Self::Renew => "renew",
            Self::Rotate => "rotate",
        }
    }
}

/// What is judged besides checks. A gate must demand each, somewhere: without one it could be ready though that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// Every kind of system has a drill with evidence, or is declared not to be in use.
    EveryKind,
    /// Every role of the inventory has a drill.
    EveryRole,
    /// Every scenario of every drill has evidence, and no check that nobody else asks for is red.
    EveryScenario,
    /// No exposure is longer than the limit; of the triggers that this requirement needs.
    Exposure,
    /// TTL and max TTL are within the limits, as they were read back.
    Ttl,
    /// Role and caller come from where the gate demands, not too long ago.
    Basis,
    /// What is issued is dynamic or brokered, or an exception permits the static bridge.
    Dynamic,
}

impl Demand {
    /// All of them, with their words.
    pub const ALL: [(Self, &str); 7] = [
        (Self::EveryKind, "every-kind"),
        (Self::EveryRole, "every-role"),
        (Self::EveryScenario, "every-scenario"),
        (Self::Exposure, "exposure"),
        (Self::Ttl, "ttl"),
        (Self::Basis, "basis"),
        (Self::Dynamic, "dynamic"),
    ];
}
