//! The SSH engine's requests.

use super::SshCertificatePlan;
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::backend::ssh::USER;
use crate::backend::ssh::keys::{self, Wish, certified, forged, new_key, plain, public_text};
use crate::backend::{Anchor, BackendError, Credential};
use crate::credential::issued::{Ask, Hostile, Issued, ParentPaths, seconds};
use crate::credential::{Record, Ttls, Twin};
use crate::secret::Redactor;
use serde_json::{Value, json};

/// A certificate begins so long before it is issued: clocks differ.
const NOT_BEFORE_S: u64 = 30;
/// The one thing that a role grants beside logging in.
const EXTENSION: &str = "permit-pty";
/// For requests that must be refused whosever key it is. Its private half was thrown away.
const NOBODYS_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILI8Tk+aAcY1+0u67BRatdQEGk7ohxstBD5YYqX68hEi nobody";

/// A role of the SSH engine, with what is asked of it.
#[derive(Clone)]
pub struct Issuer {
    plan: SshCertificatePlan,
    tenant: Tenant,
    mount: String,
    role: String,
    twin_of: Option<String>,
    ttls: Ttls,
    /// What the caller asks for, ms.
    asked_ms: u64,
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &SshCertificatePlan, tenant: &Tenant, mount: &str) -> Self {
        Self {
            role: plan.role.clone(),
            ttls: Ttls { default_ms: plan.ttl_ms, max_ms: plan.max_ttl_ms },
            asked_ms: plan.ttl_ms,
            plan: plan.clone(),
            tenant: tenant.clone(),
            mount: mount.into(),
            twin_of: None,
        }
    }

    /// Mounts the engine and has it make its key, whose private half stays there.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        let p = &self.tenant.provisioner;
        p.post(&format!("sys/mounts/{}", self.mount), json!({"type": "ssh"})).await?;
        let key = json!({"generate_signing_key": true, "key_type": "ed25519"});
        p.post(&format!("{}/config/ca", self.mount), key).await.map(|_| ())
    }

    /// The same role under another name. A TTL of its own is only asked for: the caller names it.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        if let Twin::Expire { ttl_ms } = twin {
            return Self { asked_ms: *ttl_ms, ..self.clone() };
        }
        let role = format!("{}-{}", self.plan.role, twin.suffix());
        let (ttls, asked_ms) = twin.asked((self.ttls, self.asked_ms));
        Self { role, ttls, asked_ms, twin_of: Some(self.plan.role.clone()), ..self.clone() }
    }

    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        let body = json!({
            "key_type": "ca",
            "allow_user_certificates": true,
            "allow_host_certificates": false,
            "allowed_users": USER,
            "default_user": USER,
            "allow_user_key_ids": false,
            "allowed_extensions": EXTENSION,
            "default_extensions": {EXTENSION: ""},
            "not_before_duration": format!("{NOT_BEFORE_S}s"),
            "ttl": seconds(self.ttls.default_ms),
            "max_ttl": seconds(self.ttls.max_ms),
        });
        self.tenant.provisioner.post(&format!("{}/roles/{}", self.mount, self.role), body).await.map(|_| ())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// The path that issues.
    pub fn path(&self) -> String {
        format!("{}/sign/{}", self.mount, self.role)
    }

    /// The request that issues, for a key that nobody has.
    pub fn ask(&self) -> Ask {
        self.ask_for(NOBODYS_KEY)
    }

    fn ask_for(&self, public_key: &str) -> Ask {
        let body = json!({"public_key": public_key, "valid_principals": USER, "ttl": seconds(self.asked_ms)});
        Ask { method: "POST", path: self.path(), body: Some(body) }
    }

    /// Requests for what the role does not grant.
    pub fn beyond_scope(&self) -> Vec<(&'static str, Ask)> {
        let with = |key: &str, value: Value| {
            let mut ask = self.ask();
            if let Some(body) = &mut ask.body {
                body[key] = value;
            }
            ask
        };
        vec![
            ("sign for another user", with("valid_principals", json!("root"))),
            ("sign for another user beside its own", with("valid_principals", json!(format!("{USER},root")))),
            ("sign for every user", with("valid_principals", json!("*"))),
            ("sign for a server", with("cert_type", json!("host"))),
            ("sign with another right", with("extensions", json!({"permit-port-forwarding": ""}))),
            ("sign under a name of its own choice", with("key_id", json!("somebody-else"))),
        ]
    }

    /// The same request for no more than the cap.
    #[must_use]
    pub fn within_cap(&self) -> Self {
        Self { asked_ms: self.asked_ms.min(self.ttls.max_ms), ..self.clone() }
    }

    /// The path of the authority's own key, which is replaced by nobody; no engine hands it out.
    pub fn parent_paths(&self) -> ParentPaths {
        ParentPaths { config: format!("{}/config/ca", self.mount), rotate: None, in_root: false }
    }

    /// The limits in force, and whether the role grants what the drill states.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/roles/{}", self.mount, self.role), namespace).await?;
        let own = (role.number("/data/ttl")?, role.number("/data/max_ttl")?);
        Ok((auditor.limits(&self.mount, own, namespace).await?, as_stated(&role.body["data"])))
    }

    /// A role of another tenant's engine for the victim's own user: the certificate is another authority's.
    pub fn hostile(&self) -> Hostile {
        let body = json!({"key_type": "ca", "allow_user_certificates": true, "allowed_users": "*", "ttl": "1h"});
        let request = Some(json!({"public_key": NOBODYS_KEY, "valid_principals": USER}));
        Hostile {
            what: "a role for the victim's own user",
            body: Some(body),
            method: "POST",
            verb: "sign",
            roles: "roles",
            request,
        }
    }

    /// Makes a key and asks for a certificate of it. The record is the certificate's own word: there is no lease, so the id is the serial.
    ///
    /// # Errors
    /// The authority refuses or does not answer, or signs something else than it was asked for.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let failed = |e: BackendError| AuthorityError::Server(e.0);
        let key = new_key().map_err(failed)?;
        let Ask { method, path, body } = self.ask_for(&public_text(&key).map_err(failed)?);
        let answer = caller.call(method, &path, body).await?;
        let certificate = answer.text("/data/signed_key")?;
        let stated = keys::stated(certificate).map_err(failed)?;
        if !stated.is_for_user(USER) {
            return Err(AuthorityError::Server("the certificate is not the one that was asked for".into()));
        }
        let credential = certified(&key, certificate, redactor).map_err(failed)?;
        let lives_s = stated.valid.end.saturating_sub(stated.valid.start).saturating_sub(NOT_BEFORE_S);
        let record = Record {
            id: credential.name.clone(),
            name: credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: lives_s.saturating_mul(1000),
            renewable: false,
            stated_end: i64::try_from(stated.valid.end).ok().and_then(|s| jiff::Timestamp::from_second(s).ok()),
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential, record, warnings: answer.warnings() })
    }

    /// Its public key, which everybody may read. It keeps no list of what was revoked: that is the drill's to distribute.
    ///
    /// # Errors
    /// No answer.
    pub async fn anchor(&self) -> Result<Anchor, AuthorityError> {
        let answer = self.tenant.provisioner.get(&format!("{}/config/ca", self.mount)).await?;
        Ok(Anchor { certificate: answer.text("/data/public_key")?.trim().to_string(), revoked: String::new() })
    }

    /// A certificate of another authority with this one's user and serial; and a key that nobody signed.
    ///
    /// # Errors
    /// No key can be made.
    pub fn bogus(third: &Issued, redactor: &Redactor) -> Result<[Credential; 2], BackendError> {
        let serial = third.credential.name.parse();
        let serial = serial.map_err(|_| BackendError(format!("{} is no serial", third.credential.name)))?;
        Ok([forged(&Wish::now(USER, serial), redactor)?, plain(redactor)?])
    }
}

