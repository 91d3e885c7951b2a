//! One truth in all formats: of generated runs every report is read back into check → verdict, and all are equal.
//! `DRILL_GENERATED=DIR`: some of them are written there, for readers of other languages.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::readers::{Said, Shortened};
use crate::rng::Rng;
#[allow(dead_code)] // the checker's histories need more of it
use drill::exit::Exit;
use drill::history::History;
use drill::report::annotations::{Annotations, Repository};
use drill::report::{Console, Paths, Verbosity};
use drill::secret::Redactor;
use drill::verdict::{Outcome, TABLE, Verdicts};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const RUNS: u64 = 1_000;
/// On two cores.
const AT_MOST: Duration = Duration::from_secs(30);
/// Every so many of them is written out.
const WRITTEN: u64 = 10;

const OUTCOMES: [Outcome; 4] = [Outcome::Passed, Outcome::Excepted, Outcome::Inconclusive, Outcome::Failed];
/// What servers send, or somebody who wants to be read as something else.
const OBSERVED: [&str; 8] = [
    "refused, 28P01",
    "| **passed** | <tr data-check=\"a/b/c\" data-outcome=\"passed\">",
    "]]></failure><testcase name=\"x\"/>",
    "x\n::error title=failed: a/b/c::x\r\n# PASSED: all",
    "\u{1b}[2K  ✗ trigger.exposure \u{202e}",
    "100%, \"quoted\\\", `code` & more: ",
    "drill_verdict{drill=\"x\"} 1\n# EOF",
    "",
];

/// Of one run's checks.
#[derive(Clone, Copy)]
struct Odds {
    /// So many of a hundred pass in any case.
    passes: u64,
    else_one_of: &'static [Outcome],
}

