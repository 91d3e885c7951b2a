//! What others try and must not get: another role, another tenant's lease, the parent credential. Each attempt is written down
//! with its answer, and after each one the victim is asked at the backend.

use super::prepare::Prepared;
use super::probing::Prober;
use super::scenario::ScenarioRun;
use super::stage::Stage;
use super::{AtStep, RunError, renewal};
use crate::authority::{Bao, Reader, Rival};
use crate::credential::{CAPPED, Issued};
use crate::history::{Attempt, Body, Claim, Grant, Part, Search};
use crate::secret::Redactor;
use serde_json::{Value, json};

/// The living credential that every attempt must spare.
pub struct Victim {
    /// As it was issued.
    pub issued: Issued,
}

/// One request that somebody may not make.
struct Try<'a> {
    claim: Claim,
    by: &'a str,
    bao: Bao,
    what: String,
    method: &'static str,
    path: String,
    body: Option<Value>,
    /// Its success would be a breach by itself.
    reads: bool,
}

/// Everything that is tried in a scenario.
///
/// # Errors
/// The others could not be set up, or an attempt's effect could not be looked at.
pub async fn attempts(run: &ScenarioRun, prepared: &Prepared) -> Result<Victim, RunError> {
    let stage = &run.stage;
    let caller = &prepared.caller.bao;
    let neighbour = stage.office.neighbour().await?;
    let rival = stage.rival().await?;
    let (issued, _) = run.issue(caller, &prepared.subject, Part::Victim).await?;
    let door = stage.drill().doors.first().cloned().unwrap_or_default();
    let mut victim = Prober::new(&run.journal, &stage.backend, Part::Victim, &door, &issued.credential);
    victim.once().await;

    let role = stage.office.neighbours_role().path();
    let what = "issue from another caller's role";
    let seen = attempt(run, Try::get(Claim::RoleRefused, "the caller", caller, what, role)).await;
    run.journal.write(Body::Attempt { attempt: seen });
    capped(run, caller).await?;
    let mut tries = strangers(rival, &issued, prepared);
    tries.extend(same_tenant(&neighbour, &issued));
    for one in tries {
        let seen = attempt(run, one).await;
        spared(run, seen, &mut victim, &issued).await?;
    }
    for seen in hostile_role(run, rival, &issued).await? {
        spared(run, seen, &mut victim, &issued).await?;
    }
    for one in parents(stage, rival, caller) {
        let seen = attempt(run, one).await;
        run.journal.write(Body::Attempt { attempt: seen });
    }
    configuration_shows_no_secret(run).await?;
    victim.end();
    Ok(Victim { issued })
}

/// After an incident the banned caller asks again, with its old token and with a new login: it must get nothing.
///
/// # Errors
/// The caller is not known.
pub async fn banned(run: &ScenarioRun, prepared: &Prepared) -> Result<(), RunError> {
    let path = run.stage.office.issuer.path();
    let old = prepared.caller.bao.clone();
    let what = "issue with its old token";
    let seen = attempt(run, Try::get(Claim::Reissue, "the banned caller", &old, what, prepared.subject.path())).await;
    run.journal.write(Body::Attempt { attempt: seen });
    let registered = run.stage.office.registered(&super::prepare::caller_of(&run.plan)).await?;
    // A login that is refused is as good as an issue that is.
    let seen = match registered.log_in(&format!("{}.banned", run.correlation), &run.redactor).await {
        Ok(login) => {
            let what = "issue with a new login";
            attempt(run, Try::get(Claim::Reissue, "the banned caller", &login.bao, what, path)).await
        }
        Err(crate::authority::AuthorityError::Status { status, message, .. }) => Attempt {
            claim: Claim::Reissue,
            by: "the banned caller".into(),
            what: "log in again".into(),
            reads: true,
            status,
            message,
            victim_probe: None,
            lease_known: None,
        },
        Err(e) => return Err(e).at_step("logging the banned caller in"),
    };
    run.journal.write(Body::Attempt { attempt: seen });
    Ok(())
}

impl<'a> Try<'a> {
    fn get(claim: Claim, by: &'a str, bao: &Bao, what: &str, path: String) -> Self {
        Self { claim, by, bao: bao.clone(), what: what.into(), method: "GET", path, body: None, reads: true }
    }
}

async fn attempt(run: &ScenarioRun, one: Try<'_>) -> Attempt {
    let bao = one.bao.correlated(&format!("{}.attempt", run.correlation));
    let answer = bao.send(one.method, &one.path, one.body).await;
    let (status, message) = answer.map_or_else(|e| (0, e.to_string()), |a| (a.status, a.message()));
    Attempt {
        claim: one.claim,
        by: one.by.into(),
        what: one.what,
        reads: one.reads,
        status,
        message,
        victim_probe: None,
        lease_known: None,
    }
}

