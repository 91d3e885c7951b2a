//! What `exceptions.yaml` grants, checked against every check of every drill of the directory.

use super::today::{as_of_run, today};
use crate::definition::{self, Diagnostics};
use crate::exceptions::{self, Exception, Grants};
use crate::verdict::checks_of;
use jiff::civil::Date;
use std::path::Path;

/// For a run, before anything starts. The day asked for may end exceptions and never begins one:
/// what is granted on a day to come is refused whatever day is asked for.
///
/// # Errors
/// The day or the file is wrong, or a drill is: then it is not known which checks there are.
pub fn grants_of_run(drills: &Path, asked: Option<&str>) -> Result<Grants, Diagnostics> {
    let today = today();
    let as_of = as_of_run(asked, today)?;
    Ok(Grants { as_of: Some(as_of), exceptions: load(drills, today)? })
}

/// The exceptions of a drills directory, none granted after `day`.
///
/// # Errors
/// As `grants_of_run`.
pub fn load(drills: &Path, day: Date) -> Result<Vec<Exception>, Diagnostics> {
    exceptions::load(drills, || all_checks(drills), day)
}

/// The exceptions of one file, wherever it lies, for the checks of a drills directory.
///
/// # Errors
/// As `grants_of_run`.
pub fn load_file(file: &str, drills: &Path, day: Date) -> Result<Vec<Exception>, Diagnostics> {
    exceptions::load_file(file, || all_checks(drills), day)
}

/// The whole ids of all checks of all drills, as reports write them.
///
/// # Errors
/// A drill is wrong.
pub fn all_checks(drills: &Path) -> Result<Vec<String>, Diagnostics> {
    let mut all = Vec::new();
    for plan in definition::load(drills, &[])? {
        for scenario in &plan.scenarios {
            for (check, of) in checks_of(&plan, scenario) {
                let of = of.map(|of| format!("@{of}")).unwrap_or_default();
                all.push(format!("{}/{}/{}{of}", plan.drill, scenario.scenario, check.id()));
            }
        }
    }
    Ok(all)
}