/// A role that grants one user, no host, no name of the caller's choice, and nothing but a terminal.
fn as_stated(data: &Value) -> bool {
    let off = [
        "allow_host_certificates",
        "allow_user_key_ids",
        "allow_empty_principals",
        "allowed_users_template",
        "default_user_template",
        "default_extensions_template",
        "allow_subdomains",
        "allow_bare_domains",
    ];
    data["key_type"] == "ca"
        && data["allow_user_certificates"] == true
        && data["allowed_users"] == USER
        && data["default_user"] == USER
        && data["allowed_extensions"] == EXTENSION
        && data["default_extensions"] == json!({EXTENSION: ""})
        && data["not_before_duration"] == NOT_BEFORE_S
        && off.iter().all(|key| data[*key] == false)
}

#[cfg(test)]
mod tests {
    use super::as_stated;
    use serde_json::{Value, json};

    /// As OpenBao 2.7.2 reads it back.
    fn role() -> Value {
        json!({
            "allow_bare_domains": false, "allow_empty_principals": false, "allow_host_certificates": false,
            "allow_subdomains": false, "allow_user_certificates": true, "allow_user_key_ids": false,
            "allowed_extensions": "permit-pty", "allowed_users": "deploy", "allowed_users_template": false,
            "default_extensions": {"permit-pty": ""}, "default_extensions_template": false, "default_user": "deploy",
            "default_user_template": false, "key_type": "ca", "not_before_duration": 30,
        })
    }

    #[test]
    fn a_role_that_grants_more_is_not_as_stated() {
        assert!(as_stated(&role()));
        let more = [
            ("allowed_users", json!("*")),
            ("allowed_users", json!("deploy,root")),
            ("default_user", json!("root")),
            ("allowed_extensions", json!("*")),
            ("allowed_extensions", json!("")),
            ("default_extensions", json!({"permit-pty": "", "permit-port-forwarding": ""})),
            ("allow_host_certificates", json!(true)),
            ("allow_user_key_ids", json!(true)),
            ("allow_empty_principals", json!(true)),
            ("allow_subdomains", Value::Null),
            ("key_type", json!("otp")),
        ];
        for (key, value) in more {
            let mut other = role();
            other[key] = value;
            assert!(!as_stated(&other), "{key}: {}", other[key]);
        }
    }
}
