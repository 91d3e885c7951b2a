//! `gates/<level>.yaml` → what is asked, or everything that is wrong with it.

use super::file;
use super::shape::{Basis, Demand, NotInUse, On, Presence, RawGate, RawNeed, RawRequirement, StandIns};
use crate::backend::PRODUCTS;
use crate::credential::KINDS;
use crate::definition::System;
use crate::definition::shape::PLANNED;
use crate::document::project::full;
use crate::document::{
    At, Diagnostic, Diagnostics, Findings, GateProblem, Problem, Source, Span, nearest, parse_plain, shape,
};
use crate::verdict::{Check, check_ids};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// The product that issues.
const AUTHORITY: &str = "OpenBao";
/// What can be pinned.
static SERVERS: LazyLock<Vec<&'static str>> = LazyLock::new(|| [&[AUTHORITY], PRODUCTS].concat());

/// What a level asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// `RL3`.
    pub level: String,
    /// For people.
    pub title: String,
    /// Path as it was given.
    pub file: String,
    /// Of its bytes, hex.
    pub sha256: String,
    /// Without an inventory a requirement is not met.
    pub inventory_required: bool,
    /// Evidence of stand-in images counts.
    pub stand_ins_count: bool,
    /// Role and caller must come from production.
    pub exported: bool,
    /// Product → the beginnings of versions that count.
    pub servers: Vec<(String, Vec<String>)>,
    /// How much is too much.
    pub limits: Limits,
    /// The kinds of system that need a drill, in the order of the file.
    pub systems: Vec<SystemRule>,
    /// In the order of the file.
    pub requirements: Vec<Requirement>,
}

/// How much is too much, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the file's own names
pub struct Limits {
    pub exposure_ms: u64,
    pub exposure_of_many_ms: u64,
    pub ttl_ms: u64,
    pub max_ttl_ms: u64,
    pub evidence_age_ms: u64,
    pub export_age_ms: u64,
    pub exception_ms: u64,
}

/// One kind of system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemRule {
    /// Which.
    pub system: System,
    /// The kinds of credential that a drill of it issues.
    pub kinds: Vec<String>,
    /// The inventory may declare that there is none.
    pub may_be_absent: bool,
}

/// One line of the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// How reports call it.
    pub id: String,
    /// The sentence of the pattern.
    pub pattern: String,
    /// Checks that must have passed.
    pub needs: Vec<Need>,
    /// What is judged besides.
    pub demands: Vec<Demand>,
}

/// Checks that must have passed in every scenario of these triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Which scenarios, in the drill file's words.
    pub triggers: Vec<&'static str>,
    /// Kinds of credential that it is asked of; none: all that are dynamic.
    pub kinds: Option<Vec<String>>,
    /// The checks.
    pub checks: Vec<Check>,
}

/// The gate of a level, in whatever case it is written.
///
/// # Errors
/// There is none, or it is wrong.
pub fn load(drills: &Path, level: &str) -> Result<Gate, Diagnostics> {
    let dir = drills.join("gates");
    let shown = format!("{}/gates", drills.display().to_string().trim_end_matches('/'));
    let mut have: Vec<String> = std::fs::read_dir(&dir).into_iter().flatten().flatten().map(|e| e.path()).fold(
        Vec::new(),
        |mut names, path| {
            let yaml = path.extension().is_some_and(|x| x == "yaml");
            names.extend(path.file_stem().filter(|_| yaml).map(|s| s.to_string_lossy().into_owned()));
            names
        },
    );
    have.sort();
    let wanted = level.to_lowercase();
    if !have.contains(&wanted) {
        let problem = GateProblem::NoSuchGate {
            level: level.to_string(),
            dir: format!("{shown}/ ({})", full(&dir).display()),
            nearest: nearest(&wanted, have.iter().map(String::as_str)).map(str::to_uppercase),
            have: if have.is_empty() { "none".into() } else { have.join(", ") },
        };
        return Err(Diagnostics::of_command_line(problem.into()));
    }
    let path = format!("{shown}/{wanted}.yaml");
    let read = file::read(&path).map_err(|d| Diagnostics { all: vec![d], files: 1 })?;
    load_text(Source { file: &path, text: &read.text }, &read.sha256).map_err(|all| Diagnostics { all, files: 1 })
}

