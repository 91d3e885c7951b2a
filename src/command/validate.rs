//! `drill validate [FILE…]`: checks definitions, starts nothing.

use super::grants;
use super::today::today;
use crate::definition::{self, Diagnostics, DrillPlan, resolved};
use crate::document::Project;
use crate::exceptions;
use crate::exit::Exit;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the command line says.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// `--drills`: also says where paths in definitions start.
    pub drills: &'a Path,
    /// Files; all of the drills directory where none is named.
    pub files: &'a [PathBuf],
    /// `--resolved`.
    pub resolved: bool,
    /// Whether messages are coloured.
    pub color: bool,
}

/// Says how many files are valid, or everything that is wrong.
pub fn validate(order: &Order, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    match checked(order) {
        Ok((plans, others)) => {
            if order.resolved {
                for (i, plan) in plans.iter().enumerate() {
                    let _ = write!(out, "{}{}", if i > 0 { "---\n" } else { "" }, resolved::text(plan));
                }
            } else {
                let number = plans.len() + others;
                let (s, are) = if number == 1 { ("", "is") } else { ("s", "are") };
                let _ = writeln!(out, "{number} file{s} {are} valid");
            }
            Exit::Passed
        }
        Err(wrong) => {
            let _ = write!(err, "{}", wrong.render(order.color));
            Exit::Usage
        }
    }
}

/// The plans, and how many files besides are right.
fn checked(order: &Order) -> Result<(Vec<DrillPlan>, usize), Diagnostics> {
    if order.files.is_empty() {
        let plans = definition::load(order.drills, &[])?;
        grants::load(order.drills, today())?;
        return Ok((plans, usize::from(exceptions::path(order.drills)?.is_some())));
    }
    let is_drill = |file: &&PathBuf| file.file_name().is_none_or(|name| name != exceptions::FILE);
    let (drills, others): (Vec<&PathBuf>, Vec<&PathBuf>) = order.files.iter().partition(is_drill);
    let plans = plans(order, &drills)?;
    for file in &others {
        grants::load_file(&file.display().to_string(), order.drills, today())?;
    }
    Ok((plans, others.len()))
}

fn plans(order: &Order, files: &[&PathBuf]) -> Result<Vec<DrillPlan>, Diagnostics> {
    let project = Project::of_drills(order.drills);
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let name = file.display().to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let (mut plans, mut wrong) = (Vec::new(), Vec::new());
    for name in &names {
        match definition::load_file(name, &project, None) {
            Ok(plan) => plans.push(plan),
            Err(found) => wrong.extend(found),
        }
    }
    if wrong.is_empty() { Ok(plans) } else { Err(Diagnostics { all: wrong, files: names.len() }) }
}
