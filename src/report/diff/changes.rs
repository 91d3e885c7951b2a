//! Two runs side by side. Nothing here decides whether a check passed: the judge did, for each of them.

use crate::definition::DrillPlan;
use crate::history::{Body, History, Origin};
use crate::report::facts::Run;
use crate::report::words;
use crate::verdict::{CheckVerdict, Exposure, Outcome, Verdicts};
use std::collections::BTreeMap;

/// What is different in the later run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Checks whose verdict is another one, and those of one run only; the worst first.
    pub checks: Vec<Change>,
    /// Checks that both runs have.
    pub compared: usize,
    /// Exposures whose intervals do not overlap; slower ones first.
    pub exposures: Vec<Exposed>,
    /// Servers and the program: what it is, before, after.
    pub versions: Vec<Moved>,
    /// Definitions by drill: their hashes.
    pub definitions: Vec<Moved>,
    /// What stopped the later run.
    pub interrupted: Option<String>,
}

/// How a check's verdict moved. The order is that of the report: the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A worse verdict than before, or a new check that failed.
    Worse,
    /// It is not in the later run: whether it still passes is not known.
    Gone,
    /// It is only in the later run.
    New,
    /// It still fails; an exception covers that now.
    Excepted,
    /// A better verdict than before.
    Better,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// How.
    pub kind: Kind,
    /// Its whole id.
    pub id: String,
    /// Its verdict in the earlier run.
    pub before: Option<Outcome>,
    /// And in the later one.
    pub after: Option<Outcome>,
    /// What was seen in the run that says most: the later one, or for a check that is gone the earlier one.
    pub observed: String,
}

/// An exposure that moved further than both intervals are wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// It got longer.
    pub slower: bool,
    /// `drill/scenario@door`.
    pub id: String,
    /// Lower and upper end, µs.
    pub before: (i64, Option<i64>),
    /// And in the later run.
    pub after: (i64, Option<i64>),
    /// What the later one was judged against, ms.
    pub limit_ms: u64,
}

/// Something that has another value now; absent where a run has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What.
    pub what: String,
    /// In the earlier run.
    pub before: Option<String>,
    /// In the later one.
    pub after: Option<String>,
}

impl Difference {
    /// So many checks got worse.
    pub fn worse(&self) -> usize {
        self.checks.iter().filter(|c| c.kind == Kind::Worse).count()
    }

    /// Why it cannot be told that no check got worse; none where it can.
    pub fn unknown(&self) -> Option<String> {
        if self.compared == 0 {
            return Some("the runs have no check in common".to_owned());
        }
        if let Some(by) = &self.interrupted {
            return Some(format!("the later run was interrupted by {by}"));
        }
        let count = |wanted: &dyn Fn(&Change) -> bool| self.checks.iter().filter(|c| wanted(c)).count();
        let gone = count(&|c| c.kind == Kind::Gone && c.before != Some(Outcome::Failed));
        let new = count(&|c| c.kind == Kind::New && c.after == Some(Outcome::Inconclusive));
        match (gone, new) {
            (0, 0) => None,
            (0, n) => Some(format!("{n} new {} inconclusive", if n == 1 { "check is" } else { "checks are" })),
            (n, _) => Some(format!("{n} {} not in the later run", if n == 1 { "check is" } else { "checks are" })),
        }
    }
}

/// What is different in `after`.
pub fn compare(before: (&History, &Verdicts), after: (&History, &Verdicts)) -> Difference {
    let (old, new) = (run(before), run(after));
    let (old_checks, new_checks) = (checks(old), checks(new));
    let mut difference = Difference {
        compared: old_checks.keys().filter(|id| new_checks.contains_key(*id)).count(),
        exposures: exposures(old, new),
        versions: moved(&versions(old), &versions(new)),
        definitions: moved(&definitions(old), &definitions(new)),
        interrupted: new.verdicts.interrupted.clone(),
        ..Difference::default()
    };
    for (id, check) in &old_checks {
        difference.checks.extend(change(id, Some(check), new_checks.get(id).copied()));
    }
    let only_new = new_checks.iter().filter(|(id, _)| !old_checks.contains_key(*id));
    difference.checks.extend(only_new.filter_map(|(id, check)| change(id, None, Some(check))));
    difference.checks.sort_by(|a, b| (a.kind, b.after, &a.id).cmp(&(b.kind, a.after, &b.id)));
    difference
}

