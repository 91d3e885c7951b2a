//! A role of the `approle` login method, and the two halves by which one logs in.

use super::client::Bao;
use super::error::AuthorityError;
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};

/// What is presented to log in.
pub struct AppRole {
    /// The public half; the alias of the entity behind it.
    pub role_id: String,
    /// The secret half.
    pub secret_id: Secret,
}

impl AppRole {
    /// Writes the role with the settings of its `tokens`, and asks for both halves.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn create(bao: &Bao, name: &str, tokens: Value, redactor: &Redactor) -> Result<Self, AuthorityError> {
        let role = format!("auth/approle/role/{name}");
        bao.post(&role, tokens).await?;
        let role_id = bao.get(&format!("{role}/role-id")).await?.text("/data/role_id")?.to_string();
        let secret_id = bao.post(&format!("{role}/secret-id"), json!({})).await?;
        let secret_id = Secret::new(secret_id.text("/data/secret_id")?.to_string(), redactor);
        Ok(Self { role_id, secret_id })
    }
    /// The body of a login.
    pub fn login(&self) -> Value {
        json!({"role_id": self.role_id, "secret_id": self.secret_id.expose()})
    }
}
