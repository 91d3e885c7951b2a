//! `drill gate LEVEL [DIR…]`: judges existing evidence against a level.

use super::grants;
use super::today::{as_of, today};
use crate::definition::{self, Diagnostics, DrillPlan};
use crate::document::Problem;
use crate::exceptions::Exception;
use crate::exit::Exit;
use crate::gate::evidence::{directories, read};
use crate::gate::readiness::SetAside;
use crate::gate::{self, Evidence, Gate, GateOutcome, Inventory, Question, Readiness, Seal};
use crate::report::Verbosity;
use crate::report::gate as report;
use crate::seal::{self, PublicKey, Standing};
use crate::secret::Redactor;
use crate::verdict::judge;
use jiff::Timestamp;
use jiff::civil::Date;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Its name in the drills directory.
pub const INVENTORY: &str = "inventory.yaml";

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Order {
    /// The level.
    pub level: String,
    /// Directories with evidence; the latest run where none is named.
    pub dirs: Vec<PathBuf>,
    /// `--drills`.
    pub drills: PathBuf,
    /// `--reports`.
    pub reports: PathBuf,
    /// `--inventory`.
    pub inventory: Option<PathBuf>,
    /// `--as-of`.
    pub as_of: Option<String>,
    /// `--out`.
    pub out: Option<PathBuf>,
    /// `--summary`.
    pub summary: Option<PathBuf>,
    /// `--key`: whose signatures are trusted.
    pub key: Option<PathBuf>,
    /// `--allow-synthetic`.
    pub allow_synthetic: bool,
    /// Whether messages are coloured, on stdout and on stderr.
    pub color: (bool, bool),
    /// `-q`, `-v`.
    pub verbosity: Verbosity,
}

/// What evidence is judged by: all of it is read before anything is judged, or run.
pub struct Asked {
    gate: Gate,
    drills: Vec<DrillPlan>,
    inventory: Option<Inventory>,
    exceptions: Vec<Exception>,
    key: Option<PublicKey>,
    day: Date,
}

impl Asked {
    /// Reads gate, drills, inventory and exceptions.
    ///
    /// # Errors
    /// One of them is wrong.
    pub fn load(order: &Order) -> Result<Self, Diagnostics> {
        let day = as_of(order.as_of.as_deref())?;
        let gate = gate::load(&order.drills, &order.level)?;
        let drills = definition::load(&order.drills, &[])?;
        let inventory = inventory(&order.drills, order.inventory.as_deref(), &drills)?;
        // Who asks for a day that is over may not be told that what was granted since is a mistake.
        let exceptions = grants::load(&order.drills, day.max(today()))?;
        let key = order.key.as_deref().map(PublicKey::read).transpose().map_err(|e| {
            Diagnostics::of_command_line(Problem::Unreadable { why: e.to_string(), tried: "--key".into() })
        })?;
        Ok(Self { gate, drills, inventory, exceptions, key, day })
    }

    fn judge(&self, evidence: &[Evidence], unreadable: &[SetAside], allow_synthetic: bool) -> Readiness {
        gate::judge(&Question {
            gate: &self.gate,
            drills: &self.drills,
            inventory: self.inventory.as_ref(),
            exceptions: &self.exceptions,
            evidence,
            unreadable,
            as_of: self.day,
            clock: Timestamp::now(),
            allow_synthetic,
            judge: &judge,
        })
    }
}

/// What is in use: the file that is named, or the drills directory's own where it is there.
///
/// # Errors
/// It is wrong, or not there although it was named.
pub fn inventory(drills: &Path, named: Option<&Path>, plans: &[DrillPlan]) -> Result<Option<Inventory>, Diagnostics> {
    let names: Vec<String> = plans.iter().map(|d| d.drill.clone()).collect();
    let own = drills.join(INVENTORY);
    let other = drills.join("inventory.yml");
    match named {
        Some(path) => gate::inventory::load(path, &names).map(Some),
        None if std::fs::symlink_metadata(&own).is_ok() => gate::inventory::load(&own, &names).map(Some),
        // An ending that nobody reads would lose everything that is in use.
        None if std::fs::symlink_metadata(&other).is_ok() => Err(Diagnostics {
            all: vec![crate::document::file::whole(&other.display().to_string(), Problem::WrongExtension)],
            files: 1,
        }),
        None => Ok(None),
    }
}

