//! `junit.xml`, with a real parser.

use super::Said;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

fn attribute(reader: &quick_xml::Reader<&[u8]>, element: &BytesStart<'_>, name: &str) -> String {
    let found = element.try_get_attribute(name).unwrap().unwrap_or_else(|| panic!("no {name}"));
    found.decoded_and_normalized_value(XmlVersion::Implicit1_0, reader.decoder()).unwrap().into_owned()
}

/// What is said of checks, and of the run itself where it stands as a case of its own.
pub fn read(xml: &str) -> (Said, Option<String>) {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut said, mut run, mut last) = (Said::new(), None, String::new());
    let mut totals = (0, 0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(e) | Event::Empty(e) => match e.name().as_ref() {
                b"testsuite" => {
                    let number = |name| attribute(&reader, &e, name).parse::<usize>().unwrap();
                    totals.0 += number("tests");
                    totals.1 += number("failures");
                    totals.2 += number("errors");
                }
                b"testcase" => {
                    let (class, name) = (attribute(&reader, &e, "classname"), attribute(&reader, &e, "name"));
                    last = format!("{}/{name}", class.replacen('.', "/", 1));
                    assert!(said.insert(last.clone(), "passed".into()).is_none(), "{last} stands twice");
                }
                b"failure" => said.insert(last.clone(), "failed".into()).map_or((), drop),
                b"error" => said.insert(last.clone(), "inconclusive".into()).map_or((), drop),
                b"skipped" => said.insert(last.clone(), "excepted".into()).map_or((), drop),
                _ => {}
            },
            _ => {}
        }
    }
    let count = |word: &str| said.values().filter(|v| *v == word).count();
    assert_eq!(totals, (said.len(), count("failed"), count("inconclusive")), "the suites' own numbers");
    if let Some(verdict) = said.remove("drill/run") {
        run = Some(verdict);
    }
    (said, run)
}
