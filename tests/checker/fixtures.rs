//! `fixtures/histories/`: histories that once came out wrong, and some made by hand; each with what must come out of it.
//!
//! `NAME.jsonl` is an `events.jsonl`; `NAME.expected.json` beside it says why it is there and what each named check must say.

use super::hand;
use super::trouble::{generate, number};
use super::world::refused;
use drill::history::{History, replay};
use drill::observation::Meaning;
use drill::verdict::judge;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Set to write the files of `BY_HAND` and `FOUND` anew; then read the difference.
const WRITE: &str = "DRILL_CHECKER_WRITE";

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/histories")
}

type Made = (&'static str, &'static str, fn() -> History);

const BY_HAND: &[Made] = &[
    ("sound-revoke", "everything works: dead 1 to 15 ms after the revocation", hand::revoke),
    ("sound-expire", "everything works: dead with its TTL", hand::expire),
    (
        "everybody-refused",
        "the backend refuses everybody from the trigger on: it proves nothing of the subject",
        || {
            let refuses = refused(Meaning::Both);
            hand::saw(
                hand::saw(hand::revoke(), &drill::history::Part::Control, 4, 9, &refuses),
                &super::build::SUBJECT,
                4,
                8,
                &refuses,
            )
        },
    ),
    ("resurrected", "refused, and let in again when the end of the drill asks once more", || {
        hand::saw(hand::revoke(), &super::build::SUBJECT, 8, 8, &super::world::accepted(super::world::OURS))
    }),
];

/// Generated histories that an earlier judge got wrong: kind, seed, and what was wrong.
const FOUND: &[(&str, u64, &str)] = &[
    ("any-death", 4, "refused-at-backend passed, although the refusal came after the limit"),
    ("resurrection", 37, "stays-dead failed for a refusal before the TTL's end"),
    (
        "refuses-everybody",
        0,
        "stays-dead passed, although a question between the origin and the death had no usable answer",
    ),
    ("unreachable", 34, "the idle session failed for a session of another kind that the server still had"),
    ("lost-acknowledgement", 8, "refused-at-backend passed after the limit of a trigger that nobody answered"),
    ("everything", 280, "stays-dead failed for a refusal before the origin"),
    ("flapping", 4645, "not-early failed for a refusal that nothing confirmed"),
];

fn text(history: &History) -> String {
    let mut lines = vec![serde_json::to_string(&history.head).unwrap()];
    lines.extend(history.events.iter().map(|e| serde_json::to_string(e).unwrap()));
    lines.join("\n") + "\n"
}

fn expected(history: &History, why: &str) -> Value {
    let checks = judge(history).drills.remove(0).scenarios.remove(0).checks;
    let told = |id: &str| id.starts_with("trigger.") || id.starts_with("expire.");
    let says: serde_json::Map<String, Value> = checks
        .into_iter()
        .filter(|c| told(&c.check))
        .map(|c| (c.id.trim_start_matches("d/s/").to_string(), json!([c.outcome, c.reason])))
        .collect();
    json!({ "why": why, "says": says })
}

fn write(name: &str, history: &History, expected: &Value) {
    fs::create_dir_all(dir()).unwrap();
    fs::write(dir().join(format!("{name}.jsonl")), text(history)).unwrap();
    let expected = serde_json::to_string_pretty(expected).unwrap() + "\n";
    fs::write(dir().join(format!("{name}.expected.json")), expected).unwrap();
}

/// A seed that came out wrong becomes a file. What should come out is for a person to say: until then the file itself fails.
pub fn write_failing(kind: &str, seed: u64, what: &str) {
    let history = generate(number(kind), seed).history;
    write(&format!("{kind}-{seed}"), &history, &json!({ "why": what, "says": {} }));
}

#[test]
fn writes_those_made_by_hand() {
    if std::env::var_os(WRITE).is_none() {
        return;
    }
    for (name, why, history) in BY_HAND {
        write(name, &history(), &expected(&history(), why));
    }
    for (kind, seed, why) in FOUND {
        let history = generate(number(kind), *seed).history;
        write(&format!("{kind}-{seed}"), &history, &expected(&history, why));
    }
}

#[test]
fn every_stored_history_says_what_it_must() {
    let mut count = 0;
    for entry in fs::read_dir(dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|x| x != "jsonl") {
            continue;
        }
        count += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let read = replay(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read.torn_line, None, "{name}");
        let expected = fs::read_to_string(path.with_file_name(format!("{name}.expected.json"))).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let says = expected["says"].as_object().unwrap();
        assert!(!says.is_empty(), "{name}.expected.json: say what must come out ({})", expected["why"]);
        for (check, said) in says {
            let checks = judge(&read.history).drills.remove(0).scenarios.remove(0).checks;
            let found = checks.iter().find(|c| c.id == format!("d/s/{check}")).unwrap();
            assert_eq!(json!([found.outcome, found.reason]), *said, "{name}: {check}");
        }
    }
    assert!(count >= BY_HAND.len());
}

#[test]
fn those_made_by_hand_are_as_they_are_made() {
    for (name, _, history) in BY_HAND {
        assert_eq!(fs::read_to_string(dir().join(format!("{name}.jsonl"))).unwrap(), text(&history()), "{name}");
    }
}
