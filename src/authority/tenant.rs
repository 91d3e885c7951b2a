//! A tenant's namespace at the authority, with its caller.

use super::actors::Actors;
use super::caller::{Caller, Login};
use super::client::Bao;
use super::error::AuthorityError;
use crate::secret::{Redactor, Secret};
use serde_json::json;

/// A prepared namespace.
#[derive(Clone)]
pub struct Tenant {
    /// `<tenant>-<drill>`.
    pub namespace: String,
    /// The provisioner in that namespace.
    pub provisioner: Bao,
}

/// A caller that has logged in.
#[derive(Clone)]
pub struct CallerLogin {
    /// Its connection, in its namespace.
    pub bao: Bao,
    /// Its entity's id.
    pub entity: String,
}

impl Tenant {
    /// Creates the namespace, which says whose it is.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn create(actors: &Actors, tenant: &str, drill: &str) -> Result<Self, AuthorityError> {
        let namespace = format!("{tenant}-{drill}");
        actors
            .provisioner
            .post(&format!("sys/namespaces/{namespace}"), json!({"custom_metadata": {"tenant": tenant}}))
            .await?;
        let provisioner = actors.provisioner.in_namespace(&namespace);
        Ok(Self { namespace, provisioner })
    }

    /// Creates the caller with its entity and logs it in. It may do `paths` and nothing else, not even by the `default` policy.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn log_in(
        &self,
        actors: &Actors,
        caller: &Caller,
        paths: &[(String, &str)],
        redactor: &Redactor,
    ) -> Result<CallerLogin, AuthorityError> {
        let p = &self.provisioner;
        let policy: String = paths
            .iter()
            .map(|(path, capability)| format!("path \"{path}\" {{ capabilities = [\"{capability}\"] }}\n"))
            .collect();
        p.call("PUT", &format!("sys/policies/acl/{}", caller.name), Some(json!({"policy": policy}))).await?;
        let nobody = actors.nobody.in_namespace(&self.namespace);
        let method = match caller.login {
            Login::Approle => "approle",
            Login::Userpass => "userpass",
            Login::Jwt => {
                return Err(AuthorityError::Server("login by jwt is not supported yet".into()));
            }
        };
        p.post(&format!("sys/auth/{method}"), json!({"type": method})).await?;
        let accessor = p.get("sys/auth").await?.text(&format!("/data/{method}~1/accessor"))?.to_string();
        let metadata = json!({"name": caller.name, "metadata": {"owner": caller.owner, "tenant": caller.tenant}});
        let entity = p.post("identity/entity", metadata).await?.text("/data/id")?.to_string();
        let alias = |name: &str| json!({"name": name, "canonical_id": entity, "mount_accessor": accessor});
        let tokens = json!({"token_policies": [caller.name], "token_no_default_policy": true, "token_ttl": "24h"});
        let auth = if caller.login == Login::Approle {
            p.post(&format!("auth/approle/role/{}", caller.name), tokens).await?;
            let role_id =
                p.get(&format!("auth/approle/role/{}/role-id", caller.name)).await?.text("/data/role_id")?.to_string();
            p.post("identity/entity-alias", alias(&role_id)).await?;
            let secret_id = p.post(&format!("auth/approle/role/{}/secret-id", caller.name), json!({})).await?;
            let secret_id = Secret::new(secret_id.text("/data/secret_id")?.to_string(), redactor);
            nobody.post("auth/approle/login", json!({"role_id": role_id, "secret_id": secret_id.expose()})).await?
        } else {
            let password = Secret::random(redactor);
            let mut user = tokens;
            user["password"] = json!(password.expose());
            p.post(&format!("auth/userpass/users/{}", caller.name), user).await?;
            p.post("identity/entity-alias", alias(&caller.name)).await?;
            nobody.post(&format!("auth/userpass/login/{}", caller.name), json!({"password": password.expose()})).await?
        };
        let token = Secret::new(auth.text("/auth/client_token")?.to_string(), redactor);
        let entity = auth.text("/auth/entity_id")?.to_string();
        Ok(CallerLogin { bao: nobody.with_token(token), entity })
    }
}
