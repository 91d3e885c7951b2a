//! What is appended comes back, and only that.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::head;
use drill::history::{Body, Event, History, Log, Part, ReplayError, Series, State, replay};
use drill::observation::{Saw, Stage};
use drill::secret::{Redactor, Secret};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

fn log(dir: &Path, redactor: &Redactor) -> Log {
    Log::create(dir, &head(&["postgres"]), redactor.clone()).unwrap()
}

fn problem(what: &str) -> Body {
    Body::Problem { step: "step".into(), what: what.into() }
}

fn events(dir: &Path) -> std::path::PathBuf {
    dir.join("events.jsonl")
}

fn same(a: &History, b: &History) {
    assert_eq!(a.events, b.events);
    let json = |h: &History| serde_json::to_string(&h.head).unwrap();
    assert_eq!(json(a), json(b));
}

fn bodies() -> impl Strategy<Value = Body> {
    let part = prop_oneof![
        any::<u32>().prop_map(|member| Part::Subject { member }),
        Just(Part::Control),
        ("\\PC{0,9}", any::<u32>()).prop_map(|(kind, client)| Part::Session { kind, client }),
    ];
    let saw = prop_oneof![
        ".{0,30}".prop_map(|server| Saw::Accepted { server }),
        ".{0,30}".prop_map(|code| Saw::Denied { code }),
        ".{0,30}".prop_map(|what| Saw::Unclassified { what }),
    ];
    prop_oneof![
        Just(Body::State),
        (".{0,30}", any::<u64>()).prop_map(|(name, from_us)| Body::Step { name, from_us }),
        (part, any::<u32>(), any::<u64>(), any::<u64>(), saw).prop_map(|(part, n, sent_us, done_us, saw)| {
            Body::Probe { series: Series { part, door: "login".into() }, n, sent_us, done_us, stage: Stage::Open, saw }
        }),
        (any::<u64>(), any::<Option<u64>>()).prop_map(|(from_us, healed_us)| Body::Fault {
            server: "backend".into(),
            kind: "paused".into(),
            from_us,
            healed_us,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_appended_comes_back(bodies in proptest::collection::vec(bodies(), 0..20), drill in "\\PC{0,9}") {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path(), &Redactor::default());
        for (body, n) in bodies.into_iter().zip(1..) {
            prop_assert_eq!(log.append(&drill, "s", State::Issued, body).unwrap(), n);
        }
        let back = replay(&events(dir.path())).unwrap();
        prop_assert_eq!(back.torn_line, None);
        same(&back.history, &log.history());
    }

    #[test]
    fn a_file_cut_anywhere_gives_its_whole_lines_or_an_error(cut in 0usize..3000) {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path(), &Redactor::default());
        for n in 0..20 {
            log.append("postgres", "revoke", State::SetUp, problem(&format!("{n} …"))).unwrap();
        }
        let whole = fs::read(events(dir.path())).unwrap();
        let cut = whole.len().saturating_sub(cut);
        fs::write(events(dir.path()), &whole[..cut]).unwrap();
        let lines = String::from_utf8_lossy(&whole[..cut]).matches('\n').count();
        let back = replay(&events(dir.path()));
        if lines == 0 && whole[cut] != b'\n' {
            prop_assert!(matches!(back, Err(ReplayError::Head(_))));
            return Ok(());
        }
        let back = back.unwrap();
        // A line that lacks only its newline is whole.
        let whole_last = cut < whole.len() && whole[cut] == b'\n';
        prop_assert_eq!(back.history.events.len() + 1, lines + usize::from(whole_last));
        prop_assert_eq!(back.torn_line.is_some(), !whole_last && whole[cut - 1] != b'\n');
    }
}

#[test]
fn secrets_are_cleaned_on_disk_and_in_memory_alike() {
    let dir = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    let secret = Secret::new("pa\"ss\\w0rd", &redactor);
    let log = log(dir.path(), &redactor);
    let what = format!("login with {} failed", secret.expose());
    log.append("d", "s", State::SetUp, problem(&what)).unwrap();
    let text = fs::read_to_string(events(dir.path())).unwrap();
    assert!(text.contains("login with [redacted] failed"), "{text}");
    assert!(!text.contains("w0rd"), "{text}");
    same(&replay(&events(dir.path())).unwrap().history, &log.history());
}

#[test]
fn a_secret_made_of_digits_does_not_break_the_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    let _secret = Secret::new("123456", &redactor);
    let log = log(dir.path(), &redactor);
    let step = Body::Step { name: "code 123456".into(), from_us: 1_234_567 };
    log.append("d", "s", State::SetUp, step).unwrap();
    let back = replay(&events(dir.path())).unwrap().history;
    let expected = Body::Step { name: "code [redacted]".into(), from_us: 1_234_567 };
    assert_eq!(back.events[0].body, expected);
}

