//! Takes stock by name at the authority and at the backend: what must be gone is asked for together with what must be there.

use super::journal::Journal;
use super::leases::Leases;
use super::stage::Stage;
use super::{AtStep, RunError};
use crate::authority::Reader;
use crate::backend::Running;
use crate::credential::{Ability, CredentialPlan, Issued, Issuer};
use crate::history::{Body, Moment, Named, Part, Stock};
use std::collections::BTreeSet;

/// Whose names are asked for.
pub type Known<'a> = [(Part, &'a Issued)];

/// Users and sessions at the backend, leases at the authority where the kind has any. Whether anything of the subject was found.
///
/// # Errors
/// One of them gives no answer.
pub async fn take(
    journal: &Journal,
    backend: &Running,
    (auditor, issuers, kind): (&Leases, &[&Issuer], &CredentialPlan),
    moment: Moment,
    known: &Known<'_>,
) -> Result<bool, RunError> {
    let mut left = standing(journal, auditor, issuers, moment, known).await?;
    for stock in backend.stocks() {
        // Sessions are opened on the first subject and the control only.
        let asked: Vec<_> = known
            .iter()
            .filter(|(part, _)| {
                *stock != Stock::Sessions || matches!(part, Part::Subject { member: 0 } | Part::Control)
            })
            .collect();
        let sent_us = journal.now_us();
        let names: Vec<String> = asked.iter().map(|(_, issued)| issued.credential.name.clone()).collect();
        let found = backend.inventory(*stock, &names).await.at_step("taking stock at the backend")?;
        // What is past its own end is nobody's any more, whatever the backend remembers of it.
        let now = jiff::Timestamp::now();
        let (mut present, mut absent) = (Vec::new(), Vec::new());
        for (part, issued) in asked {
            let named = Named { part: part.clone(), name: issued.credential.name.clone() };
            let there = found.contains(&named.name) && (*stock != Stock::Users || lives(issued, now));
            if there { &mut present } else { &mut absent }.push(named);
        }
        // A user that stays is not what is left of its old password.
        let stays = *stock == Stock::Users && kind.can(Ability::Rotates);
        left |= of_subject(&present) && !stays;
        journal.inventory(*stock, moment, present, absent, sent_us);
    }
    Ok((kind.can(Ability::Leases) && leases(journal, auditor, moment, known).await?) || left)
}

/// Where it is the authority that keeps what was issued, and not the backend. What is past its own end does not stand any more.
async fn standing(
    journal: &Journal,
    auditor: &Leases,
    issuers: &[&Issuer],
    moment: Moment,
    known: &Known<'_>,
) -> Result<bool, RunError> {
    let sent_us = journal.now_us();
    let reader = auditor.reader();
    let mut found: Option<BTreeSet<String>> = None;
    for issuer in issuers {
        if let Some(names) = issuer.standing(&reader).await.at_step("asking the authority what it issued")? {
            found.get_or_insert_default().extend(names);
        }
    }
    let Some(found) = found else { return Ok(false) };
    let now = jiff::Timestamp::now();
    let (mut present, mut absent) = (Vec::new(), Vec::new());
    for (part, issued) in known {
        let named = Named { part: part.clone(), name: issued.credential.name.clone() };
        let there = found.contains(&named.name) && lives(issued, now);
        if there { &mut present } else { &mut absent }.push(named);
    }
    let left = of_subject(&present);
    journal.inventory(Stock::Users, moment, present, absent, sent_us);
    Ok(left)
}

fn lives(issued: &Issued, now: jiff::Timestamp) -> bool {
    issued.record.stated_end.is_none_or(|end| end > now)
}

fn of_subject(present: &[Named]) -> bool {
    present.iter().any(|n| matches!(n.part, Part::Subject { .. }))
}

async fn leases(journal: &Journal, auditor: &Leases, moment: Moment, known: &Known<'_>) -> Result<bool, RunError> {
    let sent_us = journal.now_us();
    let (mut present, mut absent) = (Vec::new(), Vec::new());
    for (part, issued) in known {
        let id = &issued.record.id;
        let known = auditor.knows(id, &issued.record.namespace).await.at_step("looking leases up")?;
        let named = Named { part: part.clone(), name: id.clone() };
        if known { &mut present } else { &mut absent }.push(named);
    }
    let left = of_subject(&present);
    journal.inventory(Stock::Leases, moment, present, absent, sent_us);
    Ok(left)
}

/// Looks for users that the authority made and that nobody was given: an issue that failed halfway leaves a living credential behind
/// that no lease of the run ends. Asked once a drill, when its scenarios are over.
///
/// # Errors
/// The inspector gets no answer.
pub async fn strays(stage: &Stage, journal: &Journal) -> Result<(), RunError> {
    const STEP: &str = "looking for users that nobody was given";
    let sent_us = journal.now_us();
    let mut users = stage.backend.issued_users().await.at_step(STEP)?;
    let reader = Reader(stage.office.actors.auditor.clone());
    users.extend(stage.office.issuer.standing(&reader).await.at_step(STEP)?.into_iter().flatten());
    let given = stage.given.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (known, names): (Vec<String>, Vec<String>) = users.into_iter().partition(|name| given.contains(name));
    let unanswered = stage.backend.unanswered();
    journal.write(Body::Strays { names, known: known.len() as u64, unanswered, sent_us });
    Ok(())
}