/// READY 0, NOT READY 1, INCONCLUSIVE 3.
pub fn gate(order: &Order, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    match Asked::load(order) {
        Ok(asked) => judged(order, &asked, out, err),
        Err(wrong) => {
            let _ = write!(err, "{}", wrong.render(order.color.1));
            Exit::Usage
        }
    }
}

/// Judges what lies in the directories, and reports.
pub fn judged(order: &Order, asked: &Asked, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let latest = [order.reports.join("latest")];
    let dirs = if order.dirs.is_empty() { &latest[..] } else { &order.dirs[..] };
    let (mut evidence, mut unreadable) = (Vec::new(), Vec::new());
    for dir in dirs {
        let runs = directories(dir);
        if runs.is_empty() {
            // Nothing is there to be judged: what was asked for is wrong, not the evidence.
            let _ = writeln!(err, "error: no evidence in {}: `drill run` leaves some in reports/runs", dir.display());
            return Exit::Usage;
        }
        for run in runs {
            match read(&run, seal_of(&run, asked.key.as_ref())) {
                Ok(read) => evidence.push(read),
                Err(aside) => unreadable.push(aside),
            }
        }
    }
    let readiness = asked.judge(&evidence, &unreadable, order.allow_synthetic);
    let exit = match readiness.outcome {
        GateOutcome::Ready => Exit::Passed,
        GateOutcome::NotReady => Exit::Failed,
        GateOutcome::Inconclusive => Exit::Inconclusive,
    };
    match show(order, &readiness, out) {
        Ok(()) => exit,
        Err(e) => {
            let _ = writeln!(err, "error: cannot write the report: {e}");
            exit.worse(Exit::Inconclusive)
        }
    }
}

/// Whether somebody signed a run, and whether its files are what was signed. Shown, not demanded; but what was altered does not count.
fn seal_of(run: &Path, trusted: Option<&PublicKey>) -> Seal {
    if std::fs::symlink_metadata(run.join(seal::ENVELOPE)).is_err() {
        return Seal::None;
    }
    let found = match seal::verify(run, trusted) {
        Ok(found) => found,
        Err(e) => return Seal::Broken(e.to_string()),
    };
    let by = found.keyid.as_deref().map_or("nobody", |id| id.get(..12).unwrap_or(id));
    match found.standing {
        Standing::Verified => Seal::Signed(format!("signed by {by} (verified)")),
        Standing::SignerUnverified => Seal::Signed(format!("signed, says to be by {by} (signer not verified)")),
        Standing::Unsigned => Seal::None,
        Standing::Altered => {
            let what: Vec<String> = found.findings.iter().take(3).map(ToString::to_string).collect();
            Seal::Broken(what.join("; "))
        }
    }
}

fn show(order: &Order, readiness: &Readiness, out: &mut dyn Write) -> std::io::Result<()> {
    // Evidence holds no secret any more, so there is none to know.
    let redactor = Redactor::default();
    let dir = order.out.clone().unwrap_or_else(|| order.reports.join("gate"));
    let again = again(order, readiness.as_of);
    let paths = report::write(&dir, readiness, &again, &redactor)?;
    if let Some(summary) = &order.summary {
        report::append(summary, &report::markdown(&redactor.cleaned(readiness), &again, &redactor))?;
    }
    // A reader that went away early is no error of ours.
    let _ = report::console(&redactor.cleaned(readiness), order.color.0, order.verbosity, out);
    let _ = writeln!(out, "report   {}\nresult   {}", paths.markdown.display(), paths.json.display());
    Ok(())
}

/// The command that judges the same again, on any later day.
fn again(order: &Order, day: Date) -> String {
    let mut words = vec!["drill gate".to_string(), order.level.clone()];
    words.extend(order.dirs.iter().map(|dir| dir.display().to_string()));
    if let Some(file) = &order.inventory {
        words.push(format!("--inventory {}", file.display()));
    }
    words.push(format!("--as-of {day}"));
    words.join(" ")
}
