//! Whatever a server, a file or a log line holds: every report keeps the shape that it has with harmless names.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::{hostile, pages, verdicts};
use drill::history::History;
use drill::report::{Console, Copies, EventsFile, Paths, Verbosity};
use drill::secret::Redactor;
use drill::verdict::{Verdicts, judge};
use pulldown_cmark::{Event, Options, Parser, Tag};
use scraper::Html;
use std::collections::BTreeMap;
use std::fs;

/// Harmless: as long as nothing else, so that the same things are shortened or not.
const HARMLESS: &str = "name";

fn runs() -> Vec<(History, Verdicts)> {
    let failed = (crate::common::outlives(), verdicts::failed());
    let excepted = (crate::common::excepted(), verdicts::excepted());
    let inconclusive = pages::inconclusive();
    let judged = judge(&inconclusive);
    vec![failed, excepted, (inconclusive, judged)]
}

fn files(history: &History, verdicts: &Verdicts) -> BTreeMap<&'static str, String> {
    let events: EventsFile = Some((crate::common::hex('9'), 1));
    let files = drill::report::render(history, verdicts, &events, &Redactor::default()).files;
    files.into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

fn terminal(history: &History, verdicts: &Verdicts, color: bool) -> String {
    let mut out = Vec::new();
    let mut console = Console::new(&mut out, color, Verbosity::Verbose, Redactor::default(), "reports/latest");
    console.run_started(&history.head, Some("stand-ins")).unwrap();
    for (plan, drill) in history.head.drills.iter().zip(&verdicts.drills) {
        for scenario in &drill.scenarios {
            console.scenario_ended(plan, scenario).unwrap();
        }
    }
    let paths = Paths {
        dir: "reports/latest".into(),
        junit: "reports/latest/junit.xml".into(),
        readiness: "reports/latest/readiness.md".into(),
        evidence: "reports/latest/evidence.json".into(),
        evidence_sha256: crate::common::hex('9'),
    };
    console.run_ended(history, verdicts, &paths).unwrap();
    console.spread(std::slice::from_ref(verdicts)).unwrap();
    String::from_utf8(out).unwrap()
}

/// Nothing that steers a terminal, turns writing around or cannot be seen.
fn assert_printable(name: &str, text: &str) {
    let bad = text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
            || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    });
    assert!(bad.is_none(), "{name}: {:?}", bad.unwrap());
}

/// Elements in order, each with its attributes; values of those that could do something.
fn html_shape(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    // What a parser had to put right was broken by somebody.
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let mut shape = Vec::new();
    for node in page.tree.nodes() {
        match node.value() {
            scraper::Node::Element(e) => {
                let attrs: BTreeMap<&str, &str> = e.attrs().collect();
                let told: Vec<String> = attrs
                    .iter()
                    .map(|(name, value)| match *name {
                        "href" | "class" | "id" | "content" | "role" | "data-outcome" | "http-equiv" | "rel"
                        | "scope" => {
                            format!("{name}={value}")
                        }
                        name => name.to_owned(),
                    })
                    .collect();
                shape.push(format!("{} {}", e.name(), told.join(" ")));
            }
            scraper::Node::Comment(c) => shape.push(format!("comment {}", &**c)),
            scraper::Node::ProcessingInstruction(_) => shape.push("instruction".into()),
            _ => {}
        }
    }
    shape
}

/// Tags in order; texts left out, markup of others is never there.
fn md_shape(md: &str) -> Vec<String> {
    let mut shape = Vec::new();
    for event in Parser::new_ext(md, Options::all()) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_) | Tag::HtmlBlock) => {
                panic!("{event:?} in\n{md}")
            }
            Event::Start(tag) => shape.push(format!("{tag:?}")),
            Event::End(tag) => shape.push(format!("/{tag:?}")),
            Event::InlineHtml(html) => {
                assert_eq!(&*html, "<br>", "{md}");
                shape.push("br".into());
            }
            Event::Code(_) => shape.push("code".into()),
            Event::Text(_) | Event::SoftBreak => {}
            other => panic!("{other:?} in\n{md}"),
        }
    }
    shape
}

