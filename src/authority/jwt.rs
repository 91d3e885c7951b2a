//! An identity provider of the run's own: it signs the tokens that callers log in with, as a cluster's issuer or a company's would.

use super::caller::{Caller, CallerKind};
use super::error::AuthorityError;
use crate::secret::{Redactor, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// Who a token is for.
pub const AUDIENCE: &str = "openbao";
/// A token is used once, at once.
const LIFETIME_S: i64 = 600;
/// What comes before the point in a public key of curve P-256 (RFC 5480, `SubjectPublicKeyInfo`).
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A signing key that lives as long as the run. ES256.
pub struct IdentityProvider {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

/// How a sort of caller appears in its tokens, and what OpenBao makes of it.
pub struct Claims {
    /// `iss`.
    pub issuer: &'static str,
    /// `sub`: the alias of the caller's entity.
    pub subject: String,
    /// Everything besides the registered claims.
    pub own: Value,
    /// JSON pointer or name of a claim → token metadata.
    pub mappings: Value,
    /// Claims that must have these values.
    pub bound: Value,
}

impl Claims {
    /// As a Kubernetes service account's token, or a company's identity provider, would carry them.
    pub fn of(caller: &Caller) -> Self {
        let (tenant, name) = (&caller.tenant, &caller.name);
        match caller.kind {
            CallerKind::Workload => Self {
                issuer: "https://kubernetes.default.svc",
                subject: format!("system:serviceaccount:{tenant}:{name}"),
                own: json!({
                    "kubernetes.io": { "namespace": tenant, "serviceaccount": { "name": name } },
                    "profile": { "owner": caller.owner, "tenant": tenant },
                }),
                mappings: json!({
                    "/kubernetes.io/namespace": "k8s_namespace",
                    "/kubernetes.io/serviceaccount/name": "service_account",
                    "/profile/owner": "owner",
                    "/profile/tenant": "tenant",
                }),
                bound: json!({ "/kubernetes.io/namespace": tenant }),
            },
            CallerKind::Person => Self {
                issuer: "https://idp.example",
                subject: name.clone(),
                own: json!({
                    "email": format!("{name}@{tenant}.example"),
                    "profile": { "owner": caller.owner, "tenant": tenant },
                }),
                mappings: json!({ "email": "email", "/profile/owner": "owner", "/profile/tenant": "tenant" }),
                bound: json!({ "/profile/tenant": tenant }),
            },
        }
    }
}

impl IdentityProvider {
    /// With a fresh key.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub fn new() -> Result<Self, AuthorityError> {
        let random = SystemRandom::new();
        let failed = |_| AuthorityError::Server("no signing key can be made".into());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(failed)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random)
            .map_err(|_| AuthorityError::Server("no signing key can be made".into()))?;
        Ok(Self { key, random })
    }

    /// The public key, PEM.
    pub fn public_key(&self) -> String {
        let mut der = SPKI_P256.to_vec();
        der.extend_from_slice(self.key.public_key().as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// A signed token with these claims.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub fn sign(&self, claims: &Claims, redactor: &Redactor) -> Result<Secret, AuthorityError> {
        let now = jiff::Timestamp::now().as_second();
        let mut body = json!({ "iss": claims.issuer, "aud": [AUDIENCE], "sub": claims.subject, "iat": now, "exp": now + LIFETIME_S });
        if let (Some(body), Some(own)) = (body.as_object_mut(), claims.own.as_object()) {
            body.extend(own.clone());
        }
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "ES256", "typ": "JWT" }).to_string());
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(body.to_string()));
        let signature = self
            .key
            .sign(&self.random, signed.as_bytes())
            .map_err(|_| AuthorityError::Server("a token cannot be signed".into()))?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())), redactor))
    }
}
