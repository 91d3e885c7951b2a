//! `drill validate [FILE…]`: checks definitions, starts nothing.

use crate::definition::{self, Diagnostics, DrillPlan, resolved};
use crate::document::Project;
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
    match plans(order) {
        Ok(plans) => {
            if order.resolved {
                for (i, plan) in plans.iter().enumerate() {
                    let _ = write!(out, "{}{}", if i > 0 { "---\n" } else { "" }, resolved::text(plan));
                }
            } else {
                let (number, s, are) = if plans.len() == 1 { (1, "", "is") } else { (plans.len(), "s", "are") };
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

fn plans(order: &Order) -> Result<Vec<DrillPlan>, Diagnostics> {
    if order.files.is_empty() {
        return definition::load(order.drills, &[]);
    }
    let project = Project::of_drills(order.drills);
    let mut names: Vec<String> = Vec::new();
    for file in order.files {
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
