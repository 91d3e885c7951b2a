//! The kinds of credential: how each is issued, renewed, ended. One file a kind, one arm here.

pub mod brokered;
pub mod certificate;
pub mod database;
pub mod rabbitmq;
mod shape;
mod source;
pub mod ssh_certificate;
pub mod ssh_otp;
pub mod static_role;
pub mod web_identity;

pub use source::RoleSource;

use serde::{Deserialize, Serialize};

/// What is known of an issued credential; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The lease id, or the serial where there is no lease.
    pub id: String,
    /// The name that the backend knows it by.
    pub name: String,
    /// The role at the authority that it was issued from.
    pub role: String,
    /// That role is a twin of the stated one with another TTL, because the caller cannot state a TTL. Where TTLs sit on the mount, its
    /// mount is a twin too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// The tenant's namespace at the authority.
    pub namespace: String,
    /// Granted TTL, ms.
    pub ttl_ms: u64,
    /// Whether the authority says that it can be renewed.
    pub renewable: bool,
    /// The end that the credential itself states (`notAfter`, `Expiration`), RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_end: Option<jiff::Timestamp>,
    /// The id of the issuing request at the authority, for its audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Every kind that there is or will be, as in drill files.
pub const KINDS: &[&str] =
    &["database", "rabbitmq", "certificate", "ssh-certificate", "ssh-otp", "web-identity", "brokered", STATIC];
/// The kind that is not dynamic: a password that is changed on a clock.
pub use crate::backend::plugin::STATIC;

/// What a copy of a role is called that another caller of the tenant has.
pub const NEIGHBOUR: &str = "neighbour";

/// Production's own role, as it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export<'a> {
    /// Over its canonical data, hex.
    pub sha256: &'a str,
    /// The day on which it was written, UTC, as far as that is known.
    pub date: Option<&'a str>,
}

/// TTLs of a role, ms; 0 where the mount decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttls {
    /// What a lease gets that nobody renews.
    pub default_ms: u64,
    /// How long it can live, renewals included.
    pub max_ms: u64,
}

/// Why the stated role is not used itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twin {
    /// Its TTL ends within the drill: a caller cannot state one.
    Expire {
        /// ms.
        ttl_ms: u64,
    },
    /// It is renewed up to a cap within the drill.
    Renew {
        /// ms.
        cap_ms: u64,
    },
    /// Its default TTL is above its cap.
    Capped,
    /// The same, for somebody else or for an end of its own.
    Copy(String),
}

/// The cap of the role whose default is above it.
pub const CAPPED: Ttls = Ttls { default_ms: 120_000, max_ms: 60_000 };
/// The renewed role's TTL: shorter than its cap, or nothing could be extended.
pub const RENEWED_MS: u64 = 2_000;

impl Twin {
    /// What it adds to the role's name.
    pub fn suffix(&self) -> String {
        match self {
            Self::Expire { ttl_ms } => format!("{ttl_ms}ms"),
            Self::Renew { cap_ms } => format!("renewed-to-{cap_ms}ms"),
            Self::Capped => "capped".into(),
            Self::Copy(of) => of.clone(),
        }
    }
    /// Its role's TTLs, and what is asked for, where the caller names the TTL; of the stated role they are `own`. A cap is the role's, and
    /// more than it is asked for.
    pub fn asked(&self, own: (Ttls, u64)) -> (Ttls, u64) {
        self.ttls().map_or(own, |ttls| {
            (Ttls { default_ms: ttls.default_ms.min(ttls.max_ms), max_ms: ttls.max_ms }, ttls.default_ms)
        })
    }
    /// Its TTLs where they are not the role's own.
    pub fn ttls(&self) -> Option<Ttls> {
        match self {
            Self::Expire { ttl_ms } => Some(Ttls { default_ms: *ttl_ms, max_ms: *ttl_ms }),
            Self::Renew { cap_ms } => Some(Ttls { default_ms: RENEWED_MS.min(*cap_ms), max_ms: *cap_ms }),
            Self::Capped => Some(CAPPED),
            Self::Copy(_) => None,
        }
    }
}

/// A drill's credential, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialPlan {
    /// OpenBao's database engine.
    Database(database::DatabasePlan),
    /// OpenBao's rabbitmq engine.
    Rabbitmq(rabbitmq::RabbitmqPlan),
    /// OpenBao's PKI engine.
    Certificate(certificate::CertificatePlan),
    /// OpenBao's SSH engine, as an authority.
    SshCertificate(ssh_certificate::SshCertificatePlan),
    /// A static role of OpenBao's database engine.
    StaticRole(static_role::StaticPlan),
    /// OpenBao's SSH engine, passwords that work once.
    SshOtp(ssh_otp::SshOtpPlan),
    /// A credential broker.
    Brokered(brokered::BrokeredPlan),
    /// Identity tokens of OpenBao, which buy sessions at a store.
    WebIdentity(web_identity::WebIdentityPlan),
}

