//! The drills directory → plans. Only the files that were asked for are read.

use super::plan::DrillPlan;
use super::resolve::{DrillFile, resolve};
use super::select::{Pattern, Selection};
use super::shape::{PLANNED, RawDrill};
use crate::document::project::{full, reason};
use crate::document::{Diagnostic, Diagnostics, Findings, Problem, Project, Source, file, nearest, parse, shape};
use serde_json::Value;
use std::path::Path;

/// Files of the drills directory that are no drills.
pub(super) const RESERVED: &[&str] = &["exceptions", "inventory"];

/// A drill file that is there.
struct Found {
    stem: String,
    path: String,
}

/// The plans that a selection (`NAME`, `NAME/SCENARIO`, globs) asks for; all where it is empty.
///
/// # Errors
/// A definition is wrong, or the selection selects nothing.
pub fn load(drills: &Path, selection: &[String]) -> Result<Vec<DrillPlan>, Diagnostics> {
    let (found, mut wrong) = find(drills)?;
    let selected = select(drills, &found, selection)?;
    let project = Project::of_drills(drills);
    let mut plans = Vec::new();
    if !selection.is_empty() {
        wrong.clear();
    }
    let files = selected.len() + wrong.len();
    for (file, scenarios) in selected {
        match load_file(&file.path, &project, None) {
            Ok(plan) => plans.push((plan, scenarios)),
            Err(found) => wrong.extend(found),
        }
    }
    if !wrong.is_empty() {
        return Err(Diagnostics { all: wrong, files });
    }
    plans.into_iter().map(|(plan, scenarios)| narrow(plan, &scenarios)).collect()
}

/// One scenario of a drill, with an RFC 7386 merge patch on its definition; null is no patch.
///
/// # Errors
/// As `load`; places are those of the unpatched file.
pub fn load_patched(drills: &Path, drill: &str, scenario: &str, patch: &Value) -> Result<DrillPlan, Diagnostics> {
    let (found, _) = find(drills)?;
    let selected = select(drills, &found, &[format!("{drill}/{scenario}")])?;
    let Some((file, scenarios)) = selected.into_iter().next() else {
        return Err(no_such_drill(drills, &found, drill));
    };
    let patch = (!patch.is_null()).then_some(patch);
    let plan =
        load_file(&file.path, &Project::of_drills(drills), patch).map_err(|all| Diagnostics { all, files: 1 })?;
    narrow(plan, &scenarios)
}

/// The plan of one file, wherever it lies; paths in it start at the project.
///
/// # Errors
/// Everything that is wrong with it: a structural error alone, all others together.
pub fn load_file(path: &str, project: &Project, patch: Option<&Value>) -> Result<DrillPlan, Vec<Diagnostic>> {
    let text = file::read(path).map_err(|d| vec![d])?;
    let hash = file::sha256(text.as_bytes());
    load_text(Source { file: path, text: &text }, &hash, project, patch)
}

/// The plan of a text.
///
/// # Errors
/// As `load_file`.
pub fn load_text(
    source: Source,
    sha256: &str,
    project: &Project,
    patch: Option<&Value>,
) -> Result<DrillPlan, Vec<Diagnostic>> {
    // A mark of the encoding is no part of the text.
    let source = Source { text: source.text.strip_prefix('\u{feff}').unwrap_or(source.text), ..source };
    let mut node = parse(source).map_err(|d| vec![d])?;
    if let Some(patch) = patch {
        node.patch(patch);
    }
    let raw: RawDrill = shape(&node, source, PLANNED).map_err(|d| vec![d])?;
    let name = source.file.rsplit('/').next().unwrap_or(source.file);
    let stem = name.strip_suffix(".yaml").unwrap_or(name);
    let mut findings = Findings::new(source);
    findings.todos(&node);
    let plan = resolve(&raw, DrillFile { path: source.file, stem, sha256 }, project, &mut findings);
    let found = findings.into_all();
    match plan {
        Some(plan) if found.is_empty() => Ok(plan),
        _ => Err(found),
    }
}

