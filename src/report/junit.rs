//! `junit.xml`: suite = drill, case = check; failed = failure, inconclusive = error, excepted = skipped.

use super::exceptions::{self, Granted};
use super::facts::Run;
use super::words;
use crate::secret::Redactor;
use crate::verdict::{CheckVerdict, DrillVerdict, Outcome};
use jiff::Timestamp;
use junit_report::{Duration, OffsetDateTime, ReportBuilder, TestCase, TestResult, TestSuite, TestSuiteBuilder};
use std::fmt::Write as _;

/// The file's text. Deterministic for given evidence: the present time never enters.
pub fn render(run: Run<'_>, redactor: &Redactor) -> String {
    let text = |t: &str| xml_text(&redactor.clean(t));
    let mut suites = Vec::new();
    let mut times = Vec::new();
    for (n, drill) in run.verdicts.drills.iter().enumerate() {
        suites.push(suite(run, drill, n == 0, &text));
        times.push(drill_us(run, &drill.drill));
    }
    if let Some(case) = run_case(run, &text) {
        let mut own = TestSuiteBuilder::new("drill").build();
        own.add_testcase(case);
        suites.push(own);
        times.push(run.ended_us());
    }
    write(suites, run.head().started, &times)
}

/// A report of one error, for a run that never got as far as a verdict.
pub fn render_trouble(title: &str, what: &str, now: Timestamp, redactor: &Redactor) -> String {
    let text = |t: &str| xml_text(&redactor.clean(t));
    let mut case = TestCase::error("drill", Duration::ZERO, "not-run", &attribute(&text(title)));
    case.set_classname("drill");
    set_cause(&mut case.result, &text(what));
    let mut suite = TestSuiteBuilder::new("drill").build();
    suite.add_testcase(case);
    write(vec![suite], now, &[0])
}

