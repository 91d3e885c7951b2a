//! What others try and must not get: another role, another tenant's lease, the parent credential. Each attempt is written down
//! with its answer, and after each one the victim is asked at the backend.

use super::attacks::{Try, parents, same_tenant, strangers, takeovers};
use super::prepare::Prepared;
use super::probing::Prober;
use super::proof::search;
use super::scenario_run::ScenarioRun;
use super::supply::Supply;
use super::{AtStep, RunError, brokered, renewal};
use crate::authority::{Answer, AuthorityError, Bao, Rival};
use crate::credential::web_identity::issue::{Issuer as Presented, Tried};
use crate::credential::{Ability, CAPPED, Hostile, Issued, Issuer};
use crate::history::{Attempt, Body, Claim, Grant, Part, place, seeker};
use crate::secret::Secret;

/// Everything that is tried in a scenario; the living credentials that every attempt must spare: one, or, where one works once, one for
/// each attempt.
///
/// # Errors
/// The others could not be set up, or an attempt's effect could not be looked at.
pub async fn attempts(run: &ScenarioRun, prepared: &Prepared) -> Result<Vec<Issued>, RunError> {
    let stage = &run.stage;
    let caller = &prepared.caller.bao;
    let neighbour = stage.office.neighbour().await?;
    let rival = stage.rival().await?;
    let (issued, _) = run.issue(caller, &prepared.subject, Part::Victim).await?;
    let tries_on = |victim: &Issued| {
        if stage.drill().credential.can(Ability::Brokered) {
            return brokered::tries(rival, &neighbour, victim, (&prepared.subject, &prepared.caller));
        }
        let (ask, ending) = (prepared.subject.ask(), prepared.subject.revocation(victim));
        let accessor = &prepared.caller.accessor;
        let mut tries = strangers(rival, victim, (&ask, &ending), accessor);
        tries.extend(same_tenant(&neighbour, victim, &ending, accessor));
        tries.extend(takeovers(rival, &prepared.subject));
        tries
    };
    let mut victims = vec![issued];
    let attempts = tries_on(&victims[0]).len();
    if stage.drill().credential.can(Ability::WorksOnce) {
        // One to be accepted first, one for each attempt, one for the hostile role.
        for _ in 0..=attempts {
            victims.push(run.issue(caller, &prepared.subject, Part::Victim).await?.0);
        }
    }
    let of = |attempt: usize| victims.get(attempt + 1).unwrap_or(&victims[0]);
    let mut victim = Victim::new(run, &victims);
    victim.once().await;

    let ask = stage.office.neighbours_role().ask();
    let what = "issue from another caller's role";
    let issuing = &prepared.subject.at(caller);
    let seen = attempt(run, Try::ask(Claim::RoleRefused, seeker::CALLER, issuing, what, ask)).await;
    run.journal.write(Body::Attempt { attempt: seen });
    beyond_at_backend(run, prepared, &victims[0]).await?;
    for (what, ask) in prepared.subject.beyond_scope() {
        let seen = attempt(run, Try::ask(Claim::ScopeRefused, seeker::CALLER, issuing, what, ask)).await;
        run.journal.write(Body::Attempt { attempt: seen });
    }
    if let Some(presented) = prepared.subject.presented() {
        no_longer(run, caller, presented).await?;
    } else if stage.drill().credential.can(Ability::Rotates) {
        granted_again(run, caller, &prepared.subject).await?;
    } else {
        capped(run, caller).await?;
    }
    for n in 0..attempts {
        let Some(one) = tries_on(of(n)).into_iter().nth(n) else { break };
        let seen = attempt(run, one).await;
        spared(run, seen, &mut victim, of(n)).await?;
    }
    let seen = hostile_role(run, rival, of(attempts)).await?;
    spared(run, seen, &mut victim, of(attempts)).await?;
    for one in parents(&stage.office, rival, caller) {
        let seen = attempt(run, one).await;
        run.journal.write(Body::Attempt { attempt: seen });
    }
    configuration_shows_no_secret(run).await?;
    victim.end();
    Ok(victims)
}

