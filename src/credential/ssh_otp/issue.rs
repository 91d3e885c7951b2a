//! The SSH engine's requests for one-time passwords.

use super::SshOtpPlan;
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::backend::ssh::USER;
use crate::backend::{Anchor, Credential};
use crate::credential::issued::{Ask, Hostile, Issued, ParentPaths, seconds};
use crate::credential::{Record, Ttls, Twin};
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};

/// The server's address as it is asked for. It is one of those set aside for documentation: OpenBao compares it with the role's and tells
/// it to the server, whose script here goes by the user's name alone.
const HOST: &str = "192.0.2.10";
/// For what addresses the role gives passwords.
const HOSTS: &str = "192.0.2.0/24";
/// Beside them.
const ANOTHER_HOST: &str = "198.51.100.7";
const PORT: u64 = 22;

/// A role of the SSH engine, with what is asked of it.
#[derive(Clone)]
pub struct Issuer {
    plan: SshOtpPlan,
    tenant: Tenant,
    mount: String,
    role: String,
    twin_of: Option<String>,
    ttls: Ttls,
    /// A TTL that the caller asks for, ms: the engine takes none.
    asked_ms: Option<u64>,
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &SshOtpPlan, tenant: &Tenant, mount: &str) -> Self {
        Self {
            role: plan.role.clone(),
            ttls: Ttls { default_ms: plan.default_ttl_ms, max_ms: plan.max_ttl_ms },
            plan: plan.clone(),
            tenant: tenant.clone(),
            mount: mount.into(),
            twin_of: None,
            asked_ms: None,
        }
    }

    /// Mounts the engine with its TTLs.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        let config = json!({
            "default_lease_ttl": seconds(self.ttls.default_ms),
            "max_lease_ttl": seconds(self.ttls.max_ms),
        });
        let body = json!({"type": "ssh", "config": config});
        self.tenant.provisioner.post(&format!("sys/mounts/{}", self.mount), body).await.map(|_| ())
    }

    /// The same role under another name; where the twin wants other TTLs, at a mount of its own that has them. A mount's default is never
    /// above its cap: OpenBao refuses such a mount, so there more is asked for.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        let role = format!("{}-{}", self.plan.role, twin.suffix());
        let (mount, ttls, asked_ms) = match twin.ttls() {
            Some(ttls) => {
                let within = Ttls { default_ms: ttls.default_ms.min(ttls.max_ms), max_ms: ttls.max_ms };
                let more = (ttls.default_ms > ttls.max_ms).then_some(ttls.default_ms);
                (format!("{}-{}", self.mount, twin.suffix()), within, more)
            }
            None => (self.mount.clone(), self.ttls, self.asked_ms),
        };
        Self { role, mount, ttls, asked_ms, twin_of: Some(self.plan.role.clone()), ..self.clone() }
    }

    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        let body = json!({
            "key_type": "otp",
            "default_user": USER,
            "allowed_users": USER,
            "cidr_list": HOSTS,
            "port": PORT,
        });
        self.tenant.provisioner.post(&format!("{}/roles/{}", self.mount, self.role), body).await.map(|_| ())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        format!("{}/creds/{}", self.mount, self.role)
    }

    /// The request that issues.
    pub fn ask(&self) -> Ask {
        self.ask_for(HOST, USER)
    }

    fn ask_for(&self, ip: &str, username: &str) -> Ask {
        let mut body = json!({"ip": ip, "username": username});
        if let Some(ms) = self.asked_ms {
            body["ttl"] = json!(seconds(ms));
        }
        Ask { method: "POST", path: self.path(), body: Some(body) }
    }

    /// Requests for what the role does not grant.
    pub fn beyond_scope(&self) -> Vec<(&'static str, Ask)> {
        vec![
            ("ask for another user", self.ask_for(HOST, "root")),
            ("ask for another user beside its own", self.ask_for(HOST, &format!("{USER},root"))),
            ("ask for every user", self.ask_for(HOST, "*")),
            ("ask for a server that the role is not for", self.ask_for(ANOTHER_HOST, USER)),
        ]
    }

    /// There is no parent. What widens a role to every server is written by nobody else.
    pub fn parent_paths(&self) -> ParentPaths {
        ParentPaths { config: format!("{}/config/zeroaddress", self.mount), rotate: None, in_root: false }
    }

    /// The limits in force, which are the mount's, and whether the role grants what the drill states.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/roles/{}", self.mount, self.role), namespace).await?;
        Ok((auditor.limits(&self.mount, (0, 0), namespace).await?, as_stated(&role.body["data"])))
    }

    /// A role of another tenant's engine for the victim's own user: the server asks another engine.
    pub fn hostile(&self) -> Hostile {
        let body = json!({"key_type": "otp", "default_user": USER, "allowed_users": "*", "cidr_list": "0.0.0.0/0"});
        let request = Some(json!({"ip": HOST, "username": USER}));
        Hostile {
            what: "a role for the victim's own user",
            body: Some(body),
            method: "POST",
            verb: "creds",
            roles: "roles",
            request,
        }
    }

    /// Asks for one. The name is the user's at the server: nothing else there tells one password from another.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let Ask { method, path, body } = self.ask();
        let answer = caller.call(method, &path, body).await?;
        let credential = Credential {
            name: answer.text("/data/username")?.to_string(),
            secret: Secret::new(answer.text("/data/key")?.to_string(), redactor),
        };
        let record = Record {
            id: answer.text("/lease_id")?.to_string(),
            name: credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: answer.number("/lease_duration")? * 1000,
            renewable: answer.body.get("renewable").and_then(Value::as_bool).unwrap_or(false),
            stated_end: None,
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential, record, warnings: answer.warnings() })
    }

    /// Where a server asks whether a password is one of this engine's; nobody needs a token for it.
    pub fn anchor(&self) -> Anchor {
        let (server, namespace, mount) = (&self.tenant.authority, &self.tenant.namespace, &self.mount);
        Anchor { certificate: format!("{server}/v1/{namespace}/{mount}/verify"), revoked: String::new() }
    }

    /// A living one with its last characters turned round, and one that was never issued.
    pub fn bogus(third: &Issued, redactor: &Redactor) -> [Credential; 2] {
        let one = |text: String| Credential { name: USER.into(), secret: Secret::new(text, redactor) };
        [one(altered(third.credential.secret.expose())), one(invented())]
    }
}