fn write(mut suites: Vec<TestSuite>, started: Timestamp, times_us: &[u64]) -> String {
    // The crate would put the present time.
    let stamp = OffsetDateTime::from_unix_timestamp(started.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    for suite in &mut suites {
        suite.set_timestamp(stamp);
    }
    let mut out = Vec::new();
    let report = ReportBuilder::new().add_testsuites(suites).build();
    report.write_xml(&mut out).expect("memory takes all");
    let zoneless = started.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    finish(&String::from_utf8_lossy(&out), &zoneless, times_us)
}

fn suite(run: Run<'_>, drill: &DrillVerdict, first: bool, text: &impl Fn(&str) -> String) -> TestSuite {
    let mut suite = TestSuiteBuilder::new(&attribute(&text(&drill.drill))).build();
    for scenario in &drill.scenarios {
        for check in &scenario.checks {
            let mut case = case(run, check, case_time(run, check), text);
            case.set_classname(&attribute(&text(&format!("{}.{}", drill.drill, scenario.scenario))));
            suite.add_testcase(case);
        }
    }
    suite.set_system_out(&cdata(&text(&preamble(run, drill, first))));
    suite
}

/// What a reader of the XML alone must know: where it ran, and on what.
fn preamble(run: Run<'_>, drill: &DrillVerdict, first: bool) -> String {
    let mut lines = vec![run.headline(), super::phrases::where_it_ran(run)];
    if let Some(by) = &run.verdicts.interrupted {
        lines.insert(1, format!("interrupted by {by}"));
    }
    for server in run.servers() {
        lines.push(super::notes::server_line(&server));
    }
    // Also those that no case shows: what is stale, or has ended. Those of drills that were not run stand with the first.
    let of = |check: &str, drill: &DrillVerdict| check.split('/').next() == Some(drill.drill.as_str());
    let foreign = |check: &str| first && !run.verdicts.drills.iter().any(|d| of(check, d));
    for granted in exceptions::granted(run) {
        if of(&granted.exception.check, drill) || foreign(&granted.exception.check) {
            lines.extend(granted.details().iter().map(|(label, text)| format!("{label:<9} {}", words::one_line(text))));
        }
    }
    lines.join("\n")
}

fn case(run: Run<'_>, check: &CheckVerdict, time: Duration, text: &impl Fn(&str) -> String) -> TestCase {
    let granted = exceptions::covering(run, check);
    let name = attribute(&text(&words::name(check)));
    let message = attribute(&text(&message(check, granted.as_ref())));
    let type_ = attribute(&text(&check.reason));
    let mut case = match check.outcome {
        Outcome::Passed => TestCase::success(&name, time),
        Outcome::Failed => TestCase::failure(&name, time, &type_, &message),
        Outcome::Inconclusive => TestCase::error(&name, time, &type_, &message),
        Outcome::Excepted => TestCase::skipped_with_cause(&name, &type_, &message),
    };
    case.time = time;
    set_cause(&mut case.result, &text(&body(check, granted.as_ref())));
    case
}

fn set_cause(result: &mut TestResult, body: &str) {
    if let TestResult::Error { cause, .. }
    | TestResult::Failure { cause, .. }
    | TestResult::SkippedWithCause { cause, .. } = result
    {
        *cause = Some(cdata(body));
    }
}

/// Of what is excepted, why it may fail; then what was seen.
fn message(check: &CheckVerdict, granted: Option<&Granted<'_>>) -> String {
    let seen = match &check.means {
        Some(means) => format!("{}: {means}", check.observed),
        None => check.observed.clone(),
    };
    match granted {
        Some(g) => format!("{} ({}): {}; {seen}", g.exception.id, g.ends(), g.exception.reason),
        None => seen,
    }
}

fn body(check: &CheckVerdict, granted: Option<&Granted<'_>>) -> String {
    let mut lines = vec![format!("{}: {}", check.outcome.word(), message(check, None))];
    if let Some(granted) = granted {
        lines.extend(granted.details().iter().map(|(label, text)| format!("{label:<9} {text}")));
    }
    for (label, value) in super::console::details(check) {
        lines.push(format!("{label:<9} {value}"));
    }
    lines.join("\n")
}

/// A run that was interrupted, or ended red without a red check, must not look green.
fn run_case(run: Run<'_>, text: &impl Fn(&str) -> String) -> Option<TestCase> {
    let is_red = |o: Outcome| o > Outcome::Excepted;
    let shown = run.scenarios().flat_map(|s| &s.checks).any(|c| is_red(c.outcome));
    let what = match &run.verdicts.interrupted {
        Some(by) => format!("interrupted by {by}"),
        None if is_red(run.outcome()) && !shown => run.headline(),
        None => return None,
    };
    let mut case = TestCase::error("run", Duration::ZERO, "run", &attribute(&text(&what)));
    case.set_classname("drill");
    set_cause(&mut case.result, &text(&what));
    Some(case)
}

/// From the first to the last event that the verdict rests on.
fn case_time(run: Run<'_>, check: &CheckVerdict) -> Duration {
    let at = |seq: u64| {
        let events = &run.history.events;
        let found = events.binary_search_by_key(&seq, |e| e.seq).ok()?;
        Some(events[found].at_us)
    };
    let from = check.events.iter().map(|r| r.0).min().and_then(at);
    let to = check.events.iter().map(|r| r.1).max().and_then(at);
    let us = to.zip(from).map_or(0, |(to, from)| to.saturating_sub(from));
    Duration::milliseconds(i64::try_from(us / 1000).unwrap_or(i64::MAX))
}

fn drill_us(run: Run<'_>, drill: &str) -> u64 {
    let mut events = run.history.events.iter().filter(|e| e.drill == drill);
    let first = events.next().map_or(0, |e| e.at_us);
    events.next_back().map_or(0, |e| e.at_us.saturating_sub(first))
}

/// What XML 1.0 allows; the rest becomes the replacement character.
fn xml_text(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.replace("\r\n", "\n").chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect()
}

/// Readers turn line ends in attributes into spaces: better here.
fn attribute(text: &str) -> String {
    words::one_line(text)
}

/// The crate writes bodies as they are: the end mark is split over two sections, which reads as the same text.
fn cdata(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// Puts right what the crate cannot: times without zone, the wall time of a suite instead of the sum of its cases,
/// one element a line. Only outside of CDATA, where quotes and brackets are always markup.
fn finish(xml: &str, zoneless: &str, times_us: &[u64]) -> String {
    let mut out = String::with_capacity(xml.len() + xml.len() / 8);
    let mut rest = xml;
    let mut times = times_us.iter();
    while !rest.is_empty() {
        let (markup, after) = rest.split_at(rest.find("<![CDATA[").unwrap_or(rest.len()));
        let broken = markup.replace("><", ">\n<");
        for line in broken.split_inclusive('\n') {
            match line.split_once(" timestamp=\"") {
                Some((before, _)) if line.starts_with("<testsuite ") => {
                    let ms = times.next().copied().unwrap_or_default() / 1000;
                    let close = &line[line.trim_end().trim_end_matches(['/', '>']).len()..];
                    let _ =
                        write!(out, "{before} timestamp=\"{zoneless}\" time=\"{}.{:03}\"{close}", ms / 1000, ms % 1000);
                }
                _ => out.push_str(line),
            }
        }
        let (section, next) = after.split_at(after.find("]]>").map_or(after.len(), |at| at + 3));
        out.push_str(section);
        rest = next;
    }
    out.push('\n');
    out
}
