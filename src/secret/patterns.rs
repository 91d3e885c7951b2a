//! What one secret can look like where its text is not decoded first: plain, in an SQL literal, in base64.

use zeroize::Zeroizing;

/// One searched byte string.
#[derive(Clone)]
pub(super) struct Pattern {
    pub bytes: Zeroizing<Vec<u8>>,
    /// A piece of base64: the characters around it belong to the same encoded text and go with it.
    pub base64: bool,
}

/// Lines of a key shorter than this are headers and padding, and would hit ordinary words.
const SHORTEST_LINE: usize = 16;

/// Everything to search for.
pub(super) fn of(secret: &str) -> Vec<Pattern> {
    let mut found = Vec::new();
    add(secret, &mut found);
    // Logs are cleaned by line, so a key of several lines must be known by its lines too.
    if secret.contains('\n') {
        for line in secret.lines().map(str::trim) {
            if line.len() >= SHORTEST_LINE && !line.starts_with("-----") {
                add(line, &mut found);
            }
        }
    }
    found
}

fn add(text: &str, found: &mut Vec<Pattern>) {
    push(found, text.as_bytes().to_vec(), false);
    if text.contains('\'') {
        push(found, text.replace('\'', "''").into_bytes(), false);
    }
    for alphabet in [STANDARD, URL_SAFE] {
        for shift in 0..3 {
            push(found, base64_core(text.as_bytes(), shift, alphabet), true);
        }
    }
}

fn push(found: &mut Vec<Pattern>, bytes: Vec<u8>, base64: bool) {
    let bytes = Zeroizing::new(bytes);
    if !found.iter().any(|known| known.bytes == bytes) {
        found.push(Pattern { bytes, base64 });
    }
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 characters that `bytes` alone decides where `shift` other bytes (modulo 3) stand before it:
/// the first and last characters may mix with the neighbours and are left out here.
fn base64_core(bytes: &[u8], shift: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bits = (shift + bytes.len()) * 8;
    let bit = |at: usize| match (at / 8).checked_sub(shift) {
        Some(byte) => bytes[byte] >> (7 - at % 8) & 1,
        None => 0,
    };
    let first = (shift * 8).div_ceil(6);
    (first..bits / 6)
        .map(|char| {
            let index = (0..6).fold(0, |index, i| index << 1 | bit(char * 6 + i));
            alphabet[usize::from(index)]
        })
        .collect()
}

/// Whether base64 text may go on with this byte.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}
