//! All formats of a run say the same, whatever a server has sent; and none of them leaks, breaks or grows without bound.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use drill::exit::Exit;
use drill::history::History;
use drill::report::{Console, Paths, Verbosity};
use drill::secret::{Redactor, Secret};
use drill::verdict::{Outcome, Verdicts};
use proptest::prelude::*;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::fs;

struct Reports {
    xml: String,
    md: String,
    json: String,
    terminal: String,
}

fn render(history: &History, verdicts: &Verdicts, redactor: &Redactor) -> Reports {
    let dir = tempfile::tempdir().unwrap();
    let paths = drill::report::write_all(dir.path(), history, verdicts, redactor).unwrap();
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, false, Verbosity::Verbose, redactor.clone(), "reports/latest");
    for drill in &verdicts.drills {
        let plan = history.head.drills.iter().find(|d| d.drill == drill.drill).unwrap();
        for scenario in &drill.scenarios {
            console.scenario_ended(plan, scenario).unwrap();
        }
    }
    console.run_ended(history, verdicts, &paths).unwrap();
    Reports {
        xml: fs::read_to_string(&paths.junit).unwrap(),
        md: fs::read_to_string(&paths.readiness).unwrap(),
        json: fs::read_to_string(&paths.evidence).unwrap(),
        terminal: String::from_utf8(out).unwrap(),
    }
}

/// One test case as a strict reader sees it.
#[derive(Debug, Default, Clone)]
struct Case {
    id: String,
    result: String,
    message: String,
    body: String,
}

/// Reads the XML with a real parser: attributes with entities resolved, text with its sections joined.
fn cases(xml: &str) -> Vec<Case> {
    assert!(xml.chars().all(|c| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..)));
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut cases: Vec<Case> = Vec::new();
    let mut inside = false;
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return cases,
            Event::Start(e) | Event::Empty(e) => {
                let attributes: BTreeMap<String, String> = e
                    .attributes()
                    .map(|a| {
                        let a = a.unwrap();
                        let value =
                            a.decoded_and_normalized_value(quick_xml::XmlVersion::Implicit1_0, reader.decoder());
                        (String::from_utf8_lossy(a.key.as_ref()).into_owned(), value.unwrap().into_owned())
                    })
                    .collect();
                match e.name().as_ref() {
                    b"testcase" => cases.push(Case {
                        id: format!("{}/{}", attributes["classname"].replacen('.', "/", 1), attributes["name"]),
                        result: "passed".into(),
                        ..Case::default()
                    }),
                    name @ (b"failure" | b"error" | b"skipped") => {
                        let case = cases.last_mut().unwrap();
                        case.result = match name {
                            b"failure" => "failed",
                            b"error" => "inconclusive",
                            _ => "excepted",
                        }
                        .into();
                        case.message.clone_from(&attributes["message"]);
                        inside = true;
                    }
                    _ => inside = false,
                }
            }
            Event::CData(text) if inside => {
                cases.last_mut().unwrap().body += &String::from_utf8_lossy(&text);
            }
            Event::End(_) => inside = false,
            _ => {}
        }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Excepted => "excepted",
        Outcome::Inconclusive => "inconclusive",
        Outcome::Failed => "failed",
    }
}

/// What the judge said, by id.
fn said(verdicts: &Verdicts) -> BTreeMap<String, String> {
    let checks = verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
    checks.map(|c| (c.id.clone(), word(c.outcome).to_owned())).collect()
}

