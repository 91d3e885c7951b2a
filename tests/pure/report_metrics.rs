//! `metrics.prom`: what it says, what it never says, and that a reader gets back what was put in.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use crate::readers::metrics::{Sample, samples};
use drill::exceptions::Exception;
use drill::history::History;
use drill::secret::{Redactor, Secret};
use drill::verdict::{Outcome, Verdicts};

fn file(history: &History, verdicts: &Verdicts) -> Option<String> {
    let bundle = drill::report::render(history, verdicts, &None, &Redactor::default());
    bundle.files.get("metrics.prom").map(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

fn read(history: &History, verdicts: &Verdicts) -> Vec<Sample> {
    samples(&file(history, verdicts).unwrap())
}

fn named<'a>(all: &'a [Sample], name: &str) -> Vec<&'a Sample> {
    all.iter().filter(|s| s.name == name).collect()
}

fn exception(id: &str, check: &str, expires: &str) -> Exception {
    Exception {
        id: id.into(),
        check: check.into(),
        owner: "team-fin".into(),
        reason: "the vendor's server knows one user".into(),
        compensating_control: "rotation every 24 h".into(),
        granted_by: "security".into(),
        granted_on: "2026-10-01".parse().unwrap(),
        expires: expires.parse().unwrap(),
        at: drill::definition::Location { file: "drills/exceptions.yaml".into(), line: 3, column: 5 },
    }
}

fn with_exceptions() -> (History, Verdicts) {
    let mut history = crate::common::sound();
    history.head.as_of = Some("2026-11-24".parse().unwrap());
    history.head.exceptions = vec![
        exception("EX-7", "postgres/revoke/trigger.sessions@idle", "2026-12-31"),
        exception("EX-8", "postgres/expire/trigger.no-residue", "2026-11-20"),
    ];
    let mut v = verdicts::excepted();
    verdicts::find(&mut v, 0, "trigger.sessions").exception = Some("EX-7".into());
    (history, v)
}

/// Everything that a label can break, in every place where evidence may hold a foreign text.
fn hostile() -> (History, Verdicts) {
    let text = "a\\b\"c\nd{e}=,# EOF\u{202e}ü";
    let mut history = crate::common::sound();
    history.head.as_of = Some("2026-11-24".parse().unwrap());
    history.head.program = text.into();
    history.head.exceptions = vec![exception(text, text, "2026-12-31")];
    let mut v = verdicts::failed();
    v.drills[0].scenarios[0].exposures[1].of = text.into();
    v.drills[0].scenarios[0].checks[0].of = Some(text.into());
    (history, v)
}

#[test]
fn files() {
    for (name, (history, verdicts)) in [
        ("passed", (crate::common::sound(), verdicts::passed())),
        ("failed", (crate::common::outlives(), verdicts::failed())),
        ("inconclusive", (crate::common::sound(), verdicts::inconclusive())),
        ("interrupted", (crate::common::interrupted(), verdicts::interrupted())),
        ("excepted", with_exceptions()),
        ("hostile", hostile()),
    ] {
        insta::assert_snapshot!(format!("{name}.prom"), file(&history, &verdicts).unwrap());
        assert_eq!(file(&history, &verdicts), file(&history, &verdicts), "not the same twice");
    }
}

#[test]
fn an_exposure_without_a_counted_refusal_has_no_upper_end_and_a_limit() {
    let all = read(&crate::common::outlives(), &verdicts::failed());
    let upper = named(&all, "drill_exposure_upper_seconds");
    assert!(upper.iter().all(|s| s.labels["scenario"] == "expire"), "{upper:?}");
    assert!(upper.iter().any(|s| s.labels["of"] == "login" && s.labels["way"] == "door" && s.value == "0.0106"));
    let limits = named(&all, "drill_exposure_limit_seconds");
    assert!(limits.iter().any(|s| s.labels["scenario"] == "revoke" && s.labels["of"] == "login" && s.value == "2.0"));
    assert!(limits.iter().any(|s| s.labels["way"] == "session" && s.value == "5.0"));
}

#[test]
fn a_death_before_its_origin_is_an_exposure_of_0() {
    let mut v = verdicts::passed();
    let exposure = &mut v.drills[0].scenarios[0].exposures[0];
    (exposure.lower_us, exposure.upper_us) = (-9_000, Some(-1_000));
    let all = read(&crate::common::sound(), &v);
    let of = |s: &&&Sample| s.labels["scenario"] == "revoke" && s.labels["of"] == "login";
    assert_eq!(named(&all, "drill_exposure_upper_seconds").iter().find(of).unwrap().value, "0.0");
}

