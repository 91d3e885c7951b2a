//! Events to disk as they happen, and back.

use super::{Body, Event, Head, History, State, replay};
use crate::secret::Redactor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The evidence's name in a run's directory.
pub const FILE: &str = "events.jsonl";

/// The run's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that shows 0 µs now; take the head's `started` in the same breath.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// µs since the start.
    pub fn now_us(self) -> u64 {
        self.at_us(Instant::now())
    }

    /// That instant on this clock; 0 for what came before the start.
    pub fn at_us(self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.0);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// The one place where events are numbered, written down and kept. Clones append to the same history.
#[derive(Clone)]
pub struct Log {
    clock: Clock,
    redactor: Redactor,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    file: File,
    path: PathBuf,
    /// Bytes of complete lines on disk.
    written: u64,
    trouble: Option<String>,
    head: Head,
    /// How many there were.
    count: u64,
    /// Those that are still looked up, and all that are not on disk.
    events: Vec<Event>,
}

impl Log {
    /// Begins `events.jsonl` in `dir` with the head; the clock starts now.
    ///
    /// # Errors
    /// `dir` cannot be written to, or holds a history already.
    pub fn create(dir: &Path, head: &Head, redactor: Redactor) -> io::Result<Self> {
        Self::create_with(dir, head, redactor, Clock::start())
    }

    /// The same with a clock that runs already.
    ///
    /// # Errors
    /// `dir` cannot be written to, or holds a history already.
    pub fn create_with(dir: &Path, head: &Head, redactor: Redactor, clock: Clock) -> io::Result<Self> {
        let path = dir.join(FILE);
        let mut file = OpenOptions::new().append(true).create_new(true).open(&path).map_err(|e| at(&path, &e))?;
        let (line, head) = cleaned_line(&redactor, head.clone());
        file.write_all(line.as_bytes()).map_err(|e| at(&path, &e))?;
        Ok(Self {
            clock,
            redactor,
            inner: Arc::new(Mutex::new(Inner {
                file,
                path,
                written: line.len() as u64,
                trouble: None,
                head,
                count: 0,
                events: Vec::new(),
            })),
        })
    }

    /// Numbers and times the event, and hands its line to the operating system before it returns. Returns its number.
    ///
    /// # Errors
    /// The event could not be written. It is kept in memory all the same, and so are all that follow, so that the run can end
    /// with a report; the file ends with the last event before the trouble, which [`Log::trouble`] goes on to tell.
    pub fn append(&self, drill: &str, scenario: &str, state: State, body: Body) -> io::Result<u64> {
        let mut inner = self.lock();
        let seq = inner.count + 1;
        let event = Event {
            seq,
            // Under the lock, so that the order of the numbers is the order of the times.
            at_us: self.clock.now_us(),
            drill: drill.to_owned(),
            scenario: scenario.to_owned(),
            state,
            body,
        };
        let (line, event) = cleaned_line(&self.redactor, event);
        inner.count = seq;
        inner.events.push(event);
        inner.write(&line, seq).map(|()| seq)
    }

    /// Why events are missing on disk, if they are.
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Looks something up in the history so far: a long run's is too much to be copied now and then. Nothing is appended meanwhile, so be quick.
    pub fn look_up<T>(&self, find: impl FnOnce(&Head, &[Event]) -> T) -> T {
        let inner = self.lock();
        find(&inner.head, &inner.events)
    }

    /// Nothing of this drill is looked up any more: it is on disk.
    pub fn forget(&self, drill: &str) {
        let mut inner = self.lock();
        if inner.trouble.is_none() {
            inner.events.retain(|e| e.drill != drill);
            inner.events.shrink_to_fit();
        }
    }

