//! What only a backend answers that is shown what the authority issued.

use super::{BackendError, Running, Sold, Wished};
use crate::observation::Saw;
use crate::secret::{Redactor, Secret};

impl Running {
    /// Shows it an identity token, for which it gives a credential; `role`: not as the one whom the token is for, and for so many seconds.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn buy(&self, token: &Secret, role: Wished<'_>, redactor: &Redactor) -> Result<Sold, Saw> {
        match self {
            Self::Minio(s) => s.buy(token, role, redactor).await,
            _ => Err(Saw::Unclassified { what: "this server takes no identity tokens".into() }),
        }
    }
    /// What was bought under this name is not kept: whoever looks for what nobody was given is not to find it.
    pub fn discard(&self, name: &str) {
        if let Self::Minio(s) = self {
            s.discard(name);
        }
    }
    /// Whether it has a policy as it is stated.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn has_policy(&self, name: &str, stated: &str) -> Result<bool, BackendError> {
        match self {
            Self::Minio(s) => s.has_policy(name, stated).await,
            _ => Err(BackendError("this server has no policies".into())),
        }
    }
    /// What shows that a log is its own and was read: the name of whoever used it, where it writes that down.
    pub fn named_in_log(&self, user: &str) -> String {
        match self {
            Self::Minio(s) => s.log_names(),
            _ => user.to_string(),
        }
    }
}