/// A run with some drills, scenarios and checks, and any verdicts; how likely each is differs from run to run.
fn generate(seed: u64) -> (History, Verdicts) {
    let mut rng = Rng::new(7, seed);
    let names: Vec<String> = (0..rng.within(1, 4)).map(|n| format!("drill-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut history = crate::common::set_up(names[0], crate::common::head(&names)).done();
    let mut verdicts = crate::common::verdicts::passed();
    let template = verdicts.drills.remove(0);
    let odds = Odds {
        passes: rng.pick(&[0, 50, 90, 100]),
        else_one_of: rng.pick(&[&OUTCOMES[..], &OUTCOMES[..2], &OUTCOMES[..3]]),
    };
    for (plan, name) in history.head.drills.iter_mut().zip(&names) {
        let mut drill = template.clone();
        (*name).clone_into(&mut drill.drill);
        drill.scenarios.clear();
        let scenario_plan = plan.scenarios[0].clone();
        plan.scenarios.clear();
        for n in 0..rng.within(0, 4) {
            let mut planned = scenario_plan.clone();
            planned.scenario = format!("scenario-{n}");
            drill.scenarios.push(scenario(&mut rng, name, &planned.scenario, odds));
            plan.scenarios.push(planned);
        }
        verdicts.drills.push(drill);
    }
    verdicts.interrupted = rng.percent(10).then(|| rng.pick(&["SIGINT", "SIGTERM", "time-out"]).into());
    if rng.percent(50) {
        history.head.as_of = Some("2026-11-24".parse().unwrap());
    }
    (history, crate::common::verdicts::seal(verdicts))
}

fn scenario(rng: &mut Rng, drill: &str, name: &str, odds: Odds) -> drill::verdict::ScenarioVerdict {
    let mut scenario = crate::common::verdicts::scenario(name, 2_120_000);
    let template = scenario.checks[0].clone();
    scenario.checks.clear();
    let chosen: Vec<&str> = TABLE.iter().map(|(_, id, _)| *id).filter(|_| rng.percent(40)).collect();
    for id in chosen {
        let suffixes: &[Option<&str>] =
            if id == "trigger.sessions" { &[Some("idle"), Some("set-role")] } else { &[None] };
        for of in suffixes {
            let mut check = template.clone();
            check.check = id.into();
            check.of = of.map(Into::into);
            check.id = format!("{drill}/{name}/{id}{}", of.map(|of| format!("@{of}")).unwrap_or_default());
            check.outcome = if rng.percent(odds.passes) { Outcome::Passed } else { rng.pick(odds.else_one_of) };
            check.reason = rng.pick(&["no-answer", "premise-failed", "evidence-incomplete"]).into();
            check.observed = rng.pick(&OBSERVED).into();
            check.means = rng.percent(50).then(|| rng.pick(&OBSERVED).into());
            check.premise = rng.percent(20).then(|| format!("{drill}/{name}/access.accepted-before"));
            check.exception = (check.outcome == Outcome::Excepted).then(|| "EX-7".into());
            scenario.checks.push(check);
        }
    }
    if rng.percent(30) {
        scenario.exposures.clear();
    }
    scenario
}

/// All that a run leaves and prints.
struct Reports {
    files: BTreeMap<&'static str, String>,
    terminal: String,
    annotations: String,
}

fn render(history: &History, verdicts: &Verdicts) -> Reports {
    let redactor = Redactor::default();
    let bundle = drill::report::render(history, verdicts, &None, &redactor);
    let mut terminal = Vec::new();
    let mut console = Console::new(&mut terminal, false, Verbosity::Verbose, redactor.clone(), "reports/latest");
    for (plan, drill) in history.head.drills.iter().zip(&verdicts.drills) {
        drill.scenarios.iter().for_each(|s| console.scenario_ended(plan, s).unwrap());
    }
    let paths = Paths {
        dir: "r".into(),
        junit: "r/junit.xml".into(),
        readiness: "r/readiness.md".into(),
        evidence: "r/evidence.json".into(),
        evidence_sha256: bundle.evidence_sha256.clone(),
    };
    console.run_ended(history, verdicts, &paths).unwrap();
    let repository = Repository { root: Some("/w".into()), cwd: "/w".into() };
    let mut annotations = Annotations::new(repository, &redactor);
    annotations.add(history, verdicts);
    let text = |(name, bytes): (&&'static str, &Vec<u8>)| (*name, String::from_utf8(bytes.clone()).unwrap());
    let files = bundle.files.iter().map(text).collect();
    Reports { files, terminal: String::from_utf8(terminal).unwrap(), annotations: annotations.render() }
}

/// What the judge said.
fn truth(verdicts: &Verdicts) -> Said {
    let checks = verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
    checks.map(|c| (c.id.clone(), c.outcome.word().to_owned())).collect()
}

fn count(said: &Said, word: &str) -> usize {
    said.values().filter(|v| *v == word).count()
}

/// Everything named is true, and all others are counted.
fn same(format: &str, seed: u64, got: &Shortened, truth: &Said) {
    for (id, verdict) in &got.named {
        assert_eq!(Some(verdict), truth.get(id), "run {seed}: {format} says {verdict} of {id}");
    }
    let several = got.counts.get("several").copied().unwrap_or_default();
    let mut missing = 0;
    for word in ["passed", "excepted", "inconclusive", "failed"] {
        let (n, all) = (got.counts.get(word).copied().unwrap_or_default(), count(truth, word));
        assert!(n <= all, "run {seed}: {format} counts {n} {word} of {all}");
        missing += all - n;
    }
    assert_eq!(missing, several, "run {seed}: {format} leaves some out");
}

fn red(truth: &Said) -> Said {
    truth.iter().filter(|(_, v)| *v != "passed").map(|(id, v)| (id.clone(), v.clone())).collect()
}

/// What every format is held against.
struct Truth<'a> {
    seed: u64,
    verdicts: &'a Verdicts,
    /// Every check.
    said: Said,
    /// Those that did not pass.
    red: Said,
    /// By `drill/scenario`.
    scenarios: BTreeMap<String, String>,
    overall: Outcome,
}

impl<'a> Truth<'a> {
    fn of(seed: u64, verdicts: &'a Verdicts) -> Self {
        let scenarios = verdicts.drills.iter().flat_map(|d| d.scenarios.iter().map(move |s| (d, s)));
        let scenarios = scenarios.map(|(d, s)| (format!("{}/{}", d.drill, s.scenario), s.outcome.word().to_owned()));
        let (said, scenarios) = (truth(verdicts), scenarios.collect());
        Self { seed, verdicts, red: red(&said), said, scenarios, overall: verdicts.overall() }
    }

    fn junit(&self, xml: &str) {
        let (said, run) = crate::readers::junit::read(xml);
        assert_eq!(said, self.said, "run {}: junit.xml", self.seed);
        let green = run.is_none() && !said.values().any(|v| v == "failed" || v == "inconclusive");
        assert_eq!(green, self.overall <= Outcome::Excepted, "run {}: junit.xml is green or not", self.seed);
    }

    fn evidence(&self, json: &str) {
        let evidence: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(evidence["outcome"], self.overall.word(), "run {}: evidence.json", self.seed);
        let drills = evidence["verdicts"].as_array().unwrap().iter();
        let scenarios = drills.flat_map(|d| d["scenarios"].as_array().unwrap());
        let checks = scenarios.flat_map(|s| s["checks"].as_array().unwrap());
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let said: Said = checks.map(|c| (text(&c["id"]), text(&c["outcome"]))).collect();
        assert_eq!(said, self.said, "run {}: evidence.json", self.seed);
    }

    /// The two that name all that is red, and count the rest.
    fn named_and_counted(&self, format: &str, read: (String, BTreeMap<String, String>, Shortened)) {
        let (run, scenarios, checks) = read;
        assert_eq!(run, self.overall.word(), "run {}: {format}", self.seed);
        assert_eq!(scenarios, self.scenarios, "run {}: {format}", self.seed);
        assert_eq!(checks.named, self.red, "run {}: {format}", self.seed);
        same(format, self.seed, &checks, &self.said);
    }

    fn markdown(&self, text: &str) {
        if self.said.is_empty() {
            assert!(text.contains("No check was judged."), "run {}", self.seed);
            return;
        }
        let drills = &self.verdicts.drills;
        let only = (drills.len() == 1).then(|| drills[0].drill.as_str());
        let (run, numbers, checks) = crate::readers::markdown::read(text, only);
        assert_eq!(run, self.overall.word(), "run {}: readiness.md", self.seed);
        for word in ["passed", "excepted", "inconclusive", "failed"] {
            assert_eq!(numbers[word], count(&self.said, word), "run {}: readiness.md counts {word}", self.seed);
        }
        same("readiness.md", self.seed, &checks, &self.said);
    }

    fn annotations(&self, text: &str) {
        let (checks, more) = crate::readers::annotations::read(text);
        for (id, verdict) in &checks.named {
            assert_eq!(Some(verdict), self.red.get(id), "run {}: an annotation says {verdict} of {id}", self.seed);
        }
        for (kind, wanted) in [("error", &["failed", "inconclusive"][..]), ("warning", &["excepted"][..])] {
            let of_kind = |said: &Said| said.values().filter(|v| wanted.contains(&v.as_str())).count();
            let left_out = more.get(kind).copied().unwrap_or_default();
            assert_eq!(of_kind(&checks.named) + left_out, of_kind(&self.red), "run {}: {kind}s\n{text}", self.seed);
        }
        let errors = text.lines().any(|l| l.starts_with("::error "));
        assert_eq!(errors, self.overall > Outcome::Excepted, "run {}: annotations\n{text}", self.seed);
    }
}

/// Every format against what the judge said.
fn agree(seed: u64, history: &History, verdicts: &Verdicts) {
    let (truth, reports) = (Truth::of(seed, verdicts), render(history, verdicts));
    truth.junit(&reports.files["junit.xml"]);
    truth.evidence(&reports.files["evidence.json"]);
    truth.markdown(&reports.files["readiness.md"]);
    if let Some(page) = reports.files.get("readiness.html") {
        assert_eq!(crate::readers::html::read(page), truth.said, "run {seed}: readiness.html");
    }
    truth.named_and_counted("metrics.prom", crate::readers::metrics::read(&reports.files["metrics.prom"]));
    truth.named_and_counted("the terminal", crate::readers::terminal::read(&reports.terminal));
    truth.annotations(&reports.annotations);
    let passes = matches!(Exit::of(verdicts), Exit::Passed);
    assert_eq!(passes, truth.overall <= Outcome::Excepted, "run {seed}: the exit code");
}

/// What this thread has used of a core, where the system tells; how busy the machine is with others does not matter.
fn used() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default())
}