/// What an engine can, and what therefore can be asked of it: which checks apply follows from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    /// What it issues has a lease at the authority, by which it is looked up and ended. Else there is a record: an id and an end.
    Leases,
    /// What ends must be told to the backend by a step of its own: the authority's word does not reach it.
    ToldAtBackend,
    /// It gives its parent at the backend a secret that only it knows.
    RotatesParent,
    /// A credential's life can be extended, up to a cap.
    Renews,
    /// TTLs are a role's own; else they sit on the mount, and a twin with other TTLs needs a mount of its own.
    TtlOfRole,
    /// It logs in at the backend with a parent credential; else what it issues carries its signature.
    LogsIn,
    /// The caller names what it asks for: names and TTL.
    CallerNames,
    /// The backend asks the authority at every login.
    IsAsked,
    /// It gives a user that stays a new secret when it is told to: it makes no user and removes none.
    Rotates,
    /// One is accepted once: it is drilled as a stock, of which every probe presents another.
    WorksOnce,
    /// A broker issues it: its leases, its records and its audit are the broker's own, which asks the authority who may.
    Brokered,
    /// What the authority issues is shown to the backend, which gives the credential for it.
    IsPresented,
}

use Ability::{
    Brokered, CallerNames, IsAsked, IsPresented, Leases, LogsIn, Renews, Rotates, RotatesParent, ToldAtBackend,
    TtlOfRole, WorksOnce,
};

/// The table of kinds: as in the drill file, where its engine is mounted, what it can.
pub const ENGINES: &[(&str, &str, &[Ability])] = &[
    ("database", "database", &[Leases, LogsIn, RotatesParent, Renews, TtlOfRole]),
    ("rabbitmq", "rabbitmq", &[Leases, LogsIn, Renews]),
    ("certificate", "pki", &[Leases, TtlOfRole, CallerNames, IsAsked]),
    ("ssh-certificate", "ssh", &[ToldAtBackend, TtlOfRole, CallerNames]),
    (STATIC, "database", &[LogsIn, RotatesParent, TtlOfRole, Rotates]),
    ("ssh-otp", "ssh", &[Leases, CallerNames, IsAsked, WorksOnce]),
    // A renewal is another session with keys of its own: what was handed out ends when it was to end.
    ("brokered", crate::authority::broker::MOUNT, &[Leases, LogsIn, RotatesParent, TtlOfRole, CallerNames, Brokered]),
    ("web-identity", "identity/oidc", &[ToldAtBackend, TtlOfRole, CallerNames, IsPresented]),
];

