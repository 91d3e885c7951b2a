//! Pulls the trigger and writes down whether it was answered.

use super::journal::Journal;
use crate::authority::{AuthorityError, Bao, CallerLogin};
use crate::backend::{BackendError, Ended, Running};
use crate::credential::{Ask, Issued, Issuer, Revocation};
use crate::history::{Ack, Body};
use serde_json::{Value, json};
use std::time::Duration;

/// What was issued for a drill does not live longer.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// A credential's end is past for everybody.
const AFTER_END: Duration = Duration::from_millis(250);

/// The operator, in the namespace of what it ends.
pub struct Trigger<'a> {
    /// Its pen.
    pub journal: &'a Journal,
    /// In the tenant's namespace.
    pub operator: Bao,
    /// The same at who issues: a broker, where there is one.
    pub issuing: Bao,
    /// Unique in the run; what each request adds follows.
    pub correlation: String,
}

impl Trigger<'_> {
    /// Ends one credential as its kind is ended. Of a lease the URL shows the id in the audit log, the body lets it be found by hash, the
    /// header links the two.
    pub async fn revoke(&self, subject: &Issued, by: Revocation, (caller, name): (&CallerLogin, &str)) {
        match by {
            Revocation::Lease => {
                let id = &subject.record.id;
                let body = json!({"lease_id": id, "sync": true});
                let (target, path) = (format!("revoke lease {id}"), format!("sys/leases/revoke/{id}"));
                self.send(&target, "PUT", &path, body, "revoke").await;
            }
            Revocation::Own(target, ask) => self.ask(&target, ask, "revoke").await,
            Revocation::Token => self.revoke_token(caller, name).await,
            Revocation::Role(path) => {
                self.ask(&format!("revoke all of {path}"), Ask::revoke_prefix(&path), "revoke").await;
            }
        }
    }

    /// Ends a deployment: its token is revoked by accessor, and the leases go with it.
    pub async fn teardown(&self, caller: &CallerLogin, name: &str) {
        self.revoke_token(caller, name).await;
    }

    /// Bans the caller, then clears the role or the mount, where there are leases to clear: by what request, and what.
    pub async fn incident(&self, caller: &CallerLogin, name: &str, clearing: Option<(Ask, &str)>) {
        let entity = format!("identity/entity/id/{}", caller.entity);
        self.send(&format!("disable the entity {name}"), "POST", &entity, json!({"disabled": true}), "ban").await;
        self.revoke_token(caller, name).await;
        if let Some((ask, cleared)) = clearing {
            self.ask(&format!("revoke all of {cleared}"), ask, "clear").await;
        }
    }

    /// Tells the backend what ended, where the authority's word does not reach it. `pretended`: it is said to be done, and is not.
    pub async fn tell(&self, backend: &Running, subjects: &[Issued], pretended: bool) {
        self.told(backend, subjects, pretended, "").await;
    }

    /// Tells it once more, when what the authority issued is past its end: until then it could be shown again.
    pub async fn tell_again(&self, backend: &Running, subjects: &[Issued], pretended: bool) {
        if let Some(end) = subjects.iter().filter_map(|issued| issued.record.stated_end).max() {
            // Negative where it is past.
            let left = Duration::try_from(end.duration_since(jiff::Timestamp::now())).unwrap_or_default();
            tokio::time::sleep(left.min(LONGEST_WAIT) + AFTER_END).await;
        }
        self.told(backend, subjects, pretended, " once more").await;
    }

    async fn told(&self, backend: &Running, subjects: &[Issued], pretended: bool, again: &str) {
        let ended: Vec<Ended> = subjects
            .iter()
            .map(|issued| Ended { id: issued.record.id.clone(), name: issued.credential.name.clone() })
            .collect();
        let sent_us = self.journal.now_us();
        let told = if pretended { Ok(0) } else { backend.end(&ended).await };
        let ack = match told {
            Ok(status) => Ack::Acknowledged { status },
            // Whether it was heard is not known: what the backend takes afterwards is what counts.
            Err(BackendError(why)) => Ack::NoAnswer { why },
        };
        let done_us = self.journal.now_us();
        let target = match ended.as_slice() {
            [one] => format!("end {} at the backend{again}", one.id),
            many => format!("end {} at the backend{again}", many.len()),
        };
        self.journal.write(Body::Trigger { target, sent_us, done_us, ack, correlation: None });
    }

    /// Nothing ends such a credential before its own end, and nobody can be asked to.
    pub fn not_offered(&self) {
        let now_us = self.journal.now_us();
        let ack = Ack::Rejected { status: 0, message: "not offered: nothing ends it before its own end".into() };
        let target = "end it at the backend".into();
        self.journal.write(Body::Trigger { target, sent_us: now_us, done_us: now_us, ack, correlation: None });
    }

    async fn revoke_token(&self, caller: &CallerLogin, name: &str) {
        let body = json!({"accessor": caller.accessor.expose()});
        let target = format!("revoke the token of {name}");
        self.send(&target, "POST", "auth/token/revoke-accessor", body, "token").await;
    }

    async fn send(&self, target: &str, method: &str, path: &str, body: Value, suffix: &str) {
        self.at(&self.operator, target, method, path, body, suffix).await;
    }

    /// To who issues.
    async fn ask(&self, target: &str, Ask { method, path, body }: Ask, suffix: &str) {
        self.at(&self.issuing, target, method, &path, body.unwrap_or_else(|| json!({})), suffix).await;
    }

    async fn at(&self, bao: &Bao, target: &str, method: &str, path: &str, body: Value, suffix: &str) {
        let correlation = format!("{}.{suffix}", self.correlation);
        let sent_us = self.journal.now_us();
        let ack = acknowledgement(bao.correlated(&correlation).send(method, path, Some(body)).await);
        let done_us = self.journal.now_us();
        let correlation = Some(correlation);
        self.journal.write(Body::Trigger { target: target.into(), sent_us, done_us, ack, correlation });
    }
}

/// The first use of each of so many is over: its answer was the server's, and nobody is asked for anything.
pub fn used(journal: &Journal, subjects: usize) {
    let now_us = journal.now_us();
    let (target, ack) = (format!("the first use of {subjects}"), Ack::Acknowledged { status: 0 });
    journal.write(Body::Trigger { target, sent_us: now_us, done_us: now_us, ack, correlation: None });
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