/// The names of all drills, without reading them.
///
/// # Errors
/// There is no such directory, or nothing in it.
pub fn names(drills: &Path) -> Result<Vec<String>, Diagnostics> {
    Ok(find(drills)?.0.into_iter().map(|f| f.stem).collect())
}

/// Drill files by name, and files that look like some and are none.
fn find(drills: &Path) -> Result<(Vec<Found>, Vec<Diagnostic>), Diagnostics> {
    let shown = drills.display().to_string().replace('\\', "/");
    let entries = std::fs::read_dir(drills).map_err(|e| {
        let tried = full(drills).display().to_string();
        Diagnostics::of_command_line(Problem::Unreadable { why: format!("{shown}: {}", reason(&e)), tried })
    })?;
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().to_string();
        let path = format!("{}/{name}", shown.trim_end_matches('/'));
        match name.rsplit_once('.') {
            Some((stem, "yaml")) if !stem.is_empty() && !RESERVED.contains(&stem) => {
                found.push(Found { stem: stem.to_string(), path });
            }
            Some((stem, "yml")) if !stem.is_empty() => {
                wrong.push(file::whole(&path, Problem::WrongExtension));
            }
            _ => {}
        }
    }
    if found.is_empty() && wrong.is_empty() {
        return Err(Diagnostics::of_command_line(Problem::NoDrills(format!("{shown} ({})", full(drills).display()))));
    }
    found.sort_by(|a, b| a.stem.cmp(&b.stem));
    wrong.sort_by_key(|d| d.place.as_ref().map(|p| p.file.clone()));
    Ok((found, wrong))
}

/// The files that are asked for, each with what is asked of its scenarios.
fn select<'a>(
    drills: &Path,
    found: &'a [Found],
    selection: &[String],
) -> Result<Vec<(&'a Found, Vec<Pattern>)>, Diagnostics> {
    if selection.is_empty() {
        return Ok(found.iter().map(|f| (f, vec![Pattern::all()])).collect());
    }
    let mut selected: Vec<(&Found, Vec<Pattern>)> = Vec::new();
    for wanted in selection {
        let wanted = Selection::parse(wanted).map_err(Diagnostics::of_command_line)?;
        let mut any = false;
        for file in found.iter().filter(|f| wanted.drill.matches(&f.stem)) {
            any = true;
            match selected.iter_mut().find(|(f, _)| f.stem == file.stem) {
                Some((_, scenarios)) => scenarios.push(wanted.scenario.clone()),
                None => selected.push((file, vec![wanted.scenario.clone()])),
            }
        }
        if !any {
            return Err(no_such_drill(drills, found, wanted.drill.text()));
        }
    }
    selected.sort_by(|(a, _), (b, _)| a.stem.cmp(&b.stem));
    Ok(selected)
}

fn no_such_drill(drills: &Path, found: &[Found], name: &str) -> Diagnostics {
    let have: Vec<&str> = found.iter().map(|f| f.stem.as_str()).collect();
    Diagnostics::of_command_line(Problem::NoSuchDrill {
        name: name.to_string(),
        dir: format!("{}/", drills.display().to_string().trim_end_matches('/')),
        nearest: nearest(name, have.iter().copied()).map(String::from),
        have: have.join(", "),
    })
}

/// Keeps the scenarios that are asked for.
fn narrow(mut plan: DrillPlan, scenarios: &[Pattern]) -> Result<DrillPlan, Diagnostics> {
    for pattern in scenarios {
        if !plan.scenarios.iter().any(|s| pattern.matches(&s.scenario)) {
            let have: Vec<&str> = plan.scenarios.iter().map(|s| s.scenario.as_str()).collect();
            return Err(Diagnostics::of_command_line(Problem::NoSuchScenario {
                name: pattern.text().to_string(),
                nearest: nearest(pattern.text(), have.iter().copied())
                    .map(|scenario| format!("{}/{scenario}", plan.drill)),
                have: have.join(", "),
                drill: plan.drill,
            }));
        }
    }
    plan.scenarios.retain(|s| scenarios.iter().any(|p| p.matches(&s.scenario)));
    Ok(plan)
}
