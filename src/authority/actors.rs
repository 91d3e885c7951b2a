//! Who may do what at the authority. Root lives until these exist and is then revoked.

use super::approle::AppRole;
use super::broker::Broker;
use super::client::Bao;
use super::error::AuthorityError;
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::sync::Arc;

/// Sets up and removes drills' namespaces; is asked for nothing while scenarios run.
const PROVISIONER: &str = r#"
path "sys/namespaces/*"         { capabilities = ["create", "read", "update", "delete"] }
path "+/sys/mounts/*"           { capabilities = ["create", "read", "update", "delete", "sudo"] }
path "+/sys/auth"               { capabilities = ["read"] }
path "+/sys/auth/*"             { capabilities = ["create", "read", "update", "delete", "sudo"] }
path "+/sys/policies/acl/*"     { capabilities = ["create", "read", "update", "delete"] }
path "+/auth/+/role/*"          { capabilities = ["create", "read", "update", "delete"] }
path "+/auth/+/users/*"         { capabilities = ["create", "read", "update", "delete"] }
path "+/auth/+/config"          { capabilities = ["create", "read", "update"] }
path "+/identity/entity"        { capabilities = ["create", "update"] }
path "+/identity/entity-alias"  { capabilities = ["create", "update"] }
path "+/identity/oidc/config"   { capabilities = ["create", "read", "update"] }
path "+/identity/oidc/key/*"    { capabilities = ["create", "read", "update", "delete"] }
path "+/identity/oidc/role/*"   { capabilities = ["create", "read", "update", "delete"] }
path "+/+/config/*"             { capabilities = ["create", "read", "update", "delete"] }
path "+/+/roles/*"              { capabilities = ["create", "read", "update", "delete"] }
path "+/+/static-roles/*"       { capabilities = ["create", "read", "update", "delete"] }
path "+/+/rotate-root/*"        { capabilities = ["update"] }
path "+/+/root/generate/internal" { capabilities = ["update"] }
path "+/sys/leases/revoke-prefix/*" { capabilities = ["update", "sudo"] }
"#;

/// Pulls the triggers.
const OPERATOR: &str = r#"
path "+/sys/leases/lookup"          { capabilities = ["update"] }
path "+/sys/leases/revoke"          { capabilities = ["update"] }
path "+/sys/leases/revoke/*"        { capabilities = ["update"] }
path "+/sys/leases/revoke-prefix/*" { capabilities = ["update", "sudo"] }
path "+/sys/leases/revoke-force/*"  { capabilities = ["update", "sudo"] }
path "+/sys/leases/lookup/*"        { capabilities = ["list", "sudo"] }
path "+/sys/leases"                 { capabilities = ["read", "sudo"] }
path "+/sys/leases/count"           { capabilities = ["read"] }
path "+/auth/token/revoke-accessor" { capabilities = ["update"] }
path "+/auth/token/lookup-accessor" { capabilities = ["update"] }
path "+/auth/token/accessors"       { capabilities = ["list", "sudo"] }
path "+/identity/entity/id/*"       { capabilities = ["read", "update", "delete"] }
path "+/+/rotate-role/*"            { capabilities = ["update"] }
path "sys/seal"                     { capabilities = ["update", "sudo"] }
"#;

/// Reads what happened, changes nothing.
const AUDITOR: &str = r#"
path "+/sys/leases/lookup"     { capabilities = ["update"] }
path "+/identity/entity/id/*"  { capabilities = ["read"] }
path "+/identity/oidc/role/*"  { capabilities = ["read"] }
path "+/identity/oidc/key/*"   { capabilities = ["read"] }
path "+/+/roles/*"             { capabilities = ["read"] }
path "+/+/static-roles/*"      { capabilities = ["read"] }
path "+/+/config/lease"        { capabilities = ["read"] }
path "+/+/certs"               { capabilities = ["list"] }
path "+/+/certs/revoked"       { capabilities = ["list"] }
path "+/sys/mounts/+/tune"     { capabilities = ["read"] }
path "identity/entity/id/*"    { capabilities = ["read"] }
path "sys/audit-hash/to-file"  { capabilities = ["update"] }
path "sys/namespaces/+"        { capabilities = ["read"] }
"#;

