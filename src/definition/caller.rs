//! Who asks: owner and tenant as the drill states them, or as they are in production.

use super::plan::{Caller, CallerKind, Login};
use super::shape::RawCaller;
use crate::document::{At, Diagnostic, Findings, Problem, Project, Source, Span};
use serde_json::Value;

/// The caller; nothing where it cannot be said who it is, which was noted.
pub fn resolve(raw: &RawCaller, project: &Project, findings: &mut Findings) -> Option<Caller> {
    let (kind, principal) = match raw {
        RawCaller::Workload(p) => (CallerKind::Workload, p),
        RawCaller::Person(p) => (CallerKind::Person, p),
    };
    let p = &principal.value;
    findings.name("a caller", &p.name);
    if p.login.value == Login::Jwt {
        findings.add(Problem::NotYet { word: "jwt".into(), known: &["approle", "userpass"] }, p.login.span);
    }
    let (owner, tenant) = match &p.exported {
        Some(file) => {
            for (key, stated) in [("owner", &p.owner), ("tenant", &p.tenant)] {
                if let Some(stated) = stated {
                    findings.add(Problem::BesideExported(key), findings.key_of(stated.span, key));
                }
            }
            exported(file, &p.name.value, project, findings)?
        }
        None => {
            let mut stated = |key, value: &Option<At<String>>| {
                if value.is_none() {
                    findings.add(Problem::MissingKey(key), p.name.span);
                }
                value.clone()
            };
            (stated("owner", &p.owner)?, stated("tenant", &p.tenant)?)
        }
    };
    findings.text("the caller's owner", &owner);
    findings.name("a tenant", &tenant);
    Some(Caller {
        kind,
        name: p.name.value.clone(),
        login: p.login.value,
        owner: owner.value,
        tenant: tenant.value,
        exported: p.exported.is_some(),
    })
}

/// Owner and tenant of an exported entity; errors stand where the export is named.
fn exported(
    file: &At<String>,
    name: &str,
    project: &Project,
    findings: &mut Findings,
) -> Option<(At<String>, At<String>)> {
    let text = match project.read(&file.value) {
        Ok(text) => text,
        Err(problem) => {
            findings.add(problem, file.span);
            return None;
        }
    };
    let mut bad = |why: &str| {
        let source = Source { file: &file.value, text: &text };
        let problem = Problem::BadExport { file: short(&file.value).to_string(), why: why.to_string() };
        findings.add_elsewhere(Diagnostic::new(problem, source.place(Span::START)));
    };
    let Ok(entity) = serde_json::from_str::<Value>(&text) else {
        bad("no JSON");
        return None;
    };
    let of = |pointer: &str| {
        entity.pointer(pointer).and_then(Value::as_str).map(|s| At { value: s.to_string(), span: file.span })
    };
    let found = of("/data/name");
    let (Some(owner), Some(tenant)) = (of("/data/metadata/owner"), of("/data/metadata/tenant")) else {
        bad("`data.metadata` has no `owner` and `tenant`");
        return None;
    };
    if let Some(found) = found.filter(|found| found.value != name) {
        let problem = Problem::OtherExport { kind: "the entity", found: found.value, stated: name.to_string() };
        findings.add(problem, file.span);
    }
    Some((owner, tenant))
}

fn short(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
