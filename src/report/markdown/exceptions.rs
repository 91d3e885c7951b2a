//! The exceptions, one line each: what was permitted to fail, by whose leave, until when.

use super::text::{code, md, row};
use crate::report::exceptions::{Granted, granted};
use crate::report::facts::Run;
use crate::verdict::Use;

/// Nothing where there are none.
pub fn table(run: Run<'_>) -> String {
    let all = granted(run);
    if all.is_empty() {
        return String::new();
    }
    let day = run.head().as_of.map_or("no day".to_owned(), |day| format!("{day} (UTC)"));
    let mut out = format!(
        "\n## Exceptions\nAs of {day}. Each ends at the end of its last day, and covers its one check alone.\n\n"
    );
    out += &row(&["exception", "check", "owner", "why, and what stands in", "last day", "here"].map(str::to_owned));
    out.push_str("|---|---|---|---|---|---|\n");
    out.extend(all.iter().map(line));
    out
}

fn line(granted: &Granted<'_>) -> String {
    let e = granted.exception;
    let ends = md(granted.ends().trim_start_matches("last day "));
    let ends = if granted.warns() { format!("**{ends}: ends soon**") } else { ends };
    let what = md(granted.what());
    let what = if matches!(granted.state, Use::Stale | Use::Expired) { format!("**{what}**") } else { what };
    row(&[
        md(&e.id),
        code(&e.check),
        format!("{}; {}", md(&e.owner), md(&granted.granted())),
        format!("{}; instead: {}", md(&e.reason), md(&e.compensating_control)),
        ends,
        what,
    ])
}