/// Puts a tenant's parent where the broker takes it from, and reads it never again.
const BROKERS_PROVISIONER: &str = r#"
path "broker-kv/data/parents/*" { capabilities = ["create"] }
"#;

/// Pulls the triggers at the broker.
const BROKERS_OPERATOR: &str = r#"
path "+/broker/leases/revoke"          { capabilities = ["update"] }
path "+/broker/leases/revoke-prefix/*" { capabilities = ["update"] }
path "+/broker/leases/revoke-caller"   { capabilities = ["update"] }
"#;

/// Reads the broker's records.
const BROKERS_AUDITOR: &str = r#"
path "+/broker/leases/lookup" { capabilities = ["update"] }
"#;

/// The actors' connections. Nobody here can issue a credential.
pub struct Actors {
    /// Without any token; callers log in by it.
    pub nobody: Bao,
    /// Prepares and removes namespaces.
    pub provisioner: Bao,
    /// Pulls the triggers.
    pub operator: Bao,
    /// Reads.
    pub auditor: Bao,
    /// Where other containers of the network reach the authority.
    pub address: String,
    /// The broker that issues in the authority's stead, where there is one.
    pub broker: Option<Arc<Broker>>,
}

/// Makes the actors, and revokes root. `address` is where other containers reach the authority; `brokered`: a broker will issue in its
/// stead.
///
/// # Errors
/// The authority refuses a step, or root is still good afterwards.
pub async fn bring_up(
    root: &Bao,
    nobody: &Bao,
    address: String,
    brokered: bool,
    redactor: &Redactor,
) -> Result<Actors, AuthorityError> {
    // The backend starts meanwhile, and is waited for as well: what does not need the other is asked for at the same time.
    let policy = async |name: &str, usual: &str, brokers: &str| {
        let policy = format!("{usual}{}", if brokered { brokers } else { "" });
        root.call("PUT", &format!("sys/policies/acl/{name}"), Some(json!({"policy": policy}))).await
    };
    tokio::try_join!(
        root.call("PUT", "sys/config/auditing/request-headers/X-Correlation-ID", Some(json!({"hmac": false}))),
        policy("provisioner", PROVISIONER, BROKERS_PROVISIONER),
        policy("operator", OPERATOR, BROKERS_OPERATOR),
        policy("auditor", AUDITOR, BROKERS_AUDITOR),
        root.post("sys/auth/approle", json!({"type": "approle"})),
    )?;
    let broker = if brokered { Some(Arc::new(Broker::enrol(root, redactor).await?)) } else { None };
    let accessor = root.get("sys/auth").await?.text("/data/approle~1/accessor")?.to_string();
    let orphan = json!({"policies": ["provisioner"], "no_default_policy": true, "display_name": "drill-provisioner", "ttl": "24h"});
    let (provisioner, operator, auditor) = tokio::try_join!(
        root.post("auth/token/create-orphan", orphan),
        actor(root, nobody, "operator", &accessor, redactor),
        actor(root, nobody, "auditor", &accessor, redactor),
    )?;
    let provisioner = nobody.with_token(Secret::new(provisioner.text("/auth/client_token")?.to_string(), redactor));
    root.post("auth/token/revoke-self", json!({})).await?;
    let after = root.send("GET", "auth/token/lookup-self", None).await?;
    if after.status != 403 {
        return Err(AuthorityError::Server(format!(
            "the root token still answers {} after it was revoked",
            after.status
        )));
    }
    Ok(Actors { nobody: nobody.clone(), provisioner, operator, auditor, address, broker })
}

/// An actor with an entity of its own, so that the audit log names it.
async fn actor(
    root: &Bao,
    nobody: &Bao,
    name: &str,
    accessor: &str,
    redactor: &Redactor,
) -> Result<Bao, AuthorityError> {
    let tokens = json!({"token_policies": [name], "token_no_default_policy": true, "token_ttl": "24h"});
    let role = AppRole::create(root, name, tokens, redactor).await?;
    let entity = root.post("identity/entity", json!({"name": format!("drill-{name}")})).await?;
    let alias = json!({"name": role.role_id, "canonical_id": entity.text("/data/id")?, "mount_accessor": accessor});
    root.post("identity/entity-alias", alias).await?;
    let login = nobody.post("auth/approle/login", role.login()).await?;
    Ok(nobody.with_token(Secret::new(login.text("/auth/client_token")?.to_string(), redactor)))
}