fn agree(history: &History, verdicts: &Verdicts) {
    let reports = render(history, verdicts, &Redactor::default());
    let said = said(verdicts);

    let mut by_junit: BTreeMap<String, String> = BTreeMap::new();
    for case in cases(&reports.xml).into_iter().filter(|c| !c.id.starts_with("drill/")) {
        assert!(by_junit.insert(case.id.clone(), case.result).is_none(), "{} stands twice", case.id);
    }
    assert_eq!(by_junit, said);

    let json: serde_json::Value = serde_json::from_str(&reports.json).unwrap();
    assert_eq!(json["outcome"], word(verdicts.overall()));
    let checks = json["verdicts"].as_array().unwrap().iter().flat_map(|d| d["scenarios"].as_array().unwrap());
    let checks = checks.flat_map(|s| s["checks"].as_array().unwrap());
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let by_json: BTreeMap<String, String> = checks.map(|c| (text(&c["id"]), text(&c["outcome"]))).collect();
    assert_eq!(by_json, said);

    let loud = match verdicts.overall() {
        Outcome::Excepted => "PASSED (".to_owned(),
        other => word(other).to_uppercase(),
    };
    assert!(reports.md.starts_with(&format!("# {loud}")), "{}", reports.md);
    assert!(reports.terminal.contains(&format!("\n{loud}")), "{}", reports.terminal);
    let count = |outcome: &str| said.values().filter(|o| *o == outcome).count();
    let counts =
        format!("{} failed, {} inconclusive, {} excepted |", count("failed"), count("inconclusive"), count("excepted"));
    assert!(reports.md.contains(&counts), "{counts}: {}", reports.md);
    for (id, outcome) in said.iter().filter(|(_, o)| *o != "passed") {
        let name = id.rsplit('/').next().unwrap();
        assert!(reports.terminal.contains(name), "{name} ({outcome}): {}", reports.terminal);
    }
    assert!(!reports.md.contains("READY") && !reports.terminal.contains("READY"));
    for file in [&reports.md, &reports.xml, &reports.json] {
        let again = render(history, verdicts, &Redactor::default());
        assert!([&again.md, &again.xml, &again.json].contains(&file), "not the same twice");
    }
}

#[test]
fn all_formats_say_the_same() {
    for verdicts in [verdicts::passed(), verdicts::failed(), verdicts::inconclusive(), verdicts::excepted()] {
        agree(&crate::common::sound(), &verdicts);
    }
    agree(&crate::common::interrupted(), &verdicts::interrupted());
}

#[test]
fn what_the_judge_says_arrives_everywhere() {
    for history in [crate::common::sound(), crate::common::outlives(), crate::common::interrupted()] {
        agree(&history, &drill::verdict::judge(&history));
    }
}

#[test]
fn an_interrupted_run_is_never_green() {
    let mut all_passed = verdicts::passed();
    all_passed.interrupted = Some("SIGINT".into());
    agree(&crate::common::interrupted(), &all_passed);
    let reports = render(&crate::common::interrupted(), &all_passed, &Redactor::default());
    let first: String = reports.md.lines().take(3).collect();
    assert!(first.contains("Interrupted by SIGINT"), "{first}");
    assert!(cases(&reports.xml).iter().any(|c| c.result == "inconclusive" && c.message == "interrupted by SIGINT"));
    assert!(reports.terminal.contains("interrupted by SIGINT"));
    assert_eq!(Exit::of(&all_passed), Exit::Interrupted);
}

#[test]
fn a_red_run_without_a_red_check_is_not_green() {
    let mut v = verdicts::passed();
    v.outcome = Outcome::Inconclusive;
    v.drills[0].outcome = Outcome::Inconclusive;
    v.drills[0].scenarios.clear();
    let reports = render(&crate::common::sound(), &v, &Redactor::default());
    assert!(reports.md.starts_with("# INCONCLUSIVE: postgres"), "{}", reports.md);
    let cases = cases(&reports.xml);
    assert_eq!(cases.len(), 1);
    assert_eq!((cases[0].id.as_str(), cases[0].result.as_str()), ("drill/run", "inconclusive"));
}

