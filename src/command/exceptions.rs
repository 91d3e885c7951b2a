//! `drill exceptions`: what is permitted to fail, until when, by whose leave; the cheapest to remove first.

use super::explain::CHECKS;
use super::grants;
use super::today::{as_of, today};
use crate::definition::sabotage::STEP;
use crate::definition::{self, DrillPlan};
use crate::exceptions::{Exception, FILE};
use crate::exit::Exit;
use crate::history::{Body, History, log, replay};
use crate::report::{days_left, one_line};
use crate::verdict::{Outcome, Verdicts, judge};
use jiff::civil::Date;
use std::io::{self, Write};
use std::path::Path;

/// What the command line says.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// `--drills`.
    pub drills: &'a Path,
    /// `--reports`: the latest evidence tells what is not needed any more.
    pub reports: &'a Path,
    /// `--as-of`.
    pub as_of: Option<&'a str>,
    /// Whether messages are coloured.
    pub color: bool,
}

/// Lists them.
pub fn exceptions(order: &Order, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    // Who asks for a day that is over may not be told that what was granted since is a mistake.
    let found = as_of(order.as_of).and_then(|day| Ok((day, grants::load(order.drills, day.max(today()))?)));
    let (day, exceptions) = match found {
        Ok(found) => found,
        Err(wrong) => {
            let _ = write!(err, "{}", wrong.render(order.color));
            return Exit::Usage;
        }
    };
    if exceptions.is_empty() {
        let _ = writeln!(out, "no exceptions: {} names none", order.drills.join(FILE).display());
        return Exit::Passed;
    }
    let latest = Latest::read(order);
    if let Some(why) = &latest.unread {
        let _ = writeln!(err, "note: what is stale is not known: {why}");
    }
    let mut rows: Vec<Row> = exceptions.iter().map(|e| Row { exception: e, day, shown: latest.shows(e) }).collect();
    rows.sort_by_key(|row| (row.rank(), row.exception.expires, row.exception.id.clone()));
    // A reader that went away early is no error of ours.
    let _ = write(&rows, day, &latest, out);
    Exit::Passed
}

/// The latest run, as far as it speaks of the drills as they are now.
struct Latest {
    run: Option<(String, Verdicts)>,
    unread: Option<String>,
}

impl Latest {
    fn read(order: &Order) -> Self {
        let none = |unread| Self { run: None, unread };
        let file = order.reports.join("latest").join(log::FILE);
        if !file.is_file() {
            return none(None);
        }
        let history = match replay(&file) {
            Ok(replay) => replay.history,
            Err(e) => return none(Some(format!("{}: {e}", file.display()))),
        };
        // What was broken on purpose, or made up, shows nothing of what is needed.
        let sabotaged = |h: &History| {
            h.events.iter().any(|e| match &e.body {
                Body::Step { name, .. } => name.starts_with(STEP),
                Body::Problem { step, .. } => step.starts_with(STEP),
                _ => false,
            })
        };
        if history.head.synthetic || sabotaged(&history) {
            return none(None);
        }
        let now = definition::load(order.drills, &[]).unwrap_or_default();
        let mut verdicts = judge(&history);
        let same = |drill: &str| {
            let sha = |plans: &[DrillPlan]| plans.iter().find(|p| p.drill == drill).map(|p| p.sha256.clone());
            sha(&now).is_some() && sha(&now) == sha(&history.head.drills)
        };
        verdicts.drills.retain(|d| same(&d.drill));
        Self { run: Some((history.head.run, verdicts)), unread: None }
    }

    /// How the exception's check ended.
    fn shows(&self, exception: &Exception) -> Option<Outcome> {
        let (_, verdicts) = self.run.as_ref()?;
        let mut checks = verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
        checks.find(|c| c.id == exception.check).map(|c| c.outcome)
    }
}

struct Row<'a> {
    exception: &'a Exception,
    day: Date,
    shown: Option<Outcome>,
}

impl Row<'_> {
    /// The cheapest to remove first.
    fn rank(&self) -> u8 {
        match () {
            () if self.shown == Some(Outcome::Passed) => 0,
            () if self.exception.days_left(self.day) < 0 => 1,
            () if self.exception.in_force(self.day) => 2,
            () => 3,
        }
    }

    fn state(&self, run: &str) -> String {
        let left = days_left(self.exception, self.day);
        let state = match self.rank() {
            0 => format!("stale: its check passed in run {run}, remove it"),
            1 => "expired: covers nothing, mend the check and remove it, or have it granted anew".to_owned(),
            3 => "covers nothing yet".to_owned(),
            _ if self.exception.ends_soon(self.day) => "warning: ends soon".to_owned(),
            _ => "in force".to_owned(),
        };
        format!("{state} · last day {}, {left}", self.exception.expires)
    }

    fn evidence(&self, run: &str) -> String {
        match self.shown {
            None => "no evidence of this definition in the latest run".to_owned(),
            Some(Outcome::Passed) => format!("passed in run {run}"),
            Some(Outcome::Inconclusive) => format!("inconclusive in run {run}"),
            Some(Outcome::Failed | Outcome::Excepted) => format!("failed in run {run}: still needed"),
        }
    }
}

fn write(rows: &[Row], day: Date, latest: &Latest, out: &mut dyn Write) -> io::Result<()> {
    let s = if rows.len() == 1 { "" } else { "s" };
    writeln!(
        out,
        "{} exception{s} as of {day} (UTC), the cheapest to remove first: stale, expired, then the soonest to end",
        rows.len()
    )?;
    let run = latest.run.as_ref().map_or("", |(run, _)| run.as_str());
    for row in rows {
        let e = row.exception;
        writeln!(out, "{}   {}", e.id, one_line(&row.state(run)))?;
        let line = |out: &mut dyn Write, label: &str, text: &str| writeln!(out, "  {label:<9} {}", one_line(text));
        line(out, "covers", &e.check)?;
        line(out, "claim", claims(&e.check))?;
        line(out, "owner", &format!("{} · granted by {} on {}", e.owner, e.granted_by, e.granted_on))?;
        line(out, "reason", &e.reason)?;
        line(out, "instead", &e.compensating_control)?;
        line(out, "evidence", &row.evidence(run))?;
        line(out, "at", &format!("{}:{}:{}", e.at.file, e.at.line, e.at.column))?;
    }
    Ok(())
}

/// What would be proved if the check passed.
fn claims(check: &str) -> &'static str {
    let name = check.rsplit('/').next().unwrap_or(check);
    let name = name.split('@').next().unwrap_or(name);
    CHECKS.iter().find(|c| c.id == name).map_or("", |c| c.claims)
}