/// After an incident the banned caller asks again, with its old token and with a new login: it must get nothing.
///
/// # Errors
/// The caller is not known.
pub async fn banned(run: &ScenarioRun, prepared: &Prepared) -> Result<(), RunError> {
    let ask = run.stage.office.issuer.ask();
    let old = prepared.subject.at(&prepared.caller.bao);
    let what = "issue with its old token";
    let seen = attempt(run, Try::ask(Claim::Reissue, seeker::BANNED, &old, what, prepared.subject.ask())).await;
    run.journal.write(Body::Attempt { attempt: seen });
    let registered = run.stage.office.registered(&run.plan.subjects_caller()).await?;
    // A login that is refused is as good as an issue that is.
    let seen = match registered.log_in(&format!("{}.banned", run.correlation), &run.redactor).await {
        Ok(login) => {
            let what = "issue with a new login";
            let again = prepared.subject.at(&login.bao);
            attempt(run, Try::ask(Claim::Reissue, seeker::BANNED, &again, what, ask)).await
        }
        Err(AuthorityError::Status { status, message, .. }) => {
            answered(Claim::Reissue, seeker::BANNED, "log in again".into(), true, (status, message))
        }
        Err(e) => return Err(e).at_step("logging the banned caller in"),
    };
    run.journal.write(Body::Attempt { attempt: seen });
    Ok(())
}

/// The living credential, at every door.
struct Victim(Vec<Prober>);

impl Victim {
    fn new(run: &ScenarioRun, victims: &[Issued]) -> Self {
        let supply = match victims {
            [one] => Supply::from(&one.credential),
            each_once => Supply::stock(each_once),
        };
        let doors = run.stage.drill().doors.iter();
        let at = |door: &String| Prober::new(&run.journal, &run.stage.backend, Part::Victim, door, &supply);
        Self(doors.map(at).collect())
    }
    /// One probe at each door; its number, which is the same in all their series.
    async fn once(&mut self) -> Option<u32> {
        let seen = futures_util::future::join_all(self.0.iter_mut().map(Prober::once)).await;
        seen.first().map(|seen| seen.n)
    }
    fn end(self) {
        self.0.into_iter().for_each(Prober::end);
    }
}

async fn attempt(run: &ScenarioRun, one: Try<'_>) -> Attempt {
    let bao = one.bao.correlated(&format!("{}.attempt", run.correlation));
    let answer = received(run, bao.send(one.method, &one.path, one.body).await);
    answered(one.claim, one.by, one.what, one.reads, answer)
}

/// Status and message. What an attempt was given, against the policy, is known to nobody else: no stray, and a secret like others.
fn received(run: &ScenarioRun, answer: Result<Answer, AuthorityError>) -> (u16, String) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(e) => return (0, e.to_string()),
    };
    if let Ok(name) = answer.text("/data/username") {
        run.stage.give_name(name);
    }
    if let Ok(name) = answer.text("/data/access_key") {
        run.stage.give_name(name);
    }
    for field in
        ["/data/password", "/data/private_key", "/data/key", "/data/secret_key", "/data/session_token", "/data/token"]
    {
        if let Ok(text) = answer.text(field) {
            drop(Secret::new(text.to_string(), &run.redactor));
        }
    }
    (answer.status, answer.message())
}

fn answered(claim: Claim, by: &str, what: String, reads: bool, (status, message): (u16, String)) -> Attempt {
    Attempt { claim, by: by.into(), what, reads, status, message, victim_probe: None, lease_known: None }
}

/// The victim is asked at the backend, its lease at the authority, where it has one.
async fn spared(run: &ScenarioRun, mut seen: Attempt, victim: &mut Victim, issued: &Issued) -> Result<(), RunError> {
    let auditor = run.stage.office.auditor();
    if run.stage.drill().credential.can(Ability::Leases) {
        let lease = auditor.knows(&issued.record.id, &issued.record.namespace);
        let (n, known) = tokio::join!(victim.once(), lease);
        seen.victim_probe = n;
        seen.lease_known = Some(known.at_step("looking the victim's lease up")?);
    } else {
        seen.victim_probe = victim.once().await;
    }
    run.journal.write(Body::Attempt { attempt: seen });
    Ok(())
}