fn xml_shape(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut shape = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => return shape,
            quick_xml::events::Event::Start(e) | quick_xml::events::Event::Empty(e) => {
                let attrs: Vec<String> =
                    e.attributes().map(|a| String::from_utf8_lossy(a.unwrap().key.as_ref()).into_owned()).collect();
                shape.push(format!("{} {}", String::from_utf8_lossy(e.name().as_ref()), attrs.join(" ")));
            }
            quick_xml::events::Event::DocType(_)
            | quick_xml::events::Event::PI(_)
            | quick_xml::events::Event::Comment(_) => {
                panic!("{xml}")
            }
            _ => {}
        }
    }
}

/// Keys and kinds, in order.
fn json_shape(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        // A long text of a plan is told by its length and hash.
        serde_json::Value::Object(map) if map.keys().eq(["bytes", "sha256"]) => out.push("text".into()),
        serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| {
            out.push(k.clone());
            json_shape(v, out);
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|v| json_shape(v, out)),
        serde_json::Value::String(_) => out.push("text".into()),
        other => out.push(other.to_string()),
    }
}

fn same(what: &str, harmless: &[String], hostile: &[String]) {
    if let Some((n, (a, b))) = harmless.iter().zip(hostile).enumerate().find(|(_, (a, b))| a != b) {
        panic!("{what}: number {n} is `{b}`, with harmless names `{a}`");
    }
    assert_eq!(harmless.len(), hostile.len(), "{what}: {:?}", &hostile[harmless.len().min(hostile.len())..]);
}

#[test]
fn html_keeps_its_shape() {
    for (history, verdicts) in runs() {
        let (h, v) = hostile::run(&history, &verdicts, HARMLESS);
        let shape = html_shape(&files(&h, &v)["readiness.html"]);
        for (name, text) in hostile::corpus() {
            let (h, v) = hostile::run(&history, &verdicts, &text);
            let html = &files(&h, &v)["readiness.html"];
            same(name, &shape, &html_shape(html));
            assert_printable(name, html);
            assert!(html.len() < 3_000_000, "{name}: {} bytes", html.len());
        }
    }
}

#[test]
fn the_gates_page_keeps_its_shape() {
    let page =
        |text: &str| drill::report::html::gate(&hostile::poisoned(&pages::not_ready(), text), &Redactor::default());
    let shape = html_shape(&page(HARMLESS));
    for (name, text) in hostile::corpus() {
        same(name, &shape, &html_shape(&page(&text)));
        assert_printable(name, &page(&text));
    }
}

#[test]
fn markdown_keeps_its_shape() {
    for (history, verdicts) in runs() {
        let (h, v) = hostile::run(&history, &verdicts, HARMLESS);
        let shape = md_shape(&files(&h, &v)["readiness.md"]);
        for (name, text) in hostile::corpus() {
            let (h, v) = hostile::run(&history, &verdicts, &text);
            let md = &files(&h, &v)["readiness.md"];
            same(name, &shape, &md_shape(md));
            assert_printable(name, md);
        }
    }
}

#[test]
fn xml_and_json_keep_their_shape() {
    for (history, verdicts) in runs() {
        let (h, v) = hostile::run(&history, &verdicts, HARMLESS);
        let harmless = files(&h, &v);
        let json = |text: &str| {
            let mut shape = Vec::new();
            json_shape(&serde_json::from_str(text).unwrap(), &mut shape);
            shape
        };
        for (name, text) in hostile::corpus() {
            let (h, v) = hostile::run(&history, &verdicts, &text);
            let files = files(&h, &v);
            let xml = &files["junit.xml"];
            same(name, &xml_shape(&harmless["junit.xml"]), &xml_shape(xml));
            assert!(xml.chars().all(|c| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..)), "{name}");
            // Session kinds are keys there, and theirs is what was put in.
            let keys = |shape: Vec<String>| {
                shape.into_iter().filter(|k| !k.ends_with("xidle") && !k.ends_with("nameidle")).collect::<Vec<_>>()
            };
            same(name, &keys(json(&harmless["evidence.json"])), &keys(json(&files["evidence.json"])));
        }
    }
}

