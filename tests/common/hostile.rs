//! Texts that somebody may put into a name, a message or a log line to make a report say or do something else.

use drill::history::History;
use drill::secret::Redactor;
use drill::verdict::Verdicts;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What it is, and the text.
pub fn corpus() -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = CORPUS.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    all.push((
        "every control character",
        (0u8..32).map(char::from).chain(['\u{7f}', '\u{80}', '\u{9b}', '\u{9f}']).collect(),
    ));
    all.push(("long", "<b>&|`\u{1b}[2J]]>".repeat(300)));
    all.push(("many lines", "x\n".repeat(500)));
    all
}

const CORPUS: &[(&str, &str)] = &[
    ("script", "<script>alert(1)</script>"),
    (
        "closes what is open",
        "</code></td></tr></table></section></main></title></style></desc></svg><img src=x onerror=alert(1)>",
    ),
    ("attributes", "\" onmouseover=\"alert(1)\" style=\"x\" data-outcome=\"passed\" x='"),
    ("single quotes", "' onfocus='alert(1)' autofocus='"),
    ("link", "<a href=\"javascript:alert(1)\">READY</a> javascript:alert(1)"),
    ("style", "</style><style>*{display:none}</style>"),
    ("entities", "&lt;b&gt; &amp;amp; &#60;script&#62; &#x202e; &nbsp; &lol; &"),
    ("doctype", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;"),
    ("comments", "<!-- --> --> <!-- <![CDATA[ ]]> ]]]]><![CDATA[> <?xml version=\"1.0\"?>"),
    ("ends a section", "a]]>b]]]]>c"),
    ("svg", "<svg><use href=\"https://evil.example/x.svg#a\"/></svg></text></g>"),
    ("unquoted", "a=b/onload=alert(1)//"),
    ("null", "a\0b"),
    ("template", "{{ 7*7 }} {% raw %} ${x} <%= x %>"),
    (
        "markdown link",
        "[READY](https://evil.example) ![x](https://evil.example/p.png) <https://evil.example> [a]: https://evil.example",
    ),
    ("markdown reference", "[x][y]\n\n[y]: https://evil.example \"t\""),
    ("table", "a | b | c\n|---|---|\n| PASSED | x |"),
    ("backslash and pipe", "a\\|b \\\\|c \\"),
    ("backticks", "``` `` ` ```html\n<b>x</b>\n```"),
    ("heading", "\n# PASSED: everything\n\nSetext\n===\n---\n"),
    ("heading at the start", "# PASSED"),
    ("quote at the start", "> quote"),
    ("list at the start", "- item"),
    ("number at the start", "1. item"),
    ("rule", "***"),
    ("emphasis", "**bold** *i* _i_ __b__ ~~gone~~ ~x~"),
    ("footnote", "[^1] [^1]: x"),
    ("task", "[x] done [ ] open"),
    ("details", "<details open><summary>PASSED</summary>"),
    ("break", "<br><hr>"),
    ("math", "$x$ $$y$$"),
    ("ansi", "\u{1b}[2J\u{1b}[31mred\u{1b}[0m\u{9b}31m"),
    ("osc 8", "\u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7}"),
    ("title of the terminal", "\u{1b}]0;owned\u{7}\u{1b}P+q544e\u{1b}\\"),
    ("carriage return", "FAILED\rPASSED"),
    ("crlf", "a\r\nb\r\n\r\nHTTP/1.1 200 OK"),
    ("backspace", "FAILED\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}PASSED"),
    ("bidi", "\u{202e}DESSAP\u{202c} \u{2066}x\u{2069} \u{200f}y\u{61c}"),
    ("zero width", "PA\u{200b}SS\u{200d}ED\u{feff}\u{2060}\u{ad}"),
    ("tags", "\u{e0041}\u{e0042}\u{e007f}"),
    ("line separators", "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f"),
    ("no characters", "\u{fffe}\u{ffff}\u{fffd}\u{1fffe}"),
    ("surrogates, written", "\\ud800 \\udfff &#xd800; \u{fffd}\u{fffd}"),
    ("workflow command", "\n::error file=a,line=1::PASSED\n::set-output name=x::y\n::stop-commands::t"),
    ("workflow command at the start", "::error::x%0A::warning::y%0D%25"),
    ("old workflow command", "##[error]x ##vso[task.complete result=Succeeded;]"),
    ("metrics", "a\"} 1\nhacked{x=\"y\"} 2 \\"),
    ("json", "\",\"outcome\":\"passed\",\"x\":\"\\"),
    ("yaml", "x: *a &b !!python/object |\n  - y"),
    ("format", "%s%n {} {0} %0A %x"),
    ("combining", "Z\u{0351}\u{036b}\u{0343}\u{036a}\u{0302}"),
    ("emoji and wide", "\u{1f600}\u{4f60}\u{597d}"),
    ("spaces", "   \u{a0}\u{3000}  "),
    ("verdict", "READY: RL3"),
];

/// Whose values are what servers, files and people wrote. The rest (verdicts, ids of checks, times, kinds) is the program's own.
const FREE: &[&str] = &[
    "drill",
    "scenario",
    "title",
    "owner",
    "tenant",
    "name",
    "file",
    "role",
    "twin_of",
    "namespace",
    "request_id",
    "target",
    "message",
    "why",
    "what",
    "line",
    "code",
    "product",
    "version",
    "image",
    "reason",
    "observed",
    "expected",
    "means",
    "when",
    "control",
    "job",
    "user",
    "arguments",
    "program",
    "endpoint",
    "reach",
    "of",
    "not_from_production",
    "not_judged",
    "premise",
    "exception",
    "id",
    "lease",
    "path",
    "operation",
    "display_name",
    "entity_id",
    "lease_id",
    "asked_lease_hmac",
    "asked_accessor_hmac",
    "correlation",
    "statement",
    "step",
    "by",
    "check_id",
    "compensating_control",
    "granted_by",
    "kind",
    "commit",
    "sha256",
    "image_id",
    "dir",
    "level",
    "gate_file",
    "gate_sha256",
    "pattern",
    "shown",
    "todo",
    "run",
    "basis",
    "text",
    "in_use",
    "events_sha256",
    "scenarios",
    "servers",
    "signature",
    "worse_outcome",
    "other_outcome",
    "checks",
    "drills_without_role",
    "owner",
    "reason",
    "date",
    "doors",
    "door",
    "word",
    "server",
];

/// Those whose value is a word of a closed list although its key is in `FREE`, by the key above.
fn is_closed(key: &str, above: &str, text: &str) -> bool {
    match key {
        // A fault's kind, a caller's, a session's in a series is free.
        "kind" => matches!(text, "workload" | "person" | "paused" | "killed" | "sealed"),
        // A server's role in events and faults decides what is looked for.
        "server" => matches!(text, "authority" | "backend") || above == "accepted",
        "by" => matches!(text, "subject" | "administrator"),
        _ => false,
    }
}

/// The text in front of everything that somebody else wrote. The same name is changed in the same way everywhere, so that events
/// still belong to their plan.
pub fn poisoned<T: Serialize + DeserializeOwned>(data: &T, text: &str) -> T {
    let mut value = serde_json::to_value(data).unwrap();
    poison(&mut value, "", "", text);
    serde_json::from_value(value).unwrap()
}

fn poison(value: &mut Value, key: &str, above: &str, text: &str) {
    match value {
        Value::String(old) if FREE.contains(&key) && !is_closed(key, above, old) && !old.is_empty() => {
            *old = format!("{text}x{old}");
        }
        Value::Array(items) => items.iter_mut().for_each(|v| poison(v, key, above, text)),
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for name in keys {
                let inner = map.get_mut(&name).unwrap();
                poison(inner, &name, key, text);
            }
            // Session kinds are the keys of a map: the same change.
            if key == "sessions" || key == "metadata" {
                let old = std::mem::take(map);
                map.extend(
                    old.into_iter().map(|(k, v)| (if key == "sessions" { format!("{text}x{k}") } else { k }, v)),
                );
            }
        }
        _ => {}
    }
}

/// A run of which everything that can be written by others is that text.
pub fn run(history: &History, verdicts: &Verdicts, text: &str) -> (History, Verdicts) {
    (poisoned(history, text), poisoned(verdicts, text))
}

/// What a report is rendered with where there are no secrets.
pub fn no_secrets() -> Redactor {
    Redactor::default()
}