#[test]
fn all_formats_of_a_thousand_runs_say_the_same() {
    let began = Instant::now();
    let work = |from: u64| {
        let before = used();
        for seed in (from..RUNS).step_by(2) {
            let (history, verdicts) = generate(seed);
            agree(seed, &history, &verdicts);
        }
        used().saturating_sub(before)
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| work(1));
        (work(0), other.join().unwrap())
    });
    println!("{RUNS} runs in {:.1} s, {one:?} and {other:?} of two cores", began.elapsed().as_secs_f64());
    assert!(one.max(other) < AT_MOST, "{one:?}, {other:?}");
}

/// Were they all of one kind, equality would be cheap.
#[test]
fn the_runs_are_of_every_kind() {
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..RUNS {
        let verdicts = generate(seed).1;
        *met.entry(verdicts.overall().word()).or_default() += 1;
        *met.entry(if verdicts.interrupted.is_some() { "interrupted" } else { "whole" }).or_default() += 1;
        *met.entry(if truth(&verdicts).len() > 60 { "large" } else { "small" }).or_default() += 1;
    }
    for kind in ["passed", "excepted", "inconclusive", "failed", "interrupted", "large"] {
        assert!(met.get(kind).is_some_and(|n| *n > 20), "{met:?}");
    }
}

