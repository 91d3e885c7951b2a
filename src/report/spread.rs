//! `--repeat N`: the spread of each exposure over several runs.

use super::words;
use crate::verdict::Verdicts;
use std::fmt::Write as _;

struct Row {
    name: String,
    lower_us: Vec<i64>,
    upper_us: Vec<i64>,
    /// Runs in which no end was seen.
    endless: usize,
}

/// One line an exposure: minimum, median and maximum of its lower and its upper end, in ms.
pub fn table(runs: &[Verdicts]) -> String {
    let mut rows: Vec<Row> = Vec::new();
    for drill in runs.iter().flat_map(|r| &r.drills) {
        for scenario in &drill.scenarios {
            for exposure in &scenario.exposures {
                let name = format!("{}/{}@{}", drill.drill, scenario.scenario, exposure.of);
                let at = rows.iter().position(|r| r.name == name).unwrap_or_else(|| {
                    rows.push(Row { name, lower_us: vec![], upper_us: vec![], endless: 0 });
                    rows.len() - 1
                });
                rows[at].lower_us.push(exposure.lower_us.max(0));
                match exposure.upper_us {
                    Some(upper) => rows[at].upper_us.push(upper.max(0)),
                    None => rows[at].endless += 1,
                }
            }
        }
    }
    let width = rows.iter().map(|r| r.name.chars().count()).max().unwrap_or(0).max(8);
    let mut text =
        format!("{:<width$}  {:>4}  {:>24}  {:>24}\n", "exposure", "runs", "not before, ms", "not after, ms");
    let _ =
        writeln!(text, "{:<width$}  {:>4}  {:>24}  {:>24}", "", "", "min   median      max", "min   median      max");
    for mut row in rows {
        let endless = match row.endless {
            0 => String::new(),
            n => format!("  no end seen in {n}"),
        };
        let _ = writeln!(
            text,
            "{:<width$}  {:>4}  {}  {}{endless}",
            words::one_line(&row.name),
            row.lower_us.len(),
            three(&mut row.lower_us),
            three(&mut row.upper_us),
        );
    }
    text
}

fn three(us: &mut [i64]) -> String {
    us.sort_unstable();
    let [min, .., max] = us else {
        return match us {
            [one] => format!("{:>24}", tenth(*one)),
            _ => format!("{:>24}", "–"),
        };
    };
    let (min, max) = (*min, *max);
    // Of an even number the lower of the two in the middle: a value that was measured.
    let median = us[(us.len() - 1) / 2];
    format!("{:>6} {:>8} {:>8}", tenth(min), tenth(median), tenth(max))
}

fn tenth(us: i64) -> String {
    format!("{}.{}", us / 1000, us % 1000 / 100)
}
