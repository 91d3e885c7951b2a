//! A small run's directory as a run leaves it, keys as OpenSSL writes them, and the two commands.

use base64::Engine as _;
use drill::command::seal;
use drill::exit::Exit;
use drill::history::{History, replay};
use drill::seal::{PrivateKey, PublicKey};
use drill::secret::Redactor;
use drill::verdict::judge;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

pub const ENVELOPE: &str = drill::seal::ENVELOPE;

/// Of `fixtures/histories`, with a definition's hash and a job.
pub fn history(name: &str) -> History {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/histories/{name}.jsonl"));
    let mut history = replay(&file).unwrap().history;
    history.head.run = "20261124-073102-k3x9".into();
    history.head.program = env!("CARGO_PKG_VERSION").into();
    history.head.by.job = Some("https://ci.example/runs/991".into());
    history.head.drills.iter_mut().for_each(|drill| drill.sha256 = crate::common::hex('e'));
    history
}

pub fn write_events(dir: &Path, history: &History) {
    let mut text = serde_json::to_string(&history.head).unwrap() + "\n";
    for event in &history.events {
        writeln!(text, "{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("events.jsonl"), text).unwrap();
}

pub fn render(dir: &Path, history: &History) {
    drill::report::write_to(dir, history, &judge(history), &Redactor::default()).unwrap();
}

/// Events, reports, and a server's log.
pub fn write(dir: &Path, history: &History) {
    write_events(dir, history);
    fs::create_dir_all(dir.join("logs")).unwrap();
    fs::write(dir.join("logs/openbao.log"), "core: successful mount\n").unwrap();
    render(dir, history);
}

/// A temporary place with a run's directory and two pairs of keys.
pub struct Place {
    pub tmp: tempfile::TempDir,
    pub dir: PathBuf,
    pub key: PathBuf,
    pub public: PathBuf,
    pub other_key: PathBuf,
    pub other_public: PathBuf,
}

pub fn place(name: &str) -> Place {
    let tmp = tempfile::tempdir().unwrap();
    let at = |name: &str| tmp.path().join(name);
    let place = Place {
        dir: at("run"),
        key: at("key.pem"),
        public: at("key.pub.pem"),
        other_key: at("other.pem"),
        other_public: at("other.pub.pem"),
        tmp,
    };
    write(&place.dir, &history(name));
    for (seed, key, public) in [(7, &place.key, &place.public), (9, &place.other_key, &place.other_public)] {
        private(key, &pem([seed; 32]));
        fs::write(
            public,
            SigningKey::from_bytes(&[seed; 32]).verifying_key().to_public_key_pem(LineEnding::LF).unwrap(),
        )
        .unwrap();
    }
    place
}

pub fn signed(name: &str) -> Place {
    let place = place(name);
    let (exit, out, err) = sign(&place.dir, &place.key);
    assert_eq!((exit, err.as_str()), (Exit::Passed, ""), "{out}");
    place
}

/// As `openssl genpkey -algorithm ed25519` writes it.
pub fn pem(seed: [u8; 32]) -> String {
    let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let body = base64::engine::general_purpose::STANDARD.encode([&prefix[..], &seed].concat());
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}

/// A file that only its owner can read.
pub fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

pub fn private_key(place: &Place) -> PrivateKey {
    PrivateKey::read(&place.key, &Redactor::default()).unwrap()
}

pub fn public_key(place: &Place) -> PublicKey {
    PublicKey::read(&place.public).unwrap()
}

pub fn sign(dir: &Path, key: &Path) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = seal::sign(dir, key, &Redactor::default(), &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

pub fn verify(dir: &Path, key: Option<&Path>) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = seal::verify(dir, key, &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// All files below a directory, with their names.
pub fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let files = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(Result::unwrap);
    files
        .filter(|e| e.file_type().is_file())
        .map(|e| (e.path().strip_prefix(dir).unwrap().display().to_string(), fs::read(e.path()).unwrap()))
        .collect()
}
