//! So many runs at a time: each has two servers, and a machine that is out of breath makes every window wider. Two leave 2 cores idle for a third of
//! the time, four for a twentieth.

use std::sync::{Condvar, Mutex, PoisonError};

static FREE: Mutex<u32> = Mutex::new(4);
static CHANGED: Condvar = Condvar::new();

/// A place among those that run; given back when it is dropped, also by a failing test.
pub struct Turn;

impl Turn {
    pub fn take() -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = CHANGED.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        CHANGED.notify_one();
    }
}