/// The victim is asked at the backend, its lease at the authority.
async fn spared(run: &ScenarioRun, mut seen: Attempt, victim: &mut Prober, issued: &Issued) -> Result<(), RunError> {
    let auditor = Reader(run.stage.office.actors.auditor.clone());
    let (probe, known) = tokio::join!(victim.once(), auditor.knows_lease(&issued.record.id, &issued.record.namespace));
    seen.victim_probe = Some(probe.n);
    seen.lease_known = Some(known.at_step("looking the victim's lease up")?);
    run.journal.write(Body::Attempt { attempt: seen });
    Ok(())
}

/// A role whose default is above its cap gives the cap, and so does a renewal beyond it.
async fn capped(run: &ScenarioRun, caller: &Bao) -> Result<(), RunError> {
    let twin = run.stage.office.capped().await?;
    let sent_us = run.journal.now_us();
    let issued = twin.issue(caller, &run.redactor).await.at_step("issuing with a TTL above the cap")?;
    let grant = Grant {
        part: Part::Victim,
        renewal: false,
        asked_ms: CAPPED.default_ms,
        cap_ms: CAPPED.max_ms,
        sent_us,
        done_us: run.journal.now_us(),
        status: 200,
        granted_ms: issued.record.ttl_ms,
        said: issued.warnings.clone(),
    };
    run.journal.write(Body::Grant { grant });
    renewal::renew(&run.journal, caller, Part::Victim, &issued, CAPPED.default_ms, CAPPED.max_ms).await;
    let operator = run.stage.office.actors.operator.in_namespace(&issued.record.namespace);
    let path = format!("sys/leases/revoke/{}", issued.record.id);
    // Whether revocation works is the scenario's own question, not this one's.
    if let Err(e) = operator.call("PUT", &path, Some(json!({"sync": true}))).await {
        run.journal.problem("revoking what was issued to try the cap", e.to_string());
    }
    Ok(())
}

/// All that another tenant can think of, by an ordinary caller and by an administrator.
fn strangers<'a>(rival: &Rival, victim: &Issued, prepared: &Prepared) -> Vec<Try<'a>> {
    let full = victim.record.id.clone();
    let bare = full.rsplit_once('.').map_or(full.clone(), |(bare, _)| bare.to_string());
    let theirs = format!("{bare}.{}", rival.suffix());
    let (own, there) = (&rival.tenant.namespace, &victim.record.namespace);
    let mut tries = Vec::new();
    let actors = [("another tenant's caller", &rival.caller), ("another tenant's administrator", &rival.administrator)];
    for (by, bao) in actors {
        let mut add = |bao: &Bao, what: String, method, path: String, body: Option<Value>, reads| {
            tries.push(Try { claim: Claim::TenantIsolated, by, bao: bao.clone(), what, method, path, body, reads });
        };
        let ids =
            [("the whole id", &full), ("the id without its suffix", &bare), ("the id with their own suffix", &theirs)];
        for (form, id) in ids {
            let body = || Some(json!({"lease_id": id}));
            add(bao, format!("look the lease up by {form}"), "PUT", "sys/leases/lookup".into(), body(), true);
            add(bao, format!("renew it by {form}"), "PUT", "sys/leases/renew".into(), body(), true);
            add(bao, format!("revoke it by {form}"), "PUT", "sys/leases/revoke".into(), body(), false);
            add(bao, format!("revoke it by {form} in the URL"), "PUT", format!("sys/leases/revoke/{id}"), None, false);
            add(
                bao,
                format!("revoke by force what begins with {form}"),
                "PUT",
                format!("sys/leases/revoke-force/{id}"),
                None,
                false,
            );
        }
        for (place, bao) in [("the victim's namespace", bao.in_namespace(there)), ("root", bao.in_root())] {
            let body = || Some(json!({"lease_id": full}));
            add(&bao, format!("look the lease up in {place}"), "PUT", "sys/leases/lookup".into(), body(), true);
            add(&bao, format!("renew it in {place}"), "PUT", "sys/leases/renew".into(), body(), true);
            add(&bao, format!("revoke it in {place}"), "PUT", "sys/leases/revoke".into(), body(), false);
        }
        let creds = prepared.subject.path();
        let inside = bao.in_namespace(there);
        add(&inside, "issue from the victim's role".into(), "GET", creds.clone(), None, true);
        add(
            &inside,
            "revoke all of the victim's role".into(),
            "PUT",
            format!("sys/leases/revoke-prefix/{creds}"),
            None,
            false,
        );
        add(
            bao,
            "revoke all of that role's name".into(),
            "PUT",
            format!("sys/leases/revoke-prefix/{creds}"),
            None,
            false,
        );
        add(&bao.in_root(), "issue by a path prefix".into(), "GET", format!("{there}/{creds}"), None, true);
        add(
            &bao.in_root(),
            "revoke by a path prefix".into(),
            "PUT",
            format!("{there}/sys/leases/revoke/{full}"),
            None,
            false,
        );
        add(
            &bao.in_namespace(&format!("{own}/{there}")),
            "issue from a namespace below".into(),
            "GET",
            creds,
            None,
            true,
        );
        let accessor = || Some(json!({"accessor": prepared.caller.accessor.expose()}));
        add(
            bao,
            "look the caller's token up by accessor".into(),
            "POST",
            "auth/token/lookup-accessor".into(),
            accessor(),
            true,
        );
        add(
            bao,
            "revoke the caller's token by accessor".into(),
            "POST",
            "auth/token/revoke-accessor".into(),
            accessor(),
            false,
        );
    }
    tries
}

