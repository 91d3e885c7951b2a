//! Issuing, whichever kind it is: what `run` may ask for.

use super::issued::{Ask, Hostile, Issued, ParentPaths, Revocation};
use super::{
    CredentialPlan, Twin, brokered, certificate, database, rabbitmq, ssh_certificate, ssh_otp, static_role,
    web_identity,
};
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::backend::plugin::HostileStatements;
use crate::backend::{Anchor, BackendError, Credential, IdentityProvider, Running};
use crate::secret::{Redactor, Secret};
use serde_json::Value;
use std::collections::BTreeSet;

/// A role at the authority.
#[derive(Clone)]
pub enum Issuer {
    /// OpenBao's database engine.
    Database(database::issue::Issuer),
    /// OpenBao's rabbitmq engine.
    Rabbitmq(rabbitmq::issue::Issuer),
    /// OpenBao's PKI engine.
    Certificate(certificate::issue::Issuer),
    /// OpenBao's SSH engine, as an authority.
    SshCertificate(ssh_certificate::issue::Issuer),
    /// A static role of OpenBao's database engine.
    StaticRole(static_role::issue::Issuer),
    /// OpenBao's SSH engine, passwords that work once.
    SshOtp(ssh_otp::issue::Issuer),
    /// A credential broker.
    Brokered(brokered::issue::Issuer),
    /// Identity tokens of OpenBao, which buy sessions at a store.
    WebIdentity(web_identity::issue::Issuer),
}

