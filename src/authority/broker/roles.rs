//! What the broker hands out, as its roles file says it. It is read once, when the broker starts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a role may do in its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "BrokeredAccess")]
pub enum Access {
    /// Get and list.
    #[default]
    Read,
    /// Get, list, put and delete.
    Write,
}

impl Access {
    /// As in the drill file, and in the broker's.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// One thing to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
    /// What may be done there.
    pub access: Access,
    /// TTL where the caller names none, ms.
    pub ttl_ms: u64,
    /// The cap, ms.
    pub max_ttl_ms: u64,
}

/// Tenants with their namespaces, and the roles of each.
#[derive(Debug, Clone, Default)]
pub struct Roles(BTreeMap<String, (String, BTreeMap<String, Role>)>);

impl Roles {
    /// Adds a role of a tenant, whose callers live in `namespace`.
    pub fn add(&mut self, (tenant, namespace): (&str, &str), name: &str, role: Role) {
        let (at, roles) = self.0.entry(tenant.into()).or_default();
        *at = namespace.into();
        roles.insert(name.into(), role);
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let seconds = |ms: u64| format!("{}s", ms / 1000);
        let role = |role: &Role| {
            json!({
                "bucket": role.bucket, "prefix": role.prefix, "access": role.access.word(),
                "ttl": seconds(role.ttl_ms), "max_ttl": seconds(role.max_ttl_ms),
            })
        };
        let tenants: BTreeMap<&String, Value> = (self.0.iter())
            .map(|(tenant, (namespace, roles))| {
                let roles: BTreeMap<&String, Value> = roles.iter().map(|(name, r)| (name, role(r))).collect();
                (tenant, json!({"namespace": namespace, "roles": roles}))
            })
            .collect();
        json!({"tenants": tenants}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_the_broker_reads_it() {
        let role = |ttl_ms| Role {
            bucket: "app".into(),
            prefix: "reports/".into(),
            access: Access::Read,
            ttl_ms,
            max_ttl_ms: 3_600_000,
        };
        let mut roles = Roles::default();
        roles.add(("acme", "acme-s3-broker"), "reports-ro", role(300_000));
        roles.add(("acme", "acme-s3-broker"), "reports-ro-neighbour", role(60_000));
        let text: Value = serde_json::from_str(&roles.text()).unwrap_or_default();
        assert_eq!(text["tenants"]["acme"]["namespace"], "acme-s3-broker");
        let one = &text["tenants"]["acme"]["roles"]["reports-ro"];
        let expected =
            json!({"bucket": "app", "prefix": "reports/", "access": "read", "ttl": "300s", "max_ttl": "3600s"});
        assert_eq!(*one, expected);
        assert_eq!(text["tenants"]["acme"]["roles"]["reports-ro-neighbour"]["ttl"], "60s");
    }
}
