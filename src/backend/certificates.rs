//! Certificates that drill makes itself: a server's and its administrator's, by an authority of the run's own; and those that nobody
//! was issued, which must be refused.

use crate::backend::{BackendError, Credential};
use crate::secret::{Redactor, Secret};
use rand::RngExt;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, SerialNumber,
};

/// Whose a certificate says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its common name.
    pub common_name: String,
    /// Its serial as nginx writes it; none for a random one.
    pub serial: Option<String>,
}

impl Subject {
    /// A common name and nothing else.
    pub fn named(common_name: &str) -> Self {
        Self { common_name: common_name.into(), serial: None }
    }
}

/// An authority of one run: its key is in this process only.
pub struct RunCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl RunCa {
    /// A new one. It shares its name with whom it is to be mistaken for.
    ///
    /// # Errors
    /// No key can be made.
    pub fn new(name: &str) -> Result<Self, BackendError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().map_err(failed)?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key).map_err(failed)? })
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server's certificate for these names, and its key.
    ///
    /// # Errors
    /// No key can be made, or a name is none.
    pub fn server(&self, names: &[String], redactor: &Redactor) -> Result<(String, Secret), BackendError> {
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok((certificate.pem(), private_key(&key.serialize_pem(), redactor)))
    }

    /// A client's certificate with its key.
    ///
    /// # Errors
    /// No key can be made.
    pub fn client(&self, subject: &Subject, redactor: &Redactor) -> Result<Credential, BackendError> {
        let (params, serial) = of_a_client(subject);
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(credential(&serial, &certificate.pem(), &key.serialize_pem(), redactor))
    }
}

/// A client's certificate that nobody issued.
///
/// # Errors
/// No key can be made.
pub fn self_signed(subject: &Subject, redactor: &Redactor) -> Result<Credential, BackendError> {
    let (params, serial) = of_a_client(subject);
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(credential(&serial, &certificate.pem(), &key.serialize_pem(), redactor))
}

/// A certificate and its key as a credential: the backend knows it by its serial.
pub fn credential(serial: &str, certificate: &str, key: &str, redactor: &Redactor) -> Credential {
    // The certificate is public, and stands beside the key so that whoever presents one has both.
    let key = private_key(key, redactor);
    let secret = Secret::new(format!("{}\n{}\n", key.expose().trim_end(), certificate.trim_end()), redactor);
    Credential { name: serial_name(serial), secret }
}

/// Each line of it is made known too.
fn private_key(pem: &str, redactor: &Redactor) -> Secret {
    let key = Secret::new(pem, redactor);
    key.key_lines().for_each(|line| drop(Secret::new(line, redactor)));
    key
}

/// A serial as nginx writes it: `16:8c:31` → `168C31`.
pub fn serial_name(serial: &str) -> String {
    serial.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase()
}

fn of_a_client(subject: &Subject) -> (CertificateParams, String) {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject.common_name.as_str());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let serial = subject.serial.as_deref().map_or_else(random_serial, serial_name);
    params.serial_number = Some(SerialNumber::from(bytes_of(&serial)));
    (params, serial)
}

/// 16 bytes: positive, and without a leading zero, so that it is written in one way only.
fn random_serial() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[0] = bytes[0] & 0x3f | 0x40;
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
    hex.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |n, b| n * 16 + digit(*b))).collect()
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` hands it over
fn failed(e: rcgen::Error) -> BackendError {
    BackendError(format!("making a certificate: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_written_in_one_way() {
        assert_eq!(serial_name("16:8c:31:60"), "168C3160");
        assert_eq!(bytes_of("168C3160"), [0x16, 0x8c, 0x31, 0x60]);
        assert_eq!((random_serial().len(), random_serial() == random_serial()), (32, false));
    }

    #[test]
    fn no_line_of_a_key_passes_the_redactor() {
        let redactor = Redactor::default();
        let ca = RunCa::new("a").expect("an authority");
        let client = ca.client(&Subject::named("orders-api"), &redactor).expect("a certificate");
        let (key, _) = client.secret.expose().split_once("-----BEGIN CERTIFICATE").expect("both");
        let body: Vec<&str> = key.lines().filter(|l| l.len() > 40).collect();
        assert!(!body.is_empty());
        for line in body {
            assert!(!redactor.clean(&format!("x {line} y")).contains(line));
        }
    }
}
