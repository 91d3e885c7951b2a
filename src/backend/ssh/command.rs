//! A command of a drill's lists, and what the server is asked to run for it. A channel proves nothing by itself: what a server says of
//! a command counts only between two numbers that nobody but it was told just now.

use crate::document::{At, Problem};
use schemars::JsonSchema;
use serde::Deserialize;

/// Longer ones are no statement of a drill.
const LONGEST: usize = 2_048;
/// Who the server is, as `files/start.sh` writes it at every start.
pub const IDENTITY: &str = "/drill/run/server";

/// A command of a drill's lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Command")]
pub enum RawCommand {
    /// Run by `sh`; exit status 0 is a success.
    Run(At<String>),
}

impl RawCommand {
    /// Its text, with its place.
    pub fn text(&self) -> &At<String> {
        match self {
            Self::Run(text) => text,
        }
    }
    /// What is wrong with it.
    pub fn problem(&self) -> Option<Problem> {
        let text = &self.text().value;
        let printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        let fits = printable && text.trim() == text && !text.is_empty() && text.len() <= LONGEST;
        (!fits).then(|| Problem::NoCommand(text.clone()))
    }
}

/// For `sh`: one word, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Says who the server is, after a number.
pub fn introduction(nonce: &str) -> String {
    format!(r#"printf '%s %s\n' {} "$(cat {IDENTITY})""#, quoted(nonce))
}

/// Answers every line with the line and who the server is.
pub fn echo() -> String {
    format!(r#"while IFS= read -r line; do printf '%s %s\n' "$line" "$(cat {IDENTITY})"; done"#)
}

/// Runs a command between two numbers. What it prints is nobody's business.
pub fn statement(command: &str, before: &str, after: &str) -> String {
    let (command, after) = (quoted(command), quoted(after));
    format!("{}\nsh -c {command} </dev/null >/dev/null 2>&1\nprintf '%s %s\\n' {after} \"$?\"", introduction(before))
}

/// Who the server says that it is, if it was told this number.
pub fn introduced<'a>(line: &'a str, nonce: &str) -> Option<&'a str> {
    let identity = line.strip_prefix(nonce)?.strip_prefix(' ')?.trim_end_matches(['\r', '\n']);
    (!identity.is_empty() && !identity.contains(char::is_whitespace)).then_some(identity)
}

/// What a statement's two lines say: who ran it, and its exit status. Nothing where a line is missing or another one is there.
pub fn outcome<'a>(output: &'a str, before: &str, after: &str) -> Option<(&'a str, u8)> {
    let mut lines = output.lines();
    let identity = introduced(lines.next()?, before)?;
    let status = introduced(lines.next()?, after)?.parse().ok()?;
    lines.next().is_none().then_some((identity, status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    fn run(text: &str) -> RawCommand {
        RawCommand::Run(At { value: text.to_string(), span: Span::START })
    }

    #[test]
    fn one_printable_line_is_a_command() {
        for good in ["id", "sudo -n id", "test \"$(id -un)\" = operator # who"] {
            assert_eq!(run(good).problem(), None, "{good}");
        }
        for bad in ["", " ", " id", "id\nid", "id\0", "é", &"a".repeat(LONGEST + 1)] {
            assert_eq!(run(bad).problem(), Some(Problem::NoCommand(bad.into())), "{bad}");
        }
    }

    #[test]
    fn no_command_gets_out_of_its_quotes() {
        let text = statement("echo 'a'; exit 3", "N1", "N2");
        assert!(text.contains(r"sh -c 'echo '\''a'\''; exit 3' </dev/null"), "{text}");
    }

    #[test]
    fn a_status_counts_between_two_numbers_only() {
        assert_eq!(outcome("N1 me\nN2 0\n", "N1", "N2"), Some(("me", 0)));
        assert_eq!(outcome("N1 me\nN2 1", "N1", "N2"), Some(("me", 1)));
        let not = [
            "",
            "N1 me",
            "N1 me\n",
            "N2 0\n",
            "N1\nN2 0",
            "N1 me\nN2 ",
            "N1 me\nN2 x",
            "N1 me\nN2 256",
            "N2 me\nN1 0",
            "N1 me\nhello\nN2 0",
            "hello\nN1 me\nN2 0",
            "N1 me\nN2 0\nhello",
            "N1 a b\nN2 0",
            "N11 me\nN2 0",
        ];
        for bad in not {
            assert_eq!(outcome(bad, "N1", "N2"), None, "{bad:?}");
        }
    }
}
