//! stub
use super::*;
use crate::secret::Redactor;
use std::io::Write;
use std::sync::{Arc, Mutex};
/// Clock.
#[derive(Clone, Copy)]
pub struct Clock(std::time::Instant);
impl Clock {
    /// now
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
/// Log.
#[derive(Clone)]
pub struct Log {
    clock: Clock,
    inner: Arc<Mutex<(History, std::fs::File)>>,
}
impl Log {
    /// create
    pub fn create(dir: &std::path::Path, head: &Head, _r: Redactor) -> std::io::Result<Log> {
        let mut f = std::fs::File::create(dir.join("events.jsonl"))?;
        writeln!(f, "{}", serde_json::to_string(head)?)?;
        Ok(Log {
            clock: Clock(std::time::Instant::now()),
            inner: Arc::new(Mutex::new((History { head: head.clone(), events: vec![] }, f))),
        })
    }
    /// clock
    pub fn clock(&self) -> Clock {
        self.clock
    }
    /// append
    pub fn append(&self, drill: &str, scenario: &str, state: State, body: Body) -> std::io::Result<u64> {
        let at_us = self.clock.now_us();
        let mut g = self.inner.lock().unwrap();
        let seq = g.0.events.len() as u64 + 1;
        let e = Event { seq, at_us, drill: drill.into(), scenario: scenario.into(), state, body };
        writeln!(g.1, "{}", serde_json::to_string(&e)?)?;
        g.0.events.push(e);
        Ok(seq)
    }
    /// trouble
    pub fn trouble(&self) -> Option<String> {
        None
    }
    /// snapshot
    pub fn snapshot(&self) -> History {
        self.inner.lock().unwrap().0.clone()
    }
}
