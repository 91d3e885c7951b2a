//! Every way to alter a signed directory, for every file in it: verification fails and names what was altered.

use crate::run::{self, ENVELOPE, Place, files, verify};
use drill::exit::Exit;
use std::fs;
use std::path::Path;

/// Fails, names the file, and calls nothing verified or intact.
#[track_caller]
fn fails(place: &Place, names: &[&str], what: &str) -> String {
    let (exit, out, err) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Failed, "{what}: {out}{err}");
    assert!(out.starts_with("altered: "), "{what}: {out}");
    for word in ["verified:", "intact", "PASSED", "follow from the evidence, judged"] {
        assert!(!out.contains(word), "{what}: {out}");
    }
    for name in names {
        assert!(out.contains(&format!("✗ {name}: ")), "{what}: {name} is not named: {out}");
    }
    out
}

fn verifies(place: &Place) {
    let (exit, out, err) = verify(&place.dir, Some(&place.public));
    assert_eq!((exit, err.as_str()), (Exit::Passed, ""), "{out}");
    assert!(out.starts_with("verified: "), "{out}");
}

/// All positions of a short file; of a longer one the first, the last and some between.
fn positions(length: usize) -> Vec<usize> {
    let step = if length <= 64 { 1 } else { length.div_ceil(24) };
    (0..length).step_by(step).chain([length - 1]).collect()
}

#[test]
fn one_byte_anywhere() {
    let place = run::signed("resurrected");
    let all = files(&place.dir);
    assert!(all.len() >= 6, "events, evidence, two reports, a log, the envelope");
    for (name, bytes) in &all {
        for at in positions(bytes.len()) {
            for bit in [0x01, 0x20] {
                let mut other = bytes.clone();
                other[at] ^= bit;
                fs::write(place.dir.join(name), &other).unwrap();
                fails(&place, &[name], &format!("{name}, byte {at} ^ {bit}"));
            }
        }
        fs::write(place.dir.join(name), bytes).unwrap();
    }
    verifies(&place);
}

#[test]
fn every_byte_of_the_envelopes_signature_and_frame() {
    let place = run::signed("resurrected");
    let path = place.dir.join(ENVELOPE);
    let bytes = fs::read(&path).unwrap();
    // What stands before and after the payload: keys, type, keyid, signature, punctuation, the end of the line.
    let frame = bytes.len() - 220;
    for at in (0..70).chain(frame..bytes.len()) {
        for other in [bytes[at] ^ 1, b' ', b'\n', b'A'] {
            let mut altered = bytes.clone();
            altered[at] = other;
            if altered != bytes {
                fs::write(&path, &altered).unwrap();
                fails(&place, &[ENVELOPE], &format!("byte {at} becomes {other}"));
            }
        }
    }
}

#[test]
fn cut_lengthened_emptied_removed() {
    let place = run::signed("resurrected");
    for (name, bytes) in files(&place.dir) {
        let path = place.dir.join(&name);
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..cut]).unwrap();
            fails(&place, &[&name], &format!("{name} cut to {cut}"));
        }
        for more in ["\n", " ", "\0", "{}"] {
            fs::write(&path, [&bytes, more.as_bytes()].concat()).unwrap();
            fails(&place, &[&name], &format!("{name} and {more:?}"));
        }
        fs::remove_file(&path).unwrap();
        if name == ENVELOPE {
            // Nothing is left that could be checked against a key: not verified, and it says what is not there.
            let (exit, out, _) = verify(&place.dir, Some(&place.public));
            assert_eq!(exit, Exit::Inconclusive);
            assert!(out.starts_with("unsigned: ") && out.contains(&format!("{ENVELOPE} is not there")), "{out}");
        } else {
            let out = fails(&place, &[&name], &format!("{name} removed"));
            assert!(out.contains(&format!("{name}: is missing")), "{out}");
            assert_eq!(out.matches(&format!("✗ {name}: ")).count(), 1, "told once: {out}");
        }
        fs::write(&path, &bytes).unwrap();
    }
    verifies(&place);
}

