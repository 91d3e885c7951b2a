//! Which connections are open. The broker has two lists, and each keeps some that are closed (one in 4,000 where many come and go, seen with
//! 4.0.5), though not the same ones: its own by user, in which a connection is at once, and the statistics', in which it is after seconds.
//! Open is what is in both, what is too young for the second, and, where the second does not show that it works, whatever is in the first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whoever is open is in the statistics by then: they are collected every 5 s, and may miss a turn.
const LAG: Duration = Duration::from_secs(12);

/// When each connection was first seen in the broker's own list, and whether the statistics have had it.
#[derive(Debug, Default)]
pub struct Sightings(Mutex<HashMap<String, (Instant, bool)>>);

impl Sightings {
    /// Whether one that is in the broker's own list is open, as far as can be known now. Absence counts only beside presence: `beside`, the
    /// statistics have a connection of somebody else's who was asked about with it.
    pub fn is_open(&self, name: &str, (in_statistics, beside): (bool, bool), now: Instant) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, known) = seen.entry(name.to_string()).or_insert((now, false));
        *known = in_statistics;
        in_statistics || !beside || now.duration_since(*first) < LAG
    }
    /// Whether one of them may be a closed one: nobody can tell yet.
    pub fn unsure(&self, now: Instant) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().any(|(first, known)| !known && now.duration_since(*first) < LAG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_statistics_never_have_is_closed() {
        let (sightings, start) = (Sightings::default(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert!(!sightings.unsure(at(0)));
        assert!(sightings.is_open("young", (false, true), at(0)) && sightings.is_open("old", (true, true), at(0)));
        assert!(sightings.unsure(at(0)));
        assert!(sightings.is_open("young", (false, true), at(11_999)) && sightings.unsure(at(11_999)));
        assert!(!sightings.is_open("young", (false, true), at(12_000)) && !sightings.unsure(at(12_000)));
        // Statistics that have nobody's may be late, or off.
        assert!(sightings.is_open("young", (false, false), at(12_000)));
        // In the statistics too: it is there.
        assert!(
            sightings.is_open("young", (true, true), at(12_001)) && sightings.is_open("old", (true, true), at(60_000))
        );
        // A closed one that the statistics keep is in the other list no more, and not asked about.
        assert!(!sightings.unsure(at(60_000)));
    }
}
