//! `backend: { nginx: … }` as it is written, and what it resolves to.

use super::request::RawRequest;
use super::{DEFAULT_IMAGE, NginxPlan};
use crate::backend::shape;
use crate::document::findings::todo;
use crate::document::{At, Diagnostic, Findings, Problem, Project, Source, Span, lines};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;

/// An nginx that asks for client certificates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Nginx")]
pub struct RawNginx {
    /// The official image. Default: `nginx:1.26`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// How client certificates are verified: directives of nginx for one `server`, in a file. Its path starts at the parent of the drills directory. The CA is drill's to name.
    pub verification: At<String>,
    /// What is served to whom: directives of nginx for one `server`, in a file. `${administrator}` stands for the common name of drill's administrator.
    pub seed: At<String>,
    /// Requests that the credential must be able to make.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: At<Vec<RawRequest>>,
    /// Requests that must be denied to it, and that the administrator can make.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: At<Vec<RawRequest>>,
}

impl RawNginx {
    /// What it means.
    pub fn resolve(&self, project: &Project, findings: &mut Findings) -> NginxPlan {
        let image = shape::image(self.image.as_ref(), DEFAULT_IMAGE, findings);
        self.check_requests(findings);
        let texts = |list: &At<Vec<RawRequest>>| list.value.iter().map(ToString::to_string).collect();
        NginxPlan {
            image,
            verification_conf: file(&self.verification, project, findings),
            verification: self.verification.value.clone(),
            seed_conf: file(&self.seed, project, findings),
            seed: self.seed.value.clone(),
            allowed: texts(&self.allowed),
            denied: texts(&self.denied),
        }
    }

    fn check_requests(&self, findings: &mut Findings) {
        for (what, list) in [("allowed", &self.allowed), ("denied", &self.denied)] {
            if list.value.is_empty() {
                findings.add(Problem::NothingStated(what), list.span);
            }
            let mut seen = HashSet::new();
            for request in &list.value {
                if let Some(problem) = request.problem() {
                    findings.add(problem, request.path().span);
                } else if !seen.insert(request.to_string()) {
                    findings.add(Problem::SameStatement, request.path().span);
                }
            }
        }
        let allowed: HashSet<String> = self.allowed.value.iter().map(ToString::to_string).collect();
        for denied in &self.denied.value {
            if allowed.contains(&denied.to_string()) {
                findings.add(Problem::AllowedAndDenied, denied.path().span);
            }
        }
    }
}

/// The text of a file that the drill names.
fn file(path: &At<String>, project: &Project, findings: &mut Findings) -> String {
    let text = project.read(&path.value).unwrap_or_else(|problem| {
        findings.add(problem, path.span);
        String::new()
    });
    let source = Source { file: &path.value, text: &text };
    for (number, line) in (1..).zip(lines(&text)) {
        if let Some(what) = todo(line) {
            let span = Span { line: number, column: 1, length: 1 };
            findings.add_elsewhere(Diagnostic::new(Problem::Todo(what.to_string()), source.place(span)));
        }
    }
    text
}
