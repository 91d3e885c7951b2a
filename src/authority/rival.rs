//! Another tenant at the same authority: a caller as careless set-ups make them, and an administrator who may do everything
//! that its own namespace can grant.

use super::actors::Actors;
use super::caller::{Caller, CallerKind, Login};
use super::client::Bao;
use super::error::AuthorityError;
use super::tenant::{Omitted, Right, Tenant};
use crate::secret::Redactor;

/// Everything that a policy in this namespace can say, upwards and sideways included.
const EVERYTHING: &[&str] = &["*", "+/*", "../*"];

/// The other tenant.
pub struct Rival {
    /// Its namespace.
    pub tenant: Tenant,
    /// A caller with the `default` policy.
    pub caller: Bao,
    /// An administrator with every right in its namespace.
    pub administrator: Bao,
    suffix: String,
}

/// A tenant that is none of the drill's.
pub fn other_than(tenant: &str) -> &'static str {
    if tenant == "globex" { "initech" } else { "globex" }
}

impl Rival {
    /// Makes the other tenant; `victims` is the namespace that it will try to get into, `mount` where its own engine will be.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn create(
        actors: &Actors,
        victims: &Tenant,
        drill: &str,
        mount: &str,
        redactor: &Redactor,
    ) -> Result<Self, AuthorityError> {
        let name = other_than(&victims.name);
        let person = |caller: &str| Caller {
            kind: CallerKind::Workload,
            name: caller.into(),
            login: Login::Approle,
            owner: "team-rival".into(),
            tenant: name.into(),
            exported: false,
        };
        let tenant = Tenant::create(actors, name, drill, &[person("rival-caller")]).await?;
        let omitted = Omitted { no_default_policy: true, ..Omitted::default() };
        let own = [Right::read(format!("{mount}/creds/rival"))];
        let caller = tenant.register(actors, &person("rival-caller"), &own, omitted, redactor).await?;
        let all = &["create", "read", "update", "delete", "list", "sudo"];
        let mut everything: Vec<Right> =
            EVERYTHING.iter().map(|p| Right { path: (*p).into(), capabilities: all, leases: Vec::new() }).collect();
        everything.push(Right { path: format!("{}/*", victims.namespace), capabilities: all, leases: Vec::new() });
        let administrator =
            tenant.register(actors, &person("rival-administrator"), &everything, omitted, redactor).await?;
        let suffix = caller.entity.rsplit_once('.').map(|(_, suffix)| suffix.to_string()).unwrap_or_default();
        let caller = caller.log_in("rival", redactor).await?.bao;
        let administrator = administrator.log_in("rival", redactor).await?.bao;
        Ok(Self { tenant, caller, administrator, suffix })
    }

    /// What its own ids end in.
    pub fn suffix(&self) -> &str {
        &self.suffix
    }
}
