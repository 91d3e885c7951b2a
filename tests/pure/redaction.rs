//! No registered secret comes through, however it was encoded.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use drill::secret::{RedactingWriter, Redactor, Secret};
use proptest::prelude::*;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

/// With everything that some encoder escapes: quotes, backslash, slash, percent, plus, space, `<`, a letter beyond ASCII, one beyond 16 bits.
const HARD: &str = r#"aB3"\/% +<&>'é𝄞-_~"#;

fn clean(secret: &str, text: &str) -> String {
    let redactor = Redactor::default();
    let _secret = Secret::new(secret, &redactor);
    redactor.clean(text).into_owned()
}

fn base64(bytes: &[u8], plus_slash: [char; 2], pad: bool) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(plus_slash).collect();
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |w, b| w << 8 | u32::from(*b));
        let word = bits << (8 * (3 - three.len()));
        for i in 0..=three.len() {
            out.push(alphabet[(word >> (18 - 6 * i) & 63) as usize]);
        }
        if pad {
            out.push_str(&"=".repeat(3 - three.len()));
        }
    }
    out
}

/// `keep` stays as it is, all else becomes `%XX`.
fn percent(text: &str, keep: &str, upper: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let char = char::from(byte);
        if byte.is_ascii_alphanumeric() || keep.contains(char) {
            out.push(char);
        } else if upper {
            write!(out, "%{byte:02X}").unwrap();
        } else {
            write!(out, "%{byte:02x}").unwrap();
        }
    }
    out
}

/// As encoders for ASCII-only JSON write it, and as Go escapes `<`, `>`, `&`.
fn json_ascii(text: &str) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(b'"') => out.push_str("\\\""),
            Some(b'\\') => out.push_str("\\\\"),
            Some(b @ (b'<' | b'>' | b'&')) => write!(out, "\\u{b:04x}").unwrap(),
            Some(b) => out.push(char::from(b)),
            None => write!(out, "\\u{unit:04X}").unwrap(),
        }
    }
    out
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

#[test]
fn plain() {
    assert_eq!(clean(HARD, &format!("x{HARD}y")), "x[redacted]y");
}

#[test]
fn json_escaped() {
    let body = format!("{{\"p\":\"{}\"}}", json(HARD));
    assert_eq!(clean(HARD, &body), r#"{"p":"[redacted]"}"#);
    assert_eq!(clean(HARD, &format!("p={}.", json_ascii(HARD))), "p=[redacted].");
    let slashes = HARD.replace('\\', "\\\\").replace('/', "\\/");
    assert_eq!(clean(HARD, &format!("p={slashes}.")), "p=[redacted].");
}

#[test]
fn json_inside_json() {
    let twice = json(&format!("{{\"p\":\"{}\"}}", json(HARD)));
    assert_eq!(clean(HARD, &twice), r#"{\"p\":\"[redacted]\"}"#);
}

#[test]
fn debug_strings() {
    let debug = format!("{:?}", format!("p={HARD}"));
    assert_eq!(clean(HARD, &debug), "\"p=[redacted]\"");
    let bell = "tab\tbell\u{7}";
    assert_eq!(clean(bell, r"tab\tbell\x07"), "[redacted]");
    assert_eq!(clean(bell, &format!("{bell:?}")), "\"[redacted]\"");
}

#[test]
fn url_encoded() {
    for upper in [true, false] {
        for keep in ["-_.~", "-_.~!'()*", "-_.~$&+=:@/"] {
            let url = format!("https://h/?p={}&q=1", percent(HARD, keep, upper));
            assert_eq!(clean(HARD, &url), "https://h/?p=[redacted]&q=1", "{url}");
        }
    }
    let form = percent(HARD, "-_. ", true).replace(' ', "+");
    assert_eq!(clean(HARD, &format!("p={form}&q=1")), "p=[redacted]&q=1");
    assert_eq!(clean("with space", "p=with+space&q"), "p=[redacted]&q");
}

#[test]
fn url_inside_json_inside_json() {
    let url = percent(HARD, "/", true).replace('/', "\\/");
    let twice = json(&format!("\"{url}\""));
    assert_eq!(clean(HARD, &twice), "\\\"[redacted]\\\"");
}

#[test]
fn base64_at_every_alignment() {
    for alphabet in [['+', '/'], ['-', '_']] {
        for before in ["", "u", "us", "user:"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = format!("{before}{HARD}{after}");
                let basic = format!("Basic {}.", base64(text.as_bytes(), alphabet, true));
                assert_eq!(clean(HARD, &basic), "Basic [redacted].", "{text}");
            }
        }
    }
}

#[test]
fn base64_of_a_password_in_basic_auth() {
    // printf 'v-user:k7-Hq2mZ' | base64
    assert_eq!(clean("k7-Hq2mZ", "authorization: Basic di11c2VyOms3LUhxMm1a"), "authorization: Basic [redacted]");
}

#[test]
fn sql_literals() {
    assert_eq!(clean("it's-1", "PASSWORD 'it''s-1'"), "PASSWORD '[redacted]'");
}

#[test]
fn each_line_of_a_key() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nshort\n-----END KEY-----";
    assert_eq!(clean(key, "l: MIIEvQIBADANBgkqhkiG9w0"), "l: [redacted]");
    let header = "short -----BEGIN KEY-----";
    assert_eq!(clean(key, header), header);
    assert_eq!(clean(key, key), "[redacted]");
}

