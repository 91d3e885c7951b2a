//! Every wrong definition gives its message, word for word: `fixtures/invalid/NAME.yaml` gives `fixtures/invalid/NAME.txt`.
//! `DRILL_GOLDEN=write cargo test --test pure invalid` writes the messages anew; read the difference as a user would.

#![allow(clippy::unwrap_used)]

use drill::definition::load;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const DIR: &str = "fixtures/invalid";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program, in a directory.
fn drill(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DRILL_")) {
        command.env_remove(name);
    }
    command.current_dir(dir).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The message of a file, as `drill validate FILE` prints it; the project's directory is masked.
fn message(file: &str) -> String {
    use drill::command::validate::{Order, validate};
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let files = [PathBuf::from(file)];
    let order = Order { drills: Path::new("drills"), files: &files, resolved: false, color: false };
    let exit = validate(&order, &mut out, &mut err);
    assert_eq!((exit, text(&out).as_str()), (drill::exit::Exit::Usage, ""), "{file}");
    let above = root().parent().unwrap().join("orders.sql");
    text(&err).replace(root().to_str().unwrap(), "/project").replace(above.to_str().unwrap(), "/above/orders.sql")
}

fn cases() -> Vec<String> {
    let names = std::fs::read_dir(root().join(DIR)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut cases: Vec<String> = names.filter_map(|n| n.strip_suffix(".yaml").map(String::from)).collect();
    cases.sort();
    cases
}

/// `┌─ FILE:LINE:COLUMN`, a line of the file, and carets under it.
fn places(message: &str) -> Vec<String> {
    let lines: Vec<&str> = message.lines().collect();
    let starts = (0..lines.len()).filter(|i| lines[*i].trim_start().starts_with("┌─ "));
    starts
        .map(|i| {
            assert!(lines[i - 1].starts_with("error: "), "{message}");
            assert!(lines[i + 1].contains(" │"), "{message}");
            assert!(lines[i + 2].contains(" │ ") && lines[i + 2].contains('^'), "{message}");
            lines[i].trim_start().trim_start_matches("┌─ ").to_string()
        })
        .collect()
}

#[test]
fn every_message_is_as_it_was_reviewed() {
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let message = message(&format!("{DIR}/{case}.yaml"));
        assert!(!places(&message).is_empty(), "{case}: {message}");
        assert!(message.trim_end().ends_with("nothing started"), "{case}: {message}");
        let golden = root().join(DIR).join(format!("{case}.txt"));
        if std::env::var_os("DRILL_GOLDEN").is_some_and(|v| v == "write") {
            std::fs::write(&golden, &message).unwrap();
        }
        let stated = std::fs::read_to_string(&golden).unwrap_or_default();
        if message != stated {
            let _ = writeln!(wrong, "== {case}\n-- stated\n{stated}-- is\n{message}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_message_without_its_file() {
    let cases = cases();
    for entry in std::fs::read_dir(root().join(DIR)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(stem) = name.strip_suffix(".txt") {
            assert!(cases.iter().any(|c| c == stem), "{name}");
        }
    }
}

#[test]
fn structural_errors_come_alone_and_semantic_ones_together() {
    assert_eq!(places(&message(&format!("{DIR}/a-structural-one-alone.yaml"))).len(), 1);
    assert_eq!(places(&message(&format!("{DIR}/several-at-once.yaml"))).len(), 5);
}

/// A project with one drill of these bytes.
fn project(name: &str, bytes: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("drills")).unwrap();
    std::fs::create_dir_all(dir.path().join("fixtures/postgres")).unwrap();
    std::fs::copy(root().join("fixtures/postgres/orders.sql"), dir.path().join("fixtures/postgres/orders.sql"))
        .unwrap();
    std::fs::write(dir.path().join("drills").join(name), bytes).unwrap();
    dir
}

fn shipped() -> String {
    std::fs::read_to_string(root().join("drills/postgres.yaml")).unwrap()
}

/// What `drill validate` says of a project: exit code, stdout, stderr.
fn validated(dir: &Path) -> (Option<i32>, String, String) {
    let out = drill(dir, &["validate"]);
    (
        out.status.code(),
        text(&out.stdout),
        text(&out.stderr).replace(dir.canonicalize().unwrap().to_str().unwrap(), "/project"),
    )
}

#[test]
fn fifty_megabytes_are_not_even_read() {
    let dir = project("big.yaml", b"");
    let file = std::fs::File::options().write(true).open(dir.path().join("drills/big.yaml")).unwrap();
    file.set_len(50 << 20).unwrap();
    let start = Instant::now();
    let (code, out, err) = validated(dir.path());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert_eq!(
        err,
        "error: 52428800 bytes are no definition: the limit is 1048576
  ┌─ drills/big.yaml:1:1
1 │
  │ ^ is it the file that is meant?
1 error in 1 of 1 file, nothing started
"
    );
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let dir = project("odd.yaml", b"drill: odd\nowner: caf\xe9 team\n");
    let (code, _, err) = validated(dir.path());
    assert_eq!(code, Some(2));
    assert_eq!(
        err,
        "error: this is not UTF-8
  ┌─ drills/odd.yaml:2:11
2 │ owner: caf\u{fffd} team
  │           ^ save it as UTF-8
1 error in 1 of 1 file, nothing started
"
    );
}

#[test]
fn a_mark_of_the_encoding_moves_no_place() {
    let dir =
        project("postgres.yaml", format!("\u{feff}limit: 7\n{}", shipped().replace("limit: 2s\n", "")).as_bytes());
    let (_, _, err) = validated(dir.path());
    let place = "  ┌─ drills/postgres.yaml:1:8\n1 │ limit: 7\n  │        ^ write `7s`";
    assert!(err.contains(place), "{err}");
}

#[test]
fn a_seed_behind_a_link_that_leaves_the_project_is_refused() {
    let dir = project("postgres.yaml", shipped().as_bytes());
    let seed = dir.path().join("fixtures/postgres/orders.sql");
    std::fs::remove_file(&seed).unwrap();
    std::os::unix::fs::symlink(root().join("fixtures/postgres/orders.sql"), &seed).unwrap();
    let (code, _, err) = validated(dir.path());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: `fixtures/postgres/orders.sql` leaves the project\n"), "{err}");
}

#[test]
fn a_drill_file_with_the_wrong_ending_is_no_silent_nothing() {
    let dir = project("postgres.yml", shipped().as_bytes());
    let (code, _, err) = validated(dir.path());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: drill files end in `.yaml`\n  ┌─ drills/postgres.yml:1:1\n"), "{err}");
}

#[test]
fn one_wrong_file_of_two_is_counted_so() {
    let dir = project("postgres.yaml", shipped().as_bytes());
    let (code, out, err) = validated(dir.path());
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "1 file is valid\n", ""));
    std::fs::write(dir.path().join("drills/other.yaml"), shipped()).unwrap();
    let (code, out, err) = validated(dir.path());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.ends_with("1 error in 1 of 2 files, nothing started\n"), "{err}");
    std::fs::write(dir.path().join("drills/other.yaml"), shipped().replace("drill: postgres", "drill: other")).unwrap();
    assert_eq!(validated(dir.path()).1, "2 files are valid\n");
}

