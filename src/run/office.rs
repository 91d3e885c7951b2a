//! The authority's half of a stage: all that needs no backend, so that it is made ready while the backend starts.

use super::context::RunContext;
use super::leases::Leases;
use super::roles::{self, neighbour};
use super::{AtStep, ENDING, RunError};
use crate::authority::{Actors, AuthorityError, Bao, Omitted, OpenBao, Registered, Rival, Tenant};
use crate::backend::Running;
use crate::credential::{Ability, Ask, Issuer, NEIGHBOUR, Twin};
use crate::definition::sabotage::Sabotage;
use crate::definition::{Caller, DrillPlan};
use crate::secret::Redactor;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How often the engine is told to end what is left: its kept connections to a server that was restarted or killed fail once each.
const ENDING_TRIES: u32 = 4;
/// Between two of them.
const ENDING_PAUSE: Duration = Duration::from_millis(250);
const ROLE: &str = "making a role";

/// The authority, prepared for a drill.
pub struct Office {
    /// The drill's plan.
    pub drill: Arc<DrillPlan>,
    /// Who issues.
    pub server: Arc<OpenBao>,
    /// Operator, auditor, provisioner.
    pub actors: Arc<Actors>,
    /// Sabotaged runs only.
    pub saboteur: Option<Bao>,
    sabotage: Option<Arc<Sabotage>>,
    /// The tenant's namespace.
    pub tenant: Tenant,
    /// The stated role at its usual mount.
    pub issuer: Issuer,
    callers: Mutex<HashMap<String, Arc<OnceCell<Arc<Registered>>>>>,
    neighbour: OnceCell<Bao>,
    capped: OnceCell<Issuer>,
    rival: OnceCell<Rival>,
    /// Mounts that are there.
    mounted: Mutex<BTreeSet<String>>,
    /// Roles that are written once the engine reaches the backend.
    waiting: Mutex<Vec<Issuer>>,
    redactor: Redactor,
}

impl Office {
    /// At a server with its actors; where the run is sabotaged, with the saboteur. Nothing is made there yet.
    pub fn new(
        context: &RunContext,
        drill: &Arc<DrillPlan>,
        (server, actors, saboteur): (Arc<OpenBao>, Arc<Actors>, Option<Bao>),
        tenant: Tenant,
    ) -> Self {
        Self {
            drill: drill.clone(),
            server,
            actors,
            saboteur,
            sabotage: context.sabotage.clone(),
            issuer: Issuer::new(&drill.credential, &tenant, None),
            tenant,
            callers: Mutex::default(),
            neighbour: OnceCell::new(),
            capped: OnceCell::new(),
            rival: OnceCell::new(),
            mounted: Mutex::default(),
            waiting: Mutex::default(),
            redactor: context.redactor.clone(),
        }
    }

