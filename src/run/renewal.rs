//! A consumer that renews all the time, and what is granted to it.

use super::journal::Journal;
use super::probing::Shared;
use crate::authority::Bao;
use crate::credential::{Issued, RENEWED_MS};
use crate::history::{Body, Grant, Part};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Where leases are renewed: at the authority, and at a broker, which takes the same words.
pub const AT_AUTHORITY: (&str, &str) = ("PUT", "sys/leases/renew");
/// The same at a broker.
pub const AT_BROKER: (&str, &str) = ("POST", "broker/leases/renew");

/// Asks for a renewal and writes down what came.
pub async fn renew(
    journal: &Journal,
    (caller, (method, path)): (&Bao, (&str, &str)),
    part: Part,
    issued: &Issued,
    (asked_ms, cap_ms): (u64, u64),
) {
    let sent_us = journal.now_us();
    let body = json!({"lease_id": issued.record.id, "increment": format!("{}s", asked_ms / 1000)});
    let answer = caller.send(method, path, Some(body)).await;
    let done_us = journal.now_us();
    let (status, granted_ms, said) = match &answer {
        Ok(answer) if answer.ok() => {
            (answer.status, answer.number("/lease_duration").unwrap_or(0) * 1000, answer.warnings())
        }
        Ok(answer) => (answer.status, 0, vec![answer.message()]),
        Err(e) => (0, 0, vec![e.to_string()]),
    };
    let grant = Grant { part, renewal: true, asked_ms, cap_ms, sent_us, done_us, status, granted_ms, said };
    journal.write(Body::Grant { grant });
}

/// Renews until the subject's watch is over.
pub async fn keep_renewing(
    journal: Journal,
    caller: Bao,
    subject: Issued,
    (cap_ms, every_ms): (u64, u64),
    shared: Arc<Shared>,
) {
    while !shared.is_over() {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(every_ms)) => {}
            () = shared.wait_until_over() => return,
        }
        let part = Part::Subject { member: 0 };
        renew(&journal, (&caller, AT_AUTHORITY), part, &subject, (RENEWED_MS, cap_ms)).await;
    }
}