impl Issuer {
    /// Where what it issues is shown, and what then can be tried there; none for a kind that is not.
    pub fn presented(&self) -> Option<&web_identity::issue::Issuer> {
        match self {
            Self::WebIdentity(i) => Some(i),
            _ => None,
        }
    }
    /// Whose identity tokens a backend must be told of before it starts, and of which copies of the role; none for other kinds.
    pub fn provider(
        credential: &CredentialPlan,
        namespace: &str,
        authority: &str,
        twins: &[Twin],
    ) -> Option<IdentityProvider> {
        match credential {
            CredentialPlan::WebIdentity(plan) => Some(web_identity::issue::provider(plan, namespace, authority, twins)),
            _ => None,
        }
    }
    /// The stated role at the tenant's usual mount, or at another one; nothing is asked of the authority.
    pub fn new(credential: &CredentialPlan, tenant: &Tenant, mount: Option<&str>) -> Self {
        let mount = mount.unwrap_or(credential.mount());
        match credential {
            CredentialPlan::Database(plan) => Self::Database(database::issue::Issuer::new(plan, tenant, mount)),
            CredentialPlan::Rabbitmq(plan) => Self::Rabbitmq(rabbitmq::issue::Issuer::new(plan, tenant, mount)),
            CredentialPlan::Certificate(plan) => {
                Self::Certificate(certificate::issue::Issuer::new(plan, tenant, mount))
            }
            CredentialPlan::SshOtp(plan) => Self::SshOtp(ssh_otp::issue::Issuer::new(plan, tenant, mount)),
            CredentialPlan::Brokered(plan) => Self::Brokered(brokered::issue::Issuer::new(plan, tenant)),
            CredentialPlan::SshCertificate(plan) => {
                Self::SshCertificate(ssh_certificate::issue::Issuer::new(plan, tenant, mount))
            }
            CredentialPlan::StaticRole(plan) => Self::StaticRole(static_role::issue::Issuer::new(plan, tenant, mount)),
            CredentialPlan::WebIdentity(plan) => {
                Self::WebIdentity(web_identity::issue::Issuer::new(plan, tenant, mount))
            }
        }
    }
    /// Mounts the engine, which needs no backend yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.mount().await,
            Self::Rabbitmq(i) => i.mount().await,
            Self::Certificate(i) => i.mount().await,
            Self::SshCertificate(i) => i.mount().await,
            Self::StaticRole(i) => i.mount().await,
            Self::SshOtp(i) => i.mount().await,
            // It is no engine of the authority's.
            Self::Brokered(_) => Ok(()),
            Self::WebIdentity(i) => i.mount().await,
        }
    }
    /// Connects the engine with its backend as a parent. `connection` is the backend's own.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, connection: Value, parent: &Credential) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.connect(connection).await,
            Self::Rabbitmq(i) => i.connect(connection).await,
            // It needs to reach nobody: who takes its word looks at the signature.
            Self::Certificate(_) | Self::SshCertificate(_) | Self::SshOtp(_) | Self::WebIdentity(_) => Ok(()),
            Self::StaticRole(i) => i.connect(connection).await,
            Self::Brokered(i) => i.connect(parent).await,
        }
    }
    /// Gives the parent a secret that only the authority knows.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rotate_parent(&self) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.rotate_parent().await,
            Self::StaticRole(i) => i.rotate_parent().await,
            Self::Rabbitmq(_)
            | Self::Certificate(_)
            | Self::SshCertificate(_)
            | Self::SshOtp(_)
            | Self::WebIdentity(_) => Err(AuthorityError::Server("the engine cannot rotate its parent".into())),
            // It does so when it starts.
            Self::Brokered(_) => Ok(()),
        }
    }
    /// The same role under another name.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        match self {
            Self::Database(i) => Self::Database(i.twin(twin)),
            Self::Rabbitmq(i) => Self::Rabbitmq(i.twin(twin)),
            Self::Certificate(i) => Self::Certificate(i.twin(twin)),
            Self::SshCertificate(i) => Self::SshCertificate(i.twin(twin)),
            Self::StaticRole(i) => Self::StaticRole(i.twin(twin)),
            Self::SshOtp(i) => Self::SshOtp(i.twin(twin)),
            Self::Brokered(i) => Self::Brokered(i.twin(twin)),
            Self::WebIdentity(i) => Self::WebIdentity(i.twin(twin)),
        }
    }
    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.write().await,
            Self::Rabbitmq(i) => i.write().await,
            Self::Certificate(i) => i.write().await,
            Self::SshCertificate(i) => i.write().await,
            Self::StaticRole(i) => i.write().await,
            Self::SshOtp(i) => i.write().await,
            Self::Brokered(i) => i.write(),
            Self::WebIdentity(i) => i.write().await,
        }
    }
    /// Its mount and its name.
    pub fn place(&self) -> (&str, &str) {
        match self {
            Self::Database(i) => i.place(),
            Self::Rabbitmq(i) => i.place(),
            Self::Certificate(i) => i.place(),
            Self::SshCertificate(i) => i.place(),
            Self::StaticRole(i) => i.place(),
            Self::SshOtp(i) => i.place(),
            Self::Brokered(i) => i.place(),
            Self::WebIdentity(i) => i.place(),
        }
    }
    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        match self {
            Self::Database(i) => i.path(),
            Self::Rabbitmq(i) => i.path(),
            Self::Certificate(i) => i.path(),
            Self::SshCertificate(i) => i.path(),
            Self::StaticRole(i) => i.path(),
            Self::SshOtp(i) => i.path(),
            Self::Brokered(i) => i.path(),
            Self::WebIdentity(i) => i.path(),
        }
    }
    /// Somebody's connection to who issues: a broker, where there is one, else the authority itself.
    pub fn at(&self, bao: &Bao) -> Bao {
        match self {
            Self::Brokered(i) => i.at(bao),
            _ => bao.clone(),
        }
    }
    /// The request, to who issues, that ends everything of a role's path or of the mount.
    pub fn clearing(&self, prefix: &str) -> Ask {
        match self {
            Self::Brokered(i) => i.clearing(prefix),
            _ => Ask::revoke_prefix(prefix),
        }
    }
    /// The request that issues.
    pub fn ask(&self) -> Ask {
        match self {
            Self::Database(_) | Self::Rabbitmq(_) | Self::StaticRole(_) | Self::WebIdentity(_) => {
                Ask::read(self.path())
            }
            Self::Certificate(i) => i.ask(),
            Self::SshCertificate(i) => i.ask(),
            Self::SshOtp(i) => i.ask(),
            Self::Brokered(i) => i.ask(),
        }
    }
    /// Requests for more than its role grants, in words and as they are sent; none where the caller names nothing.
    pub fn beyond_scope(&self) -> Vec<(&'static str, Ask)> {
        match self {
            // What it names it names at the backend.
            Self::Database(_) | Self::Rabbitmq(_) | Self::StaticRole(_) | Self::WebIdentity(_) => Vec::new(),
            Self::Certificate(i) => i.beyond_scope(),
            Self::SshCertificate(i) => i.beyond_scope(),
            Self::SshOtp(i) => i.beyond_scope(),
            Self::Brokered(i) => i.beyond_scope(),
        }
    }
    /// The same request for no more than its cap, where the caller names the TTL.
    pub fn within_cap(&self) -> Option<Self> {
        match self {
            Self::Database(_)
            | Self::Rabbitmq(_)
            | Self::StaticRole(_)
            | Self::SshOtp(_)
            | Self::Brokered(_)
            | Self::WebIdentity(_) => None,
            Self::Certificate(i) => Some(Self::Certificate(i.within_cap())),
            Self::SshCertificate(i) => Some(Self::SshCertificate(i.within_cap())),
        }
    }
    /// A request at somebody else's mount that would take this one's user over.
    pub fn takeover(&self) -> Option<Ask> {
        match self {
            Self::StaticRole(i) => Some(i.takeover()),
            Self::Database(_)
            | Self::Rabbitmq(_)
            | Self::Certificate(_)
            | Self::SshCertificate(_)
            | Self::SshOtp(_)
            | Self::Brokered(_)
            | Self::WebIdentity(_) => None,
        }
    }
    /// How one credential of it is ended.
    pub fn revocation(&self, issued: &Issued) -> Revocation {
        match self {
            Self::Database(_) | Self::Rabbitmq(_) | Self::Certificate(_) => Revocation::Lease,
            Self::SshCertificate(_) | Self::WebIdentity(_) => Revocation::Token,
            Self::StaticRole(i) => i.rotation(),
            Self::SshOtp(i) => Revocation::Role(i.path()),
            Self::Brokered(i) => i.revocation(issued),
        }
    }
    /// What a backend must know of it that takes its credentials by their signature.
    ///
    /// # Errors
    /// The authority gives no answer.
    pub async fn anchor(&self) -> Result<Option<Anchor>, AuthorityError> {
        match self {
            Self::Database(_) | Self::Rabbitmq(_) | Self::StaticRole(_) | Self::Brokered(_) | Self::WebIdentity(_) => {
                Ok(None)
            }
            Self::Certificate(i) => i.anchor().await.map(Some),
            Self::SshCertificate(i) => i.anchor().await.map(Some),
            Self::SshOtp(i) => Ok(Some(i.anchor())),
        }
    }
    /// Names of what was issued here and not revoked, where it is the authority that keeps them and not the backend.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn standing(&self, auditor: &Reader) -> Result<Option<BTreeSet<String>>, AuthorityError> {
        match self {
            Self::Database(_)
            | Self::Rabbitmq(_)
            | Self::SshCertificate(_)
            | Self::StaticRole(_)
            | Self::SshOtp(_)
            | Self::Brokered(_)
            | Self::WebIdentity(_) => Ok(None),
            Self::Certificate(i) => i.standing(auditor).await.map(Some),
        }
    }
    /// What must be refused whatever the trigger does: `third`'s name with another secret, and a name that was never issued.
    ///
    /// # Errors
    /// They cannot be made up.
    pub fn bogus(
        &self,
        third: &Issued,
        backend: &Running,
        redactor: &Redactor,
    ) -> Result<[Credential; 2], BackendError> {
        match self {
            Self::Database(_) | Self::Rabbitmq(_) => {
                let altered = Credential { name: third.credential.name.clone(), secret: Secret::random(redactor) };
                Ok([altered, backend.invented(&third.credential.name, redactor)])
            }
            Self::Certificate(i) => i.bogus(third, redactor),
            Self::SshCertificate(_) => ssh_certificate::issue::Issuer::bogus(third, redactor),
            Self::StaticRole(i) => Ok(i.bogus(third, redactor)),
            Self::SshOtp(_) => Ok(ssh_otp::issue::Issuer::bogus(third, redactor)),
            Self::Brokered(_) => Ok(brokered::issue::Issuer::bogus(third, backend, redactor)),
            Self::WebIdentity(_) => Ok(web_identity::issue::Issuer::bogus(third, redactor)),
        }
    }
    /// The paths of the parent's configuration.
    pub fn parent_paths(&self) -> ParentPaths {
        match self {
            Self::Database(i) => i.parent_paths(),
            Self::Rabbitmq(i) => i.parent_paths(),
            Self::Certificate(i) => i.parent_paths(),
            Self::SshCertificate(i) => i.parent_paths(),
            Self::StaticRole(i) => i.parent_paths(),
            Self::SshOtp(i) => i.parent_paths(),
            Self::Brokered(i) => i.parent_paths(),
            Self::WebIdentity(i) => i.parent_paths(),
        }
    }
    /// The limits in force, and whether the role grants what the drill states, as the auditor reads them back; none where nobody can read
    /// a role, and the record of each lease says what was granted.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<Option<(Limits, bool)>, AuthorityError> {
        let read = match self {
            Self::Brokered(_) => return Ok(None),
            Self::Database(i) => i.read_back(auditor).await,
            Self::Rabbitmq(i) => i.read_back(auditor).await,
            Self::Certificate(i) => i.read_back(auditor).await,
            Self::SshCertificate(i) => i.read_back(auditor).await,
            Self::StaticRole(i) => i.read_back(auditor).await,
            Self::SshOtp(i) => i.read_back(auditor).await,
            Self::WebIdentity(i) => i.read_back(auditor).await,
        };
        read.map(Some)
    }
    /// A role by which another mount's owner reaches for a user of this one. `statements` are the backend's.
    pub fn hostile(&self, statements: &HostileStatements) -> Hostile {
        match self {
            // The same engine: dynamic roles may stand beside static ones.
            Self::Database(_) | Self::StaticRole(_) => database::issue::Issuer::hostile(statements),
            Self::Rabbitmq(i) => i.hostile(),
            Self::Certificate(i) => i.hostile(),
            Self::SshCertificate(i) => i.hostile(),
            Self::SshOtp(i) => i.hostile(),
            Self::Brokered(i) => i.hostile(),
            Self::WebIdentity(i) => i.hostile(),
        }
    }
    /// Issues a credential to a caller.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        match self {
            Self::Database(i) => i.issue(caller, redactor).await,
            Self::Rabbitmq(i) => i.issue(caller, redactor).await,
            Self::Certificate(i) => i.issue(caller, redactor).await,
            Self::SshCertificate(i) => i.issue(caller, redactor).await,
            Self::StaticRole(i) => i.issue(caller, redactor).await,
            Self::SshOtp(i) => i.issue(caller, redactor).await,
            Self::Brokered(i) => i.issue(caller, redactor).await,
            Self::WebIdentity(i) => i.issue(caller, redactor).await,
        }
    }
}
