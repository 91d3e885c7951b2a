//! Keys and certificates that drill makes itself, and what a probe presents.

use crate::backend::{BackendError, Credential};
use crate::secret::{Redactor, Secret};
use russh::keys::ssh_key::certificate::{Builder, CertType};
use russh::keys::ssh_key::{Certificate, LineEnding, PrivateKey, PublicKey};
use russh::keys::{Algorithm, HashAlg};
use std::ops::Range;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A forged certificate is valid for so long around now, s.
const VALID_AROUND: u64 = 3_600;

/// What a client presents.
pub struct Presented {
    /// Its key.
    pub key: Arc<PrivateKey>,
    /// What an authority says of it; none for a plain key.
    pub certificate: Option<Certificate>,
}

/// A new key.
///
/// # Errors
/// None can be made.
pub fn new_key() -> Result<PrivateKey, BackendError> {
    PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).map_err(|e| failed(&e))
}

/// Its text, as a file has it. Each line of it is made known too.
///
/// # Errors
/// It cannot be written.
pub fn private_text(key: &PrivateKey, redactor: &Redactor) -> Result<Secret, BackendError> {
    let text = Secret::new(key.to_openssh(LineEnding::LF).map_err(|e| failed(&e))?.to_string(), redactor);
    text.key_lines().for_each(|line| drop(Secret::new(line, redactor)));
    Ok(text)
}

/// The public half in one line.
///
/// # Errors
/// It cannot be written.
pub fn public_text(key: &PrivateKey) -> Result<String, BackendError> {
    key.public_key().to_openssh().map_err(|e| failed(&e))
}

/// As sshd's log has it.
///
/// # Errors
/// It is no public key.
pub fn fingerprint(public: &str) -> Result<String, BackendError> {
    Ok(PublicKey::from_openssh(public).map_err(|e| failed(&e))?.fingerprint(HashAlg::Sha256).to_string())
}

/// A certificate with its key. The name is the serial, in the decimal digits of sshd's log and of its lists.
///
/// # Errors
/// It is no certificate.
pub fn certified(key: &PrivateKey, certificate: &str, redactor: &Redactor) -> Result<Credential, BackendError> {
    let serial = stated(certificate)?.serial;
    let text = private_text(key, redactor)?;
    let both = format!("{}\n{}\n", text.expose().trim_end(), certificate.trim());
    Ok(Credential { name: serial.to_string(), secret: Secret::new(both, redactor) })
}

/// A key that nobody signed. Its name is its fingerprint.
///
/// # Errors
/// None can be made.
pub fn plain(redactor: &Redactor) -> Result<Credential, BackendError> {
    let key = new_key()?;
    let name = key.fingerprint(HashAlg::Sha256).to_string();
    Ok(Credential { name, secret: private_text(&key, redactor)? })
}

/// What a certificate of drill's own says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The principal.
    pub user: String,
    /// Its serial.
    pub serial: u64,
    /// Seconds of the clock.
    pub valid: Range<u64>,
}

impl Wish {
    /// Valid now.
    pub fn now(user: &str, serial: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let valid = now.saturating_sub(VALID_AROUND)..now.saturating_add(VALID_AROUND);
        Self { user: user.into(), serial, valid }
    }
}

/// Such a certificate by an authority that nobody was told of.
///
/// # Errors
/// None can be made.
pub fn forged(wish: &Wish, redactor: &Redactor) -> Result<Credential, BackendError> {
    sign(&new_key()?, wish, redactor)
}

/// A certificate, with a new key.
///
/// # Errors
/// None can be made.
pub fn sign(authority: &PrivateKey, wish: &Wish, redactor: &Redactor) -> Result<Credential, BackendError> {
    let key = new_key()?;
    let signed = || {
        let (public, Range { start, end }) = (key.public_key().key_data().clone(), wish.valid.clone());
        let mut builder = Builder::new_with_random_nonce(&mut rand::rng(), public, start, end)?;
        builder.serial(wish.serial)?.cert_type(CertType::User)?.key_id("drill")?.valid_principal(wish.user.as_str())?;
        builder.sign(authority)?.to_openssh()
    };
    certified(&key, &signed().map_err(|e| failed(&e))?, redactor)
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Its serial.
    pub serial: u64,
    /// Seconds of the clock.
    pub valid: Range<u64>,
    /// Who may be logged in as.
    pub principals: Vec<String>,
    /// It is a user's, not a server's.
    pub of_a_user: bool,
}

impl Stated {
    /// It lets in as this user and as nobody else; one without principals lets in as everybody.
    pub fn is_for_user(&self, user: &str) -> bool {
        self.of_a_user && self.principals == [user]
    }
}

/// Reads a certificate.
///
/// # Errors
/// It is none.
pub fn stated(certificate: &str) -> Result<Stated, BackendError> {
    let parsed = Certificate::from_openssh(certificate.trim()).map_err(|e| failed(&e))?;
    Ok(Stated {
        serial: parsed.serial(),
        valid: parsed.valid_after()..parsed.valid_before(),
        principals: parsed.valid_principals().to_vec(),
        of_a_user: parsed.cert_type() == CertType::User,
    })
}

/// What a credential's secret holds: a key, and behind it a certificate if there is one.
///
/// # Errors
/// It is neither.
pub fn presented(credential: &Credential) -> Result<Presented, BackendError> {
    // What is wrong with it is not said: it may hold the key.
    let unusable = || BackendError(format!("{} is no key with its certificate", credential.name));
    let text = credential.secret.expose();
    let end = text.find("-----END OPENSSH PRIVATE KEY-----").ok_or_else(unusable)?;
    let (key, rest) = text.split_at(text[end..].find('\n').map_or(text.len(), |n| end + n + 1));
    let key = Arc::new(PrivateKey::from_openssh(key).map_err(|_| unusable())?);
    let certificate = match rest.trim() {
        "" => None,
        line => Some(Certificate::from_openssh(line).map_err(|_| unusable())?),
    };
    Ok(Presented { key, certificate })
}

fn failed(error: &russh::keys::ssh_key::Error) -> BackendError {
    BackendError(format!("a key of SSH: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_key_passes_the_redactor() {
        let redactor = Redactor::default();
        for credential in
            [plain(&redactor).expect("a key"), forged(&Wish::now("a", 7), &redactor).expect("a certificate")]
        {
            let lines: Vec<&str> = credential.secret.key_lines().collect();
            assert!(lines.len() > 3, "{}", lines.len());
            for line in lines {
                assert!(!redactor.clean(&format!("x {line} y")).contains(line));
            }
        }
    }

    #[test]
    fn what_is_presented_is_the_key_with_its_certificate() {
        let redactor = Redactor::default();
        let (key, certificate) =
            (plain(&redactor).expect("a key"), forged(&Wish::now("a", 7), &redactor).expect("one"));
        assert!(presented(&key).expect("a key").certificate.is_none());
        assert_eq!(presented(&certificate).expect("both").certificate.map(|c| c.serial()), Some(7));
        let cut = Credential { secret: Secret::new("x".to_string(), &redactor), ..key };
        assert!(presented(&cut).is_err_and(|e| !e.0.contains("OPENSSH")));
    }
}