fn run<'a>((history, verdicts): (&'a History, &'a Verdicts)) -> Run<'a> {
    Run { history, verdicts }
}

fn checks(run: Run<'_>) -> BTreeMap<&str, &CheckVerdict> {
    run.scenarios().flat_map(|s| &s.checks).map(|c| (c.id.as_str(), c)).collect()
}

fn change(id: &str, before: Option<&CheckVerdict>, after: Option<&CheckVerdict>) -> Option<Change> {
    let (was, is) = (before.map(|c| c.outcome), after.map(|c| c.outcome));
    let kind = match (was, is) {
        // Nobody had said before that it fails.
        (None, Some(Outcome::Failed)) => Kind::Worse,
        (None, _) => Kind::New,
        (_, None) => Kind::Gone,
        (Some(was), Some(is)) if was == is => return None,
        (Some(was), Some(is)) if is > was => Kind::Worse,
        // Inconclusive before: that it fails is known now, and that is no better.
        (_, Some(Outcome::Excepted)) => Kind::Excepted,
        _ => Kind::Better,
    };
    let observed = after.or(before).map(|c| c.observed.clone()).unwrap_or_default();
    Some(Change { kind, id: id.to_owned(), before: was, after: is, observed })
}

fn exposures(old: Run<'_>, new: Run<'_>) -> Vec<Exposed> {
    let (old, new) = (measured(old), measured(new));
    let mut found: Vec<Exposed> = Vec::new();
    for (id, before) in &old {
        let Some(after) = new.get(id) else { continue };
        // Without an end it may have lasted for ever.
        let slower = before.upper_us.is_some_and(|upper| after.lower_us > upper);
        let faster = after.upper_us.is_some_and(|upper| upper < before.lower_us);
        if slower || faster {
            let (before, limit_ms) = ((before.lower_us, before.upper_us), after.limit_ms);
            let after = (after.lower_us, after.upper_us);
            found.push(Exposed { slower, id: id.clone(), before, after, limit_ms });
        }
    }
    found.sort_by_key(|e| (!e.slower, std::cmp::Reverse(e.after.0)));
    found
}

fn measured(run: Run<'_>) -> BTreeMap<String, &Exposure> {
    let all = run.columns().flat_map(|(d, s)| s.exposures.iter().map(move |e| (d, s, e)));
    all.map(|(d, s, e)| (format!("{}/{}@{}", d.drill, s.scenario, e.of), e)).collect()
}

/// By what it is: every version that a run had of it.
type Values = BTreeMap<String, String>;

fn versions(run: Run<'_>) -> Values {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let head = run.head();
    values.insert("drill".to_owned(), vec![head.program.clone()]);
    for event in &run.history.events {
        if let Body::Server { product, version, image_id, origin, .. } = &event.body {
            let origin = match origin {
                Origin::Official => "official",
                Origin::StandIn => "stand-in",
                Origin::External => "external",
            };
            let known = values.entry(product.clone()).or_default();
            let value = format!("{version} ({origin} {})", words::hash(image_id));
            if !known.contains(&value) {
                known.push(value);
                known.sort();
            }
        }
    }
    values.into_iter().map(|(what, all)| (what, all.join(" and "))).collect()
}

fn definitions(run: Run<'_>) -> Values {
    let one = |d: &DrillPlan| (d.drill.clone(), d.sha256.clone());
    run.head().drills.iter().map(one).collect()
}

fn moved(before: &Values, after: &Values) -> Vec<Moved> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let one = |what: &String| Moved {
        what: what.clone(),
        before: before.get(what).cloned(),
        after: after.get(what).cloned(),
    };
    names.into_iter().map(one).filter(|m| m.before != m.after).collect()
}
