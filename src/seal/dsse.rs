//! The envelope: DSSE v1, one signature, one line, in exactly one form.

use super::key::{PrivateKey, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What an in-toto statement is called in an envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// [`PAYLOAD_TYPE`].
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// The statement, base64.
    pub payload: String,
    /// One.
    pub signatures: Vec<Signature>,
}

/// A signature and whose it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The key's fingerprint. A hint, which is not signed: it is compared with the trusted key's.
    pub keyid: String,
    /// Ed25519 over [`pae`], base64.
    pub sig: String,
}

/// DSSE's pre-authentication encoding: what is really signed.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

impl Envelope {
    /// Signs a payload.
    pub fn seal(payload: &[u8], key: &PrivateKey) -> Self {
        let sig = key.sign(&pae(PAYLOAD_TYPE, payload));
        Self {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: vec![Signature { keyid: key.public().fingerprint(), sig: STANDARD.encode(sig) }],
        }
    }

    /// As it stands in its file.
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("an envelope is plain data");
        line.push(b'\n');
        line
    }

    /// Reads it, and takes no other form than the one that is written: no byte of the file is without meaning.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(|e| format!("is no DSSE envelope ({e})"))?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(format!("its payloadType is `{}`, not `{PAYLOAD_TYPE}`", envelope.payload_type));
        }
        if envelope.signatures.len() != 1 {
            return Err(format!("has {} signatures, not one", envelope.signatures.len()));
        }
        if envelope.to_line() != bytes {
            return Err("is not written as `drill sign` writes it".to_owned());
        }
        Ok(envelope)
    }

    /// The statement's bytes.
    ///
    /// # Errors
    /// It is no base64.
    pub fn payload(&self) -> Result<Vec<u8>, String> {
        STANDARD.decode(&self.payload).map_err(|e| format!("its payload is no base64 ({e})"))
    }

    /// Whose signature it claims to hold.
    pub fn keyid(&self) -> &str {
        self.signatures.first().map_or("", |s| &s.keyid)
    }

    /// Whether that key signed it.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, payload: &[u8], key: &PublicKey) -> Result<(), String> {
        let [signature] = self.signatures.as_slice() else {
            return Err(format!("has {} signatures, not one", self.signatures.len()));
        };
        let trusted = key.fingerprint();
        if signature.keyid != trusted {
            return Err(format!("names the key {} as its signer, trusted is {trusted}", signature.keyid));
        }
        let bytes = STANDARD.decode(&signature.sig).map_err(|e| format!("its signature is no base64 ({e})"))?;
        if !key.verifies(&pae(&self.payload_type, payload), &bytes) {
            return Err(format!("its signature is not by the trusted key {trusted}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_the_specifications_example() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }
}