#[test]
fn added_and_renamed() {
    let place = run::signed("resurrected");
    for name in ["extra.txt", "logs/extra.log", ".hidden", "READINESS.md", "logs/evidence.intoto.jsonl", "x\u{1b}[2Jy"]
    {
        let path = place.dir.join(name);
        fs::write(&path, "").unwrap();
        let out = fails(&place, &[], name);
        assert!(out.contains("was added") && !out.contains('\u{1b}'), "{out}");
        fs::remove_file(path).unwrap();
    }
    for (name, _) in files(&place.dir) {
        let (from, to) = (place.dir.join(&name), place.dir.join("moved"));
        fs::rename(&from, &to).unwrap();
        if name == ENVELOPE {
            let (exit, out, _) = verify(&place.dir, Some(&place.public));
            assert_eq!(exit, Exit::Inconclusive);
            assert!(out.starts_with("unsigned: ") && out.contains(ENVELOPE), "{out}");
        } else {
            let out = fails(&place, &[&name], &name);
            assert!(out.contains(&format!("{name}: was renamed to moved")), "{out}");
        }
        fs::rename(&to, &from).unwrap();
    }
    verifies(&place);
}

#[test]
fn a_link_or_a_socket_instead_of_a_file() {
    let place = run::signed("resurrected");
    for (name, bytes) in files(&place.dir) {
        let (path, beside) = (place.dir.join(&name), place.tmp.path().join("beside"));
        fs::rename(&path, &beside).unwrap();
        std::os::unix::fs::symlink(&beside, &path).unwrap();
        let out = fails(&place, &[&name], &name);
        assert!(out.contains(&format!("{name}: is a link")), "{out}");
        fs::remove_file(&path).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        fails(&place, &[&name], &name);
        drop(socket);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let (exit, _, _) = verify(&place.dir, Some(&place.public));
        assert!(matches!(exit, Exit::Failed | Exit::Usage), "{name}");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    verifies(&place);
}

/// Two runs that differ in their id alone, both signed by the same key.
fn two_runs() -> (Place, Place) {
    let one = run::signed("resurrected");
    let two = run::place("resurrected");
    let mut history = run::history("resurrected");
    history.head.run = "20261125-080000-zzzz".into();
    run::write(&two.dir, &history);
    let (exit, ..) = run::sign(&two.dir, &two.key);
    assert_eq!(exit, Exit::Passed);
    (one, two)
}

fn swap(a: &Path, b: &Path) {
    let (in_a, in_b) = (fs::read(a).unwrap(), fs::read(b).unwrap());
    fs::write(a, in_b).unwrap();
    fs::write(b, in_a).unwrap();
}

#[test]
fn files_of_two_runs_swapped() {
    let (one, two) = two_runs();
    for (name, bytes) in files(&one.dir) {
        let (a, b) = (one.dir.join(&name), two.dir.join(&name));
        if fs::read(&b).unwrap() == bytes {
            continue; // the servers' logs are the same
        }
        swap(&a, &b);
        for place in [&one, &two] {
            let out = fails(place, &[&name], &name);
            if name == ENVELOPE {
                assert!(out.contains("is about run 2026112"), "{out}");
            }
        }
        swap(&a, &b);
    }
    verifies(&one);
    verifies(&two);
}

#[test]
fn files_of_one_run_swapped() {
    let place = run::signed("resurrected");
    let (a, b) = (place.dir.join("junit.xml"), place.dir.join("readiness.md"));
    swap(&a, &b);
    let out = fails(&place, &["junit.xml", "readiness.md"], "swapped");
    assert!(out.contains("it holds what was signed as readiness.md"), "{out}");
    swap(&a, &b);
    verifies(&place);
}

#[test]
fn an_event_replaced_and_everything_rendered_again() {
    let place = run::signed("resurrected");
    let mut history = run::history("resurrected");
    // Without its last refusal-breaking acceptances the credential would have stayed dead.
    history.events.truncate(history.events.len() - 5);
    run::write(&place.dir, &history);
    fails(&place, &["events.jsonl", "evidence.json", "junit.xml", "readiness.md", ENVELOPE], "without a signature");
    // With another key it is consistent, and another's.
    let (exit, ..) = run::sign(&place.dir, &place.other_key);
    assert_eq!(exit, Exit::Passed);
    let out = fails(&place, &[ENVELOPE], "another key");
    assert_eq!(out.matches('✗').count(), 1, "{out}");
    let (exit, out, _) = verify(&place.dir, None);
    assert_eq!(exit, Exit::Inconclusive, "{out}");
    assert!(out.starts_with("intact, signer unverified: "), "{out}");
}