#[test]
fn the_cause_is_told_and_not_what_rests_on_it() {
    let mut v = verdicts::inconclusive();
    let allowed = verdicts::find(&mut v, 0, "access.allowed");
    allowed.outcome = Outcome::Inconclusive;
    allowed.premise = Some("postgres/revoke/trigger.refused-at-backend".into());
    // What rests on a failure is a block of its own.
    verdicts::find(&mut v, 0, "access.denied").outcome = Outcome::Failed;
    let bogus = verdicts::find(&mut v, 0, "access.bogus-refused");
    bogus.outcome = Outcome::Inconclusive;
    bogus.premise = Some("access.denied".into());
    let mut v = verdicts::seal(v);
    // What rests on the cause comes before it.
    v.drills[0].scenarios[0].checks.sort_by_key(|c| (c.outcome == Outcome::Inconclusive, c.check != "access.allowed"));
    let terminal = render(&crate::common::sound(), &v, &Redactor::default()).terminal;
    let marks: Vec<&str> = terminal.lines().filter(|l| l.starts_with("  ✗") || l.starts_with("  ?")).collect();
    assert_eq!(
        marks,
        ["  ✗ access.denied", "  ? trigger.refused-at-backend", "  ? access.bogus-refused"],
        "{terminal}"
    );
    assert!(terminal.contains("5 more for the same reason: "), "{terminal}");
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Passed), Just(Outcome::Excepted), Just(Outcome::Inconclusive), Just(Outcome::Failed)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_the_outcomes(outcomes in proptest::collection::vec((outcomes(), 0usize..3, any::<bool>()), 18)) {
        let mut v = verdicts::passed();
        let checks = v.drills[0].scenarios.iter_mut().flat_map(|s| &mut s.checks);
        for (check, (outcome, reason, rests)) in checks.zip(outcomes) {
            check.outcome = outcome;
            check.reason = format!("reason-{reason}");
            check.premise = rests.then(|| "access.accepted-before".into());
        }
        agree(&crate::common::sound(), &verdicts::seal(v));
    }

    #[test]
    fn whatever_a_server_sends(
        hostile in prop_oneof![any::<String>(), "[\\x00-\\x1f<>&'\"|`*\\]\\[\u{fffe}\u{202e}x]{0,40}", Just("a]]>b]]]]>c".to_owned())],
    ) {
        let mut v = verdicts::failed();
        let check = verdicts::find(&mut v, 0, "trigger.refused-at-backend");
        check.observed.clone_from(&hostile);
        check.means = Some(hostile.clone());
        check.when = Some(hostile.clone());
        check.reason.clone_from(&hostile);
        v.drills[0].scenarios[0].exposures[0].reason = Some(hostile.clone());
        let mut history = crate::common::outlives();
        history.head.by.job = Some(hostile.clone());
        agree(&history, &v);
        let reports = render(&history, &v, &Redactor::default());
        // Every character that XML can hold arrives in the body as it was sent.
        let kept: String = hostile.replace("\r\n", "\n").chars()
            .map(|c| if matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..) { c } else { '\u{fffd}' })
            .collect();
        let case = cases(&reports.xml).into_iter().find(|c| c.id == "postgres/revoke/trigger.refused-at-backend");
        prop_assert!(case.unwrap().body.contains(&kept));
        // No table gets another column, no terminal a command.
        let rows = reports.md.lines().filter(|l| l.starts_with("| revoke/trigger.refused"));
        for row in rows {
            prop_assert_eq!(row.replace("\\\\", "").replace("\\|", "").matches('|').count(), 5, "{}", row);
        }
        prop_assert!(!reports.terminal.chars().any(|c| c.is_control() && c != '\n'));
        prop_assert!(!reports.md.chars().any(|c| c.is_control() && c != '\n'));
    }
}

#[test]
fn a_secret_in_any_field_reaches_no_report() {
    // With what writers escape, and spaces that they join.
    let secret_text = "k7\"-<Hq2>|  mZ&]]>";
    let redactor = Redactor::default();
    let _secret = Secret::new(secret_text, &redactor);
    let mut v = verdicts::failed();
    let check = verdicts::find(&mut v, 0, "trigger.refused-at-backend");
    check.observed = format!("login with {secret_text} was accepted");
    check.control = Some(secret_text.into());
    check.means = Some(secret_text.into());
    v.drills[0].not_judged.push(secret_text.into());
    v.drills[0].scenarios[1].exposures[0].reason = Some(secret_text.into());
    let mut history = crate::common::outlives();
    history.head.by.arguments.push(format!("--x={secret_text}"));
    history.head.by.job = Some(secret_text.into());
    history.head.drills[0].not_from_production.push(secret_text.into());
    for event in &mut history.events {
        match &mut event.body {
            drill::history::Body::Trigger { target, .. } => *target = format!("revoke {secret_text}"),
            drill::history::Body::Server { version, .. } => version.push_str(secret_text),
            drill::history::Body::Step { name, .. } => name.push_str(secret_text),
            drill::history::Body::Issued { record, .. } => record.id.push_str(secret_text),
            _ => {}
        }
    }
    let reports = render(&history, &v, &redactor);
    for text in [&reports.md, &reports.xml, &reports.json, &reports.terminal] {
        assert!(text.contains("[redacted]") || text.contains("\\[redacted\\]"), "{text}");
        assert!(!text.contains("Hq2") && !text.contains("k7"), "{text}");
    }
}