#[test]
fn no_command_reaches_a_terminal_or_a_runner() {
    for (history, verdicts) in runs() {
        let (h, v) = hostile::run(&history, &verdicts, HARMLESS);
        let lines = terminal(&h, &v, false).lines().count();
        for (name, text) in hostile::corpus() {
            let (h, v) = hostile::run(&history, &verdicts, &text);
            let plain = terminal(&h, &v, false);
            assert_printable(name, &plain);
            assert_eq!(plain.lines().count(), lines, "{name}: {plain}");
            // Runners of CI read commands at the beginning of a line; older ones anywhere.
            assert!(!plain.lines().any(|l| l.trim_start().starts_with("::")), "{name}: {plain}");
            assert!(!plain.contains("##["), "{name}: {plain}");
            let colored = terminal(&h, &v, true);
            let own = ["\u{1b}[1m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[31m", "\u{1b}[0m"];
            let stripped = own.iter().fold(colored, |text, code| text.replace(code, ""));
            assert_eq!(stripped, plain, "{name}");
        }
    }
}

/// A megabyte in one place neither fills the pages nor takes long.
#[test]
fn a_megabyte_is_cut_where_people_read() {
    let long = "<b>&|`\u{1b}[2J]]>".repeat(70_000);
    let (mut history, mut v) = (crate::common::outlives(), verdicts::failed());
    history.head.by.job = Some(long.clone());
    let check = verdicts::find(&mut v, 0, "trigger.refused-at-backend");
    (check.observed, check.means, check.when) = (long.clone(), Some(long.clone()), Some(long.clone()));
    v.drills[0].scenarios[0].exposures[0].reason = Some(long.clone());
    history.head.exceptions = vec![pages::exception(&long, &long, "2026-12-31")];
    let files = files(&history, &v);
    for (name, bytes) in [("readiness.html", 250_000), ("readiness.md", 60_000)] {
        assert!(files[name].len() < bytes, "{name}: {} bytes", files[name].len());
        assert!(files[name].contains('…'), "{name}");
    }
    let mut gate = pages::not_ready();
    gate.requirements[0].reasons[0].what = long;
    assert!(drill::report::html::gate(&gate, &Redactor::default()).len() < 100_000);
}

/// The files of a run that never came to a verdict.
#[test]
fn trouble_keeps_its_shape() {
    // A summary is appended, so each has files of its own.
    let write = |text: &str| {
        let dir = tempfile::tempdir().unwrap();
        let copies = Copies { junit: Some(dir.path().join("junit.xml")), summary: Some(dir.path().join("summary.md")) };
        let now = "2026-11-24T07:31:02Z".parse().unwrap();
        drill::report::write_trouble(&copies, &format!("{text}x"), &format!("{text}x"), now, &Redactor::default())
            .unwrap();
        let read = |path: &Option<std::path::PathBuf>| fs::read_to_string(path.as_ref().unwrap()).unwrap();
        (read(&copies.junit), read(&copies.summary))
    };
    let (xml, md) = write(HARMLESS);
    for (name, text) in hostile::corpus() {
        let hostile = write(&text);
        same(name, &xml_shape(&xml), &xml_shape(&hostile.0));
        same(name, &md_shape(&md), &md_shape(&hostile.1));
        assert_printable(name, &hostile.1);
    }
}

/// The corpus reaches what it is meant for: else the tests above would pass for nothing.
#[test]
fn the_corpus_arrives() {
    let (history, verdicts) = hostile::run(&crate::common::outlives(), &verdicts::failed(), "<b>");
    let files = files(&history, &verdicts);
    let count = |name: &str, escaped: &str| files[name].matches(escaped).count();
    assert!(count("readiness.html", "&lt;b&gt;x") > 100, "{}", count("readiness.html", "&lt;b&gt;x"));
    assert!(count("readiness.md", "&lt;b>x") > 30, "{}", files["readiness.md"]);
    assert!(count("junit.xml", "&lt;b&gt;x") > 30, "{}", files["junit.xml"]);
    assert!(count("evidence.json", "<b>x") > 100);
    assert!(terminal(&history, &verdicts, false).matches("<b>x").count() > 20);
}
