//! `inventory.yaml` as it is written. The JSON Schema is generated from these types.

use crate::definition::System;
use crate::document::At;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is in use, by system, role and owner.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Inventory")]
pub struct RawInventory {
    /// Every role that credentials are issued from.
    #[serde(default)]
    pub roles: Option<At<Vec<RawRole>>>,
    /// Kinds of system of which there is none.
    #[serde(default)]
    pub not_in_use: Option<At<Vec<RawAbsent>>>,
}

/// A role in use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Role")]
pub struct RawRole {
    /// Of which kind of system.
    pub system: At<System>,
    /// The role's name at the authority.
    #[schemars(extend("minLength" = 1))]
    pub role: At<String>,
    /// Who answers for it.
    #[schemars(extend("minLength" = 1))]
    pub owner: At<String>,
    /// Where it stands: `database/roles/orders-rw`.
    #[schemars(extend("minLength" = 1))]
    pub path: At<String>,
    /// A password that is changed on a clock, not a dynamic user.
    #[serde(default, rename = "static")]
    pub is_static: Option<bool>,
    /// The drill that is of it, where role and system do not tell.
    #[serde(default)]
    pub drill: Option<At<String>>,
}

/// A kind of system of which there is none.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Absent")]
pub struct RawAbsent {
    /// Which.
    pub system: At<System>,
    /// Who says so.
    #[schemars(extend("minLength" = 1))]
    pub owner: At<String>,
    /// Why there is none.
    #[schemars(extend("minLength" = 1))]
    pub reason: At<String>,
}