#[test]
fn the_longer_of_two_goes_whole() {
    let redactor = Redactor::default();
    let _short = Secret::new("abcdef", &redactor);
    let _long = Secret::new("abcdefghij", &redactor);
    let _crossing = Secret::new("hijklm", &redactor);
    assert_eq!(redactor.clean("-abcdefghij-"), "-[redacted]-");
    assert_eq!(redactor.clean("-abcdefghijklm-"), "-[redacted]-");
}

#[test]
fn empty_and_very_short_ones_change_nothing() {
    let redactor = Redactor::default();
    let cases = [("", false), ("abc", false), ("acted", false), ("abcd", true)];
    for (text, registered) in cases {
        let secret = Secret::new(text, &redactor);
        assert_eq!(redactor.register(&secret), registered, "{text}");
    }
    let text = "an abc is acted";
    assert!(matches!(redactor.clean(text), Cow::Borrowed(_)));
}

#[test]
fn a_secret_registered_later_is_found_from_then_on() {
    let redactor = Redactor::default();
    let clone = redactor.clone();
    assert_eq!(clone.clean("later-on"), "later-on");
    let _secret = Secret::new("later-on", &redactor);
    assert_eq!(clone.clean("later-on"), "[redacted]");
}

#[test]
fn every_one_of_a_thousand_is_found() {
    let redactor = Redactor::default();
    let secrets: Vec<Secret> = (0..1000).map(|n| Secret::new(format!("pw-{n:04}-q"), &redactor)).collect();
    for secret in &secrets {
        assert_eq!(redactor.clean(secret.expose()), "[redacted]");
    }
}

#[test]
fn json_values_keep_keys_and_numbers() {
    let redactor = Redactor::default();
    let _number = Secret::new("123456", &redactor);
    let mut value = serde_json::json!({"at_us": 123_456, "123456": ["x 123456"]});
    redactor.clean_value(&mut value);
    let expected = serde_json::json!({"at_us": 123_456, "123456": ["x [redacted]"]});
    assert_eq!(value, expected);
}

