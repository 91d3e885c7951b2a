//! `readiness.html`: one row a check, `<tr data-check="…" data-outcome="…">`.

use super::Said;

pub fn read(page: &str) -> Said {
    let mut said = Said::new();
    for tag in page.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag) {
        let attribute = |name: &str| {
            let (_, after) = tag.split_once(&format!("{name}=\""))?;
            Some(unescaped(after.split('"').next()?))
        };
        if let Some(check) = attribute("data-check") {
            let outcome = attribute("data-outcome").unwrap_or_else(|| panic!("no verdict beside {check}"));
            assert!(said.insert(check.clone(), outcome).is_none(), "{check} stands twice");
        }
    }
    said
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}
