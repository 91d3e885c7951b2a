//! The envelope in which `MinIO`'s administration gives and takes what is secret: `salt | cipher | nonce | fragments`, the key from the
//! signer's own secret by Argon2id, every fragment sealed by AES-256-GCM with a number and a mark for the last.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngExt;
use std::sync::{Mutex, PoisonError};

const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 8;
const TAG_BYTES: usize = 16;
const FRAGMENT_BYTES: usize = 16 * 1024;
const MEMORY_KIB: u32 = 64 * 1024;
const LANES: u32 = 4;
const AES_GCM: u8 = 0;
const LAST: u8 = 0x80;

/// The key takes [`MEMORY_KIB`] while it is derived; two at a time would take it twice.
static DERIVING: Mutex<()> = Mutex::new(());

/// A cipher for one message.
struct Sealer {
    cipher: Aes256Gcm,
    nonce: [u8; NONCE_BYTES],
    /// The tag of an empty fragment number 0: it ties the fragments to their message.
    tie: Vec<u8>,
}

impl Sealer {
    fn new(secret: &str, salt: &[u8], nonce: [u8; NONCE_BYTES]) -> Option<Self> {
        let mut key = zeroize::Zeroizing::new([0_u8; 32]);
        let params = Params::new(MEMORY_KIB, 1, LANES, Some(key.len())).ok()?;
        let derive = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let alone = DERIVING.lock().unwrap_or_else(PoisonError::into_inner);
        derive.hash_password_into(secret.as_bytes(), salt, key.as_mut()).ok()?;
        drop(alone);
        let cipher = Aes256Gcm::new_from_slice(key.as_ref()).ok()?;
        let tie = cipher.encrypt(&numbered(nonce, 0), &[][..]).ok()?;
        Some(Self { cipher, nonce, tie })
    }

    /// With the number of a fragment, from 1, and whether it is the last.
    fn with<T>(&self, n: usize, last: bool, work: impl FnOnce(&Aes256Gcm, [u8; 12], &[u8]) -> Option<T>) -> Option<T> {
        let mut associated = vec![if last { LAST } else { 0 }];
        associated.extend(&self.tie);
        let nonce: [u8; 12] = numbered(self.nonce, u32::try_from(n).ok()?).into();
        work(&self.cipher, nonce, &associated)
    }
}

fn numbered(nonce: [u8; NONCE_BYTES], n: u32) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut all = [0_u8; NONCE_BYTES + 4];
    all[..NONCE_BYTES].copy_from_slice(&nonce);
    all[NONCE_BYTES..].copy_from_slice(&n.to_le_bytes());
    all.into()
}

/// For a server that knows the same secret; none where the secret is of no use.
pub fn seal(secret: &str, message: &[u8]) -> Option<Vec<u8>> {
    let mut head = [0_u8; SALT_BYTES + NONCE_BYTES];
    rand::rng().fill(&mut head);
    let (salt, nonce) = head.split_at(SALT_BYTES);
    let sealer = Sealer::new(secret, salt, nonce.try_into().ok()?)?;
    let mut sealed = [salt, &[AES_GCM], nonce].concat();
    let mut rest = message;
    for n in 1.. {
        let (fragment, after) = rest.split_at(rest.len().min(FRAGMENT_BYTES));
        let one = sealer.with(n, after.is_empty(), |cipher, nonce, aad| {
            cipher.encrypt(&nonce.into(), Payload { msg: fragment, aad }).ok()
        })?;
        sealed.extend(one);
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    Some(sealed)
}

/// What a server sealed; none where it was with another secret, by another cipher, or was altered.
pub fn open(secret: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (salt, rest) = sealed.split_at_checked(SALT_BYTES)?;
    let (nonce, mut rest) = rest.strip_prefix(&[AES_GCM])?.split_at_checked(NONCE_BYTES)?;
    let sealer = Sealer::new(secret, salt, nonce.try_into().ok()?)?;
    let mut message = Vec::new();
    for n in 1.. {
        let (fragment, after) = rest.split_at(rest.len().min(FRAGMENT_BYTES + TAG_BYTES));
        let one = sealer.with(n, after.is_empty(), |cipher, nonce, aad| {
            cipher.decrypt(&nonce.into(), Payload { msg: fragment, aad }).ok()
        })?;
        message.extend(one);
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_opens_it_and_only_whole() {
        for length in [0, 5, FRAGMENT_BYTES, FRAGMENT_BYTES + 1] {
            let message = vec![7; length];
            let sealed = seal("a secret", &message).expect("sealed");
            assert_eq!(open("a secret", &sealed).expect("opened"), message);
            assert!(open("another", &sealed).is_none());
            for at in [0, SALT_BYTES, SALT_BYTES + 3, sealed.len() - 1] {
                let mut altered = sealed.clone();
                altered[at] ^= 1;
                assert!(open("a secret", &altered).is_none(), "{at} of {length}");
            }
            assert!(open("a secret", &sealed[..sealed.len() - 1]).is_none());
            assert!(open("a secret", &sealed[..=SALT_BYTES]).is_none());
        }
    }
}