#[test]
fn what_is_no_escape_stays() {
    let texts = ["100%", "%zz %4", r"\", r"\u12", r"\ud800\u0041", r"\x", r"\u{}", r"\u{1234567890}", "a+b"];
    for text in texts {
        assert_eq!(clean("with space", text), text);
    }
}

/// Texts made of what encoders must escape and what they leave.
fn secrets() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{6,40}", "[ -~\n\t]{6,40}", "\\PC{6,20}"]
        .prop_filter("not a piece of the placeholder", |s| !"[redacted]".contains(s.as_str()))
}

fn encode(text: &str, how: usize) -> String {
    match how {
        0 => text.to_owned(),
        1 => json(text),
        2 => json(&json(text)),
        3 => json_ascii(text),
        4 => percent(text, "", true),
        5 => percent(text, "-_.~!*()", false),
        6 => percent(text, "", true).replace("%20", "+"),
        _ => format!("{text:?}"),
    }
}

proptest! {
    #[test]
    fn no_encoding_comes_through(
        secret in secrets(), before in "[#!;]{0,4}", after in "[#!;]{0,4}", how in 0usize..8,
    ) {
        let encoded = encode(&secret, how);
        let cleaned = clean(&secret, &format!("{before}{encoded}{after}"));
        prop_assert!(cleaned.contains("[redacted]"), "{cleaned}");
        prop_assert!(!cleaned.contains(&secret) && !cleaned.contains(&encoded), "{cleaned}");
    }

    #[test]
    fn no_base64_comes_through(
        secret in secrets(), before in "[ -~]{0,7}", after in "[ -~]{0,7}", url_safe: bool, pad: bool,
    ) {
        let alphabet = if url_safe { ['-', '_'] } else { ['+', '/'] };
        let encoded = base64(format!("{before}{secret}{after}").as_bytes(), alphabet, pad);
        prop_assert_eq!(clean(&secret, &format!("({encoded})")), "([redacted])");
    }

    #[test]
    fn text_without_secrets_is_left_alone(secret in "[a-m]{5,20}", text in "[n-z \\\\%+\"]{0,60}") {
        prop_assert_eq!(clean(&secret, &text), text);
    }

    #[test]
    fn any_bytes_are_survived(secret in "\\PC{4,20}", bytes: Vec<u8>) {
        let redactor = Redactor::default();
        let _secret = Secret::new(secret, &redactor);
        let _ = redactor.clean_bytes(&bytes);
        let _ = redactor.clean(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn however_a_writer_is_fed(
        secret in "[a-zA-Z0-9]{8,20}", cuts in proptest::collection::vec(1usize..9, 1..40),
    ) {
        let encoded = base64(secret.as_bytes(), ['+', '/'], true);
        let text = format!("a {secret} b\nno\n{secret}{secret}\n{encoded}");
        let redactor = Redactor::default();
        let _secret = Secret::new(secret.clone(), &redactor);
        let mut out = Vec::new();
        let mut writer = RedactingWriter::new(&mut out, redactor.clone());
        let mut rest = text.as_bytes();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            writer.write_all(now).unwrap();
            writer.flush().unwrap();
            rest = later;
        }
        drop(writer);
        let expected = "a [redacted] b\nno\n[redacted]\n[redacted]";
        prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

/// A log may break a key up, and each of its lines is as secret; what is public around it is none.
#[test]
fn the_lines_of_a_key_are_its_own() {
    let lines = |text: &str| {
        let secret = Secret::new(text, &Redactor::default());
        secret.key_lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nAbC=\nxy=\n-----END EC PRIVATE KEY-----\nafter it";
    assert_eq!(lines(key), ["MHcCAQEE", "AbC="]);
    let public = "-----BEGIN CERTIFICATE-----\nMIIBszCC\n-----END CERTIFICATE-----\n";
    assert_eq!(lines(&format!("{public}{key}")), ["MHcCAQEE", "AbC="]);
    assert_eq!(lines(public), [""; 0]);
    // A word of the frame alone begins no key.
    assert_eq!(lines("-----BEGIN \nMHcCAQEE"), [""; 0]);
    assert_eq!(lines("a PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nMIIBszCC"), [""; 0]);
    // Parts without a key in them, and one that is all there is.
    assert_eq!(lines("first-part\nsix\nfour\nthe last"), ["first-part", "four", "the last"]);
    assert_eq!(lines("only-one"), [""; 0]);
}

#[test]
fn neither_a_secret_nor_who_knows_it_can_be_printed() {
    let redactor = Redactor::default();
    let secret = Secret::new("k7-Hq2mZ", &redactor);
    assert_eq!(format!("{secret:?} {redactor:?}"), "[secret] Redactor");
}

#[test]
fn whether_a_text_holds_a_secret() {
    let redactor = Redactor::default();
    let _secret = Secret::new("k7-Hq2mZ", &redactor);
    assert!(redactor.holds("with k7-Hq2mZ") && redactor.holds("k7%2DHq2mZ"));
    assert!(!redactor.holds("with k7-Hq2m") && !redactor.holds(""));
}

/// Every string of a value is cleaned, and it is said whether any was: also where several were, and where the last was not.
#[test]
fn whether_a_value_was_cleaned() {
    let redactor = Redactor::default();
    let _secret = Secret::new("k7-Hq2mZ", &redactor);
    let cleaned = |value: serde_json::Value| {
        let mut value = value;
        (redactor.clean_value(&mut value), value.to_string().contains("k7-Hq2mZ"))
    };
    let secret = "is k7-Hq2mZ";
    for value in [
        serde_json::json!([secret, "plain"]),
        serde_json::json!(["plain", secret]),
        serde_json::json!([secret, secret]),
        serde_json::json!({"a": secret, "b": "plain"}),
        serde_json::json!({"a": "plain", "b": secret}),
        serde_json::json!({"a": secret, "b": secret}),
    ] {
        assert_eq!(cleaned(value.clone()), (true, false), "{value}");
    }
    assert_eq!(cleaned(serde_json::json!({"a": ["plain", 1]})), (false, false));
    let data = vec![secret.to_string(), "plain".to_string()];
    assert_eq!(*redactor.cleaned(&data), ["is [redacted]", "plain"]);
    assert!(matches!(redactor.cleaned(&vec!["plain".to_string()]), Cow::Borrowed(_)));
}

/// A space is a plus in a form; also where several secrets have one.
#[test]
fn a_plus_is_a_space_whichever_secret_has_one() {
    let redactor = Redactor::default();
    let _both = [Secret::new("first one", &redactor), Secret::new("second one", &redactor)];
    assert_eq!(redactor.clean("a=first+one&b=second+one"), "a=[redacted]&b=[redacted]");
}

/// An escape before it moves all that follows; nothing beside the secret goes with it.
#[test]
fn what_stands_around_a_secret_stays() {
    assert_eq!(clean("k7-Hq2mZ", "%41 and k7-Hq2mZ."), "%41 and [redacted].");
    assert_eq!(clean("k7-Hq2mZ", "%41 and k7%2DHq2mZ."), "%41 and [redacted].");
    assert_eq!(clean("k7-Hq2mZ", r"\n and k7\u002dHq2mZ."), r"\n and [redacted].");
    assert_eq!(clean("k7-Hq2mZ", "k7-Hq2mZ and k7-Hq2mZ."), "[redacted] and [redacted].");
}

#[test]
fn every_short_escape_is_read() {
    let escapes = [
        ("n", '\n'),
        ("t", '\t'),
        ("r", '\r'),
        ("b", '\u{8}'),
        ("f", '\u{c}'),
        ("0", '\0'),
        ("\"", '"'),
        ("\\", '\\'),
        ("/", '/'),
        ("'", '\''),
    ];
    for (escape, char) in escapes {
        assert_eq!(clean(&format!("k7{char}Hq2mZ"), &format!("is k7\\{escape}Hq2mZ.")), "is [redacted].", "{escape}");
    }
}
