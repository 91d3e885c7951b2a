//! What runs out by itself goes first: the others wait until its bracket is complete.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// Counts those whose TTL runs while they get ready.
#[derive(Default)]
pub struct Lead {
    left: AtomicUsize,
    ready: Notify,
}

/// One of those; dropped when it is ready, or came to nothing.
pub struct Leading<'a>(&'a Lead);

impl Lead {
    /// So many lead.
    pub fn expect(&self, leaders: usize) {
        self.left.store(leaders, Ordering::Release);
    }
    /// A scenario takes its place: it leads, or it waits until all leaders are ready.
    pub async fn place(&self, leads: bool) -> Option<Leading<'_>> {
        if leads {
            return Some(Leading(self));
        }
        let ready = self.ready.notified();
        tokio::pin!(ready);
        ready.as_mut().enable();
        if self.left.load(Ordering::Acquire) > 0 {
            ready.await;
        }
        None
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ready.notify_waiters();
        }
    }
}
