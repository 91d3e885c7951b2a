//! The PKI engine's requests.

use super::CertificatePlan;
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::backend::certificates::{RunCa, Subject, credential, self_signed, serial_name};
use crate::backend::{Anchor, BackendError, Credential};
use crate::credential::issued::{Ask, Hostile, Issued, ParentPaths, seconds};
use crate::credential::{Record, Ttls, Twin};
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// The authority's own certificate lives longer than what it issues.
const CA_TTL: &str = "87600h";

/// A role of the PKI engine, with what is asked of it.
#[derive(Clone)]
pub struct Issuer {
    plan: CertificatePlan,
    tenant: Tenant,
    mount: String,
    role: String,
    twin_of: Option<String>,
    ttls: Ttls,
    /// What the caller asks for, ms.
    asked_ms: u64,
    /// The serial of the authority's own certificate, once there is one.
    own_serial: Arc<OnceLock<String>>,
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &CertificatePlan, tenant: &Tenant, mount: &str) -> Self {
        Self {
            role: plan.role.clone(),
            ttls: Ttls { default_ms: plan.ttl_ms, max_ms: plan.max_ttl_ms },
            asked_ms: plan.ttl_ms,
            plan: plan.clone(),
            tenant: tenant.clone(),
            mount: mount.into(),
            twin_of: None,
            own_serial: Arc::default(),
        }
    }

    /// Mounts the engine and has it make its own certificate, whose key stays there. What it issues names the responder.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        let p = &self.tenant.provisioner;
        let mount = json!({"type": "pki", "config": {"max_lease_ttl": CA_TTL}});
        p.post(&format!("sys/mounts/{}", self.mount), mount).await?;
        let root =
            json!({"common_name": self.name_of_the_authority(), "ttl": CA_TTL, "key_type": "ec", "key_bits": 256});
        let root = p.post(&format!("{}/root/generate/internal", self.mount), root).await?;
        let _ = self.own_serial.set(serial_name(root.text("/data/serial_number")?));
        let (server, namespace, mount) = (&self.tenant.authority, &self.tenant.namespace, &self.mount);
        let urls = json!({"ocsp_servers": [format!("{server}/v1/{namespace}/{mount}/ocsp")]});
        p.post(&format!("{}/config/urls", self.mount), urls).await.map(|_| ())
    }

    fn name_of_the_authority(&self) -> String {
        format!("{} {}", self.tenant.namespace, self.mount)
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
            "allowed_domains": [self.plan.common_name],
            "allow_bare_domains": true,
            "allow_localhost": false,
            "allow_ip_sans": false,
            "client_flag": true,
            "server_flag": false,
            "key_type": "ec",
            "key_bits": 256,
            // A lease ends it as it ends every other credential.
            "generate_lease": true,
            "no_store": !self.plan.stored,
            "ttl": seconds(self.ttls.default_ms),
            "max_ttl": seconds(self.ttls.max_ms),
        });
        self.tenant.provisioner.post(&format!("{}/roles/{}", self.mount, self.role), body).await.map(|_| ())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        format!("{}/issue/{}", self.mount, self.role)
    }

    /// The request that issues.
    pub fn ask(&self) -> Ask {
        self.ask_for(&self.plan.common_name)
    }

    fn ask_for(&self, common_name: &str) -> Ask {
        let body = json!({"common_name": common_name, "ttl": seconds(self.asked_ms)});
        Ask { method: "POST", path: self.path(), body: Some(body) }
    }

    /// Requests for what the role does not grant: names of somebody else.
    pub fn beyond_scope(&self) -> Vec<(&'static str, Ask)> {
        let own = &self.plan.common_name;
        let with = |key: &str, value: Value| {
            let mut ask = self.ask();
            if let Some(body) = &mut ask.body {
                body[key] = value;
            }
            ask
        };
        vec![
            ("issue for another common name", self.ask_for("payroll.invalid")),
            ("issue for a name below its own", self.ask_for(&format!("admin.{own}"))),
            ("issue for every name below its own", self.ask_for(&format!("*.{own}"))),
            ("issue with another name beside its own", with("alt_names", json!("payroll.invalid"))),
            ("issue with an address beside its name", with("ip_sans", json!("127.0.0.1"))),
        ]
    }

    /// The same request for no more than the cap.
    #[must_use]
    pub fn within_cap(&self) -> Self {
        Self { asked_ms: self.asked_ms.min(self.ttls.max_ms), ..self.clone() }
    }

    /// The paths of the authority's own certificate: its key is read, replaced and rotated by nobody.
    pub fn parent_paths(&self) -> ParentPaths {
        let rotate = Some(format!("{}/root/rotate/exported", self.mount));
        ParentPaths { config: format!("{}/config/ca", self.mount), rotate, in_root: false }
    }

    /// The limits in force, and whether the role grants what the drill states.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/roles/{}", self.mount, self.role), namespace).await?;
        let own = (role.number("/data/ttl")?, role.number("/data/max_ttl")?);
        Ok((auditor.limits(&self.mount, own, namespace).await?, self.as_stated(&role.body["data"])))
    }

    fn as_stated(&self, data: &Value) -> bool {
        let on = ["allow_bare_domains", "client_flag", "generate_lease", "enforce_hostnames"];
        let off = [
            "allow_any_name",
            "allow_subdomains",
            "allow_glob_domains",
            "allow_localhost",
            "allow_ip_sans",
            "allowed_domains_template",
            "allow_token_displayname",
            "server_flag",
            "code_signing_flag",
            "email_protection_flag",
            "no_store",
        ];
        let none = ["allowed_other_sans", "allowed_uri_sans"];
        data["allowed_domains"] == json!([self.plan.common_name])
            && on.iter().all(|key| data[*key] == true)
            && off.iter().all(|key| data[*key] == false)
            && none.iter().all(|key| data[*key].as_array().is_none_or(Vec::is_empty))
    }

    /// A role of another tenant's engine for the victim's own name: the certificate is another authority's.
    pub fn hostile(&self) -> Hostile {
        let body = json!({"allow_any_name": true, "client_flag": true, "key_type": "ec", "generate_lease": true});
        let request = Some(json!({"common_name": self.plan.common_name}));
        Hostile {
            what: "a role for the victim's own name",
            body: Some(body),
            method: "POST",
            verb: "issue",
            roles: "roles",
            request,
        }
    }

    /// Asks for a certificate with its key.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let Ask { method, path, body } = self.ask();
        let answer = caller.call(method, &path, body).await?;
        let key = Secret::new(answer.text("/data/private_key")?.to_string(), redactor);
        let serial = answer.text("/data/serial_number")?;
        let credential = credential(serial, answer.text("/data/certificate")?, key.expose(), redactor);
        let end = i64::try_from(answer.number("/data/expiration")?).ok();
        let record = Record {
            id: answer.text("/lease_id")?.to_string(),
            name: credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: answer.number("/lease_duration")? * 1000,
            renewable: answer.body.get("renewable").and_then(Value::as_bool).unwrap_or(false),
            stated_end: end.and_then(|s| jiff::Timestamp::from_second(s).ok()),
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential, record, warnings: answer.warnings() })
    }

    /// Its own certificate and its list, which everybody may read.
    ///
    /// # Errors
    /// No answer.
    pub async fn anchor(&self) -> Result<Anchor, AuthorityError> {
        let read = async |what: &str| {
            let answer = self.tenant.provisioner.get(&format!("{}/cert/{what}", self.mount)).await?;
            answer.text("/data/certificate").map(str::to_string)
        };
        Ok(Anchor { certificate: read("ca").await?, revoked: read("crl").await? })
    }

    /// The serials, as nginx writes them, of everything that was issued here and not revoked.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn standing(&self, auditor: &Reader) -> Result<BTreeSet<String>, AuthorityError> {
        let namespace = &self.tenant.namespace;
        let list = async |path: &str| auditor.list(&format!("{}/{path}", self.mount), namespace).await;
        let (all, revoked) = (list("certs").await?, list("certs/revoked").await?);
        let mut gone: BTreeSet<String> = revoked.iter().map(|s| serial_name(s)).collect();
        gone.extend(self.own_serial.get().cloned());
        Ok(all.iter().map(|s| serial_name(s)).filter(|s| !gone.contains(s)).collect())
    }

    /// A certificate of another authority with this one's name, subject and serial; and one that nobody issued.
    ///
    /// # Errors
    /// No key can be made.
    pub fn bogus(&self, third: &Issued, redactor: &Redactor) -> Result<[Credential; 2], BackendError> {
        let known = Subject { serial: Some(third.record.name.clone()), ..Subject::named(&self.plan.common_name) };
        let forged = RunCa::new(&self.name_of_the_authority())?.client(&known, redactor)?;
        Ok([forged, self_signed(&Subject::named(&self.plan.common_name), redactor)?])
    }
}
