//! Pulls the trigger and writes down whether it was answered.

use super::journal::Journal;
use crate::authority::{AuthorityError, Bao};
use crate::credential::Issued;
use crate::history::{Ack, Body};
use serde_json::json;

/// The operator revokes a lease. The URL shows its id in the audit log, the body lets it be found by hash, the header links the two.
pub async fn revoke(journal: &Journal, operator: &Bao, subject: &Issued, correlation: &str) -> Ack {
    let id = &subject.record.id;
    let bao = operator.in_namespace(&subject.record.namespace).correlated(correlation);
    let sent_us = journal.now_us();
    let answer = bao.send("PUT", &format!("sys/leases/revoke/{id}"), Some(json!({"lease_id": id, "sync": true}))).await;
    let ack = acknowledgement(answer);
    let done_us = journal.now_us();
    journal.write(Body::Trigger {
        target: format!("revoke lease {id}"),
        sent_us,
        done_us,
        ack: ack.clone(),
        correlation: Some(correlation.into()),
    });
    ack
}

fn acknowledgement(answer: Result<crate::authority::Answer, AuthorityError>) -> Ack {
    match answer {
        Ok(answer) if answer.ok() => Ack::Acknowledged { status: answer.status },
        Ok(answer) => Ack::Rejected { status: answer.status, message: answer.message() },
        Err(AuthorityError::NoAnswer { why, .. }) => Ack::NoAnswer { why },
        Err(e) => Ack::NoAnswer { why: e.to_string() },
    }
}
