//! One column a credential, from issue to refusal.

use super::text::{line, md, row};
use crate::report::cells::{Credential, REFUSED, ROWS, label};
use crate::report::facts::Run;

/// More do not fit on a page.
const COLUMNS: usize = 4;

pub fn tables(run: Run<'_>) -> String {
    let columns: Vec<Credential<'_>> = run.columns().map(|(d, s)| Credential::new(run, d, s)).collect();
    let mut out = String::new();
    if !columns.is_empty() {
        out.push_str("\n## How the credentials ended\n");
    }
    for (n, few) in columns.chunks(COLUMNS).enumerate() {
        if n > 0 {
            out.push('\n');
        }
        out += &table(run, few);
    }
    out
}

fn table(run: Run<'_>, columns: &[Credential<'_>]) -> String {
    let several = run.verdicts.drills.len() > 1;
    let mut head = vec![String::new()];
    for c in columns {
        let drill = if several { format!("{}/", md(c.drill)) } else { String::new() };
        head.push(format!("{drill}{}", md(&c.verdict.scenario)));
    }
    let mut out = row(&head);
    out += &["|", &"---|".repeat(head.len()), "\n"].concat();
    for (name, cell) in ROWS {
        let cells: Vec<_> = columns.iter().map(cell).collect();
        // A row that says nothing of any credential is noise.
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let name_of_row = match name {
            REFUSED => format!("**{}**", label(name, columns)),
            _ => label(name, columns),
        };
        let cells = cells.iter().map(|c| c.as_ref().map_or_else(|| "–".to_owned(), line));
        out += &row(&std::iter::once(name_of_row).chain(cells).collect::<Vec<_>>());
    }
    out
}