    /// The history so far as it stands on disk, which is what the judge gets, and what it would get years later; after trouble with what is
    /// not there. Where the file cannot be read any more, what was forgotten is missing: the judge sees the gap, and [`Log::trouble`] tells it.
    pub fn history(&self) -> History {
        let mut inner = self.lock();
        let (mut events, why) = match replay(&inner.path) {
            Ok(read) => (read.history.events, String::new()),
            Err(e) => (Vec::new(), format!(": {e}")),
        };
        let last = events.last().map_or(0, |e| e.seq);
        events.extend(inner.events.iter().filter(|e| e.seq > last).cloned());
        let missing = inner.count.saturating_sub(events.len() as u64);
        if missing > 0 || !why.is_empty() {
            let what = format!("{}: read back without {missing} of {} events{why}", inner.path.display(), inner.count);
            inner.trouble = Some(inner.trouble.take().map_or(what.clone(), |before| format!("{before}; {what}")));
        }
        History { head: inner.head.clone(), events }
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn write(&mut self, line: &str, seq: u64) -> io::Result<()> {
        if let Some(trouble) = &self.trouble {
            return Err(io::Error::other(trouble.clone()));
        }
        let Err(error) = self.file.write_all(line.as_bytes()) else {
            self.written += line.len() as u64;
            return Ok(());
        };
        // Half a line may be there: take it back. Should that fail too, `replay` knows how to drop it.
        let _ = self.file.set_len(self.written);
        let error = at(&self.path, &error);
        self.trouble = Some(format!("{error} (from event {seq} on)"));
        Err(error)
    }
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The line without secrets, and the value as whoever reads that line will get it: the judge must see the same thing twice.
fn cleaned_line<T: Serialize + DeserializeOwned>(redactor: &Redactor, value: T) -> (String, T) {
    let mut line = to_line(&value);
    if !matches!(redactor.clean(&line), std::borrow::Cow::Owned(_)) {
        return (line, value);
    }
    let mut json = serde_json::to_value(&value).expect("events are plain data");
    redactor.clean_value(&mut json);
    line = to_line(&json);
    // A secret that is one of the format's own words (`revoke`) makes a line that cannot be read again: better than to print it.
    let value = serde_json::from_value(json).unwrap_or(value);
    (line, value)
}

fn to_line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("events are plain data");
    line.push('\n');
    line
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::history::{Invocation, SCHEMA, replay};

    fn problem() -> Body {
        Body::Problem { step: "s".to_owned(), what: "w".to_owned() }
    }

    fn log(dir: &Path) -> Log {
        let head = Head {
            schema: SCHEMA,
            run: "r".to_owned(),
            program: "0".to_owned(),
            program_sha256: None,
            program_commit: None,
            started: jiff::Timestamp::UNIX_EPOCH,
            by: Invocation::default(),
            engine: None,
            drills: Vec::new(),
            as_of: None,
            exceptions: Vec::new(),
            synthetic: false,
            sabotage: None,
            clock_tick_us: 1,
        };
        Log::create(dir, &head, Redactor::default()).expect("a log")
    }

    #[test]
    fn a_full_disk_is_told_and_the_run_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        log.append("d", "s", State::SetUp, problem()).unwrap();
        assert_eq!(log.trouble(), None);
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let disk = std::mem::replace(&mut log.lock().file, full);
        assert!(log.append("d", "s", State::SetUp, problem()).is_err());
        // Room again: but after a gap nothing more may follow.
        log.lock().file = disk;
        assert!(log.append("d", "s", State::SetUp, problem()).is_err());
        // What is not on disk is not forgotten.
        log.forget("d");
        assert_eq!(log.history().events.len(), 3);
        let trouble = log.trouble().unwrap();
        assert!(trouble.contains(FILE), "{trouble}");
        assert!(trouble.ends_with("(from event 2 on)"), "{trouble}");
        let back = replay(&dir.path().join(FILE)).unwrap();
        assert_eq!(back.history.events.len(), 1);
    }

    #[test]
    fn what_was_forgotten_is_read_back_and_a_disk_that_is_full_later_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        log.append("d", "s", State::SetUp, problem()).unwrap();
        log.append("e", "s", State::SetUp, problem()).unwrap();
        log.forget("d");
        assert_eq!(log.look_up(|_, events| events.len()), 1);
        log.lock().file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert!(log.append("e", "s", State::SetUp, problem()).is_err());
        let seen: Vec<_> = log.history().events.iter().map(|e| (e.seq, e.drill.clone())).collect();
        assert_eq!(seen, [(1, "d".to_owned()), (2, "e".to_owned()), (3, "e".to_owned())]);
        assert!(log.trouble().unwrap().ends_with("(from event 3 on)"));
    }

    #[test]
    fn a_file_that_cannot_be_read_back_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        let log = log(dir.path());
        log.append("d", "s", State::SetUp, problem()).unwrap();
        log.append("d", "s", State::SetUp, problem()).unwrap();
        log.forget("d");
        let whole = std::fs::read_to_string(&file).unwrap();
        let all_but_one: Vec<_> = whole.lines().take(2).collect();
        std::fs::write(&file, all_but_one.join("\n") + "\n").unwrap();
        assert_eq!(log.history().events.len(), 1);
        let trouble = log.trouble().unwrap();
        assert!(trouble.ends_with("read back without 1 of 2 events"), "{trouble}");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(log.history().events.len(), 0);
        let trouble = log.trouble().unwrap();
        assert!(trouble.contains("; ") && trouble.contains("without 2 of 2 events: "), "{trouble}");
    }
}
