//! Takes stock by name at the authority and at the backend: what must be gone is asked for together with what must be there.

use super::journal::Journal;
use super::{AtStep, RunError};
use crate::authority::{Bao, Reader};
use crate::backend::Running;
use crate::credential::Issued;
use crate::history::{Moment, Named, Part, Stock};

/// Whose names are asked for.
pub type Known<'a> = [(Part, &'a Issued)];

/// Users and sessions at the backend, leases at the authority. Whether anything of the subject was found.
///
/// # Errors
/// One of them gives no answer.
pub async fn take(
    journal: &Journal,
    backend: &Running,
    auditor: &Bao,
    moment: Moment,
    known: &Known<'_>,
) -> Result<bool, RunError> {
    let mut left = false;
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
        let named =
            asked.iter().map(|(part, issued)| Named { part: part.clone(), name: issued.credential.name.clone() });
        let (present, absent): (Vec<_>, Vec<_>) = named.partition(|n| found.contains(&n.name));
        left |= of_subject(&present);
        journal.inventory(*stock, moment, present, absent, sent_us);
    }
    Ok(leases(journal, auditor, moment, known).await? || left)
}

fn of_subject(present: &[Named]) -> bool {
    present.iter().any(|n| matches!(n.part, Part::Subject { .. }))
}

async fn leases(journal: &Journal, auditor: &Bao, moment: Moment, known: &Known<'_>) -> Result<bool, RunError> {
    let sent_us = journal.now_us();
    let reader = Reader(auditor.clone());
    let (mut present, mut absent) = (Vec::new(), Vec::new());
    for (part, issued) in known {
        let id = &issued.record.id;
        let known = reader.knows_lease(id, &issued.record.namespace).await.at_step("looking leases up")?;
        let named = Named { part: part.clone(), name: id.clone() };
        if known { &mut present } else { &mut absent }.push(named);
    }
    let left = of_subject(&present);
    journal.inventory(Stock::Leases, moment, present, absent, sent_us);
    Ok(left)
}
