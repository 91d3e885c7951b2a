//! A server's own log, followed from its first line, in memory.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use futures_util::StreamExt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use testcontainers::bollard::Docker;
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::query_parameters::LogsOptionsBuilder;
use tokio::sync::Notify;

/// More lines than a run can need; past it the oldest are dropped so that a flood cannot eat the memory.
const LINES_MAX: usize = 100_000;

/// One line of a server's log.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// It came on stderr.
    pub stderr: bool,
    /// Without its end of line. Shared: a server that several drills use has one log, which each of them reads again and again.
    pub text: Arc<str>,
}

/// The log of a server that is gone, for a run that goes wrong; compressed, since most do not.
pub struct KeptLog(Vec<u8>);

impl KeptLog {
    /// Takes the lines' texts.
    pub fn of(lines: &[LogLine]) -> Self {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        let written = lines.iter().try_for_each(|line| writeln!(packed, "{}", line.text));
        Self(written.and_then(|()| packed.finish()).expect("memory takes all"))
    }

    /// The texts again, a line each.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        io::copy(&mut GzDecoder::new(self.0.as_slice()), out).map(drop)
    }
}

/// The lines so far; cheap to clone.
#[derive(Clone, Default)]
pub struct LogBuffer {
    lines: Arc<Mutex<Vec<LogLine>>>,
    grown: Arc<Notify>,
}

impl LogBuffer {
    /// Follows a container's log in a task of its own until the container is gone.
    pub fn follow(docker: &Docker, id: &str) -> Self {
        let buffer = Self::default();
        buffer.follow_into(docker, id, 0);
        buffer
    }

    /// Goes on following after a restart, from `since` (unix seconds).
    pub fn follow_into(&self, docker: &Docker, id: &str, since: i32) {
        let (docker, id, buffer) = (docker.clone(), id.to_string(), self.clone());
        tokio::spawn(async move {
            let options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).since(since).build();
            let mut stream = docker.logs(&id, Some(options));
            let mut partial = [String::new(), String::new()];
            while let Some(Ok(output)) = stream.next().await {
                let stderr = matches!(output, LogOutput::StdErr { .. });
                let rest = &mut partial[usize::from(stderr)];
                rest.push_str(&String::from_utf8_lossy(&output.into_bytes()));
                while let Some(end) = rest.find('\n') {
                    let text = rest[..end].trim_end_matches('\r').into();
                    rest.drain(..=end);
                    buffer.push(LogLine { stderr, text });
                }
            }
        });
    }

    fn push(&self, line: LogLine) {
        let mut lines = self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if lines.len() >= LINES_MAX {
            lines.drain(..LINES_MAX / 10);
        }
        lines.push(line);
        drop(lines);
        self.grown.notify_waiters();
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Its last three lines, the newest first: what is said of a server that did not come up.
    pub fn last_words(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        lines.iter().rev().take(3).map(|line| line.text.as_ref()).collect::<Vec<_>>().join(" | ")
    }

    /// Asks `find` about the lines so far, and again whenever there are more, until it answers or `timeout` is past.
    pub async fn wait_for<T>(
        &self,
        timeout: std::time::Duration,
        mut find: impl FnMut(&[LogLine]) -> Option<T>,
    ) -> Option<T> {
        tokio::time::timeout(timeout, async {
            loop {
                let grown = self.grown.notified();
                tokio::pin!(grown);
                grown.as_mut().enable();
                {
                    let lines = self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if let Some(found) = find(&lines) {
                        return found;
                    }
                }
                grown.await;
            }
        })
        .await
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_log_has_every_line() {
        let line = |text: &str| LogLine { stderr: false, text: text.into() };
        let mut out = Vec::new();
        KeptLog::of(&[line("one"), line(""), line("zwölf")]).write_to(&mut out).unwrap();
        assert_eq!(out, "one\n\nzwölf\n".as_bytes());
    }
}
