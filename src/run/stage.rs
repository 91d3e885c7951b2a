//! One drill's stage: its servers, connected with each other, and what its scenarios share.

use super::lead::Lead;
use super::office::Office;
use super::probing::Prober;
use super::roles::own_mounts;
use super::{AtStep, RunError};
use crate::authority::Rival;
use crate::backend::{Credential, Running};
use crate::credential::{Ability, Issued, Issuer};
use crate::definition::DrillPlan;
use crate::environment::Network;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A drill's servers, prepared, and what its scenarios share.
pub struct Stage {
    /// The authority's half.
    pub office: Office,
    /// Where its servers are.
    pub network: Network,
    /// Where credentials must die.
    pub backend: Arc<Running>,
    /// Bootstrap credentials of the tenant's parent, the other tenant's, and of mounts of their own.
    pub parents: Vec<Credential>,
    rival_connected: OnceCell<()>,
    /// Mounts besides the usual one.
    connected: Mutex<BTreeMap<String, Arc<OnceCell<()>>>>,
    /// What runs out by itself goes first: the others begin when its bracket is complete.
    pub lead: Lead,
    /// Names of all credentials that the run was given, whoever asked for them.
    pub given: Mutex<BTreeSet<String>>,
    /// The bootstrap parent and its control at each door, between rotation and the look afterwards.
    pub parent_probers: Mutex<Vec<(Prober, Prober)>>,
}

impl Stage {
    /// Nothing of it is connected yet.
    pub fn new(office: Office, network: Network, backend: Running, parents: Vec<Credential>) -> Self {
        Self {
            office,
            network,
            backend: Arc::new(backend),
            parents,
            rival_connected: OnceCell::new(),
            connected: Mutex::default(),
            lead: Lead::default(),
            given: Mutex::default(),
            parent_probers: Mutex::default(),
        }
    }

    /// The drill's plan.
    pub fn drill(&self) -> &DrillPlan {
        &self.office.drill
    }

    /// Remembers that a credential came into the run's hands.
    pub fn give(&self, issued: &Issued) {
        self.give_name(&issued.credential.name);
    }

    /// The same by its name.
    pub fn give_name(&self, name: &str) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string());
    }

    /// Connects the mount of a role where it is not the usual one, as a parent of its own; once however many roles are there.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn connect_mount(&self, issuer: &Issuer) -> Result<(), RunError> {
        const STEP: &str = "connecting a mount of its own";
        let mounts = own_mounts(self.drill());
        let Some(at) = mounts.iter().position(|mount| mount == issuer.place().0) else { return Ok(()) };
        let connect = async {
            self.connect_engine(issuer, at + 2, STEP).await?;
            self.vouch_for(issuer).await?;
            self.rotate(issuer).await
        };
        let cell = {
            let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
            connected.entry(mounts[at].clone()).or_default().clone()
        };
        cell.get_or_try_init(|| connect).await?;
        Ok(())
    }

    /// Tells a mount's engine how to reach the backend as a parent, where it does.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend.
    pub async fn connect_engine(&self, issuer: &Issuer, parent: usize, step: &str) -> Result<(), RunError> {
        if !self.drill().credential.can(Ability::LogsIn) {
            return Ok(());
        }
        let parent = self.parents.get(parent).ok_or("no parent").at_step(step)?;
        issuer.connect(self.backend.authority_connection(parent), parent).await.at_step(step)
    }

    /// Tells the backend whose signature it takes, where it goes by one. Nobody else's than the drill's own tenant's.
    ///
    /// # Errors
    /// One of them gives no answer.
    pub async fn vouch_for(&self, issuer: &Issuer) -> Result<(), RunError> {
        const STEP: &str = "telling the backend of its authority";
        match issuer.anchor().await.at_step(STEP)? {
            Some(anchor) => self.backend.trust(&anchor).await.at_step(STEP),
            None => Ok(()),
        }
    }

    /// Gives a mount's parent a secret that only the authority knows, where its engine can.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rotate(&self, issuer: &Issuer) -> Result<(), RunError> {
        if !self.drill().credential.can(Ability::RotatesParent) {
            return Ok(());
        }
        issuer.rotate_parent().await.at_step("rotating the parent")
    }

    /// The other tenant, its engine connected as a parent of its own; when it is first needed, which is while others wait.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rival(&self) -> Result<&Rival, RunError> {
        const STEP: &str = "connecting another tenant";
        let rival = self.office.rival().await?;
        let connect = async {
            let own = !self.office.skips("own-parent");
            let issuer = self.office.rivals_issuer(rival);
            self.connect_engine(&issuer, usize::from(own), STEP).await?;
            if own {
                self.rotate(&issuer).await?;
            }
            Ok(())
        };
        self.rival_connected.get_or_try_init(|| connect).await?;
        Ok(rival)
    }
}