/// A reader that takes everything for granted would pass too.
#[test]
fn a_lie_in_any_format_is_found() {
    let (history, verdicts) = (0..RUNS).map(generate).find(|(_, v)| v.overall() == Outcome::Failed).unwrap();
    agree(0, &history, &verdicts);
    let mut other = verdicts.clone();
    let checks = other.drills.iter_mut().flat_map(|d| &mut d.scenarios).flat_map(|s| &mut s.checks);
    checks.filter(|c| c.outcome == Outcome::Failed).for_each(|c| c.outcome = Outcome::Passed);
    let (reports, truth) = (render(&history, &crate::common::verdicts::seal(other)), truth(&verdicts));
    assert_ne!(crate::readers::junit::read(&reports.files["junit.xml"]).0, truth);
    assert_ne!(crate::readers::metrics::read(&reports.files["metrics.prom"]).2.named, red(&truth));
    assert_ne!(crate::readers::terminal::read(&reports.terminal).2.named, red(&truth));
    let md = crate::readers::markdown::read(&reports.files["readiness.md"], None).2;
    assert_ne!(md.counts["passed"], count(&truth, "passed"));
    let errors = crate::readers::annotations::read(&reports.annotations).0.named;
    assert!(!errors.values().any(|v| v == "failed"));
    if let Some(page) = reports.files.get("readiness.html") {
        assert_ne!(crate::readers::html::read(page), truth);
    }
}

#[test]
fn some_are_written_for_other_readers() {
    let Some(dir) = std::env::var_os("DRILL_GENERATED").map(std::path::PathBuf::from) else { return };
    for seed in (0..RUNS).filter(|n| n % WRITTEN == 0) {
        let (history, verdicts) = generate(seed);
        for (name, text) in render(&history, &verdicts).files {
            let dir = dir.join(seed.to_string());
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join(name), text).unwrap();
        }
    }
}
