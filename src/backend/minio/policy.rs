//! Policies as set-up writes them, and as the server gives them back.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The same statements, in whatever order the server writes their words.
pub fn same_policy(found: &Value, stated: &Value) -> bool {
    // The server writes numbers as such, whatever they were.
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    let list = |value: &Value| {
        let mut words: Vec<String> = match value {
            Value::Array(all) => all.iter().map(word).collect(),
            Value::Null => Vec::new(),
            other => vec![word(other)],
        };
        words.sort();
        words
    };
    let statements = |policy: &Value| {
        let all = policy["Statement"].as_array().cloned().unwrap_or_default();
        let one = |s: &Value| {
            let mut text = s["Effect"].to_string();
            let _ = write!(
                text,
                " {:?} {:?} {}",
                list(&s["Action"]),
                list(&s["Resource"]),
                conditions(&s["Condition"], &list)
            );
            text
        };
        let mut all: Vec<String> = all.iter().map(one).collect();
        all.sort();
        all
    };
    statements(found) == statements(stated)
}

fn conditions(value: &Value, list: &impl Fn(&Value) -> Vec<String>) -> String {
    let mut all = BTreeMap::new();
    for (operator, keys) in value.as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            all.insert((operator.clone(), key.clone()), list(values));
        }
    }
    format!("{all:?}")
}

/// A policy of these actions, whatever they are at.
pub fn allow(actions: &[&str]) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions}]}).to_string()
}

/// What a parent may: everything in its bucket, and make no permanent key. It changes its own secret, so that cannot be denied to it.
pub fn parents_policy(bucket: &str) -> String {
    let here = [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")];
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": here},
        {"Effect": "Deny", "Action": ["admin:CreateServiceAccount", "admin:UpdateServiceAccount", "admin:RemoveServiceAccount"]},
    ]})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_the_same_in_any_order_and_with_numbers_for_texts() {
        let stated = json!({"Statement": [
            {"Effect": "Deny", "Action": ["sts:A"], "Condition": {"NumericGreaterThan": {"sts:DurationSeconds": "0"}}},
            {"Effect": "Allow", "Action": ["s3:A", "s3:B"], "Resource": "arn:x"},
        ]});
        let mut found = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:B", "s3:A"], "Resource": ["arn:x"]},
            {"Effect": "Deny", "Action": ["sts:A"], "Condition": {"NumericGreaterThan": {"sts:DurationSeconds": [0]}}},
        ]});
        assert!(same_policy(&found, &stated));
        found["Statement"][0]["Resource"] = json!(["arn:x", "arn:y"]);
        assert!(!same_policy(&found, &stated));
        assert!(!same_policy(&json!({}), &stated) && !same_policy(&Value::Null, &stated));
    }
}