/// The gate of a text.
///
/// # Errors
/// Everything that is wrong with it: a structural error alone, all others together.
pub fn load_text(source: Source, sha256: &str) -> Result<Gate, Vec<Diagnostic>> {
    let source = Source { text: source.text.strip_prefix('\u{feff}').unwrap_or(source.text), ..source };
    let node = parse_plain(source).map_err(|d| {
        let nothing = matches!(d.problem, Problem::Empty);
        let problem = if nothing { GateProblem::AsksNothing("the gate is empty").into() } else { d.problem };
        vec![Diagnostic { problem, ..d }]
    })?;
    let raw: RawGate = shape(&node, source, PLANNED).map_err(|d| vec![d])?;
    let mut findings = Findings::new(source);
    findings.todos(&node);
    let gate = resolve(&raw, source.file, sha256, &mut findings);
    let found = findings.into_all();
    if found.is_empty() { Ok(gate) } else { Err(found) }
}

fn resolve(raw: &RawGate, file: &str, sha256: &str, findings: &mut Findings) -> Gate {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.strip_suffix(".yaml").unwrap_or(name);
    if raw.gate.value.to_lowercase() != stem {
        let problem = GateProblem::NotTheFilesName { gate: raw.gate.value.clone(), stem: stem.to_string() };
        findings.add(problem.into(), raw.gate.span);
    }
    findings.text("title", &raw.title);
    Gate {
        level: raw.gate.value.to_uppercase(),
        title: raw.title.value.clone(),
        file: file.to_string(),
        sha256: sha256.to_string(),
        inventory_required: raw.inventory == Presence::Required,
        stand_ins_count: raw.stand_in_images == StandIns::Count,
        exported: raw.basis == Basis::Exported,
        servers: servers(raw, findings),
        limits: limits(raw, findings),
        systems: systems(raw, findings),
        requirements: requirements(raw, findings),
    }
}

fn limits(raw: &RawGate, findings: &mut Findings) -> Limits {
    let raw = &raw.limits;
    let exposure_ms = findings.duration(&raw.exposure);
    let exposure_of_many_ms = raw.exposure_of_many.as_ref().map_or(exposure_ms, |many| findings.duration(many));
    let (ttl_ms, max_ttl_ms) = (findings.duration(&raw.ttl), findings.duration(&raw.max_ttl));
    if max_ttl_ms > 0 && ttl_ms > max_ttl_ms {
        findings.add(GateProblem::AboveMax("ttl").into(), raw.ttl.span);
    }
    Limits {
        exposure_ms,
        exposure_of_many_ms,
        ttl_ms,
        max_ttl_ms,
        evidence_age_ms: findings.duration(&raw.evidence_age),
        export_age_ms: findings.duration(&raw.export_age),
        exception_ms: findings.duration(&raw.exception),
    }
}

fn servers(raw: &RawGate, findings: &mut Findings) -> Vec<(String, Vec<String>)> {
    let entries = raw.servers.iter().flat_map(|servers| &servers.0);
    entries
        .map(|(product, versions)| {
            if !SERVERS.contains(&product.value.as_str()) {
                findings.add(GateProblem::UnknownServer(product.value.clone(), &SERVERS).into(), product.span);
            }
            if versions.is_empty() {
                findings.add(GateProblem::NoVersions(product.value.clone()).into(), product.span);
            }
            for version in versions {
                let dotted = version.value.split('.').all(|part| part.parse::<u32>().is_ok());
                if !dotted {
                    findings.add(GateProblem::NoVersion(version.value.clone()).into(), version.span);
                }
            }
            (product.value.clone(), versions.iter().map(|v| v.value.clone()).collect())
        })
        .collect()
}