/// What the caller asks the backend itself for, with what the authority gave it.
async fn beyond_at_backend(run: &ScenarioRun, prepared: &Prepared, victim: &Issued) -> Result<(), RunError> {
    let Some(presented) = prepared.subject.presented() else { return Ok(()) };
    let tried = presented.tries(&prepared.caller.bao, victim, &run.redactor).await;
    for Tried { what, status, said } in tried.at_step("asking the backend for more")? {
        let attempt = answered(Claim::ScopeRefused, seeker::CALLER, what, true, (status, said));
        run.journal.write(Body::Attempt { attempt });
    }
    Ok(())
}

/// A session that lives longer than its token is sold to nobody; the same without that wish is.
async fn no_longer(run: &ScenarioRun, caller: &Bao, presented: &Presented) -> Result<(), RunError> {
    let sent_us = run.journal.now_us();
    let bought = presented.longer(caller, &run.redactor).await.at_step("buying a session longer than its token")?;
    bought.issued.iter().for_each(|credential| run.stage.give_name(&credential.name));
    let cap_ms = run.stage.drill().credential.ttls().max_ms;
    for (asked_ms, (status, granted_ms, said)) in [(bought.seconds * 1000, bought.longer), (cap_ms, bought.plain)] {
        let done_us = run.journal.now_us();
        let said = Some(said).filter(|said| !said.is_empty()).into_iter().collect();
        let (part, renewal) = (Part::Victim, false);
        let grant = Grant { part, renewal, asked_ms, cap_ms, sent_us, done_us, status, granted_ms, said };
        run.journal.write(Body::Grant { grant });
    }
    Ok(())
}

/// A role whose default is above its cap gives the cap, and so does a renewal beyond it.
async fn capped(run: &ScenarioRun, caller: &Bao) -> Result<(), RunError> {
    let twin = run.stage.office.capped().await?;
    run.stage.connect_mount(twin).await?;
    let sent_us = run.journal.now_us();
    let answer = twin.issue(caller, &run.redactor).await;
    let grant = |status, granted_ms, said| Grant {
        part: Part::Victim,
        renewal: false,
        asked_ms: CAPPED.default_ms,
        cap_ms: CAPPED.max_ms,
        sent_us,
        done_us: run.journal.now_us(),
        status,
        granted_ms,
        said,
    };
    let kind = &run.stage.drill().credential;
    let issued = match answer {
        Ok(issued) => issued,
        // Who names the TTL can be told no.
        Err(AuthorityError::Status { status, message, .. }) if kind.can(Ability::CallerNames) => {
            run.journal.write(Body::Grant { grant: grant(status, 0, vec![message]) });
            return within_cap(run, caller, twin).await;
        }
        Err(e) => return Err(e).at_step("issuing with a TTL above the cap"),
    };
    run.stage.give(&issued);
    run.journal.write(Body::Grant { grant: grant(200, issued.record.ttl_ms, issued.warnings.clone()) });
    // A broker's renewal is another session: nothing that was handed out is extended, and the cap holds for it all the same.
    let renewed_at = match (kind.can(Ability::Renews), kind.can(Ability::Brokered)) {
        (true, _) => Some(renewal::AT_AUTHORITY),
        (_, true) => Some(renewal::AT_BROKER),
        _ => None,
    };
    if let Some(place) = renewed_at {
        let asked = (CAPPED.default_ms, CAPPED.max_ms);
        renewal::renew(&run.journal, (&twin.at(caller), place), Part::Victim, &issued, asked).await;
    }
    Ok(())
}

