//! Ed25519 keys from PEM files as OpenSSL writes them.

use super::SealError;
use crate::report;
use crate::secret::{Redactor, Secret};
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// No key file is longer, in bytes.
const LONGEST: u64 = 64 << 10;

/// Signs. Wiped when it is dropped.
pub struct PrivateKey(SigningKey);

/// Verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[private key]")
    }
}

impl PrivateKey {
    /// Reads PKCS#8 PEM: `openssl genpkey -algorithm ed25519`. The text becomes known to the redactor.
    ///
    /// # Errors
    /// It cannot be read, or is no such key; never with anything of its text.
    pub fn read(path: &Path, redactor: &Redactor) -> Result<Self, SealError> {
        let text = read(path)?;
        // A text that grows leaves copies behind.
        let mut body = String::with_capacity(text.len());
        body.extend(text.lines().filter(|l| !l.starts_with("-----")).map(str::trim));
        // The lines by themselves too: an error would show one of them at most.
        let (pem, _body) = (Secret::new(text.as_str(), redactor), Secret::new(body, redactor));
        let wrong = |what: &str, help: &str| Err(SealError::new(format!("{}: {what}", path.display())).help(help));
        match label(&text) {
            Some("PRIVATE KEY") => {}
            Some("ENCRYPTED PRIVATE KEY") => {
                return wrong(
                    "the key is encrypted, and drill asks for no passphrase",
                    "openssl pkey -in FILE, and hand over what it prints: --key <(openssl pkey -in FILE)",
                );
            }
            Some("PUBLIC KEY") => return wrong("it is a public key, and a private one signs", MAKE),
            Some(_) => return wrong("it is no Ed25519 key in PKCS#8", MAKE),
            None => return wrong("no key in PEM stands in it", MAKE),
        }
        match SigningKey::from_pkcs8_pem(pem.expose()) {
            Ok(key) => Ok(Self(key)),
            Err(_) => wrong("it is no Ed25519 key in PKCS#8", MAKE),
        }
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// Reads PEM: `openssl pkey -in KEY -pubout`.
    ///
    /// # Errors
    /// It cannot be read, or is no such key.
    pub fn read(path: &Path) -> Result<Self, SealError> {
        let text = read(path)?;
        let wrong = |what: &str| Err(SealError::new(format!("{}: {what}", path.display())).help(PUBLIC));
        match label(&text) {
            Some("PUBLIC KEY") => {}
            Some(label) if label.ends_with("PRIVATE KEY") => {
                return wrong("it is a private key: keep it where it signs, the public one verifies");
            }
            Some(_) => return wrong("it is no Ed25519 public key"),
            None => return wrong("no key in PEM stands in it"),
        }
        match VerifyingKey::from_public_key_pem(&text) {
            // With a weak key, anybody's signature would do.
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => wrong("it is no Ed25519 public key"),
        }
    }

    /// SHA-256 over the DER of the key's `SubjectPublicKeyInfo`, hex: `openssl pkey -pubin -in KEY -outform DER | sha256sum`.
    pub fn fingerprint(&self) -> String {
        let der = self.0.to_public_key_der().expect("32 bytes can be encoded");
        report::sha256(der.as_bytes())
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

const MAKE: &str = "openssl genpkey -algorithm ed25519 -out FILE";
const PUBLIC: &str = "openssl pkey -in PRIVATE -pubout -out FILE";

/// Others than its owner can read it: the permission bits, where the file has any that count.
pub fn readable_by_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o044 != 0).then_some(mode)
}

fn read(path: &Path) -> Result<Zeroizing<String>, SealError> {
    let cannot =
        |what: &dyn std::fmt::Display| SealError::new(format!("cannot read the key {}: {what}", path.display()));
    if fs::metadata(path).map_err(|e| cannot(&e))?.is_dir() {
        return Err(cannot(&"it is a directory"));
    }
    // All at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(LONGEST).unwrap_or(0)]);
    let mut file = File::open(path).map_err(|e| cannot(&e))?;
    let mut length = 0;
    loop {
        let read = file.read(&mut bytes[length..]).map_err(|e| cannot(&e))?;
        if read == 0 {
            break;
        }
        length += read;
    }
    if length == bytes.len() {
        return Err(cannot(&"it is too long for a key"));
    }
    let text = std::str::from_utf8(&bytes[..length]).map_err(|_| cannot(&"it is no text; a key in PEM is wanted"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// What the first PEM block says that it is.
fn label(text: &str) -> Option<&str> {
    let rest = &text[text.find("-----BEGIN ")? + "-----BEGIN ".len()..];
    rest.split_once("-----").map(|(label, _)| label)
}
