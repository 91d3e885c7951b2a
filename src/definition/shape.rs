//! A drill file as it is written. The JSON Schema is generated from these types.

use super::plan::{Ends, IncidentOf, Login, System};
use crate::backend::influxdb::shape::RawInfluxdb;
use crate::backend::mariadb::shape::RawMariadb;
use crate::backend::minio::shape::RawMinio;
use crate::backend::nginx::shape::RawNginx;
use crate::backend::plugin::Plugin;
use crate::backend::postgres::shape::RawPostgres;
use crate::backend::rabbitmq::shape::RawRabbitmq;
use crate::backend::ssh::shape::RawSsh;
use crate::backend::valkey::shape::RawValkey;
use crate::credential::brokered::shape::RawBrokered;
use crate::credential::certificate::shape::RawCertificate;
use crate::credential::database::shape::RawDatabase;
use crate::credential::rabbitmq::shape::RawRabbitmqRole;
use crate::credential::ssh_certificate::shape::RawSshCertificate;
use crate::credential::ssh_otp::shape::RawSshOtp;
use crate::credential::static_role::shape::RawStaticRole;
use crate::credential::web_identity::shape::RawWebIdentity;
use crate::document::json::{NAME, exported, only, with, without};
use crate::document::{At, Entries, Planned, RawDuration};
use schemars::JsonSchema;
use serde::Deserialize;

/// What the file format has and this version has not. One line a place, told by a word that is known there.
pub const PLANNED: &[Planned] = &[
    Planned { beside: "revoke", words: &["procedure"] },
    Planned { beside: "postgres", words: &["https", "pgbouncer"] },
    Planned { beside: "openbao", words: &["broker"] },
];

/// A drill: what is claimed of one kind of credential at one backend.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Drill")]
pub struct RawDrill {
    /// The drill's name: the file's, without `.yaml`.
    #[schemars(extend("pattern" = NAME))]
    pub drill: At<String>,
    /// For people. Default: the name.
    pub title: Option<At<String>>,
    /// Which line of the gate it serves.
    pub system: System,
    /// Who mends the drill.
    #[schemars(extend("minLength" = 1))]
    pub owner: At<String>,
    /// Who asks for the credential.
    pub caller: RawCaller,
    /// What is issued.
    pub credential: RawCredential,
    /// Where it must die.
    pub backend: RawBackend,
    /// The longest exposure that is acceptable. Default: `5s`, and reports say that nobody stated it.
    #[schemars(extend("default" = "5s"))]
    pub limit: Option<At<RawDuration>>,
    /// Who issues. Default: OpenBao 2.7.2.
    pub authority: Option<RawAuthority>,
    /// Trigger, fault, open sessions and limit, by name.
    #[schemars(extend("minProperties" = 1))]
    pub scenarios: At<Entries<RawScenario>>,
}

/// The workload or the person that asks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Caller")]
pub enum RawCaller {
    /// A program.
    Workload(At<RawPrincipal>),
    /// A human being.
    Person(At<RawPrincipal>),
}

/// Who it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Principal", extend("if" = exported(), "then" = without(&["owner", "tenant"]), "else" = with(&["owner", "tenant"])))]
pub struct RawPrincipal {
    /// Name of its entity at OpenBao.
    #[schemars(extend("pattern" = NAME))]
    pub name: At<String>,
    /// How it logs in.
    pub login: At<Login>,
    /// Who answers for it.
    pub owner: Option<At<String>>,
    /// Whose it is.
    #[schemars(extend("pattern" = NAME))]
    pub tenant: Option<At<String>>,
    /// A file as `bao read -format=json identity/entity/name/NAME` writes it. Instead of owner and tenant.
    pub exported: Option<At<String>>,
}

/// What is issued.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Credential")]
pub enum RawCredential {
    /// A dynamic database user.
    Database(At<RawDatabase>),
    /// A dynamic user of a message broker.
    Rabbitmq(At<RawRabbitmqRole>),
    /// A client certificate.
    Certificate(At<RawCertificate>),
    /// A user certificate of SSH.
    SshCertificate(At<RawSshCertificate>),
    /// The password of a user that stays: it needs an exception.
    StaticRole(At<RawStaticRole>),
    /// A one-time password of SSH.
    SshOtp(At<RawSshOtp>),
    /// A session of an object store by a credential broker.
    Brokered(At<RawBrokered>),
    /// An identity token, and the session that an object store sells for it.
    WebIdentity(At<RawWebIdentity>),
}

