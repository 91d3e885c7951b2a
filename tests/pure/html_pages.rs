//! `readiness.html` and `gate.html`: what they say, read back; and the pages that `tests/ci/browser` looks at.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::{pages, verdicts};
use drill::history::{Body, History, Part};
use drill::report::EventsFile;
use drill::secret::Redactor;
use drill::verdict::{Outcome, Verdicts, judge};
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

fn render(history: &History, verdicts: &Verdicts) -> String {
    let events: EventsFile = Some((crate::common::hex('9'), 1));
    let bundle = drill::report::render(history, verdicts, &events, &Redactor::default());
    String::from_utf8(bundle.files["readiness.html"].clone()).unwrap()
}

fn select<'a>(page: &'a Html, css: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(css).unwrap()).collect()
}

fn text(of: ElementRef<'_>) -> String {
    of.text().collect::<Vec<_>>().concat().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With an exception in use, one that is stale, one that has ended and one of another drill.
fn excepted() -> (History, Verdicts) {
    (crate::common::excepted(), verdicts::excepted())
}

fn runs() -> Vec<(&'static str, History, Verdicts)> {
    let judged = |name, history: History| {
        let verdicts = judge(&history);
        (name, history, verdicts)
    };
    let (history, v) = excepted();
    vec![
        judged("passed", pages::passed()),
        judged("failed", pages::failed()),
        judged("inconclusive", pages::inconclusive()),
        judged("ten-drills", pages::ten()),
        judged("interrupted", crate::common::interrupted()),
        ("excepted", history, v),
        ("failed-by-hand", crate::common::outlives(), verdicts::failed()),
    ]
}

/// Where the browser's test finds the pages.
fn out() -> PathBuf {
    let dir = std::env::var_os("DRILL_HTML_PAGES")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("html-pages"), PathBuf::from);
    fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn the_runs_are_what_they_are_called() {
    let passed = judge(&pages::passed());
    let red: Vec<_> =
        passed.drills[0].scenarios.iter().flat_map(|s| &s.checks).filter(|c| c.outcome != Outcome::Passed).collect();
    assert!(red.is_empty(), "{red:#?}");
    assert_eq!(passed.overall(), Outcome::Passed);
    assert_eq!(judge(&pages::failed()).overall(), Outcome::Failed);
    assert_eq!(judge(&pages::inconclusive()).overall(), Outcome::Inconclusive);
    assert_eq!(judge(&pages::ten()).drills.len(), 10);
}

#[test]
fn pages_for_the_browser() {
    let dir = out();
    let redactor = Redactor::default();
    for (name, history, verdicts) in runs() {
        fs::write(dir.join(format!("run-{name}.html")), render(&history, &verdicts)).unwrap();
    }
    for (name, gate) in [("not-ready", pages::not_ready()), ("ready", pages::ready())] {
        fs::write(dir.join(format!("gate-{name}.html")), drill::report::html::gate(&gate, &redactor)).unwrap();
    }
    let everything: String =
        crate::common::hostile::corpus().into_iter().filter(|(_, t)| t.len() < 1000).map(|(_, t)| t).collect();
    let (history, v) = crate::common::hostile::run(&crate::common::outlives(), &verdicts::failed(), &everything);
    fs::write(dir.join("run-hostile.html"), render(&history, &v)).unwrap();
    let gate = crate::common::hostile::poisoned(&pages::not_ready(), &everything);
    fs::write(dir.join("gate-hostile.html"), drill::report::html::gate(&gate, &redactor)).unwrap();
}

#[test]
fn every_check_stands_once_with_its_verdict() {
    for (name, history, verdicts) in runs() {
        let page = Html::parse_document(&render(&history, &verdicts));
        let rows = select(&page, "tr[data-check]");
        let mut read = BTreeMap::new();
        for row in &rows {
            let (id, outcome) = (row.attr("data-check").unwrap(), row.attr("data-outcome").unwrap());
            assert!(read.insert(id.to_owned(), outcome.to_owned()).is_none(), "{name}: {id} stands twice");
            let shown = text(row.select(&Selector::parse(".mark").unwrap()).next().unwrap());
            assert_eq!(shown, outcome, "{name}: {id}: what people read is not what programs read");
        }
        let checks = verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
        let said: BTreeMap<String, String> = checks.map(|c| (c.id.clone(), c.outcome.word().to_owned())).collect();
        assert_eq!(read, said, "{name}");
        assert_eq!(rows.len(), said.len());
    }
}

#[test]
fn the_verdict_comes_first_and_is_never_a_gates() {
    for (name, history, verdicts) in runs() {
        let html = render(&history, &verdicts);
        assert!(!html.contains("READY"), "{name}");
        let page = Html::parse_document(&html);
        let word = match verdicts.overall() {
            Outcome::Passed => "PASSED: ",
            Outcome::Excepted => "PASSED (1 exception): ",
            Outcome::Inconclusive => "INCONCLUSIVE: ",
            Outcome::Failed => "FAILED: ",
        };
        assert!(text(select(&page, "h1")[0]).starts_with(word), "{name}");
        assert!(text(select(&page, "title")[0]).starts_with(word), "{name}");
        let tone = select(&page, "header")[0].attr("class").unwrap().to_owned();
        assert_eq!(tone.contains("passed"), verdicts.overall() == Outcome::Passed, "{name}: {tone}");
        assert_eq!(html, render(&history, &verdicts), "{name}: not the same twice");
    }
}

#[test]
fn a_made_up_gate_never_looks_like_a_proof() {
    let mut gate = pages::ready();
    gate.synthetic = true;
    let html = drill::report::html::gate(&gate, &Redactor::default());
    let page = Html::parse_document(&html);
    assert_eq!(text(select(&page, "h1")[0]), "SYNTHETIC: READY: RL3");
    assert!(text(select(&page, "title")[0]).starts_with("SYNTHETIC: "));
    assert!(!select(&page, "header")[0].attr("class").unwrap().contains("passed"));
    let mut history = crate::common::sound();
    history.head.synthetic = true;
    assert!(render(&history, &verdicts::passed()).contains("SYNTHETIC: made by a generator"));
}

#[test]
fn a_gate_says_what_is_not_met_and_what_to_do() {
    let gate = pages::not_ready();
    let page = Html::parse_document(&drill::report::html::gate(&gate, &Redactor::default()));
    assert_eq!(text(select(&page, "h1")[0]), "NOT READY: RL3");
    let lede = text(select(&page, ".lede")[0]);
    assert!(lede.starts_with("1 of 4 requirements not met, 1 could not be judged; 1 exception in use"), "{lede}");
    let rows = select(&page, "tr[data-requirement]");
    let read: Vec<(&str, &str)> =
        rows.iter().map(|r| (r.attr("data-requirement").unwrap(), r.attr("data-outcome").unwrap())).collect();
    let said: Vec<(&str, &str)> = gate.requirements.iter().map(|r| (r.id.as_str(), r.outcome.loud())).collect();
    assert_eq!(read, said);
    let all = text(page.root_element());
    for told in [
        "no drill; inventory names rmq/roles/app",
        "add drills/rabbitmq.yaml",
        "41 days old, the gate allows 30",
        "37 days left",
        "ended 2026-10-31",
        "rmq/roles/app",
        "20261124-063102-a1b2",
        "nothing is brokered",
        "none on the evidence",
    ] {
        assert!(all.contains(told), "{told}");
    }
}

#[test]
fn an_auditor_finds_who_when_and_why() {
    let page = Html::parse_document(&render(&crate::common::sound(), &verdicts::passed()));
    let rows = select(&page, "table.deaths tbody tr");
    assert_eq!(rows.len(), 2);
    let revoke = text(rows[0]);
    for told in [
        "orders-api",
        "team-orders / acme (basis: drill file)",
        "07:31:03.919",
        "07:31:04.120",
        "07:31:04.130, 28P01 auth_failed",
        "does not exist",
        "6–11 ms (limit 2 s)",
    ] {
        assert!(revoke.contains(told), "{told}: {revoke}");
    }
    assert!(select(&page, "section").len() >= 5);
}

#[test]
fn exceptions_are_shown_with_their_days() {
    let (history, v) = excepted();
    let page = Html::parse_document(&render(&history, &v));
    let section = select(&page, "section[aria-labelledby=exceptions] tbody tr");
    let rows: Vec<String> = section.into_iter().map(text).collect();
    let of = |id: &str| rows.iter().find(|r| r.starts_with(id)).unwrap();
    let used = of("EX-7");
    assert!(used.contains("12 days left") && used.contains("warning: it ends soon"), "{used}");
    assert!(used.ends_with("minutesapplied: its check failed"), "{used}");
    assert!(of("EX-5").ends_with("stale: not needed here, remove it"), "{rows:?}");
    assert!(of("EX-2").contains("ended 3 days ago") && of("EX-2").ends_with("expired: not applied"), "{rows:?}");
    assert!(of("EX-9").ends_with("its check was not run"), "{rows:?}");
    let check = select(&page, "tr[data-outcome=excepted]");
    assert!(text(check[0]).contains("EX-7, last day 2026-12-06, 12 days left"), "{}", text(check[0]));
}

/// That a failure is permitted shows no death: nothing in green says that there was one.
#[test]
fn what_is_only_excepted_did_not_die() {
    let mut v = verdicts::passed();
    let exposure = verdicts::find(&mut v, 0, "trigger.exposure");
    exposure.outcome = Outcome::Excepted;
    exposure.exception = Some("EX-7".into());
    exposure.means = Some("the backend still let the credential in after the limit".into());
    let v = verdicts::seal(v);
    let page = Html::parse_document(&render(&crate::common::excepted(), &v));
    let article = text(select(&page, "article").remove(0));
    assert!(
        article
            .starts_with("revoke exceptedthe backend still let the credential in after the limit: that is excepted."),
        "{article}"
    );
    let lede = text(select(&page, ".lede")[0]);
    assert!(
        lede.contains("In revoke, the backend still let the credential in") && !lede.contains("revocation"),
        "{lede}"
    );
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let mut all: Vec<String> = runs().iter().map(|(_, h, v)| render(h, v)).collect();
    all.push(drill::report::html::gate(&pages::not_ready(), &Redactor::default()));
    for html in all {
        let page = Html::parse_document(&html);
        assert!(select(&page, "script, link, iframe, object, embed, img, form, base, use, image").is_empty());
        assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
        assert!(!html.contains("url(") && !html.contains("@import"));
        for of in select(&page, "*") {
            for (name, value) in of.value().attrs() {
                assert!(!name.starts_with("on") && name != "style" && name != "src", "{name}");
                assert!(name != "href" || value.starts_with('#'), "{value}");
            }
        }
        for link in select(&page, "a[href]") {
            let id = &link.attr("href").unwrap()[1..];
            assert_eq!(select(&page, &format!("[id='{id}']")).len(), 1, "{id}");
        }
        for of in select(&page, "[aria-labelledby]") {
            let id = of.attr("aria-labelledby").unwrap();
            assert_eq!(select(&page, &format!("[id='{id}']")).len(), 1, "{id}");
        }
    }
}

/// Thousands of probes: the picture stays small, and shows the one that contradicts.
#[test]
fn a_timeline_hides_no_contradiction() {
    let mut history = crate::common::sound();
    let mut n = 3;
    let probe = |at_us: u64, n: u32, part: Part, saw| {
        let mut b = crate::common::Builder::new(history.head.clone());
        b.drill("postgres").scenario("revoke").probe(part, n, (at_us, at_us + 50), saw);
        b.history.events.remove(0)
    };
    let mut more = Vec::new();
    for i in 0..20_000u64 {
        n += 1;
        let contradicts = i == 11_111;
        let saw = if contradicts { crate::common::accepted() } else { crate::common::refused() };
        more.push(probe(2_140_000 + i * 100, n, Part::Subject { member: 0 }, saw));
    }
    history.events.extend(more);
    history.events.sort_by_key(|e| e.at_us);
    for (event, seq) in history.events.iter_mut().zip(1..) {
        event.seq = seq;
    }
    let probes = history.events.iter().filter(|e| matches!(e.body, Body::Probe { .. })).count();
    assert!(probes > 20_000);
    let v = judge(&history);
    let html = render(&history, &v);
    assert!(html.len() < 300_000, "{} bytes", html.len());
    let page = Html::parse_document(&html);
    let lane = |css: &str| {
        let svg = select(&page, "article svg.timeline").remove(0);
        svg.select(&Selector::parse(css).unwrap()).map(text).collect::<Vec<_>>()
    };
    let marks = lane("g title");
    let px = 985 - 150;
    assert!(marks.len() < 3 * (px / 5 + 1) * 3, "{} marks", marks.len());
    // Alone among thousands of refusals around it.
    assert!(marks.iter().any(|t| t == "accepted: +1,131 ms"), "{marks:?}");
    let refused: usize = marks
        .iter()
        .filter(|t| t.starts_with("refused"))
        .map(|t| t.split(": ").last().unwrap().split(" times").next().unwrap().parse().unwrap_or(1))
        .sum();
    assert_eq!(refused, 20_000, "every refusal is in some mark");
}

/// How bright a colour is, as WCAG counts it.
fn luminance(hex: &str) -> f64 {
    let part = |n: usize| f64::from(u8::from_str_radix(&hex[n..n + 2], 16).unwrap()) / 255.0;
    let linear = |c: f64| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(part(0)) + 0.7152 * linear(part(2)) + 0.0722 * linear(part(4))
}

/// The browser's test does not see into pictures: their colours are held against each other here.
#[test]
fn colours_can_be_told_apart_in_light_and_dark() {
    let style = include_str!("../../src/report/html/style.css");
    for scheme in style.split(":root {").skip(1).take(2) {
        let block = scheme.split('}').next().unwrap();
        let colours: BTreeMap<&str, &str> =
            block.split(';').filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #")).collect();
        let contrast = |a: &str, b: &str| {
            let (a, b) = (luminance(colours[a]), luminance(colours[b]));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        };
        for (text, ground) in [
            ("ink", "page"),
            ("ink", "raised"),
            ("ink", "span"),
            ("ink", "lived"),
            ("ink", "fault"),
            ("soft", "page"),
            ("soft", "raised"),
            ("soft", "fault"),
            ("link", "page"),
            ("failed", "page"),
            ("failed", "raised"),
            ("failed", "failed-bg"),
            ("passed", "passed-bg"),
            ("unclear", "unclear-bg"),
            ("excepted", "excepted-bg"),
        ] {
            assert!(contrast(text, ground) >= 4.5, "{text} on {ground}: {:.2}", contrast(text, ground));
        }
        for (shape, ground) in [
            ("yes", "page"),
            ("no", "page"),
            ("other", "page"),
            ("yes", "lived"),
            ("no", "span"),
            ("yes", "fault"),
            ("no", "fault"),
        ] {
            assert!(contrast(shape, ground) >= 3.0, "{shape} on {ground}: {:.2}", contrast(shape, ground));
        }
    }
}

/// What makes a text markup is written in two places: the style, and nowhere else.
#[test]
fn no_text_is_ever_called_markup() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/report/html");
    let mut found = Vec::new();
    for file in walkdir::WalkDir::new(dir)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.path().extension().is_some_and(|x| x == "rs"))
    {
        let source = fs::read_to_string(file.path()).unwrap();
        found.extend(source.lines().filter(|l| l.contains("PreEscaped(")).map(|l| l.trim().to_owned()));
    }
    assert_eq!(found, ["const STYLE: PreEscaped<&str> = PreEscaped(include_str!(\"style.css\"));"]);
}
