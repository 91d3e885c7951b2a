//! Roles in use, held against the drills.

use super::{Inventory, Role};
use crate::credential::STATIC;
use crate::definition::DrillPlan;
use crate::gate::readiness::Coverage;

/// The drill that is of a role. Where the same name stands at several mounts, only the inventory can say which is drilled.
pub fn covered_by<'a>(inventory: &Inventory, role: &Role, drills: &'a [DrillPlan]) -> Option<&'a DrillPlan> {
    let of = |drill: &&DrillPlan| {
        drill.credential.role() == role.role.role
            && role.role.system.is_none_or(|system| system == drill.system)
            && (drill.credential.kind() == STATIC) == role.is_static
    };
    if let Some(named) = &role.drill {
        return drills.iter().filter(of).find(|drill| drill.drill == *named);
    }
    // Where either does not tell its system, both may be the one that is drilled.
    let same = |other: &&Role| {
        let systems = (other.role.system, role.role.system);
        other.drill.is_none()
            && other.role.role == role.role.role
            && other.is_static == role.is_static
            && (systems.0 == systems.1 || systems.0.is_none() || systems.1.is_none())
    };
    let alone = inventory.roles.iter().filter(same).count() == 1;
    drills.iter().find(|drill| alone && of(drill))
}

/// Why a role that has a drill is another than the one that is drilled.
pub fn mismatch(role: &Role, drill: &DrillPlan) -> Option<String> {
    let (in_use, drilled) = (role.sha256.as_deref()?, drill.credential.exported()?.sha256);
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    (in_use != drilled)
        .then(|| format!("production has it as {}…, the drill's export is {}…", short(in_use), short(drilled)))
}

/// Roles without a drill, and drills without a role.
pub fn coverage(inventory: &Inventory, drills: &[DrillPlan]) -> Coverage {
    let covered = |role: &&Role| covered_by(inventory, role, drills).is_some();
    let of_role = |drill: &DrillPlan| {
        inventory.roles.iter().any(|role| covered_by(inventory, role, drills).is_some_and(|d| d.drill == drill.drill))
    };
    Coverage {
        file: inventory.file.clone(),
        roles: inventory.roles.len(),
        uncovered: inventory.roles.iter().filter(|r| !covered(r)).map(|r| r.role.clone()).collect(),
        drills_without_role: drills.iter().filter(|d| !of_role(d)).map(|d| d.drill.clone()).collect(),
    }
}
