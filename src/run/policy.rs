//! What others try and must not get: another role, another tenant's lease, the parent credential. Each attempt is written down
//! with its answer, and after each one the victim is asked at the backend.

use super::attacks::{Try, parents, same_tenant, strangers};
use super::prepare::Prepared;
use super::probing::Prober;
use super::proof::search;
use super::scenario::ScenarioRun;
use super::{AtStep, RunError, renewal};
use crate::authority::{AuthorityError, Bao, Reader, Rival};
use crate::credential::{CAPPED, Issued};
use crate::history::{Attempt, Body, Claim, Grant, Part, place, seeker};
use crate::secret::Secret;

/// Everything that is tried in a scenario; the living credential that every attempt must spare.
///
/// # Errors
/// The others could not be set up, or an attempt's effect could not be looked at.
pub async fn attempts(run: &ScenarioRun, prepared: &Prepared) -> Result<Issued, RunError> {
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
    let seen = attempt(run, Try::get(Claim::RoleRefused, seeker::CALLER, caller, what, role)).await;
    run.journal.write(Body::Attempt { attempt: seen });
    capped(run, caller).await?;
    let mut tries = strangers(rival, &issued, &prepared.subject.path(), &prepared.caller.accessor);
    tries.extend(same_tenant(&neighbour, &issued));
    for one in tries {
        let seen = attempt(run, one).await;
        spared(run, seen, &mut victim, &issued).await?;
    }
    let seen = hostile_role(run, rival, &issued).await?;
    spared(run, seen, &mut victim, &issued).await?;
    for one in parents(&stage.office, rival, caller) {
        let seen = attempt(run, one).await;
        run.journal.write(Body::Attempt { attempt: seen });
    }
    configuration_shows_no_secret(run).await?;
    victim.end();
    Ok(issued)
}

/// After an incident the banned caller asks again, with its old token and with a new login: it must get nothing.
///
/// # Errors
/// The caller is not known.
pub async fn banned(run: &ScenarioRun, prepared: &Prepared) -> Result<(), RunError> {
    let path = run.stage.office.issuer.path();
    let old = prepared.caller.bao.clone();
    let what = "issue with its old token";
    let seen = attempt(run, Try::get(Claim::Reissue, seeker::BANNED, &old, what, prepared.subject.path())).await;
    run.journal.write(Body::Attempt { attempt: seen });
    let registered = run.stage.office.registered(&run.plan.subjects_caller()).await?;
    // A login that is refused is as good as an issue that is.
    let seen = match registered.log_in(&format!("{}.banned", run.correlation), &run.redactor).await {
        Ok(login) => {
            let what = "issue with a new login";
            attempt(run, Try::get(Claim::Reissue, seeker::BANNED, &login.bao, what, path)).await
        }
        Err(AuthorityError::Status { status, message, .. }) => {
            answered(Claim::Reissue, seeker::BANNED, "log in again".into(), true, (status, message))
        }
        Err(e) => return Err(e).at_step("logging the banned caller in"),
    };
    run.journal.write(Body::Attempt { attempt: seen });
    Ok(())
}

async fn attempt(run: &ScenarioRun, one: Try<'_>) -> Attempt {
    let bao = one.bao.correlated(&format!("{}.attempt", run.correlation));
    let answer = bao.send(one.method, &one.path, one.body).await;
    let answer = answer.map_or_else(|e| (0, e.to_string()), |a| (a.status, a.message()));
    answered(one.claim, one.by, one.what, one.reads, answer)
}

fn answered(claim: Claim, by: &str, what: String, reads: bool, (status, message): (u16, String)) -> Attempt {
    Attempt { claim, by: by.into(), what, reads, status, message, victim_probe: None, lease_known: None }
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
    Ok(())
}

/// Below the authority: a role of the other tenant's own mount, whose statements reach for the victim at the backend.
async fn hostile_role(run: &ScenarioRun, rival: &Rival, victim: &Issued) -> Result<Attempt, RunError> {
    let statements = run.stage.backend.hostile_statements(&victim.record.name);
    let mount = run.stage.office.issuer.place().0;
    let role = format!("hostile-{}", run.plan.scenario);
    let (path, body) = (format!("{mount}/roles/{role}"), run.stage.office.issuer.hostile(&statements));
    rival.administrator.post(&path, body).await.at_step("making the hostile role")?;
    let by = seeker::ADMINISTRATOR;
    let what = "issue from a role whose statements end the victim at the backend";
    let mut one = Try::get(Claim::TenantIsolated, by, &rival.administrator, what, format!("{mount}/creds/{role}"));
    // Whatever the authority answers, the backend decides.
    one.reads = false;
    Ok(attempt(run, one).await)
}

/// What the provisioner reads, who made it, holds no secret.
async fn configuration_shows_no_secret(run: &ScenarioRun) -> Result<(), RunError> {
    let [config, _] = run.stage.office.issuer.parent_paths();
    let answer = run.stage.office.tenant.provisioner.get(&config).await.at_step("reading the connection")?;
    let secrets: Vec<Secret> = run.stage.parents.iter().map(|p| p.secret.clone()).collect();
    // By its very name the parent stands there: the search looks at the right thing.
    let Some(parent) = run.stage.parents.first() else { return Ok(()) };
    search(run, "parent", place::CONNECTION, &secrets, &[answer.body.to_string()], &parent.name);
    Ok(())
}