/// Another of the same form: each of the last characters is another hexadecimal digit.
fn altered(password: &str) -> String {
    let at = password.len().saturating_sub(4);
    let other = |c: char| c.to_digit(16).and_then(|d| char::from_digit((d + 1) % 16, 16)).unwrap_or(c);
    password.char_indices().map(|(i, c)| if i >= at { other(c) } else { c }).collect()
}

/// In the engine's form, of random digits.
fn invented() -> String {
    let digits = format!("{:032x}", rand::random::<u128>());
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// A role that gives passwords for one user and the servers stated.
fn as_stated(data: &Value) -> bool {
    data["key_type"] == "otp"
        && data["default_user"] == USER
        && data["allowed_users"] == USER
        && data["cidr_list"] == HOSTS
        && data["exclude_cidr_list"] == ""
        && data["port"] == PORT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_has_the_form_of_the_real_one() {
        let real = "c4ad78ae-6693-c8cd-2201-633eb7c6f562";
        let other = altered(real);
        assert_eq!((other.len(), &other[..32]), (36, &real[..32]));
        assert!(real[32..].chars().zip(other[32..].chars()).all(|(a, b)| a != b && b.is_ascii_hexdigit()), "{other}");
        let made = invented();
        assert_eq!((made.len(), made.matches('-').count()), (36, 4), "{made}");
        assert_ne!(made, invented());
    }

    #[test]
    fn a_role_that_grants_more_is_not_as_stated() {
        // As OpenBao 2.7.2 reads it back.
        let role = json!({
            "allowed_users": "deploy", "cidr_list": "192.0.2.0/24", "default_user": "deploy", "exclude_cidr_list": "",
            "key_type": "otp", "port": 22,
        });
        assert!(as_stated(&role));
        let more = [
            ("allowed_users", json!("*")),
            ("allowed_users", json!("deploy,root")),
            ("default_user", json!("root")),
            ("cidr_list", json!("0.0.0.0/0")),
            ("exclude_cidr_list", Value::Null),
            ("key_type", json!("ca")),
            ("port", json!(2022)),
        ];
        for (key, value) in more {
            let mut other = role.clone();
            other[key] = value;
            assert!(!as_stated(&other), "{key}: {}", other[key]);
        }
    }
}