/// Where it must die.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Backend")]
pub enum RawBackend {
    /// PostgreSQL.
    Postgres(At<RawPostgres>),
    /// RabbitMQ.
    Rabbitmq(At<RawRabbitmq>),
    /// nginx.
    Nginx(At<RawNginx>),
    /// sshd.
    Ssh(At<RawSsh>),
    /// MariaDB.
    Mariadb(At<RawMariadb>),
    /// Valkey.
    Valkey(At<RawValkey>),
    /// MinIO.
    Minio(At<RawMinio>),
    /// InfluxDB.
    Influxdb(At<RawInfluxdb>),
}

impl RawBackend {
    /// What the database engine must know of it, before it is resolved: how a role's statements are read depends on it.
    pub fn plugin(&self) -> Option<&'static Plugin> {
        match self {
            Self::Postgres(_) => Some(&crate::backend::postgres::PLUGIN),
            Self::Valkey(_) => Some(&crate::backend::valkey::PLUGIN),
            Self::Influxdb(_) => Some(&crate::backend::influxdb::PLUGIN),
            Self::Rabbitmq(_) | Self::Nginx(_) | Self::Ssh(_) | Self::Minio(_) => None,
            Self::Mariadb(_) => Some(&crate::backend::mariadb::PLUGIN),
        }
    }
}

/// Who issues.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Authority")]
pub enum RawAuthority {
    /// OpenBao.
    Openbao(RawOpenbao),
}

/// OpenBao.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Openbao")]
pub struct RawOpenbao {
    /// The official image.
    #[schemars(extend("examples" = [super::DEFAULT_AUTHORITY]))]
    pub image: At<String>,
}

/// One combination of trigger, fault, open sessions and limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub struct RawScenario {
    /// What should end access.
    pub trigger: RawTrigger,
    /// Default: the drill's.
    pub caller: Option<RawCaller>,
    /// Default: the drill's.
    pub limit: Option<At<RawDuration>>,
    /// What is claimed of sessions that were open before. Default: every kind of the backend, closed within the limit.
    #[schemars(with = "Option<Sessions>")]
    pub sessions: Option<Entries<RawClaim>>,
    /// How many credentials are issued together and ended by one trigger: `teardown` and `incident`; with a kind that works once, every
    /// trigger. Default: 5 for `teardown`, else 1; of what works once 64, and 6 for `use`.
    pub leases: Option<At<u32>>,
    /// How access ends: the credential itself is refused, or it is accepted and may do nothing any more. Default: `refused`.
    #[schemars(extend("default" = "refused"))]
    pub ends: Option<Ends>,
    /// What is disturbed meanwhile.
    pub fault: Option<RawFault>,
}

/// What should end access.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Trigger")]
pub enum RawTrigger {
    /// The operator revokes the lease.
    Revoke,
    /// Nobody does anything: this TTL ends.
    Expire(At<RawDuration>),
    /// The workload's token is revoked, as the end of a deployment does it; its leases go with it.
    Teardown,
    /// The caller is banned, then everything of the role or of the mount is revoked.
    Incident(IncidentOf),
    /// A consumer renews all the time; the cap ends it.
    Renew(At<RawRenew>),
    /// The operator rotates the static role's password: the old one ends.
    Rotate,
    /// It is used: what works once is accepted once.
    Use,
}

impl RawTrigger {
    /// As in the drill file.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Expire(_) => "expire",
            Self::Teardown => "teardown",
            Self::Incident(_) => "incident",
            Self::Renew(_) => "renew",
            Self::Rotate => "rotate",
            Self::Use => "use",
        }
    }
}

/// How long it is renewed, and how often.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Renew")]
pub struct RawRenew {
    /// The max TTL of the twin that is renewed: at least 3 s.
    pub cap: At<RawDuration>,
    /// Between two renewals.
    pub every: At<RawDuration>,
}

/// What is claimed of a session that was open before.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Claim")]
pub enum RawClaim {
    /// It is closed so soon after the trigger.
    ClosedWithin(At<RawDuration>),
    /// It may live on: a failure that needs an exception.
    MayOutlive,
}

/// What is disturbed while the trigger works.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Fault")]
pub enum RawFault {
    /// Who issues.
    Authority(At<RawDisturbance>),
    /// Who must refuse.
    Backend(At<RawDisturbance>),
}

/// How, and for how long.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Disturbance")]
pub enum RawDisturbance {
    /// The processes are frozen.
    Paused(At<RawDuration>),
    /// SIGKILL, started again afterwards. Of an authority a credential broker's only.
    Killed(At<RawDuration>),
    /// OpenBao only: sealed, unsealed afterwards.
    Sealed(At<RawDuration>),
    /// Backends only: when access has ended, the server is stopped as its operator stops it, and started again so much later.
    Restarted(At<RawDuration>),
}

/// For the schema: the kinds of session, by name.
struct Sessions;

impl JsonSchema for Sessions {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sessions".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        only::<RawClaim>(&crate::backend::every_session_kind(), generator)
    }
}
