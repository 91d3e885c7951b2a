//! Closed tables of codes whose texts tell what the code alone does not: one search, one observation, one explanation.

use super::Says;
use crate::observation::{Saw, Stage};
use std::fmt::Write as _;

/// One row: code, the server's text (`{user}` is filled in, a `*` is anything), stage, meaning, and why for `drill explain`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// As the protocol has it.
    pub code: &'static str,
    /// What the text says, in a word, where the code alone does not tell.
    pub word: &'static str,
    /// The text behind the code.
    pub text: &'static str,
    /// When it came; none where every request is a login.
    pub stage: Option<Stage>,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

impl Row {
    /// As an observation's code: `NOPERM key`, `WRONGPASS`.
    fn label(&self) -> String {
        if self.word.is_empty() { self.code.into() } else { format!("{} {}", self.code, self.word) }
    }
    fn is(&self, code: &str, text: &str, stage: Stage, user: &str) -> bool {
        let at = self.stage.is_none_or(|at| at == stage);
        at && self.code == code && reads(&self.text.replace("{user}", user), text)
    }
}

/// Whether a text is what a pattern says: all of it.
fn reads(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((begins, ends)) => {
            text.strip_prefix(begins).is_some_and(|rest| rest.len() >= ends.len() && rest.ends_with(ends))
        }
    }
}

/// An error answer as an observation. `user` is who asked: the server's text must name it.
pub fn observe(table: &[Row], code: &str, text: &str, stage: Stage, user: &str) -> Saw {
    let Some(row) = table.iter().find(|row| row.is(code, text, stage, user)) else {
        return Saw::Unclassified { what: format!("{code} {text}").trim_end().into() };
    };
    let code = row.label();
    let said = format!("{code}: {text}");
    row.says.observed(code, &said)
}

/// A row of any table, as far as `drill explain` tells it.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// At which door, where the product has several.
    pub door: Option<&'static str>,
    /// As the protocol has it.
    pub code: &'static str,
    /// What the text says, in a word; empty where the code says all.
    pub word: &'static str,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

impl From<&Row> for Told {
    fn from(Row { code, word, says, why, .. }: &Row) -> Self {
        Self { door: None, code, word, says: *says, why }
    }
}

/// What a table says of a code, or of a code and a word, for `drill explain`.
pub fn explain(
    table: impl Iterator<Item = Told>,
    product: &str,
    what: &str,
    in_words: impl Fn(Says) -> String,
) -> Option<String> {
    let mut words = what.split_whitespace();
    let (code, word) = (words.next()?, words.next());
    let rows = table.filter(|r| r.code.eq_ignore_ascii_case(code));
    let rows: Vec<_> = rows.filter(|r| word.is_none_or(|asked| asked == r.word)).collect();
    let mut text = format!("code {} of {product}\n", rows.first()?.code);
    for row in rows {
        let door = row.door.map_or_else(String::new, |door| format!("at {door}: "));
        let word = if row.word.is_empty() { String::new() } else { format!("{}: ", row.word) };
        let _ = writeln!(text, "  {door}{word}{}\n      {}", in_words(row.says), row.why);
    }
    Some(text)
}