#[test]
fn several_threads_make_one_order() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path(), &Redactor::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    log.append("d", "s", State::SetUp, Body::State).unwrap();
                }
            });
        }
    });
    let events: Vec<Event> = replay(&events(dir.path())).unwrap().history.events;
    assert!(events.iter().map(|e| e.seq).eq(1..=400));
    assert!(events.is_sorted_by_key(|e| e.at_us));
}

#[test]
fn a_second_history_in_the_same_place_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _log = log(dir.path(), &Redactor::default());
    let again = Log::create(dir.path(), &head(&[]), Redactor::default());
    let error = again.err().unwrap().to_string();
    assert!(error.contains("events.jsonl"), "{error}");
}

fn broken(change: impl Fn(&str) -> String) -> String {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path(), &Redactor::default());
    for what in ["one", "two", "three"] {
        log.append("d", "s", State::SetUp, problem(what)).unwrap();
    }
    let text = fs::read_to_string(events(dir.path())).unwrap();
    fs::write(events(dir.path()), change(&text)).unwrap();
    match replay(&events(dir.path())) {
        Err(error) => error.to_string(),
        Ok(back) => format!("read {} events", back.history.events.len()),
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let cases: [(&str, &str, &str); 11] = [
        ("\"seq\":1,\"at_us\":", "\"seq\":1,\"at_us\":99999999", "line 3: event 2 at "),
        ("\"step\":\"step\",\"what\":\"two\"", "\"step\":1,\"what\":\"two\"", "line 3: "),
        ("\"what\":\"two\"", "\"what\":\"two\",\"why\":1", "line 3: unknown key `why`"),
        ("\"seq\":2", "\"seq\":1", "line 3: event 1 after event 1"),
        (
            "\"event\":\"problem\",\"step\":\"step\",\"what\":\"one\"",
            "\"event\":\"guess\"",
            "line 2: unknown variant `guess`",
        ),
        ("\"schema\":1", "\"schema\":2", "line 1: format 2, this program reads format 1"),
        ("\"schema\":1", "\"schema\":2,\"later\":1", "line 1: format 2, this program reads format 1"),
        ("\"schema\":1", "\"schema\":0", "line 1: format 0, this program reads format 1"),
        ("{\"schema\"", "", "line 1: no head of a run"),
        ("\"what\":\"three\"}\n", "", "read 2 events"),
        ("\"seq\":2,", "\"seq\":2, ", "read 3 events"),
    ];
    for (from, to, says) in cases {
        let error = broken(|text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        assert!(error.starts_with(says), "{error}");
    }
    assert_eq!(broken(|_| String::new()), "it is empty: no head, no events");
    let hole = broken(|text| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        [&lines[..2], &lines[3..]].concat().concat()
    });
    assert_eq!(hole, "read 2 events");
    let utf8 = broken(|text| text.replacen("\"two\"", "\"t\\ud800\"", 1));
    assert!(utf8.starts_with("line 3: "), "{utf8}");
    assert!(matches!(replay(Path::new("/nowhere")), Err(ReplayError::Read(_))));
}

#[test]
#[ignore = "a measurement: cargo test --release --test pure report_log -- --ignored --nocapture"]
fn appending_is_quick() {
    let dir = tempfile::tempdir().unwrap();
    let redactor = Redactor::default();
    let _secrets: Vec<Secret> = (0..20).map(|n| Secret::new(format!("pw-{n}-Zq8h2K"), &redactor)).collect();
    let log = log(dir.path(), &redactor);
    let start = std::time::Instant::now();
    for n in 0..20_000 {
        let mut b = crate::common::Builder::new(head(&[]));
        b.probe(Part::Control, n, (1, 2), crate::common::refused());
        let body = b.history.events.remove(0).body;
        log.append("postgres", "revoke", State::Triggered, body).unwrap();
    }
    println!("{:?} an event", start.elapsed() / 20_000);
}