#[test]
fn success_is_claimed_only_where_it_was_proved() {
    const NAME: &str = "drill_last_success_timestamp_seconds";
    let scenarios = |h: &History, v: &Verdicts| -> Vec<String> {
        named(&read(h, v), NAME).iter().map(|s| s.labels["scenario"].clone()).collect()
    };
    let all = read(&crate::common::sound(), &verdicts::passed());
    // 07:31:02 and the run's last event: 5.142 s.
    assert!(named(&all, NAME).iter().all(|s| s.value == "1795505467"), "{all:?}");
    assert_eq!(scenarios(&crate::common::sound(), &verdicts::passed()), ["revoke", "expire"]);
    assert_eq!(scenarios(&crate::common::sound(), &verdicts::excepted()), ["revoke", "expire"]);
    assert_eq!(scenarios(&crate::common::outlives(), &verdicts::failed()), ["expire"]);
    assert_eq!(scenarios(&crate::common::sound(), &verdicts::inconclusive()), ["expire"]);
    // Both scenarios passed, and then somebody pressed Ctrl-C.
    let mut stopped = verdicts::passed();
    stopped.interrupted = Some("SIGINT".into());
    assert_eq!(scenarios(&crate::common::sound(), &stopped), [""; 0]);
    let run = read(&crate::common::sound(), &stopped);
    let holds = |s: &&&Sample| s.value == "1";
    assert_eq!(named(&run, "drill_run_verdict").iter().find(holds).unwrap().labels["outcome"], "inconclusive");
}

#[test]
fn a_state_is_one_and_all_others_none() {
    for v in [verdicts::passed(), verdicts::failed(), verdicts::inconclusive(), verdicts::excepted()] {
        let all = read(&crate::common::sound(), &v);
        for scenario in &v.drills[0].scenarios {
            let of = named(&all, "drill_verdict");
            let of: Vec<_> = of.iter().filter(|s| s.labels["scenario"] == scenario.scenario).collect();
            assert_eq!(of.len(), 4);
            for sample in of {
                let holds = sample.labels["outcome"] == scenario.outcome.word();
                assert_eq!(sample.value, if holds { "1" } else { "0" });
            }
        }
    }
}

#[test]
fn exceptions_are_counted_by_the_day_of_the_run() {
    let (mut history, v) = with_exceptions();
    let all = read(&history, &v);
    let values = |all: &[Sample], name: &str| -> Vec<(String, String)> {
        named(all, name).iter().map(|s| (s.labels["exception"].clone(), s.value.clone())).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(values(&all, "drill_exception_left_days"), [pair("EX-7", "37"), pair("EX-8", "-4")]);
    // The end of their last days, in UTC: 2027-01-01 and 2026-11-21, 00:00.
    let ends = [pair("EX-7", "1798761600"), pair("EX-8", "1795219200")];
    assert_eq!(values(&all, "drill_exception_ends_timestamp_seconds"), ends);
    assert_eq!(named(&all, "drill_check_not_passed")[0].labels["outcome"], Outcome::Excepted.word());
    // Across the turn of a year, and without a day.
    history.head.as_of = Some("2025-12-31".parse().unwrap());
    assert_eq!(values(&read(&history, &v), "drill_exception_left_days")[0], pair("EX-7", "365"));
    history.head.as_of = None;
    assert!(named(&read(&history, &v), "drill_exception_left_days").is_empty());
}

#[test]
fn what_a_label_cannot_hold_is_escaped_and_comes_back() {
    let (history, v) = hostile();
    let all = read(&history, &v);
    // In one line, as in every report; the characters that turn writing around are gone.
    let back = "a\\b\"c d{e}=,# EOF ü";
    assert_eq!(named(&all, "drill_run_info")[0].labels["version"], back);
    assert_eq!(named(&all, "drill_exception_left_days")[0].labels["exception"], back);
    assert!(named(&all, "drill_exposure_limit_seconds").iter().any(|s| s.labels["of"] == back));
}

#[test]
fn evidence_of_no_server_has_no_metrics_and_a_secret_is_in_none() {
    let mut history = crate::common::sound();
    history.head.synthetic = true;
    assert_eq!(file(&history, &verdicts::passed()), None);

    let redactor = Redactor::default();
    let _secret = Secret::new("k7Hq2mZ-very", &redactor);
    let mut history = crate::common::sound();
    history.head.program = "k7Hq2mZ-very".into();
    let bundle = drill::report::render(&history, &verdicts::passed(), &None, &redactor);
    let text = String::from_utf8(bundle.files["metrics.prom"].clone()).unwrap();
    assert!(!text.contains("k7Hq2mZ") && text.contains("[redacted]"), "{text}");
}
