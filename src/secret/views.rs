//! A text as its reader would decode it. Encoders differ in what they escape (`/`, `<`, upper or lower hex),
//! so the text is decoded and searched, instead of guessing what each encoder makes of a secret.

/// Decoded bytes, and where in the original each of them began.
pub(super) struct View {
    pub bytes: Vec<u8>,
    /// From this byte of the view on, the original goes on there, byte by byte: only escapes are written down, since a report has millions
    /// of bytes and few of them.
    jumps: Vec<(usize, usize)>,
}

/// A way to decode a text; `None` where there is nothing to decode.
pub(super) type Decode = fn(&[u8]) -> Option<View>;

impl View {
    fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), jumps: Vec::new() }
    }

    /// What stands at `start` of the original.
    fn push(&mut self, bytes: &[u8], start: usize) {
        self.from(start);
        self.bytes.extend_from_slice(bytes);
    }

    /// The view goes on with what is at `start`.
    fn from(&mut self, start: usize) {
        if self.start(self.bytes.len()) != start {
            self.jumps.push((self.bytes.len(), start));
        }
    }

    /// Where in the original this byte of the view began; for its length, where the original ends. At a character's beginning.
    pub fn start(&self, at: usize) -> usize {
        let after = self.jumps.partition_point(|(from, _)| *from <= at);
        match after.checked_sub(1).and_then(|i| self.jumps.get(i)) {
            Some((from, start)) => start + (at - from),
            None => at,
        }
    }
}

/// Percent-decoded, and with `plus`, `+` as a space. `None` where there is nothing to decode.
pub(super) fn url(text: &[u8], plus: bool) -> Option<View> {
    let encoded = |b: &u8| *b == b'%' || plus && *b == b'+';
    if !text.iter().any(encoded) {
        return None;
    }
    let mut view = View::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (byte, taken) = match text[at] {
            b'%' => hex(text, at + 1, 2).map_or((b'%', 1), |value| (value.to_le_bytes()[0], 3)),
            b'+' if plus => (b' ', 1),
            other => (other, 1),
        };
        view.push(&[byte], at);
        at += taken;
    }
    view.from(text.len());
    Some(view)
}

/// With the escapes of a JSON string (and of Rust's and Go's debug strings) decoded. `None` where there is nothing to decode.
pub(super) fn json(text: &[u8]) -> Option<View> {
    if !text.contains(&b'\\') {
        return None;
    }
    let mut view = View::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (char, taken) = escape(text, at);
        match char {
            Some(char) => view.push(char.encode_utf8(&mut [0; 4]).as_bytes(), at),
            None => view.push(&text[at..=at], at),
        }
        at += taken;
    }
    view.from(text.len());
    Some(view)
}

/// The character that an escape at `at` stands for, and how many bytes it takes.
fn escape(text: &[u8], at: usize) -> (Option<char>, usize) {
    if text[at] != b'\\' {
        return (None, 1);
    }
    let simple = match text.get(at + 1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'0') => '\0',
        Some(&quoted @ (b'"' | b'\\' | b'/' | b'\'')) => char::from(quoted),
        Some(b'u') => return unicode(text, at),
        Some(b'x') => {
            return hex(text, at + 2, 2).and_then(char::from_u32).map_or((None, 1), |char| (Some(char), 4));
        }
        _ => return (None, 1),
    };
    (Some(simple), 2)
}

/// `\uXXXX`, a pair of surrogates, or Rust's `\u{X…}`.
fn unicode(text: &[u8], at: usize) -> (Option<char>, usize) {
    if text.get(at + 2) == Some(&b'{') {
        let digits = text[at + 3..].iter().take(7).position(|b| *b == b'}');
        return digits
            .and_then(|n| Some((char::from_u32(hex(text, at + 3, n)?)?, n)))
            .map_or((None, 1), |(char, n)| (Some(char), n + 4));
    }
    let Some(high) = hex(text, at + 2, 4) else {
        return (None, 1);
    };
    if let Some(char) = char::from_u32(high) {
        return (Some(char), 6);
    }
    let low = (text.get(at + 6..at + 8) == Some(b"\\u"))
        .then(|| hex(text, at + 8, 4))
        .flatten()
        .filter(|low| (0xdc00..0xe000).contains(low) && high < 0xdc00);
    low.and_then(|low| char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))
        .map_or((None, 1), |char| (Some(char), 12))
}

fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    let digits = text.get(at..at + digits).filter(|d| !d.is_empty())?;
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}