    /// Mounts a role's engine, once however many roles are there.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self, issuer: &Issuer) -> Result<(), RunError> {
        let mount = issuer.place().0.to_string();
        if !self.mounted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(mount) {
            return Ok(());
        }
        issuer.mount().await.at_step("mounting the engine")
    }

    /// Writes a role. Where that alone changes a password at the backend it waits for the connection.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self, issuer: &Issuer) -> Result<(), RunError> {
        if self.drill.credential.can(Ability::Rotates) {
            self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(issuer.clone());
            return Ok(());
        }
        issuer.write().await.at_step(ROLE)
    }

    /// Writes the roles that waited: the engine reaches the backend now.
    ///
    /// # Errors
    /// The authority refuses, or a password could not be changed.
    pub async fn write_waiting(&self) -> Result<(), RunError> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for issuer in waiting {
            issuer.write().await.at_step(ROLE)?;
        }
        Ok(())
    }

    /// Whether a step of the set-up is to be left out.
    pub fn skips(&self, step: &str) -> bool {
        self.sabotage.as_ref().is_some_and(|s| s.skips(step))
    }

    /// Who looks leases up, where they are kept.
    pub fn auditor(&self) -> Leases {
        Leases { auditor: self.actors.auditor.clone(), broker: self.actors.broker.clone() }
    }

    /// What is wrong with the broker on purpose.
    pub fn broken_broker(&self) -> Option<&str> {
        self.sabotage.as_ref()?.broken_broker()
    }

    /// The caller, registered once however many scenarios ask as it.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn registered(&self, caller: &Caller) -> Result<Arc<Registered>, RunError> {
        let cell = {
            let mut callers = self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            callers.entry(caller.name.clone()).or_default().clone()
        };
        let register = async {
            let rights = match caller.name.as_str() {
                NEIGHBOUR => vec![roles::right(&self.neighbours_role())],
                _ => roles::rights(&self.drill, &self.tenant, &self.issuer, caller),
            };
            let omitted = Omitted {
                owner: self.skips("owner"),
                owner_claim: self.skips("owner-claim"),
                no_default_policy: self.skips("no-default-policy"),
            };
            self.tenant.register(&self.actors, caller, &rights, omitted, &self.redactor).await.map(Arc::new)
        };
        cell.get_or_try_init(|| register).await.cloned().at_step("making the caller")
    }

    /// The role of the other caller.
    pub fn neighbours_role(&self) -> Issuer {
        self.issuer.twin(&Twin::Copy(NEIGHBOUR.into()))
    }

    /// The other caller of the same tenant, logged in; its role is there.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn neighbour(&self) -> Result<Bao, RunError> {
        let make = async {
            self.write(&self.neighbours_role()).await?;
            let registered = self.registered(&neighbour(&self.tenant.name)).await?;
            let login = registered.log_in(NEIGHBOUR, &self.redactor).await;
            login.at_step("logging another caller in").map(|login| login.bao)
        };
        self.neighbour.get_or_try_init(|| make).await.cloned()
    }

    /// The role whose default TTL is above its cap.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn capped(&self) -> Result<&Issuer, RunError> {
        let make = async {
            let twin = self.issuer.twin(&Twin::Capped);
            self.mount(&twin).await?;
            twin.write().await.at_step("making the role with a cap below its default")?;
            Ok(twin)
        };
        self.capped.get_or_try_init(|| make).await
    }

    /// The other tenant, its engine not connected yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rival(&self) -> Result<&Rival, RunError> {
        let make = async {
            let mount = self.drill.credential.mount();
            let rival = Rival::create(&self.actors, &self.tenant, &self.drill.drill, mount, &self.redactor);
            let rival = rival.await.at_step("making another tenant")?;
            let issuer = self.rivals_issuer(&rival);
            issuer.mount().await.at_step("making another tenant's mount")?;
            if self.drill.credential.can(Ability::Brokered) {
                issuer.write().await.at_step(ROLE)?;
            }
            Ok(rival)
        };
        self.rival.get_or_try_init(|| make).await
    }

    /// The other tenant's engine.
    pub fn rivals_issuer(&self, rival: &Rival) -> Issuer {
        Issuer::new(&self.drill.credential, &rival.tenant, None)
    }

    /// Ends what is left, sees at the backend that nobody is, and only then removes the namespaces: their deletion can leave logins
    /// alive and forget their leases.
    ///
    /// # Errors
    /// Something could not be ended, or is still at the backend.
    pub async fn close(&self, backend: &Running) -> Result<(), RunError> {
        let own = self.mounted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let mut mounts: Vec<(&Tenant, String)> = own.into_iter().map(|mount| (&self.tenant, mount)).collect();
        if let Some(rival) = self.rival.get() {
            mounts.push((&rival.tenant, self.drill.credential.mount().to_string()));
        }
        for (tenant, mount) in &mounts {
            // The provisioner is nobody to a broker.
            let by = if self.drill.credential.can(Ability::Brokered) {
                self.issuer.at(&self.actors.operator).in_namespace(&tenant.namespace)
            } else {
                tenant.provisioner.clone()
            };
            end_all(&by, &self.issuer.clearing(mount)).await.at_step(ENDING)?;
        }
        backend.clear().await.at_step(ENDING)?;
        let left = backend.issued_users().await.at_step(ENDING)?;
        if !left.is_empty() {
            return Err(format!("still at the backend: {}", left.join(", "))).at_step(ENDING);
        }
        for tenant in [Some(&self.tenant), self.rival.get().map(|r| &r.tenant)].into_iter().flatten() {
            tenant.remove(&self.actors).await.at_step(ENDING)?;
        }
        Ok(())
    }

    /// For new secrets.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}

/// Ends every lease of a mount.
async fn end_all(by: &Bao, Ask { method, path, body }: &Ask) -> Result<(), AuthorityError> {
    let mut tries = 1;
    loop {
        match by.call(method, path, body.clone()).await {
            Ok(_) => return Ok(()),
            Err(e) if tries == ENDING_TRIES => return Err(e),
            Err(e) => tracing::debug!(path, tries, "not all ended: {e}"),
        }
        tries += 1;
        tokio::time::sleep(ENDING_PAUSE).await;
    }
}
