//! `credential: { brokered: … }` as it is written, and what it resolves to.

use super::{Access, BrokeredPlan, DEFAULT_IMAGE};
use crate::backend::image::wrong_image;
use crate::credential::RoleSource;
use crate::document::{At, BrokeredProblem, Findings, Problem, RawDuration, duration, is_name};
use schemars::JsonSchema;
use serde::Deserialize;

/// How often the broker asks where nobody says.
const DEFAULT_POLL_MS: u64 = 2_000;
/// The broker gives nothing that lives longer.
const LONGEST_MS: u64 = 12 * 3_600_000;

/// A role of a credential broker.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Brokered")]
pub struct RawBrokered {
    /// The role's name at the broker.
    pub role: At<String>,
    /// The TTL that the caller asks for.
    pub ttl: At<RawDuration>,
    /// The longest that the role grants, renewals included.
    pub max_ttl: At<RawDuration>,
    /// How often the broker asks OpenBao whether a caller still may have what it has: so long a teardown takes. Default: 2s.
    pub poll: Option<At<RawDuration>>,
    /// The broker's image, with its version.
    pub image: Option<At<String>>,
}

impl RawBrokered {
    /// What it means. Where it lets its holder is the backend's to say.
    pub fn resolve(&self, findings: &mut Findings) -> BrokeredPlan {
        let brokered = |problem| Problem::Brokered(problem);
        if !is_name(&self.role.value) {
            findings.add(brokered(BrokeredProblem::Role(self.role.value.clone())), self.role.span);
        }
        let (ttl_ms, max_ttl_ms) = (findings.ttl(&self.ttl), findings.ttl(&self.max_ttl));
        if max_ttl_ms > 0 && ttl_ms > max_ttl_ms {
            let problem = Problem::TtlAboveMax { ttl: duration::text(ttl_ms), max: duration::text(max_ttl_ms) };
            findings.add(problem, self.ttl.span);
        }
        if max_ttl_ms > LONGEST_MS {
            let longest = duration::text(LONGEST_MS);
            findings.add(brokered(BrokeredProblem::TooLong { longest }), self.max_ttl.span);
        }
        if let Some(image) = &self.image
            && let Some(problem) = wrong_image(&image.value)
        {
            findings.add(problem, image.span);
        }
        BrokeredPlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            image: self.image.as_ref().map_or_else(|| DEFAULT_IMAGE.to_string(), |image| image.value.clone()),
            bucket: String::new(),
            prefix: String::new(),
            access: Access::Read,
            ttl_ms,
            max_ttl_ms,
            poll_ms: self.poll.as_ref().map_or(DEFAULT_POLL_MS, |poll| findings.duration(poll)),
        }
    }
}
