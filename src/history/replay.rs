//! `events.jsonl` back into a history.

use super::head::SCHEMA;
use super::{Event, Head, History};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// No event and no head is longer than this: a seed script of 8 MB is the largest thing that one carries. In bytes.
const LONGEST_LINE: u64 = 64 << 20;

/// What was read.
#[derive(Debug, Clone)]
pub struct Replay {
    /// All complete lines.
    pub history: History,
    /// The last line was cut off (the run was killed while it wrote) and is left out: its number.
    pub torn_line: Option<usize>,
}

/// Why a file is no history.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum ReplayError {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("it is empty: no head, no events")]
    Empty,
    #[error("line 1: no head of a run ({0})")]
    Head(String),
    #[error("line 1: format {found}, this program reads format {SCHEMA}")]
    Schema { found: u32 },
    #[error("line {line}: {what}")]
    Line { line: usize, what: String },
}

/// Reads a history as it was written. A last line that was cut off is left out; anything else that is not as this program
/// writes it is an error. Missing numbers are left to the judge: what was observed before and after a hole is still evidence.
///
/// # Errors
/// The file cannot be read, or is no history.
pub fn replay(path: &Path) -> Result<Replay, ReplayError> {
    let mut lines = Lines(BufReader::new(File::open(path)?));
    let Some(first) = lines.next_line()? else {
        return Err(ReplayError::Empty);
    };
    // Before its keys: what another version adds is no mistake.
    match serde_json::from_slice(&first.bytes) {
        Ok(Versioned { schema }) if schema != SCHEMA => return Err(ReplayError::Schema { found: schema }),
        _ => {}
    }
    let head: Head = parse(&first.bytes).map_err(ReplayError::Head)?;
    let mut events: Vec<Event> = Vec::new();
    let mut torn_line = None;
    for line in 2.. {
        let Some(next) = lines.next_line()? else {
            break;
        };
        match parse::<Event>(&next.bytes) {
            Ok(event) => {
                in_order(events.last(), &event).map_err(|what| ReplayError::Line { line, what })?;
                events.push(event);
            }
            // Only the last line can be without its end.
            Err(_) if !next.complete => torn_line = Some(line),
            Err(what) => return Err(ReplayError::Line { line, what }),
        }
    }
    Ok(Replay { history: History { head, events }, torn_line })
}

#[derive(serde::Deserialize)]
struct Versioned {
    schema: u32,
}

fn in_order(last: Option<&Event>, event: &Event) -> Result<(), String> {
    let (seq, at_us) = last.map_or((0, 0), |last| (last.seq, last.at_us));
    if event.seq <= seq {
        return Err(format!("event {} after event {seq}", event.seq));
    }
    if event.at_us < at_us {
        let (seq, now) = (event.seq, event.at_us);
        return Err(format!("event {seq} at {now} µs after one at {at_us} µs"));
    }
    Ok(())
}

/// Parses, and refuses what the type would silently leave out: a key that nobody knows may have meant something.
fn parse<T: Serialize + DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let value: Value = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let parsed: T = T::deserialize(&value).map_err(|e| e.to_string())?;
    let again = serde_json::to_value(&parsed).map_err(|e| e.to_string())?;
    match unknown(&value, &again) {
        Some(key) => Err(format!("unknown key `{key}`")),
        None => Ok(parsed),
    }
}

/// The first key of `read` that is not in `known`.
fn unknown(read: &Value, known: &Value) -> Option<String> {
    match (read, known) {
        (Value::Object(read), Value::Object(known)) => read.iter().find_map(|(key, value)| match known.get(key) {
            Some(known) => unknown(value, known),
            None => (!value.is_null()).then(|| key.clone()),
        }),
        (Value::Array(read), Value::Array(known)) => read.iter().zip(known).find_map(|(r, k)| unknown(r, k)),
        _ => None,
    }
}

struct Line {
    bytes: Vec<u8>,
    complete: bool,
}

struct Lines(BufReader<File>);

impl Lines {
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        if self.0.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let complete = bytes.pop_if(|b| *b == b'\n').is_some();
        if !complete && bytes.len() as u64 == LONGEST_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
        }
        Ok(Some(Line { bytes, complete }))
    }
}
