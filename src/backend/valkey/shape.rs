//! `backend: { valkey: … }` as it is written, and what it resolves to.

use super::{DEFAULT_IMAGE, Operation, ValkeyPlan};
use crate::backend::shape::{self, Operations};
use crate::document::{At, Findings, Problem, Project, Span, ValkeyProblem};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// A Valkey server that must refuse.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Valkey")]
pub struct RawValkey {
    /// The official image. Default: `valkey/valkey:8.1`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// What the administrator writes once: a JSON array of commands, each an array of words. Its path starts at the parent of the drills directory.
    pub seed: At<String>,
    /// What the credential must be able to do: at least one `pop` and one `subscribe`.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: Operations<RawOperation>,
    /// What must be denied to it, and the administrator can do.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: Operations<RawOperation>,
}

/// One operation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ValkeyOperation")]
pub enum RawOperation {
    /// Read the text under a key of the seed.
    Get(At<String>),
    /// Write under a key what the seed has there.
    Set(At<String>),
    /// Wait a moment for a list that is empty.
    Pop(At<String>),
    /// Publish to a channel.
    Publish(At<String>),
    /// Subscribe to a channel.
    Subscribe(At<String>),
    /// A command, word by word: `[FLUSHALL]`. The administrator's is undone by writing the seed again.
    #[schemars(extend("minItems" = 1))]
    Run(At<Vec<At<String>>>),
}

impl RawOperation {
    fn span(&self) -> Span {
        match self {
            Self::Get(name) | Self::Set(name) | Self::Pop(name) | Self::Publish(name) | Self::Subscribe(name) => {
                name.span
            }
            Self::Run(words) => words.span,
        }
    }
    fn plan(&self) -> Operation {
        match self {
            Self::Get(name) => Operation::Get(name.value.clone()),
            Self::Set(name) => Operation::Set(name.value.clone()),
            Self::Pop(name) => Operation::Pop(name.value.clone()),
            Self::Publish(name) => Operation::Publish(name.value.clone()),
            Self::Subscribe(name) => Operation::Subscribe(name.value.clone()),
            Self::Run(words) => Operation::Run(words.value.iter().map(|word| word.value.clone()).collect()),
        }
    }
    /// It names nothing.
    fn blank(&self) -> bool {
        match self {
            Self::Get(name) | Self::Set(name) | Self::Pop(name) | Self::Publish(name) | Self::Subscribe(name) => {
                name.value.is_empty()
            }
            Self::Run(words) => words.value.first().is_none_or(|word| word.value.trim().is_empty()),
        }
    }
}

impl RawValkey {
    /// What it means.
    pub fn resolve(&self, project: &Project, findings: &mut Findings) -> ValkeyPlan {
        let image = shape::image(self.image.as_ref(), DEFAULT_IMAGE, findings);
        self.check_operations(findings);
        let seed_json = shape::text(&self.seed, project, findings);
        if !seed_json.is_empty() {
            self.check_seed(&seed_json, findings);
        }
        let plans = |list: &Operations<RawOperation>| list.value.iter().map(|o| o.value.plan()).collect();
        let (allowed, denied) = (plans(&self.allowed), plans(&self.denied));
        ValkeyPlan { image, seed: self.seed.value.clone(), seed_json, allowed, denied }
    }

    fn check_operations(&self, findings: &mut Findings) {
        let of = |o: &RawOperation| (o.plan(), o.span(), o.blank());
        shape::check_operations(&self.allowed, &self.denied, of, findings);
        let allows = |wanted: fn(&RawOperation) -> bool| self.allowed.value.iter().any(|o| wanted(&o.value));
        for (word, there) in [
            ("pop", allows(|o| matches!(o, RawOperation::Pop(_)))),
            ("subscribe", allows(|o| matches!(o, RawOperation::Subscribe(_)))),
        ] {
            if !there && !self.allowed.value.is_empty() {
                findings.add(Problem::Valkey(ValkeyProblem::OperationMissing(word)), self.allowed.span);
            }
        }
    }

    /// Commands that write what the operations name, and leave the lists empty that are waited for.
    fn check_seed(&self, text: &str, findings: &mut Findings) {
        let mut bad = |why: String| {
            let problem = ValkeyProblem::BadSeed { file: self.seed.value.clone(), why };
            findings.add(Problem::Valkey(problem), self.seed.span);
        };
        let commands: Vec<Vec<String>> = match serde_json::from_str(text) {
            Ok(commands) => commands,
            Err(e) => return bad(e.to_string()),
        };
        if commands.iter().any(Vec::is_empty) {
            return bad("a command without words".into());
        }
        let mut said = BTreeSet::new();
        for operation in self.allowed.value.iter().chain(&self.denied.value) {
            match &operation.value {
                RawOperation::Get(key) | RawOperation::Set(key)
                    if !key.value.is_empty()
                        && value(&commands, &key.value).is_none()
                        && said.insert(key.value.clone()) =>
                {
                    findings.add(Problem::SeedLacks { kind: "text", name: key.value.clone() }, key.span);
                }
                RawOperation::Pop(list) if commands.iter().any(|c| c.get(1) == Some(&list.value)) => {
                    findings.add(Problem::Valkey(ValkeyProblem::NotEmpty(list.value.clone())), list.span);
                }
                _ => {}
            }
        }
    }
}

/// What these commands write as the text under a key.
pub(super) fn value(commands: &[Vec<String>], key: &str) -> Option<String> {
    commands.iter().rev().find_map(|words| match words.as_slice() {
        [set, name, value] if set.eq_ignore_ascii_case("set") && name == key => Some(value.clone()),
        _ => None,
    })
}
