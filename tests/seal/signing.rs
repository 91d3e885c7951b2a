//! What is signed, what is refused, and what is said.

use crate::run::{self, ENVELOPE, sign, verify};
use drill::exit::Exit;
use std::fs;
use std::os::unix::ffi::OsStrExt;

#[test]
fn signed_and_verified() {
    let place = run::place("resurrected");
    let (exit, out, err) = sign(&place.dir, &place.key);
    assert_eq!((exit, err.as_str()), (Exit::Passed, ""));
    assert!(out.starts_with("signed: ") && out.contains("run 20261124-073102-k3x9   FAILED"), "{out}");
    assert!(out.contains(&run::public_key(&place).fingerprint()), "{out}");
    let (exit, out, err) = verify(&place.dir, Some(&place.public));
    assert_eq!((exit, err.as_str()), (Exit::Passed, ""));
    // Verified is the evidence, not the system: its verdict stands beside it.
    assert!(out.starts_with("verified: ") && out.contains("\n  verdict   FAILED: "), "{out}");
    assert!(out.contains("7 as signed, none missing, none added"), "{out}");
    let (exit, out, _) = verify(&place.dir, None);
    assert_eq!(exit, Exit::Inconclusive);
    assert!(out.starts_with("intact, signer unverified: "), "{out}");
    assert!(out.contains(&run::public_key(&place).fingerprint()), "{out}");
}

#[test]
fn the_same_again_is_the_same_and_another_signer_is_said() {
    let place = run::signed("resurrected");
    let before = fs::read(place.dir.join(ENVELOPE)).unwrap();
    let (exit, _, err) = sign(&place.dir, &place.key);
    assert_eq!((exit, err.as_str()), (Exit::Passed, ""));
    assert_eq!(fs::read(place.dir.join(ENVELOPE)).unwrap(), before);
    let (exit, _, err) = sign(&place.dir, &place.other_key);
    assert_eq!(exit, Exit::Passed);
    assert!(err.contains("is replaced: one by") && err.contains(&run::public_key(&place).fingerprint()), "{err}");
    // Rendering again does not break the seal.
    run::render(&place.dir, &run::history("resurrected"));
    assert_eq!(verify(&place.dir, Some(&place.other_public)).0, Exit::Passed);
}

#[test]
fn through_a_link_to_the_directory() {
    let place = run::signed("resurrected");
    let latest = place.tmp.path().join("latest");
    std::os::unix::fs::symlink("run", &latest).unwrap();
    assert_eq!(verify(&latest, Some(&place.public)).0, Exit::Passed);
}

#[test]
fn what_cannot_be_bound_is_refused() {
    let refused = |what: &str, make: &dyn Fn(&std::path::Path)| {
        let place = run::place("sound-revoke");
        make(&place.dir);
        let (exit, out, err) = sign(&place.dir, &place.key);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{what}");
        assert!(err.starts_with("error: ") && err.contains(what), "{what}: {err}");
        assert!(!place.dir.join(ENVELOPE).is_file(), "{what}");
    };
    refused("more: is a link", &|dir| std::os::unix::fs::symlink("/etc/passwd", dir.join("more")).unwrap());
    refused("logs/more: is a link", &|dir| std::os::unix::fs::symlink("..", dir.join("logs/more")).unwrap());
    refused("evidence.intoto.jsonl: is a link", &|dir| {
        std::os::unix::fs::symlink("/dev/null", dir.join(ENVELOPE)).unwrap();
    });
    refused("socket: is no regular file", &|dir| {
        std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
    });
    refused("has a name that is no text", &|dir| {
        fs::write(dir.join(std::ffi::OsStr::from_bytes(b"\xff\x1b")), "").unwrap();
    });
    refused("events.jsonl is not there", &|dir| fs::remove_file(dir.join("events.jsonl")).unwrap());
    refused("it is empty", &|dir| fs::write(dir.join("events.jsonl"), "").unwrap());
    refused("too deep", &|dir| fs::create_dir_all(dir.join("1/2/3/4/5/6/7/8/9/10")).unwrap());
    refused("cannot read", &|dir| fs::remove_dir_all(dir).unwrap());
}

#[test]
fn nothing_to_verify() {
    let tmp = tempfile::tempdir().unwrap();
    for dir in [tmp.path().to_owned(), tmp.path().join("none"), tmp.path().join("file")] {
        if dir.ends_with("file") {
            fs::write(&dir, "").unwrap();
        }
        let (exit, out, err) = verify(&dir, None);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
        assert!(err.starts_with("error: "), "{err}");
        fs::remove_file(&dir).ok();
    }
}