/// Another caller of the same tenant may not touch the lease either.
fn same_tenant<'a>(neighbour: &Bao, victim: &Issued) -> Vec<Try<'a>> {
    let requests = [("look the lease up", "lookup", true), ("renew it", "renew", true), ("revoke it", "revoke", false)];
    requests
        .into_iter()
        .map(|(what, verb, reads)| Try {
            claim: Claim::TenantIsolated,
            by: "another caller of the same tenant",
            bao: neighbour.clone(),
            what: what.into(),
            method: "PUT",
            path: format!("sys/leases/{verb}"),
            body: Some(json!({"lease_id": victim.record.id})),
            reads,
        })
        .collect()
}

/// Below the authority: a role of the other tenant's own mount, whose statements reach for the victim at the backend.
async fn hostile_role(run: &ScenarioRun, rival: &Rival, victim: &Issued) -> Result<Vec<Attempt>, RunError> {
    let statements = run.stage.backend.hostile_statements(&victim.record.name);
    let mount = run.stage.office.issuer.place().0;
    let role = format!("hostile-{}", run.plan.scenario);
    let (path, body) = (format!("{mount}/roles/{role}"), run.stage.office.issuer.hostile(&statements));
    rival.administrator.post(&path, body).await.at_step("making the hostile role")?;
    let by = "another tenant's administrator";
    let what = "issue from a role whose statements end the victim at the backend";
    let mut one = Try::get(Claim::TenantIsolated, by, &rival.administrator, what, format!("{mount}/creds/{role}"));
    // Whatever the authority answers, the backend decides.
    one.reads = false;
    Ok(vec![attempt(run, one).await])
}

/// The parent's configuration is read, changed and rotated by nobody here.
fn parents<'a>(stage: &Stage, rival: &Rival, caller: &Bao) -> Vec<Try<'a>> {
    let [config, rotate] = stage.office.issuer.parent_paths();
    let inside = rival.administrator.in_namespace(&stage.office.tenant.namespace);
    let mut tries = Vec::new();
    for (by, bao) in [("the caller", caller), ("another tenant's administrator", &inside)] {
        let mut add = |what: &str, method, path: &str, body| {
            let (what, path) = (what.into(), path.into());
            let claim = Claim::ParentUnreadable;
            tries.push(Try { claim, by, bao: bao.clone(), what, method, path, body, reads: true });
        };
        add("read the connection", "GET", &config, None);
        add("change the connection", "POST", &config, Some(json!({"allowed_roles": "*"})));
        add("rotate the parent", "POST", &rotate, Some(json!({})));
    }
    tries
}

/// What the provisioner reads, who made it, holds no secret.
async fn configuration_shows_no_secret(run: &ScenarioRun) -> Result<(), RunError> {
    let [config, _] = run.stage.office.issuer.parent_paths();
    let answer = run.stage.office.tenant.provisioner.get(&config).await.at_step("reading the connection")?;
    let sought = Redactor::default();
    run.stage.parents.iter().for_each(|p| {
        sought.register(&p.secret);
    });
    let text = answer.body.to_string();
    let search = Search {
        of: "parent".into(),
        place: "the connection as the authority shows it".into(),
        secrets: run.stage.parents.len() as u64,
        lines: 1,
        // By its very name the parent stands there: the search looks at the right thing.
        control_found: run.stage.parents.first().is_some_and(|p| text.contains(&p.name)),
        found: u64::from(sought.holds(&text)),
    };
    run.journal.write(Body::Search { search });
    Ok(())
}
