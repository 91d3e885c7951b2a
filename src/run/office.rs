//! The authority's half of a stage: all that needs no backend, so that it is made ready while the backend starts.

use super::journal::Journal;
use super::prepare::{self, NEIGHBOUR, Prepared, neighbour};
use super::stage::RunContext;
use super::{AtStep, ENDING, RunError};
use crate::authority::{Actors, Bao, Omitted, OpenBao, Registered, Right, Rival, Tenant, bring_up};
use crate::backend::Running;
use crate::credential::{Issuer, Twin};
use crate::definition::sabotage::Sabotage;
use crate::definition::{Caller, DrillPlan, Trigger};
use crate::environment::{ImageChoice, Network};
use crate::history::Body;
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OnceCell;

/// An actor's request to a living OpenBao on the same machine takes milliseconds; a revoke waits for the backend.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

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
    redactor: Redactor,
}

/// Starts OpenBao and makes everything there that a drill needs, but for the connections with the backend.
///
/// # Errors
/// The engine or the authority refuses a step.
pub async fn open(
    context: &RunContext,
    journal: &Journal,
    network: &Network,
    name: String,
    image: ImageChoice,
    drill: &Arc<DrillPlan>,
) -> Result<(Office, Vec<Prepared>), RunError> {
    let from_us = journal.now_us();
    let container = OpenBao::launch(&context.engine, network, &context.labels, &name, image.clone())
        .await
        .at_step("starting openbao")?;
    journal.step("openbao's container", from_us);
    let from_us = journal.now_us();
    let (server, root) = OpenBao::open(container, &context.redactor).await.at_step("starting openbao")?;
    journal.step("openbao ready", from_us);
    let address = server.address().await.at_step("starting openbao")?;
    let nobody = Bao::at(&address, REQUEST_TIMEOUT).at_step("starting openbao")?;
    let from_us = journal.now_us();
    let saboteur = match &context.sabotage {
        Some(_) => Some(saboteur(&root, &nobody, &context.redactor).await.at_step("the saboteur's token")?),
        None => None,
    };
    let actors = bring_up(&root, &nobody, &context.redactor).await.at_step("making the actors")?;
    journal.step("actors ready, root token revoked", from_us);
    let from_us = journal.now_us();
    let mut callers: Vec<Caller> = drill.scenarios.iter().map(|s| s.caller.clone()).collect();
    let name = callers.first().map(|c| c.tenant.clone()).unwrap_or_default();
    callers.push(neighbour(&name));
    let tenant = Tenant::create(&actors, &name, &drill.drill, &callers).await;
    let tenant = tenant.at_step("making the tenant's namespace")?;
    journal.write(Body::Server {
        server: "authority".into(),
        product: "OpenBao".into(),
        version: server.version.clone(),
        image: image.reference,
        image_id: image.id,
        origin: image.origin,
        identity: server.cluster.clone(),
    });
    let office = Office {
        drill: drill.clone(),
        server: Arc::new(server),
        actors: Arc::new(actors),
        saboteur: saboteur.map(|s| s.in_namespace(&tenant.namespace)),
        sabotage: context.sabotage.clone(),
        issuer: Issuer::new(&drill.credential, &tenant, None),
        tenant,
        callers: Mutex::default(),
        neighbour: OnceCell::new(),
        capped: OnceCell::new(),
        rival: OnceCell::new(),
        redactor: context.redactor.clone(),
    };
    let prepared = office.fill(context).await?;
    journal.step("tenants, roles and callers", from_us);
    Ok((office, prepared))
}

/// A sabotage at the authority uses a token that exists only in sabotaged runs.
async fn saboteur(root: &Bao, nobody: &Bao, redactor: &Redactor) -> Result<Bao, crate::authority::AuthorityError> {
    let all = "capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"]";
    let policy = format!("path \"*\" {{ {all} }}\npath \"+/*\" {{ {all} }}\n");
    root.call("PUT", "sys/policies/acl/saboteur", Some(json!({"policy": policy}))).await?;
    let token = root
        .post("auth/token/create-orphan", json!({"policies": ["saboteur"], "no_default_policy": true, "ttl": "24h"}))
        .await?;
    Ok(nobody.with_token(Secret::new(token.text("/auth/client_token")?.to_string(), redactor)))
}

impl Office {
    /// Roles and callers of every scenario, and of the others that try what they may not. One after the other: OpenBao answers 500
    /// (`transaction commit failed`) where two requests at once write what each reads.
    async fn fill(&self, context: &RunContext) -> Result<Vec<Prepared>, RunError> {
        self.issuer.mount().await.at_step("mounting the engine")?;
        self.issuer.write().await.at_step("making the role")?;
        let mut prepared = Vec::new();
        for plan in &self.drill.scenarios {
            let correlation = prepare::correlation(context, &self.drill, plan);
            prepared.push(prepare::prepare(self, plan, &correlation).await?);
        }
        if self.drill.scenarios.iter().any(|s| s.trigger == Trigger::Revoke) {
            self.neighbour().await?;
            self.capped().await?;
            self.rival().await?;
        }
        Ok(prepared)
    }

    /// Whether a step of the set-up is to be left out.
    pub fn skips(&self, step: &str) -> bool {
        self.sabotage.as_ref().is_some_and(|s| s.skips(step))
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
                NEIGHBOUR => vec![Right::read(self.neighbours_role().path())],
                _ => prepare::rights(self, caller),
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
            self.neighbours_role().write().await.at_step("making another caller's role")?;
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
            let rival = Rival::create(&self.actors, &self.tenant, &self.drill.drill, &self.redactor);
            let rival = rival.await.at_step("making another tenant")?;
            self.rivals_issuer(&rival).mount().await.at_step("making another tenant's mount")?;
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
        let own = self.drill.scenarios.iter().filter(|s| prepare::own_mount(s));
        let mut issuers: Vec<(&Tenant, Issuer)> =
            own.map(|plan| (&self.tenant, prepare::issuer_of(self, plan))).collect();
        issuers.push((&self.tenant, self.issuer.clone()));
        if let Some(rival) = self.rival.get() {
            issuers.push((&rival.tenant, self.rivals_issuer(rival)));
        }
        for (tenant, issuer) in &issuers {
            let path = format!("sys/leases/revoke-prefix/{}", issuer.place().0);
            tenant.provisioner.call("PUT", &path, Some(json!({"sync": true}))).await.at_step(ENDING)?;
        }
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