/// Where more than the cap is refused: the same request is granted where it asks for no more. Else the refusal had another reason.
async fn within_cap(run: &ScenarioRun, caller: &Bao, twin: &Issuer) -> Result<(), RunError> {
    let Some(twin) = twin.within_cap() else { return Ok(()) };
    let sent_us = run.journal.now_us();
    let issued = twin.issue(caller, &run.redactor).await.at_step("issuing with a TTL within the cap")?;
    run.stage.give(&issued);
    let grant = Grant {
        part: Part::Victim,
        renewal: false,
        asked_ms: CAPPED.max_ms,
        cap_ms: CAPPED.max_ms,
        sent_us,
        done_us: run.journal.now_us(),
        status: 200,
        granted_ms: issued.record.ttl_ms,
        said: issued.warnings,
    };
    run.journal.write(Body::Grant { grant });
    Ok(())
}

/// No TTL is cut where there is none: the caller gets once more what it may have, so that what it was refused was not refused for
/// another reason.
async fn granted_again(run: &ScenarioRun, caller: &Bao, subject: &Issuer) -> Result<(), RunError> {
    let (part, sent_us) = (Part::Victim, run.journal.now_us());
    let issued = subject.issue(caller, &run.redactor).await.at_step("reading the password again")?;
    let done_us = run.journal.now_us();
    let (ms, said) = (issued.record.ttl_ms, issued.warnings);
    let asked = run.stage.drill().credential.ttls().max_ms;
    let grant = Grant {
        part,
        renewal: false,
        asked_ms: asked,
        cap_ms: asked,
        sent_us,
        done_us,
        status: 200,
        granted_ms: ms,
        said,
    };
    run.journal.write(Body::Grant { grant });
    Ok(())
}

/// Below the authority: a role of the other tenant's own mount that reaches for the victim at the backend.
async fn hostile_role(run: &ScenarioRun, rival: &Rival, victim: &Issued) -> Result<Attempt, RunError> {
    let Hostile { what, body, method, verb, roles, request } =
        run.stage.office.issuer.hostile(&run.stage.backend.hostile_statements(&victim.record.name));
    let mount = run.stage.office.issuer.place().0;
    let mut role = format!("hostile-{}", run.plan.scenario);
    match body {
        Some(body) => {
            let made = rival.administrator.post(&format!("{mount}/{roles}/{role}"), body).await;
            made.at_step("making the hostile role")?;
        }
        None => role = run.stage.office.rivals_issuer(rival).place().1.to_string(),
    }
    let bao = run.stage.office.issuer.at(&rival.administrator).correlated(&format!("{}.attempt", run.correlation));
    let answer = bao.send(method, &format!("{mount}/{verb}/{role}"), request).await;
    if let (Some(presented), Ok(given)) = (run.stage.office.issuer.presented(), &answer)
        && let Some(seen) = presented.present(given, &run.redactor).await
    {
        let what = format!("buy a session from {what}");
        return Ok(answered(Claim::TenantIsolated, seeker::ADMINISTRATOR, what, true, seen));
    }
    // Whatever the authority answers, the backend decides.
    let what = format!("issue from {what}");
    Ok(answered(Claim::TenantIsolated, seeker::ADMINISTRATOR, what, false, received(run, answer)))
}

/// What the provisioner reads, who made it, holds no secret. An engine that lets nobody read it says so.
async fn configuration_shows_no_secret(run: &ScenarioRun) -> Result<(), RunError> {
    const STEP: &str = "reading the connection";
    let kind = &run.stage.drill().credential;
    // The broker takes the parent from a store of secrets, and is all that may read it there.
    if !kind.can(Ability::LogsIn) || kind.can(Ability::Brokered) {
        return Ok(());
    }
    let provisioner = &run.stage.office.tenant.provisioner;
    let answer = provisioner.send("GET", &run.stage.office.issuer.parent_paths().config, None).await.at_step(STEP)?;
    let Some(parent) = run.stage.parents.first() else { return Ok(()) };
    // By its very name the parent stands there: the search looks at the right thing.
    let needle = match answer.status {
        405 => "unsupported operation",
        _ => parent.name.as_str(),
    };
    let answer = if answer.status == 405 { answer } else { answer.success().at_step(STEP)? };
    let secrets: Vec<Secret> = run.stage.parents.iter().map(|p| p.secret.clone()).collect();
    search(run, "parent", place::CONNECTION, &secrets, &[answer.body.to_string()], &[needle]);
    Ok(())
}