/// Everything that can be red is, in every scenario, and every row of every table has something to say.
fn all_red(drills: usize, scenarios: usize) -> (History, Verdicts) {
    let names: Vec<String> = (0..drills).map(|n| format!("d{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut history = crate::common::sound();
    let template: Vec<_> = history.events.iter().filter(|e| e.scenario == "revoke").cloned().collect();
    history.head = crate::common::head(&names);
    let mut v = verdicts::passed();
    v.interrupted = Some("SIGTERM".into());
    let drill_template = v.drills.remove(0);
    for (plan, name) in history.head.drills.iter_mut().zip(names) {
        let mut drill = drill_template.clone();
        drill.drill = name.into();
        drill.scenarios.clear();
        let scenario_plan = plan.scenarios[0].clone();
        plan.scenarios.clear();
        for n in 0..scenarios {
            let mut scenario = verdicts::scenario(&format!("s{n}"), 2_120_000);
            scenario.checks.iter_mut().for_each(|c| c.outcome = Outcome::Failed);
            for family in ["access", "trigger", "metadata", "policy", "parent", "audit", "expire"] {
                let mut passed = scenario.checks[0].clone();
                (passed.outcome, passed.check) = (Outcome::Passed, format!("{family}.x{n}"));
                scenario.checks.push(passed);
            }
            plan.scenarios.push(drill::definition::ScenarioPlan {
                scenario: scenario.scenario.clone(),
                limit_is_default: true,
                ..scenario_plan.clone()
            });
            history.events.extend(template.iter().cloned().map(|mut e| {
                (e.drill, e.scenario) = (name.into(), scenario.scenario.clone());
                e
            }));
            drill.scenarios.push(scenario);
        }
        v.drills.push(drill);
    }
    (history, verdicts::seal(v))
}

#[test]
fn a_report_stays_readable_however_much_is_red() {
    for (drills, scenarios) in [(1usize, 1usize), (1, 2), (1, 3), (1, 5), (1, 10), (2, 1), (3, 2), (10, 1)] {
        let (history, verdicts) = all_red(drills, scenarios);
        let reports = render(&history, &verdicts, &Redactor::default());
        let (lines, n) = (reports.md.lines().count(), drills * scenarios);
        let allowed = 60 + 12 * n.saturating_sub(2);
        assert!(lines < allowed, "{drills} drills, {n} scenarios: {lines} lines, {allowed} allowed\n{}", reports.md);
    }
}

#[test]
fn files_are_whole_and_latest_follows() {
    let reports = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    let mut history = crate::common::sound();
    let write = |history: &History, verdicts: &Verdicts| -> std::io::Result<Paths> {
        drill::report::write_all(reports.path(), history, verdicts, &redactor)
    };
    let first = write(&history, &verdicts::passed()).unwrap();
    assert_eq!(first.readiness, reports.path().join("latest/readiness.md"));
    history.head.run = "20261124-080000-b2c3".into();
    write(&history, &verdicts::failed()).unwrap();
    assert_eq!(fs::read_link(reports.path().join("latest")).unwrap().to_str().unwrap(), "runs/20261124-080000-b2c3");
    let all: Vec<String> = walkdir::WalkDir::new(reports.path())
        .into_iter()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!all.iter().any(|name| name.starts_with('.') && name.starts_with(".drill")), "{all:?}");
    assert!(!all.iter().any(|name| name.starts_with(".latest")), "{all:?}");

    history.head.run = "../../outside".into();
    let error = write(&history, &verdicts::passed()).unwrap_err().to_string();
    assert_eq!(error, "`../../outside` is no run id");

    // `latest` as a directory is somebody else's: said, not removed.
    history.head.run = "20261124-090000-d4e5".into();
    fs::remove_file(reports.path().join("latest")).unwrap();
    fs::create_dir(reports.path().join("latest")).unwrap();
    let error = write(&history, &verdicts::passed()).unwrap_err().to_string();
    assert!(error.contains("latest"), "{error}");
}

#[test]
fn evidence_names_the_events_it_rests_on() {
    let dir = tempfile::tempdir().unwrap();
    let (history, v) = (crate::common::sound(), verdicts::passed());
    fs::write(dir.path().join("events.jsonl"), "abc").unwrap();
    let paths = drill::report::write_to(dir.path(), &history, &v, &Redactor::default()).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&paths.evidence).unwrap()).unwrap();
    // printf abc | sha256sum
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(json["events"]["sha256"], abc);
    assert_eq!(json["events"]["bytes"], 3);
    assert_eq!(json["events"]["count"], history.events.len());
    assert!(!json.to_string().contains("CREATE TABLE orders"), "the seed's text belongs to the events");
    let md = fs::read_to_string(&paths.readiness).unwrap();
    assert!(md.contains(&format!("evidence.json sha256 `{}…`", &paths.evidence_sha256[..12])));
}
