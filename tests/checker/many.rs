//! Many histories of every kind, side by side on all cores.

use super::trouble::{KINDS, generate};
use super::wrong::wrong;
use drill::verdict::{Outcome, judge};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Histories of each kind, unless the environment says otherwise; unoptimised, each takes ten times as long.
const HISTORIES: u64 = if cfg!(debug_assertions) { 200 } else { 2_000 };
/// How many are taken at once.
const CHUNK: u64 = 250;
/// No more wrong ones of a kind are shown.
const SHOWN: usize = 5;

/// `DRILL_CHECKER_HISTORIES`: how many histories of each kind.
pub fn histories() -> u64 {
    std::env::var("DRILL_CHECKER_HISTORIES").ok().and_then(|n| n.replace('_', "").parse().ok()).unwrap_or(HISTORIES)
}

/// What came out for one kind.
#[derive(Debug, Default, Clone)]
pub struct Row {
    pub histories: u64,
    /// By the worst check.
    pub passed: u64,
    pub failed: u64,
    pub inconclusive: u64,
    /// Those whose exposure was judged inconclusive.
    pub exposure_open: u64,
    /// A grant that no question fell into.
    pub unasked: u64,
    /// Verdicts that the truth contradicts.
    pub wrong: u64,
    /// Those that the second judge contradicts.
    pub differ: u64,
    pub shown: Vec<(u64, String)>,
    /// Every check, verdict and reason that was met.
    pub met: BTreeSet<(String, Outcome, String)>,
}

impl Row {
    fn add(&mut self, kind: usize, seed: u64) {
        let generated = generate(kind, seed);
        let verdicts = judge(&generated.history);
        self.histories += 1;
        match verdicts.outcome {
            Outcome::Passed | Outcome::Excepted => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Inconclusive => self.inconclusive += 1,
        }
        for check in &verdicts.drills[0].scenarios[0].checks {
            let open = check.check == "trigger.exposure" && check.outcome == Outcome::Inconclusive;
            self.exposure_open += u64::from(open);
            let met = (check.check.clone(), check.outcome, check.reason.clone());
            if !self.met.contains(&met) {
                self.met.insert(met);
            }
        }
        self.unasked += u64::from(generated.truth.unasked_us != generated.truth.death_us);
        let mut wrong = wrong(&generated, &verdicts);
        self.wrong += u64::from(!wrong.is_empty());
        let differ = super::second::disagreements(&generated.history, &verdicts);
        self.differ += u64::from(!differ.is_empty());
        wrong.extend(differ);
        if !wrong.is_empty() {
            if self.shown.len() < SHOWN {
                self.shown.push((seed, wrong.join("; ")));
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.histories += other.histories;
        self.passed += other.passed;
        self.failed += other.failed;
        self.inconclusive += other.inconclusive;
        self.exposure_open += other.exposure_open;
        self.unasked += other.unasked;
        self.wrong += other.wrong;
        self.differ += other.differ;
        self.shown.extend(other.shown);
        self.met.extend(other.met);
    }
}

/// Judges `count` histories of every kind; the rows in the order of the kinds.
pub fn all_kinds(count: u64) -> Vec<Row> {
    let chunks = count.div_ceil(CHUNK);
    let next = AtomicU64::new(0);
    let rows = Mutex::new(vec![Row::default(); KINDS.len()]);
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(kind) = usize::try_from(i / chunks).ok().filter(|kind| *kind < KINDS.len()) else { return };
            let from = (i % chunks) * CHUNK;
            let mut row = Row::default();
            (from..(from + CHUNK).min(count)).for_each(|seed| row.add(kind, seed));
            rows.lock().unwrap()[kind].merge(row);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    rows.into_inner().unwrap()
}

/// The table that is printed.
pub fn table(rows: &[Row], began: Instant) -> String {
    let mut out = format!(
        "{:<22}{:>10}{:>10}{:>10}{:>14}{:>16}{:>9}{:>7}{:>8}\n",
        "kind", "histories", "passed", "failed", "inconclusive", "exposure open", "unasked", "wrong", "differ"
    );
    for (kind, row) in KINDS.iter().zip(rows) {
        out += &format!(
            "{:<22}{:>10}{:>10}{:>10}{:>14}{:>16}{:>9}{:>7}{:>8}\n",
            kind.name,
            row.histories,
            row.passed,
            row.failed,
            row.inconclusive,
            row.exposure_open,
            row.unasked,
            row.wrong,
            row.differ
        );
    }
    out + &format!("{} kinds in {:.1} s\n", rows.len(), began.elapsed().as_secs_f64())
}

#[test]
fn no_wrong_pass_no_wrong_fail_and_every_interval_holds_the_truth() {
    let began = Instant::now();
    let rows = all_kinds(histories());
    print!("{}", table(&rows, began));
    let mut wrong = String::new();
    for (kind, row) in KINDS.iter().zip(&rows) {
        for (seed, what) in row.shown.iter().take(SHOWN) {
            wrong += &format!("{}-{seed}: {what}\n", kind.name);
            super::fixtures::write_failing(kind.name, *seed, what);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let gaps = super::coverage::gaps(&rows);
    assert!(gaps.is_empty(), "{gaps}");
}

/// `DRILL_CHECKER_SHOW=kind-seed`: that history, its truth and its verdicts.
#[test]
fn shows_one() {
    let Ok(name) = std::env::var("DRILL_CHECKER_SHOW") else { return };
    let (kind, seed) = name.rsplit_once('-').expect("kind-seed");
    let generated = generate(super::trouble::number(kind), seed.parse().expect("a number"));
    for event in &generated.history.events {
        println!("{}", serde_json::to_string(event).unwrap());
    }
    println!("{:#?}", generated.truth);
    println!("{}", serde_json::to_string_pretty(&judge(&generated.history)).unwrap());
}
