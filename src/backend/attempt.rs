//! What every attempt to use a credential has in common, whichever the protocol: how long it may take, and the words for no answer.

use crate::environment::Address;
use crate::observation::{Saw, Stage};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A login to a server on this machine takes milliseconds; a paused one stays silent for ever.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// Before the trigger nothing is measured, and a machine that is out of breath must not look like a server that does not answer.
pub const SET_UP_TIMEOUT: Duration = Duration::from_secs(5);
/// More of an answer over HTTP is not read.
pub const LARGEST_BODY: usize = 1 << 20;
/// An error of an attempt: typed by the server, or no answer.
pub type Attempt<T> = Result<T, (Stage, Saw)>;

/// Where a server answers, and which of its databases.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where the server answers now.
    pub address: Address,
    /// Which database.
    pub database: String,
}

/// How a connection ended: an idle one's end comes without a question, and the next question only hears that it is closed.
pub type Ending = Arc<OnceLock<Saw>>;

/// What an attempt without an answer in time saw.
pub fn timed_out(after: Duration) -> Saw {
    Saw::Unreachable { why: format!("time-out after {} ms", after.as_millis()) }
}

/// What came of an attempt within so long.
///
/// # Errors
/// What was seen instead, or that there was no answer in time.
pub async fn within<T>(patience: Duration, attempt: impl Future<Output = Result<T, Saw>>) -> Result<T, Saw> {
    tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err(timed_out(patience)))
}

/// An acceptance by this server, or what was seen instead.
pub fn accepted(answer: Result<String, Saw>) -> Saw {
    answer.map_or_else(|saw| saw, |server| Saw::Accepted { server })
}

/// A failed connection, in words.
pub fn io_words(e: &std::io::Error) -> String {
    use std::io::ErrorKind as K;
    match e.kind() {
        K::ConnectionRefused => "connection refused".into(),
        K::ConnectionReset | K::BrokenPipe => "connection reset".into(),
        K::UnexpectedEof => "end of file".into(),
        K::TimedOut => "time-out".into(),
        _ => e.to_string(),
    }
}

/// A text as a part of a path or a form.
pub fn part(name: &str) -> String {
    let kept = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    name.bytes().map(|b| if kept(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_is_one_part_of_a_path() {
        assert_eq!(super::part("app.orders-1_x"), "app.orders-1_x");
        assert_eq!(super::part("/"), "%2F");
        assert_eq!(super::part("a b/é"), "a%20b%2F%C3%A9");
    }
}