impl CredentialPlan {
    /// As in the drill file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Rabbitmq(_) => "rabbitmq",
            Self::Certificate(_) => "certificate",
            Self::SshCertificate(_) => "ssh-certificate",
            Self::StaticRole(_) => STATIC,
            Self::SshOtp(_) => "ssh-otp",
            Self::Brokered(_) => "brokered",
            Self::WebIdentity(_) => "web-identity",
        }
    }
    /// Its row of the table.
    fn row(&self) -> (&'static str, &'static [Ability]) {
        let row = ENGINES.iter().find(|(kind, ..)| *kind == self.kind());
        row.map_or(("", &[]), |(_, mount, abilities)| (mount, abilities))
    }
    /// Where its engine is mounted.
    pub fn mount(&self) -> &'static str {
        self.row().0
    }
    /// Whether its engine can do something.
    pub fn can(&self, ability: Ability) -> bool {
        self.row().1.contains(&ability)
    }
    /// The mount that a twin is issued from, where the role itself is issued from `base`.
    pub fn mount_of(&self, base: &str, twin: Option<&Twin>) -> String {
        match twin {
            Some(twin) if twin.ttls().is_some() && !self.can(TtlOfRole) => format!("{base}-{}", twin.suffix()),
            _ => base.to_string(),
        }
    }
    /// Whether the drill has something that ends one before its own end.
    pub fn ends_early(&self) -> bool {
        match self {
            Self::Database(_)
            | Self::Rabbitmq(_)
            | Self::Certificate(_)
            | Self::StaticRole(_)
            | Self::SshOtp(_)
            | Self::Brokered(_) => true,
            Self::SshCertificate(p) => p.revocation != ssh_certificate::Revocation::None,
            Self::WebIdentity(p) => p.revocation != web_identity::Revocation::None,
        }
    }
    /// At a door where what the authority issued is itself shown, nothing but its own end ends it: so long after a trigger it is good, at
    /// most, ms.
    pub fn limit_at(&self, door: &str) -> Option<u64> {
        match self {
            Self::WebIdentity(p) if door == crate::backend::minio::STS => Some(p.ttl_ms + web_identity::GRACE_MS),
            _ => None,
        }
    }
    /// Where the role's definition comes from.
    pub fn source(&self) -> &RoleSource {
        match self {
            Self::Database(p) => &p.source,
            Self::Rabbitmq(p) => &p.source,
            Self::Certificate(p) => &p.source,
            Self::SshCertificate(p) => &p.source,
            Self::StaticRole(p) => &p.source,
            Self::SshOtp(p) => &p.source,
            Self::Brokered(p) => &p.source,
            Self::WebIdentity(p) => &p.source,
        }
    }
    /// How long a lease lives that nobody renews, ms; none where only production's mount knows.
    pub fn lease_ms(&self) -> Option<u64> {
        match self {
            Self::Database(p) => p.lease_ms(),
            Self::Rabbitmq(p) => Some(p.default_ttl_ms),
            Self::Certificate(p) => Some(p.ttl_ms),
            Self::SshCertificate(p) => Some(p.ttl_ms),
            Self::StaticRole(p) => Some(p.rotation_ms),
            Self::SshOtp(p) => Some(p.default_ttl_ms),
            Self::Brokered(p) => Some(p.ttl_ms),
            // The control's, which is of another role.
            Self::WebIdentity(p) => Some(p.ttl_ms.saturating_mul(web_identity::CONTROL_FACTOR)),
        }
    }
    /// As the role states them.
    pub fn ttls(&self) -> Ttls {
        match self {
            Self::Database(p) => Ttls { default_ms: p.default_ttl_ms, max_ms: p.max_ttl_ms },
            Self::Rabbitmq(p) => Ttls { default_ms: p.default_ttl_ms, max_ms: p.max_ttl_ms },
            Self::Certificate(p) => Ttls { default_ms: p.ttl_ms, max_ms: p.max_ttl_ms },
            Self::SshCertificate(p) => Ttls { default_ms: p.ttl_ms, max_ms: p.max_ttl_ms },
            Self::StaticRole(p) => Ttls { default_ms: p.rotation_ms, max_ms: p.rotation_ms },
            Self::SshOtp(p) => Ttls { default_ms: p.default_ttl_ms, max_ms: p.max_ttl_ms },
            Self::Brokered(p) => Ttls { default_ms: p.ttl_ms, max_ms: p.max_ttl_ms },
            Self::WebIdentity(p) => Ttls { default_ms: p.ttl_ms, max_ms: p.ttl_ms },
        }
    }
    /// Where the role was taken from production, what was taken.
    pub fn exported(&self) -> Option<Export<'_>> {
        match self.source() {
            RoleSource::Drill => None,
            RoleSource::Exported { sha256, date, .. } => Some(Export { sha256, date: date.as_deref() }),
        }
    }
    /// Without what differs from checkout to checkout: when the export was written.
    #[must_use]
    pub fn undated(&self) -> Self {
        let mut plan = self.clone();
        let source = match &mut plan {
            Self::Database(p) => &mut p.source,
            Self::Rabbitmq(p) => &mut p.source,
            Self::Certificate(p) => &mut p.source,
            Self::SshCertificate(p) => &mut p.source,
            Self::StaticRole(p) => &mut p.source,
            Self::SshOtp(p) => &mut p.source,
            Self::Brokered(p) => &mut p.source,
            Self::WebIdentity(p) => &mut p.source,
        };
        if let RoleSource::Exported { date, .. } = source {
            *date = None;
        }
        plan
    }
    /// The role at the authority.
    pub fn role(&self) -> &str {
        match self {
            Self::Database(p) => &p.role,
            Self::Rabbitmq(p) => &p.role,
            Self::Certificate(p) => &p.role,
            Self::SshCertificate(p) => &p.role,
            Self::StaticRole(p) => &p.role,
            Self::SshOtp(p) => &p.role,
            Self::Brokered(p) => &p.role,
            Self::WebIdentity(p) => &p.role,
        }
    }
}

#[cfg(feature = "engine")]
mod issue;
#[cfg(feature = "engine")]
mod issued;
#[cfg(feature = "engine")]
pub use issue::Issuer;
#[cfg(feature = "engine")]
pub use issued::{Ask, Hostile, Issued, ParentPaths, Revocation};
