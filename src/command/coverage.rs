//! `drill list --coverage`: roles in use without a drill, and drills without a role.

use super::gate::{INVENTORY, inventory};
use crate::definition::{self, DrillPlan};
use crate::exit::Exit;
use crate::gate::Inventory;
use crate::gate::inventory::{coverage as held_against, covered_by};
use crate::report::one_line;
use serde_json::json;
use std::io::{self, Write};
use std::path::Path;

/// What the command line says.
pub struct Order<'a> {
    /// `--drills`.
    pub drills: &'a Path,
    /// `--inventory`.
    pub inventory: Option<&'a Path>,
    /// `--json`.
    pub json: bool,
    /// Whether messages are coloured.
    pub color: bool,
}

/// Shows it. That a role has no drill is a finding of the gate's, not an error of this list.
pub fn coverage(order: &Order, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let loaded = definition::load(order.drills, &[])
        .and_then(|drills| Ok((inventory(order.drills, order.inventory, &drills)?, drills)));
    match loaded {
        Ok((Some(inventory), drills)) => {
            // A reader that went away early is no error of ours.
            let _ = if order.json { as_json(&inventory, &drills, out) } else { as_text(&inventory, &drills, out) };
            Exit::Passed
        }
        Ok((None, _)) => {
            let own = order.drills.join(INVENTORY);
            let _ = writeln!(err, "error: no inventory: {} is not there; `--inventory FILE` names one", own.display());
            Exit::Usage
        }
        Err(wrong) => {
            let _ = write!(err, "{}", wrong.render(order.color));
            Exit::Usage
        }
    }
}

fn as_text(inventory: &Inventory, drills: &[DrillPlan], out: &mut dyn Write) -> io::Result<()> {
    let held = held_against(inventory, drills);
    for role in &held.uncovered {
        let owner = role.owner.as_deref().unwrap_or("owner unknown");
        writeln!(out, "NO DRILL   {}", one_line(&format!("{} ({owner})", role.path)))?;
    }
    for drill in &held.drills_without_role {
        writeln!(out, "NO ROLE    drill {drill}")?;
    }
    for role in &inventory.roles {
        if let Some(drill) = covered_by(inventory, role, drills) {
            writeln!(out, "drilled    {}", one_line(&format!("{} by {}", role.role.path, drill.drill)))?;
        }
    }
    for kind in &inventory.not_in_use {
        let text = format!("{}, says {}: {}", kind.system.word(), kind.owner, kind.reason);
        writeln!(out, "not in use {}", one_line(&text))?;
    }
    let covered = held.roles - held.uncovered.len();
    writeln!(out, "{covered} of {} roles in {} have a drill", held.roles, held.file)
}

fn as_json(inventory: &Inventory, drills: &[DrillPlan], out: &mut dyn Write) -> io::Result<()> {
    let held = held_against(inventory, drills);
    let not_in_use = &inventory.not_in_use;
    writeln!(out, "{:#}", json!({ "schema": 1, "coverage": held, "not_in_use": not_in_use }))
}
