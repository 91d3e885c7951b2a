//! `backend: { rabbitmq: … }` as it is written, and what it resolves to.

use super::{DEFAULT_IMAGE, Operation, RabbitmqPlan};
use crate::backend::shape::{self, Operations};
use crate::document::{At, Findings, Problem, Project};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What of RabbitMQ's definitions belongs to one virtual host: users and rights are drill's and OpenBao's.
const SEEDED: &[&str] = &["queues", "exchanges", "bindings", "policies"];

/// A RabbitMQ server that must refuse, at two doors: `amqp` and `management`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rabbitmq")]
pub struct RawRabbitmq {
    /// The official image, with the management plugin. Default: `rabbitmq:4-management`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// The virtual host that the credential logs in to. Default: the first that its role names.
    pub vhost: Option<At<String>>,
    /// Queues, exchanges, bindings and policies of that virtual host, as RabbitMQ exports its definitions. Its path starts at the parent of the drills directory.
    pub seed: At<String>,
    /// What the credential must be able to do: at least one `publish` and one `consume`.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: Operations<RawOperation>,
    /// What must be denied to it, and the administrator can do.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: Operations<RawOperation>,
}

/// One operation over AMQP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Operation")]
pub enum RawOperation {
    /// Publish to an exchange; a queue is bound to it.
    Publish(At<String>),
    /// Consume from a queue.
    Consume(At<String>),
    /// Fetch one message from a queue, and put it back.
    Get(At<String>),
    /// Make a queue, which is deleted again.
    Declare(At<String>),
}

impl RawOperation {
    fn name(&self) -> &At<String> {
        match self {
            Self::Publish(name) | Self::Consume(name) | Self::Get(name) | Self::Declare(name) => name,
        }
    }
    fn plan(&self) -> Operation {
        let name = self.name().value.clone();
        match self {
            Self::Publish(_) => Operation::Publish(name),
            Self::Consume(_) => Operation::Consume(name),
            Self::Get(_) => Operation::Get(name),
            Self::Declare(_) => Operation::Declare(name),
        }
    }
    /// What the seed must have for it, in a word and as its key there.
    fn needs(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Publish(_) => Some(("exchange", "exchanges")),
            Self::Consume(_) | Self::Get(_) => Some(("queue", "queues")),
            Self::Declare(_) => None,
        }
    }
}

impl RawRabbitmq {
    /// What it means. `vhosts` are the credential's.
    pub fn resolve(&self, project: &Project, vhosts: &[String], findings: &mut Findings) -> RabbitmqPlan {
        let image = shape::image(self.image.as_ref(), DEFAULT_IMAGE, findings);
        let vhost = self.vhost.as_ref().map_or_else(
            || vhosts.first().cloned().unwrap_or_default(),
            |vhost| {
                if !vhosts.is_empty() && !vhosts.contains(&vhost.value) {
                    findings.add(Problem::NoRightInVhost(vhost.value.clone()), vhost.span);
                }
                vhost.value.clone()
            },
        );
        self.check_operations(findings);
        let seed_json = shape::text(&self.seed, project, findings);
        if !seed_json.is_empty() {
            self.check_seed(&seed_json, findings);
        }
        let plans = |list: &Operations<RawOperation>| list.value.iter().map(|o| o.value.plan()).collect();
        let (allowed, denied) = (plans(&self.allowed), plans(&self.denied));
        RabbitmqPlan { image, vhost, seed: self.seed.value.clone(), seed_json, allowed, denied }
    }

    fn check_operations(&self, findings: &mut Findings) {
        let of = |o: &RawOperation| (o.plan(), o.name().span, o.name().value.is_empty());
        shape::check_operations(&self.allowed, &self.denied, of, findings);
        let allows = |wanted: fn(&RawOperation) -> bool| self.allowed.value.iter().any(|o| wanted(&o.value));
        for (word, there) in [
            ("publish", allows(|o| matches!(o, RawOperation::Publish(_)))),
            ("consume", allows(|o| matches!(o, RawOperation::Consume(_)))),
        ] {
            if !there && !self.allowed.value.is_empty() {
                findings.add(Problem::OperationMissing(word), self.allowed.span);
            }
        }
    }

    /// A definitions file of one virtual host that has what the operations name.
    fn check_seed(&self, text: &str, findings: &mut Findings) {
        let mut bad = |why: String| {
            findings.add(Problem::BadDefinitions { file: self.seed.value.clone(), why }, self.seed.span);
        };
        let Ok(Value::Object(seed)) = serde_json::from_str::<Value>(text) else {
            return bad("it is no JSON object".into());
        };
        for (key, value) in &seed {
            if !SEEDED.contains(&key.as_str()) {
                bad(format!("`{key}` is none of {}", SEEDED.join(", ")));
            } else if !value.is_array() {
                bad(format!("`{key}` is no list"));
            }
        }
        let has = |key: &str, name: &str| {
            let list = seed.get(key).and_then(Value::as_array);
            list.into_iter().flatten().any(|o| o.get("name").and_then(Value::as_str) == Some(name))
        };
        let mut said = BTreeSet::new();
        for operation in self.allowed.value.iter().chain(&self.denied.value) {
            let (Some((kind, key)), name) = (operation.value.needs(), operation.value.name()) else { continue };
            if !name.value.is_empty() && !has(key, &name.value) && said.insert((kind, name.value.clone())) {
                findings.add(Problem::SeedLacks { kind, name: name.value.clone() }, name.span);
            }
        }
    }
}