/// A message with the names of the shipped drills.
fn have(before: &str, after: &str) -> String {
    let files = std::fs::read_dir("drills").unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter(|file| file.extension().is_some_and(|x| x == "yaml"));
    let mut names: Vec<String> = named.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.retain(|name| !["exceptions", "inventory"].contains(&name.as_str()));
    names.sort();
    format!("{before} (have: {}){after}", names.join(", "))
}

#[test]
fn a_name_that_selects_nothing() {
    let said = |selection: &[&str]| {
        let selection: Vec<String> = selection.iter().map(ToString::to_string).collect();
        load(Path::new("drills"), &selection).unwrap_err().render(false)
    };
    for (selection, message) in [
        ("postgrs", have("no drill `postgrs` in drills/", "; did you mean `postgres`?").as_str()),
        ("zebra", have("no drill `zebra` in drills/", "").as_str()),
        ("x*", have("no drill `x*` in drills/", "").as_str()),
        (
            "postgres/revok",
            "no scenario `revok` in postgres (have: revoke, person, expire, renew, teardown, incident-role, incident-mount); did you mean `postgres/revoke`?",
        ),
        ("postgres/", "`postgres/` is no NAME or NAME/SCENARIO; globs know `*` and `?`"),
        ("a/b/c", "`a/b/c` is no NAME or NAME/SCENARIO; globs know `*` and `?`"),
    ] {
        assert_eq!(said(&[selection]), format!("error: {message}\n"));
    }
    // One good name does not hide a wrong one.
    assert!(said(&["postgres", "postgrs"]).starts_with("error: no drill `postgrs`"));
}

#[test]
fn no_drills_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let (code, _, err) = validated(dir.path());
    assert_eq!(code, Some(2));
    assert_eq!(err, "error: cannot be read: drills: no such file or directory; tried /project/drills\n");
    std::fs::create_dir(dir.path().join("drills")).unwrap();
    std::fs::write(dir.path().join("drills/exceptions.yaml"), "").unwrap();
    let (code, _, err) = validated(dir.path());
    assert_eq!(code, Some(2));
    assert_eq!(err, "error: no drills in drills (/project/drills); `--drills DIR` says where they are\n");
}

/// A run stops at the same message, before anything is started.
#[cfg(feature = "engine")]
#[test]
fn a_run_of_nothing_is_a_usage_error() {
    let dir = project("postgres.yaml", shipped().as_bytes());
    let out = drill(dir.path(), &["run", "postgrs"]);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(text(&out.stderr), "error: no drill `postgrs` in drills/ (have: postgres); did you mean `postgres`?\n");
    assert!(!dir.path().join("reports").exists());
}

/// The other side of each border: what looks odd and is right.
#[test]
fn what_is_odd_and_right() {
    let shipped = shipped();
    let with = |from: &str, to: &str| {
        assert!(shipped.contains(from), "{from}");
        shipped.replacen(from, to, 1)
    };
    for (why, text) in [
        ("a mark of the encoding", format!("\u{feff}{shipped}")),
        ("lines that end as Windows ends them", shipped.replace('\n', "\r\n")),
        ("no newline at the end", shipped.trim_end().to_string()),
        ("the end of the document is marked", format!("---\n{shipped}...\n")),
        ("the default is the maximum", with("max_ttl: 4h", "max_ttl: 60m")),
        ("the control lives exactly ten times as long", with("expire: 2s", "expire: 6m")),
        ("quotes", with("owner: team-platform", "owner: 'Team \"Platform\", 2nd floor'")),
        (
            "a merge key",
            with("  revoke: {", "  first: &r { trigger: revoke }\n  again: { <<: *r, limit: 1s }\n  revoke: {"),
        ),
        ("no sessions are claimed", with("{ trigger: revoke }", "{ trigger: revoke, sessions: {} }")),
        ("a version in quotes", with("postgres:17", "\"postgres:17.2\"")),
        (
            "a statement of several lines",
            with("- SELECT * FROM payroll", "- |\n        SELECT *\n          FROM payroll"),
        ),
    ] {
        let dir = project("postgres.yaml", text.as_bytes());
        let (code, out, err) = validated(dir.path());
        assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "1 file is valid\n", ""), "{why}");
    }
}
