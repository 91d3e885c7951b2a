//! Pulls the trigger and writes down whether it was answered.

use super::journal::Journal;
use crate::authority::{AuthorityError, Bao, CallerLogin};
use crate::credential::{Issued, Issuer};
use crate::history::{Ack, Body};
use serde_json::{Value, json};

/// The operator, in the namespace of what it ends.
pub struct Trigger<'a> {
    /// Its pen.
    pub journal: &'a Journal,
    /// In the tenant's namespace.
    pub operator: Bao,
    /// Unique in the run; what each request adds follows.
    pub correlation: String,
}

impl Trigger<'_> {
    /// Revokes a lease. The URL shows its id in the audit log, the body lets it be found by hash, the header links the two.
    pub async fn revoke(&self, subject: &Issued) {
        let id = &subject.record.id;
        let body = json!({"lease_id": id, "sync": true});
        self.send(&format!("revoke lease {id}"), "PUT", &format!("sys/leases/revoke/{id}"), body, "revoke").await;
    }

    /// Ends a deployment: its token is revoked by accessor, and the leases go with it.
    pub async fn teardown(&self, caller: &CallerLogin, name: &str) {
        self.revoke_token(caller, name).await;
    }

    /// Bans the caller, then clears the role or the mount.
    pub async fn incident(&self, caller: &CallerLogin, name: &str, cleared: &str) {
        let entity = format!("identity/entity/id/{}", caller.entity);
        self.send(&format!("disable the entity {name}"), "POST", &entity, json!({"disabled": true}), "ban").await;
        self.revoke_token(caller, name).await;
        let path = format!("sys/leases/revoke-prefix/{cleared}");
        self.send(&format!("revoke all of {cleared}"), "PUT", &path, json!({"sync": true}), "clear").await;
    }

    async fn revoke_token(&self, caller: &CallerLogin, name: &str) {
        let body = json!({"accessor": caller.accessor.expose()});
        let target = format!("revoke the token of {name}");
        self.send(&target, "POST", "auth/token/revoke-accessor", body, "token").await;
    }

    async fn send(&self, target: &str, method: &str, path: &str, body: Value, suffix: &str) {
        let correlation = format!("{}.{suffix}", self.correlation);
        let sent_us = self.journal.now_us();
        let ack = acknowledgement(self.operator.correlated(&correlation).send(method, path, Some(body)).await);
        let done_us = self.journal.now_us();
        let correlation = Some(correlation);
        self.journal.write(Body::Trigger { target: target.into(), sent_us, done_us, ack, correlation });
    }
}

/// What an incident clears: every lease of the role, or of its whole mount.
pub fn cleared(issuer: &Issuer, whole_mount: bool) -> String {
    if whole_mount { issuer.place().0.to_string() } else { issuer.path() }
}

fn acknowledgement(answer: Result<crate::authority::Answer, AuthorityError>) -> Ack {
    match answer {
        Ok(answer) if answer.ok() => Ack::Acknowledged { status: answer.status },
        Ok(answer) => Ack::Rejected { status: answer.status, message: answer.message() },
        Err(AuthorityError::NoAnswer { why, .. }) => Ack::NoAnswer { why },
        Err(e) => Ack::NoAnswer { why: e.to_string() },
    }
}
