//! `backend: { ssh: … }` as it is written, and what it resolves to.

use super::command::RawCommand;
use super::{DEFAULT_IMAGE, SshPlan};
use crate::backend::shape;
use crate::document::{At, Findings, Problem};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;

/// An sshd that takes user certificates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ssh")]
pub struct RawSsh {
    /// The image: it takes a command, and makes the user `USER_NAME`. Default: `linuxserver/openssh-server`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// Commands that the credential must be able to run.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: At<Vec<RawCommand>>,
    /// Commands that must be denied to it, and that the administrator can run.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: At<Vec<RawCommand>>,
}

impl RawSsh {
    /// What it means.
    pub fn resolve(&self, findings: &mut Findings) -> SshPlan {
        let image = shape::image(self.image.as_ref(), DEFAULT_IMAGE, findings);
        self.check_commands(findings);
        let texts = |list: &At<Vec<RawCommand>>| list.value.iter().map(|c| c.text().value.clone()).collect();
        SshPlan { image, allowed: texts(&self.allowed), denied: texts(&self.denied) }
    }

    fn check_commands(&self, findings: &mut Findings) {
        for (what, list) in [("allowed", &self.allowed), ("denied", &self.denied)] {
            if list.value.is_empty() {
                findings.add(Problem::NothingStated(what), list.span);
            }
            let mut seen = HashSet::new();
            for command in &list.value {
                let text = command.text();
                if let Some(problem) = command.problem() {
                    findings.add(problem, text.span);
                } else if !seen.insert(text.value.as_str()) {
                    findings.add(Problem::SameStatement, text.span);
                }
            }
        }
        let allowed: HashSet<&str> = self.allowed.value.iter().map(|c| c.text().value.as_str()).collect();
        for denied in self.denied.value.iter().map(RawCommand::text) {
            if allowed.contains(denied.value.as_str()) {
                findings.add(Problem::AllowedAndDenied, denied.span);
            }
        }
    }
}
