//! What is there and what is left: sessions, permanent keys, uploads in parts.

use super::admin::{Admin, Held};
use super::keys::Keys;
use super::policy::same_policy;
use super::sdk;
use super::server::{Server, seen};
use super::target::lock;
use crate::backend::BackendError;
use crate::backend::attempt::SET_UP_TIMEOUT;
use crate::observation::Stock;
use std::collections::BTreeSet;

impl Server {
    /// Which of these names the inspector finds.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub(super) async fn known_of(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        if stock != Stock::Users {
            return Err(BackendError("not kept at the backend".into()));
        }
        let target = self.target()?;
        let inspector = Admin { address: &target.address, who: &self.inspector };
        let mut found = BTreeSet::new();
        for name in names {
            if inspector.knows(name).await? {
                found.insert(name.clone());
            }
        }
        Ok(found)
    }

    /// Sessions and permanent keys that live, whoever has them; not those that nobody kept.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub(super) async fn living(&self) -> Result<Vec<String>, BackendError> {
        let target = self.target()?;
        let inspector = Admin { address: &target.address, who: &self.inspector };
        let (tokens, users) = tokio::join!(inspector.of_tokens(), inspector.of_users());
        let all = tokens?.into_values().chain(users?.into_values());
        let names: BTreeSet<String> = all.flat_map(|held| held.sessions.into_iter().chain(held.permanent)).collect();
        Ok(names.difference(&lock(&self.state).probed).cloned().collect())
    }

    /// Ends whatever is left, of whomever: sessions, permanent keys, uploads in parts.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn end_everything(&self) -> Result<(), BackendError> {
        let target = self.target()?;
        let administrator = Admin { address: &target.address, who: &self.administrator };
        let (tokens, users) = tokio::join!(administrator.of_tokens(), administrator.of_users());
        for (parent, Held { sessions, permanent }) in tokens?.into_iter().chain(users?) {
            for key in permanent {
                administrator.delete_account(&key).await?;
            }
            if !sessions.is_empty() {
                administrator.end_all(&parent).await?;
            }
        }
        let uploads = lock(&self.state).uploads.clone();
        let s3 = sdk::s3(&target.address, &Keys::of(&self.administrator), SET_UP_TIMEOUT);
        let bucket = &self.plan.bucket;
        for key in uploads {
            let wrong = |what: String| BackendError(format!("the upload {key}: {what}"));
            let open = s3.list_multipart_uploads().bucket(bucket).prefix(&key).send().await;
            for upload in open.map_err(|e| wrong(seen(&e)))?.uploads() {
                let id = upload.upload_id().unwrap_or_default();
                let aborted = s3.abort_multipart_upload().bucket(bucket).key(&key).upload_id(id).send().await;
                aborted.map_err(|e| wrong(seen(&e)))?;
            }
        }
        Ok(())
    }

    /// A policy as the server has it, and as the drill states it.
    ///
    /// # Errors
    /// No answer.
    pub async fn has_policy(&self, name: &str, stated: &str) -> Result<bool, BackendError> {
        let target = self.target()?;
        let found = Admin { address: &target.address, who: &self.inspector }.policy(name).await?;
        let stated: serde_json::Value = serde_json::from_str(stated).unwrap_or_default();
        Ok(same_policy(&found, &stated))
    }
}
