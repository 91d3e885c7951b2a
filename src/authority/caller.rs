//! Who asks: a workload or a person, with an owner and a tenant.

use serde::{Deserialize, Serialize};

/// The workload or person that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// `workload` or `person`.
    pub kind: CallerKind,
    /// Name of its entity.
    pub name: String,
    /// How it logs in.
    pub login: Login,
    /// Who answers for it.
    pub owner: String,
    /// Whose it is; the namespace is `<tenant>-<drill>`.
    pub tenant: String,
    /// Owner and tenant were exported from production; otherwise they are what the drill wrote itself.
    pub exported: bool,
}

/// What sort of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum CallerKind {
    Workload,
    Person,
}

/// How a caller logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Login {
    Approle,
    Userpass,
    Jwt,
}
