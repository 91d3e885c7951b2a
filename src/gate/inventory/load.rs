//! A file or a directory → what is in use, or everything that is wrong with it.

use super::shape::RawInventory;
use super::{Inventory, Role, export};
use crate::definition::System;
use crate::document::{
    At, Diagnostic, Diagnostics, Findings, GateProblem, Problem, Source, Span, nearest, parse_plain, shape,
};
use crate::gate::file;
use crate::gate::readiness::{KindNotInUse, RoleInUse};
use std::path::Path;

/// The inventory of a file that is typed by hand (`.yaml`), or of what `bao … -format=json` writes.
/// `drills`: the names of all drills.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(path: &Path, drills: &[String]) -> Result<Inventory, Diagnostics> {
    let shown = path.display().to_string().replace('\\', "/");
    let wrong = |all| Diagnostics { all, files: 1 };
    if path.is_dir() || path.extension().is_some_and(|x| x == "json") {
        return export::read(path, &shown).map_err(|d| wrong(vec![*d]));
    }
    let read = file::read(&shown).map_err(|d| wrong(vec![d]))?;
    load_text(Source { file: &shown, text: &read.text }, drills).map_err(wrong)
}

/// The inventory of a text.
///
/// # Errors
/// As `load`.
pub fn load_text(source: Source, drills: &[String]) -> Result<Inventory, Vec<Diagnostic>> {
    let source = Source { text: source.text.strip_prefix('\u{feff}').unwrap_or(source.text), ..source };
    let node = parse_plain(source).map_err(|d| {
        let nothing = matches!(d.problem, Problem::Empty);
        let problem = if nothing { GateProblem::EmptyInventory.into() } else { d.problem };
        vec![Diagnostic { problem, ..d }]
    })?;
    let raw: RawInventory = shape(&node, source, &[]).map_err(|d| vec![d])?;
    let mut findings = Findings::new(source);
    findings.todos(&node);
    let inventory = resolve(&raw, source.file, drills, &mut findings);
    let found = findings.into_all();
    if found.is_empty() { Ok(inventory) } else { Err(found) }
}

fn resolve(raw: &RawInventory, file: &str, drills: &[String], findings: &mut Findings) -> Inventory {
    let roles = raw.roles.as_ref().map_or(&[][..], |roles| &roles.value);
    let absent = raw.not_in_use.as_ref().map_or(&[][..], |absent| &absent.value);
    if roles.is_empty() && absent.is_empty() {
        findings.add(GateProblem::EmptyInventory.into(), Span::START);
    }
    twice("the role", roles.iter().map(|r| &r.path), findings);
    let words: Vec<At<String>> =
        absent.iter().map(|a| At { value: a.system.value.word().to_string(), span: a.system.span }).collect();
    twice("the system", words.iter(), findings);
    for role in roles {
        findings.text("role", &role.role);
        findings.text("owner", &role.owner);
        findings.text("path", &role.path);
        if let Some(drill) = role.drill.as_ref().filter(|drill| !drills.contains(&drill.value)) {
            let nearest = nearest(&drill.value, drills.iter().map(String::as_str)).map(String::from);
            let problem = GateProblem::UnknownDrill { drill: drill.value.clone(), nearest };
            findings.add(problem.into(), drill.span);
        }
    }
    for none in absent {
        findings.text("owner", &none.owner);
        findings.text("reason", &none.reason);
        if let Some(role) = roles.iter().find(|role| role.system.value == none.system.value) {
            let (system, role) = (none.system.value.word().to_string(), role.path.value.clone());
            findings.add(GateProblem::InUseAfterAll { system, role }.into(), none.system.span);
        }
    }
    Inventory {
        file: file.to_string(),
        roles: roles.iter().map(role).collect(),
        not_in_use: absent.iter().map(absence).collect(),
    }
}

fn role(raw: &super::shape::RawRole) -> Role {
    let system: System = raw.system.value;
    Role {
        role: RoleInUse {
            system: Some(system),
            path: raw.path.value.clone(),
            role: raw.role.value.clone(),
            owner: Some(raw.owner.value.clone()),
        },
        is_static: raw.is_static == Some(true),
        drill: raw.drill.as_ref().map(|d| d.value.clone()),
        sha256: None,
    }
}

fn absence(raw: &super::shape::RawAbsent) -> KindNotInUse {
    let (owner, reason) = (raw.owner.value.clone(), raw.reason.value.clone());
    KindNotInUse { system: raw.system.value, owner, reason }
}

fn twice<'a>(what: &'static str, all: impl Iterator<Item = &'a At<String>>, findings: &mut Findings) {
    let mut seen: Vec<&At<String>> = Vec::new();
    for next in all {
        match seen.iter().find(|known| known.value == next.value) {
            Some(first) => {
                let problem = GateProblem::Twice { what, id: next.value.clone(), first: first.span.line };
                findings.add(problem.into(), next.span);
            }
            None => seen.push(next),
        }
    }
}
