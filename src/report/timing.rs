//! Where the time went: the steps of a run, for `-v`.

use super::words;
use crate::history::{Body, History};
use std::fmt::Write as _;

/// One line a step, in the order in which they began.
pub fn table(history: &History) -> String {
    let mut steps: Vec<(u64, u64, String)> = Vec::new();
    for event in &history.events {
        if let Body::Step { name, from_us } = &event.body {
            let whose = [event.drill.as_str(), event.scenario.as_str()];
            let whose: Vec<&str> = whose.into_iter().filter(|w| !w.is_empty()).collect();
            let name = words::one_line(&format!("{}  {name}", whose.join("/")));
            steps.push((*from_us, event.at_us, name));
        }
    }
    if steps.is_empty() {
        return String::new();
    }
    steps.sort();
    let ms = |us: u64| words::thousands(i64::try_from(us / 1000).unwrap_or(i64::MAX));
    let mut text = format!("{:>10} {:>10}  step\n", "from ms", "took ms");
    for (from_us, to_us, name) in steps {
        let took = to_us.saturating_sub(from_us);
        let _ = writeln!(text, "{:>10} {:>10}  {}", ms(from_us), ms(took), name.trim_start());
    }
    text
}
