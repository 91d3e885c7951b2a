//! Whatever somebody's editor, merge tool or disk makes of a definition: the loader does not panic and does not hang,
//! and every error has a place in the file.

#![allow(clippy::unwrap_used)]

use drill::definition::{Diagnostics, load_file};
use drill::document::Project;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static SHIPPED: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(root().join("drills/postgres.yaml")).unwrap());
/// A load takes less than 1 ms, of a megabyte less than 1 s: what is quadratic takes far longer, and a busy machine less than this.
const LONGEST: Duration = Duration::from_secs(10);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What happens to a file. Positions are taken modulo what is there.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(usize, u8),
    DeleteLine(usize),
    DoubleLine(usize),
    SwapLines(usize, usize),
    Indent(usize, usize),
    Tab(usize),
    Truncate(usize),
    Insert(usize, &'static str),
    Replace(usize, &'static str),
    Many(usize, &'static str, usize),
}

/// What YAML, drills and terminals give a meaning to.
const JUNK: &[&str] = &[
    "\t",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{2028}",
    "\u{0}",
    "\u{1b}[31m",
    "\u{7f}",
    "é",
    "数",
    "🦀",
    "e\u{301}",
    ": ",
    ":",
    " #",
    "- ",
    "-",
    "? ",
    "---\n",
    "...\n",
    "{",
    "}",
    "[",
    "]",
    "{{",
    "}}",
    "${",
    "${TODO x}",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "*a ",
    "<<: ",
    "!!int ",
    "!x ",
    "%YAML 1.2\n",
    "null",
    "~",
    "yes",
    "0",
    "-1",
    "1e999",
    "0x10",
    "0o7",
    ".inf",
    ".nan",
    "99999999999999999999999999999999s",
    "340282366920938463463374607431768211456",
    "1.5.5s",
    "s",
    "ms",
    "../",
    "/",
    "/etc/passwd",
    "\\",
    "@",
    "`",
    ",",
    "*",
    "&",
    "{{name}}",
    "exported: x\n",
    "drill: postgres\n",
    "scenarios: {}\n",
    "1h",
    "-- ",
    "/*",
    "$$",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let junk = || prop::sample::select(JUNK);
    let at = || any::<usize>();
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(i, b)| Mutation::Flip(i, b)),
        1 => at().prop_map(Mutation::DeleteLine),
        1 => at().prop_map(Mutation::DoubleLine),
        1 => (at(), at()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        1 => (at(), 0..9_usize).prop_map(|(i, n)| Mutation::Indent(i, n)),
        1 => at().prop_map(Mutation::Tab),
        1 => at().prop_map(Mutation::Truncate),
        3 => (at(), junk()).prop_map(|(i, j)| Mutation::Insert(i, j)),
        3 => (at(), junk()).prop_map(|(i, j)| Mutation::Replace(i, j)),
        1 => (at(), junk(), 0..3_000_usize).prop_map(|(i, j, n)| Mutation::Many(i, j, n)),
    ]
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

fn on_lines(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut all = lines(bytes);
    if !all.is_empty() {
        change(&mut all);
    }
    *bytes = all.concat();
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let at = |i: usize, bytes: &[u8]| i % (bytes.len() + 1);
    match *mutation {
        Mutation::Flip(i, b) => {
            let i = at(i, bytes);
            if let Some(byte) = bytes.get_mut(i) {
                *byte ^= b;
            }
        }
        Mutation::DeleteLine(i) => on_lines(bytes, |l| drop(l.remove(i % l.len()))),
        Mutation::DoubleLine(i) => on_lines(bytes, |l| l.insert(i % l.len(), l[i % l.len()].clone())),
        Mutation::SwapLines(a, b) => on_lines(bytes, |l| {
            let n = l.len();
            l.swap(a % n, b % n);
        }),
        Mutation::Indent(i, n) => on_lines(bytes, |l| {
            let line = i % l.len();
            let text = l[line].trim_ascii_start().to_vec();
            l[line] = [vec![b' '; n], text].concat();
        }),
        Mutation::Tab(i) => on_lines(bytes, |l| {
            let n = l.len();
            l[i % n].insert(0, b'\t');
        }),
        Mutation::Truncate(i) => bytes.truncate(at(i, bytes)),
        Mutation::Insert(i, junk) => {
            let i = at(i, bytes);
            bytes.splice(i..i, junk.bytes());
        }
        Mutation::Replace(i, junk) => {
            let i = at(i, bytes);
            let end = (i + junk.len()).min(bytes.len());
            bytes.splice(i..end, junk.bytes());
        }
        Mutation::Many(i, junk, n) => {
            let i = at(i, bytes);
            bytes.splice(i..i, junk.repeat(n).bytes());
        }
    }
}

/// Loads the bytes as the shipped drill, and looks at what is said of them.
fn check(dir: &Path, bytes: &[u8]) -> Result<bool, TestCaseError> {
    let file: PathBuf = dir.join("postgres.yaml");
    std::fs::write(&file, bytes).unwrap();
    let file = file.to_str().unwrap();
    let project = Project::of_drills(&root().join("drills"));
    let start = Instant::now();
    let loaded = load_file(file, &project, None);
    let Err(all) = loaded else { return Ok(true) };
    prop_assert!(!all.is_empty(), "an error that says nothing");
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines: Vec<&str> = drill::document::lines(text).collect();
    for diagnostic in &all {
        let Some(place) = &diagnostic.place else {
            return Err(TestCaseError::fail(format!("no place: {diagnostic:?}")));
        };
        let (line, column) = (place.span.line as usize, place.span.column as usize);
        prop_assert!(line >= 1 && column >= 1 && place.span.length >= 1, "{place:?}");
        if place.file != file {
            continue;
        }
        prop_assert!(line <= lines.len().max(1), "line {line} of {}: {diagnostic:?}", lines.len());
        let shown = lines.get(line - 1).copied().unwrap_or("");
        prop_assert_eq!(&place.line, shown, "{:?}", diagnostic);
        prop_assert!(column <= shown.chars().count() + 1, "column {column} of {shown:?}: {diagnostic:?}");
    }
    let said = Diagnostics { all, files: 1 }.render(false);
    prop_assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    prop_assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
    Ok(false)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_definitions_are_loaded_or_explained(mutations in prop::collection::vec(mutation(), 1..6)) {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = SHIPPED.clone();
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        check(dir.path(), &bytes)?;
    }

    #[test]
    fn any_bytes_are_loaded_or_explained(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().unwrap();
        check(dir.path(), &bytes)?;
    }
}

/// One mutation everywhere: each line gone, doubled, cut off behind, and each kind of junk at the start of each line.
#[test]
fn every_line_is_hit_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut loaded = 0;
    let count = lines(&SHIPPED).len();
    let mut cases = 0;
    for i in 0..count {
        let starts: usize = lines(&SHIPPED)[..i].iter().map(Vec::len).sum();
        let mut all =
            vec![Mutation::DeleteLine(i), Mutation::DoubleLine(i), Mutation::Tab(i), Mutation::Truncate(starts)];
        all.extend(JUNK.iter().map(|junk| Mutation::Insert(starts, junk)));
        for mutation in all {
            let mut bytes = SHIPPED.clone();
            mutate(&mut bytes, &mutation);
            cases += 1;
            loaded += usize::from(check(dir.path(), &bytes).unwrap_or_else(|e| panic!("{mutation:?}: {e}")));
        }
    }
    assert!(loaded > 0 && loaded < cases / 2, "{loaded} of {cases}: the mutations do not hit");
}

/// Sizes at which something that is quadratic, or recursive, would show.
#[test]
fn big_and_deep_ones_end_soon() {
    let dir = tempfile::tempdir().unwrap();
    let shipped = String::from_utf8(SHIPPED.clone()).unwrap();
    let with = |text: String| shipped.replace("owner: team-platform", &text);
    let size = 300_000;
    for text in [
        "[".repeat(size),
        "{a: ".repeat(size / 4),
        "- ".repeat(size / 2),
        "? ".repeat(size / 2),
        "a: b\n".repeat(size / 5),
        (0..50_000).map(|i| format!("k{i}:\n")).collect(),
        "\"".repeat(size),
        "&a *a ".repeat(size / 6),
        "\n".repeat(size),
        "#".repeat(size),
        "'\n".repeat(size / 2),
        with(format!("owner: {}", "x".repeat(size))),
        with(format!("{}: x", "k".repeat(size))),
        with(format!("owner: {}", "{{".repeat(size / 2))),
        with(format!("title: \"{}\"\nowner: x", "${TODO".repeat(size / 8))),
        shipped.replace("SELECT * FROM payroll", &"/* */".repeat(size / 6)),
        shipped.replace("SELECT * FROM payroll", &format!("\"{}\"", "{{name}} ' $$ ".repeat(size / 15))),
        shipped.replace("- ALTER ROLE \"{{name}}\" NOLOGIN", &format!("- GRANT {} TO x", "a,".repeat(size / 8))),
        shipped.replace("- CREATE ROLE intruder", &"- SELECT 1\n      ".repeat(15_000)),
        shipped.replace("limit: 2s", &format!("limit: {}s", "9".repeat(size))),
    ] {
        let start = Instant::now();
        let _ = check(dir.path(), text.as_bytes())
            .unwrap_or_else(|e| panic!("{}…: {e}", text.chars().take(60).collect::<String>()));
        let took = start.elapsed();
        assert!(took < LONGEST, "{took:?} for {}", text.chars().take(60).collect::<String>());
    }
}
