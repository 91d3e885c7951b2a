//! Keys: what is none, what leaks none.

use crate::run::{self, pem, private, sign, verify};
use drill::exit::Exit;
use drill::seal::{PrivateKey, PublicKey};
use drill::secret::{PLACEHOLDER, Redactor};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// NIST P-256, made for this test.
const EC: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzhBIqkrJXZXmv+VE
AVmID6y9v+v+pqxinHzZxIEJwlShRANCAARQdXrO8hLU00nS3oMn6XeS4Vasrg2F
dUPZWfmNt3gJxODSJDWLXjOfJaOn+dubenjo85fCzpt492FaHjxPRxYB
-----END PRIVATE KEY-----
";

#[test]
fn what_is_no_private_key() {
    let place = run::place("sound-revoke");
    let good = pem([7; 32]);
    let path = place.tmp.path().join("bad.pem");
    let encrypted = good.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let ssh = good.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY");
    let public = fs::read_to_string(&place.public).unwrap();
    for (text, says) in [
        ("", "no key in PEM"),
        ("not a key", "no key in PEM"),
        ("-----BEGIN PRIVATE KEY", "no key in PEM"),
        (EC, "no Ed25519 key"),
        (encrypted.as_str(), "is encrypted"),
        (ssh.as_str(), "no Ed25519 key"),
        (public.as_str(), "it is a public key"),
        (&good[..60], "no Ed25519 key"),
        (&good.replace("MC4C", "MC4D"), "no Ed25519 key"),
        (&"x".repeat(70_000), "too long"),
    ] {
        private(&path, text);
        let (exit, out, err) = sign(&place.dir, &path);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{says}");
        assert!(err.starts_with("error: ") && err.contains("bad.pem") && err.contains(says), "{says}: {err}");
        assert!(!err.contains(body(&good)), "{err}");
        assert!(!place.dir.join(run::ENVELOPE).exists());
    }
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert!(sign(&place.dir, &path).2.contains("is no text"));
    fs::remove_file(&path).unwrap();
    let (exit, _, err) = sign(&place.dir, &path);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("cannot read the key") && err.contains("bad.pem"), "{err}");
    assert!(sign(&place.dir, place.tmp.path()).2.contains("it is a directory"));
}

#[test]
fn what_is_no_public_key() {
    let place = run::signed("sound-revoke");
    let path = place.tmp.path().join("bad.pub.pem");
    let good = fs::read_to_string(&place.public).unwrap();
    let private_text = pem([7; 32]);
    // The neutral point: for it anybody's signature would do.
    let weak = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";
    for (text, says) in [
        ("", "no key in PEM"),
        (&good[..50], "no Ed25519 public key"),
        (weak, "no Ed25519 public key"),
        (private_text.as_str(), "it is a private key"),
    ] {
        fs::write(&path, text).unwrap();
        let (exit, out, err) = verify(&place.dir, Some(&path));
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{says}: {err}");
        assert!(err.contains("bad.pub.pem") && err.contains(says), "{says}: {err}");
        assert!(!err.contains(body(&private_text)), "{err}");
    }
    let (exit, out, _) = verify(&place.dir, Some(&place.other_public));
    assert_eq!(exit, Exit::Failed);
    assert!(out.contains("names the key"), "{out}");
    // Line ends of another system.
    fs::write(&path, good.replace('\n', "\r\n")).unwrap();
    assert_eq!(verify(&place.dir, Some(&path)).0, Exit::Passed);
}

fn body(pem: &str) -> &str {
    pem.lines().nth(1).unwrap()
}

#[test]
fn the_key_never_shows() {
    let place = run::signed("sound-revoke");
    let redactor = Redactor::default();
    let key = PrivateKey::read(&place.key, &redactor).unwrap();
    assert_eq!(format!("{key:?}"), "[private key]");
    let text = pem([7; 32]);
    assert_eq!(redactor.clean(&format!("a line with {}", body(&text))), format!("a line with {PLACEHOLDER}"));
    for (name, bytes) in run::files(&place.dir) {
        let shown = String::from_utf8_lossy(&bytes);
        assert!(!shown.contains(body(&text)), "{name}");
        assert!(!bytes.windows(32).any(|w| w == [7; 32]), "{name}");
    }
}

#[test]
fn a_fingerprint_is_that_of_openssl() {
    // printf … | openssl pkey -pubin -outform DER | sha256sum
    let place = run::place("sound-revoke");
    let key = PublicKey::read(&place.public).unwrap();
    assert_eq!(key.fingerprint(), "324be2dea8bc44461b0233e51fa48902ed6b1cc671e7739af2551e0bfe68f54e");
    assert_eq!(run::private_key(&place).public(), run::public_key(&place));
}

#[test]
fn a_key_that_others_can_read_is_told_and_used() {
    let place = run::place("sound-revoke");
    fs::set_permissions(&place.key, fs::Permissions::from_mode(0o644)).unwrap();
    let (exit, _, err) = sign(&place.dir, &place.key);
    assert_eq!(exit, Exit::Passed);
    assert!(err.starts_with("warning: ") && err.contains("mode 0644") && err.contains("chmod 600"), "{err}");
}

#[test]
fn a_key_in_the_directory_is_refused() {
    let place = run::place("sound-revoke");
    let inside = place.dir.join("logs/key.pem");
    private(&inside, &pem([7; 32]));
    let (exit, _, err) = sign(&place.dir, &inside);
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("would be published"), "{err}");
}