fn systems(raw: &RawGate, findings: &mut Findings) -> Vec<SystemRule> {
    if raw.systems.value.0.is_empty() {
        findings.add(GateProblem::AsksNothing("no kind of system is asked for").into(), raw.systems.span);
    }
    let rule = |(name, raw): &(At<String>, super::shape::RawSystem)| {
        let system = System::of(&name.value);
        if system.is_none() {
            findings.add(GateProblem::UnknownSystem(name.value.clone(), &System::WORDS).into(), name.span);
        }
        if raw.kinds.value.is_empty() {
            findings.add(GateProblem::AsksNothing("no kind of credential is asked for").into(), raw.kinds.span);
        }
        let may_be_absent = raw.not_in_use == NotInUse::Declared;
        Some(SystemRule { system: system?, kinds: kinds(&raw.kinds.value, findings), may_be_absent })
    };
    raw.systems.value.0.iter().filter_map(rule).collect()
}

fn kinds(raw: &[At<String>], findings: &mut Findings) -> Vec<String> {
    for kind in raw {
        if !KINDS.contains(&kind.value.as_str()) {
            findings.add(GateProblem::UnknownKind(kind.value.clone(), KINDS).into(), kind.span);
        }
    }
    raw.iter().map(|kind| kind.value.clone()).collect()
}

fn requirements(raw: &RawGate, findings: &mut Findings) -> Vec<Requirement> {
    let all = &raw.requirements;
    if all.value.is_empty() {
        findings.add(GateProblem::AsksNothing("no requirement is stated").into(), all.span);
        return Vec::new();
    }
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for requirement in &all.value {
        let id = &requirement.value.id;
        match seen.iter().find(|(known, _)| *known == id.value) {
            Some((_, first)) => {
                let problem = GateProblem::Twice { what: "the requirement", id: id.value.clone(), first: first.line };
                findings.add(problem.into(), id.span);
            }
            None => seen.push((&id.value, id.span)),
        }
    }
    let requirements: Vec<Requirement> = all.value.iter().map(|r| requirement(r, findings)).collect();
    let demanded: BTreeSet<Demand> = requirements.iter().flat_map(|r| r.demands.iter().copied()).collect();
    for (demand, word) in Demand::ALL {
        if !demanded.contains(&demand) {
            findings.add(GateProblem::NotDemanded(word).into(), findings.key_of(all.span, "requirements"));
        }
    }
    requirements
}

fn requirement(raw: &At<RawRequirement>, findings: &mut Findings) -> Requirement {
    let (place, raw) = (raw.span, &raw.value);
    findings.name("a requirement", &raw.id);
    findings.text("pattern", &raw.pattern);
    let demands: Vec<Demand> = raw.demands.iter().flatten().map(|d| d.value).collect();
    let needs: Vec<Need> = raw.needs.iter().flatten().map(|n| need(n, findings)).collect();
    if needs.is_empty() && demands.is_empty() {
        findings.add(GateProblem::RequirementAsksNothing { id: raw.id.value.clone() }.into(), place);
    }
    Requirement { id: raw.id.value.clone(), pattern: raw.pattern.value.trim().to_string(), needs, demands }
}

fn need(raw: &RawNeed, findings: &mut Findings) -> Need {
    if raw.triggers.value.is_empty() {
        findings.add(GateProblem::AsksNothing("no trigger is asked for").into(), raw.triggers.span);
    }
    if raw.checks.value.is_empty() {
        findings.add(GateProblem::AsksNothing("no check is asked for").into(), raw.checks.span);
    }
    let triggers: Vec<&'static str> = raw.triggers.value.iter().map(|t: &At<On>| t.value.word()).collect();
    let mut checks = Vec::new();
    for written in &raw.checks.value {
        let Some(check) = Check::of(&written.value) else {
            findings.add(GateProblem::UnknownCheck(written.value.clone(), check_ids()).into(), written.span);
            continue;
        };
        for trigger in triggers.iter().filter(|trigger| !check.is_of_trigger(trigger)) {
            findings.add(GateProblem::NeverJudged { check: check.id(), trigger }.into(), written.span);
        }
        checks.push(check);
    }
    let kinds = raw.kinds.as_ref().map(|raw| kinds(raw, findings));
    Need { triggers, kinds, checks }
}
