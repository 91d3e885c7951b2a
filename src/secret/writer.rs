//! A writer that lets no secret through, however the bytes arrive.

use super::Redactor;
use std::io::{self, Write};

/// A line that never ends is written in pieces of about this size.
const LONGEST_LINE: usize = 1 << 20;

/// Holds bytes back until their line is complete, and writes it cleaned: a secret split over two writes is still caught.
/// Flushing passes complete lines on; the rest follows with its end, or when the writer is dropped.
pub struct RedactingWriter<W: Write> {
    inner: W,
    redactor: Redactor,
    held: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Everything written here reaches `inner` cleaned.
    pub fn new(inner: W, redactor: Redactor) -> Self {
        Self { inner, redactor, held: Vec::new() }
    }

    /// Writes what is held back, complete or not: for the end.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn finish(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.inner.write_all(&self.redactor.clean_bytes(&held))?;
        self.inner.flush()
    }

    fn write_lines(&mut self) -> io::Result<()> {
        let end = match self.held.iter().rposition(|b| *b == b'\n') {
            Some(newline) => newline + 1,
            None if self.held.len() > LONGEST_LINE => self.cut(),
            None => return Ok(()),
        };
        let rest = self.held.split_off(end);
        let lines = std::mem::replace(&mut self.held, rest);
        self.inner.write_all(&self.redactor.clean_bytes(&lines))
    }

    /// Where an endless line can be cut without cutting a secret: before one that crosses the cut,
    /// and far enough from the end for one that has only begun.
    fn cut(&self) -> usize {
        let safe = self.held.len().saturating_sub(self.redactor.longest_encoded());
        let ranges = self.redactor.ranges(&self.held);
        let crossing = ranges.iter().find(|r| r.start < safe && safe < r.end);
        crossing.map_or(safe, |r| r.start)
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        self.write_lines()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        // Nobody is left to hear of an error.
        let _ = self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn written(pieces: &[&[u8]]) -> String {
        let redactor = Redactor::default();
        let _secret = Secret::new("Zx-9secretQ", &redactor);
        let mut out = Vec::new();
        let mut writer = RedactingWriter::new(&mut out, redactor);
        for piece in pieces {
            writer.write_all(piece).unwrap();
            writer.flush().unwrap();
        }
        drop(writer);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_secret_split_over_two_writes_is_caught() {
        assert_eq!(written(&[b"pw=Zx-9se", b"cretQ end\n"]), "pw=[redacted] end\n");
    }

    #[test]
    fn a_secret_in_an_unfinished_last_line_is_caught() {
        assert_eq!(written(&[b"a\npw=Zx-9s", b"ecretQ"]), "a\npw=[redacted]");
    }

    #[test]
    fn an_endless_line_is_not_cut_within_a_secret_that_has_only_begun_and_is_long_by_its_escapes() {
        let filler = vec![b'.'; LONGEST_LINE];
        let escaped: String = "Zx-9secretQ".bytes().map(|b| format!("\\\\u{b:04x}")).collect();
        let (begun, rest) = escaped.split_at(escaped.len() - 7);
        let text = written(&[&filler, begun.as_bytes(), rest.as_bytes(), b"."]);
        assert_eq!(text.trim_matches('.'), "[redacted]");
    }

    #[test]
    fn an_endless_line_is_written_in_pieces_and_still_cleaned() {
        let filler = vec![b'.'; LONGEST_LINE];
        let text = written(&[&filler, b"Zx-9se", b"cretQ", &filler, b"Zx-9secretQ"]);
        assert!(!text.contains("Zx-9") && !text.contains("retQ"));
        assert_eq!(text.matches("[redacted]").count(), 2);
        assert_eq!(text.len(), 2 * LONGEST_LINE + 20);
    }

    #[test]
    fn an_endless_line_is_not_cut_within_a_secret() {
        // 11 bytes of secret, and 132 that may still become one: each of these ends would cut it elsewhere.
        let before = vec![b'.'; LONGEST_LINE];
        for after in 118..135 {
            let text = written(&[&[&before, &b"Zx-9secretQ"[..], &vec![b'.'; after]].concat()]);
            assert_eq!(text.len(), LONGEST_LINE + 10 + after, "{after}");
        }
    }
}
