//! `backend: { minio: … }` as it is written, and what it resolves to.

use super::{DEFAULT_IMAGE, MinioPlan, Operation};
use crate::backend::image::wrong_image;
use crate::document::{At, Findings, MinioProblem, Problem, Project};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A `MinIO` server that must refuse.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Minio")]
pub struct RawMinio {
    /// The official image, with its version.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// The bucket that credentials are for; set-up makes it.
    pub bucket: At<String>,
    /// What the credential may read begins so, and ends with a slash.
    pub prefix: At<String>,
    /// Where the credential may write, below it: uploads in parts are begun there. Default: nowhere, and there are no such sessions.
    pub uploads: Option<At<String>>,
    /// What the administrator puts there once: a JSON object, key and text. Its path starts at the parent of the drills directory.
    pub seed: At<String>,
    /// What the credential must be able to do.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: At<Vec<At<RawOperation>>>,
    /// What must be denied to it, and the administrator can do.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: At<Vec<At<RawOperation>>>,
}

/// One operation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "MinioOperation")]
pub enum RawOperation {
    /// Read an object of the seed.
    Get(At<String>),
    /// List what begins so.
    List(At<String>),
    /// Write an object.
    Put(At<String>),
    /// Delete an object of the seed.
    Delete(At<String>),
    /// Make a permanent key of this name, which would outlive the session.
    Account(At<String>),
}

impl RawOperation {
    fn name(&self) -> &At<String> {
        match self {
            Self::Get(n) | Self::List(n) | Self::Put(n) | Self::Delete(n) | Self::Account(n) => n,
        }
    }
    fn plan(&self) -> Operation {
        let name = self.name().value.clone();
        match self {
            Self::Get(_) => Operation::Get(name),
            Self::List(_) => Operation::List(name),
            Self::Put(_) => Operation::Put(name),
            Self::Delete(_) => Operation::Delete(name),
            Self::Account(_) => Operation::Account(name),
        }
    }
}

impl RawMinio {
    /// What it means. `federated`: the credential is bought with an identity token.
    pub fn resolve(&self, project: &Project, federated: bool, findings: &mut Findings) -> MinioPlan {
        let image = self.image.as_ref().map_or(DEFAULT_IMAGE.to_string(), |image| {
            if let Some(problem) = wrong_image(&image.value) {
                findings.add(problem, image.span);
            }
            image.value.clone()
        });
        if !is_bucket(&self.bucket.value) {
            let problem = MinioProblem::NoBucket(self.bucket.value.clone());
            findings.add(Problem::Minio(problem), self.bucket.span);
        }
        if !is_prefix(&self.prefix.value) {
            let problem = MinioProblem::NoPrefix(self.prefix.value.clone());
            findings.add(Problem::Minio(problem), self.prefix.span);
        }
        if let Some(uploads) = &self.uploads
            && !(is_prefix(&uploads.value) && uploads.value.starts_with(&self.prefix.value))
        {
            findings.add(Problem::Minio(MinioProblem::NoUploads(uploads.value.clone())), uploads.span);
        }
        self.check_operations(findings);
        let seed_json = match project.read(&self.seed.value) {
            Ok(text) => text,
            Err(problem) => {
                findings.add(problem, self.seed.span);
                String::new()
            }
        };
        if !seed_json.is_empty() {
            self.check_seed(&seed_json, findings);
        }
        let plans = |list: &At<Vec<At<RawOperation>>>| list.value.iter().map(|o| o.value.plan()).collect();
        MinioPlan {
            image,
            bucket: self.bucket.value.clone(),
            prefix: self.prefix.value.clone(),
            uploads: self.uploads.as_ref().map(|uploads| uploads.value.clone()),
            seed: self.seed.value.clone(),
            seed_json,
            allowed: plans(&self.allowed),
            denied: plans(&self.denied),
            federated,
        }
    }

    fn check_operations(&self, findings: &mut Findings) {
        let mut seen = Vec::new();
        for (what, list) in [("allowed", &self.allowed), ("denied", &self.denied)] {
            if list.value.is_empty() {
                findings.add(Problem::NothingStated(what), list.span);
            }
            for operation in &list.value {
                let (plan, name) = (operation.value.plan(), operation.value.name());
                // Everything begins with nothing.
                if name.value.is_empty() && !matches!(plan, Operation::List(_)) {
                    findings.add(Problem::Blank("the operation's name"), name.span);
                }
                match seen.iter().find(|(known, _)| *known == plan) {
                    Some((_, of)) if *of == what => findings.add(Problem::SameStatement, name.span),
                    Some(_) => findings.add(Problem::AllowedAndDenied, name.span),
                    None => seen.push((plan, what)),
                }
            }
        }
    }

    /// Texts by key, among them what is read and deleted.
    fn check_seed(&self, text: &str, findings: &mut Findings) {
        let objects: BTreeMap<String, String> = match serde_json::from_str(text) {
            Ok(objects) => objects,
            Err(e) => {
                let problem = MinioProblem::BadSeed { file: self.seed.value.clone(), why: e.to_string() };
                return findings.add(Problem::Minio(problem), self.seed.span);
            }
        };
        let mut said = BTreeSet::new();
        for operation in self.allowed.value.iter().chain(&self.denied.value) {
            if let RawOperation::Get(key) | RawOperation::Delete(key) = &operation.value
                && !key.value.is_empty()
                && !objects.contains_key(&key.value)
                && said.insert(key.value.clone())
            {
                findings.add(Problem::SeedLacks { kind: "object", name: key.value.clone() }, key.span);
            }
        }
    }
}

/// As S3 allows it.
fn is_bucket(name: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.starts_with(word)
        && name.ends_with(word)
        && name.chars().all(|c| word(c) || c == '-')
}

/// A folder's name with its slash: what is signed and what is sent are then one text.
fn is_prefix(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let parts = name.strip_suffix('/').unwrap_or_default();
    !parts.is_empty() && parts.split('/').all(|part| !part.is_empty() && part.chars().all(word))
}
