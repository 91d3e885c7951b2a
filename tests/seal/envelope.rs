//! The envelope itself: forged, doubled, of another key.

use crate::run::{self, ENVELOPE, Place, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drill::exit::Exit;
use drill::seal::{Envelope, PAYLOAD_TYPE, PrivateKey, Signature, Statement, pae};
use drill::secret::Redactor;
use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};
use serde_json::{Value, json};
use std::fs;

fn read(place: &Place) -> Envelope {
    Envelope::parse(&fs::read(place.dir.join(ENVELOPE)).unwrap()).unwrap()
}

/// Fails with that reason, and names the envelope.
#[track_caller]
fn fails(place: &Place, bytes: &[u8], says: &str) {
    fs::write(place.dir.join(ENVELOPE), bytes).unwrap();
    let (exit, out, err) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Failed, "{out}{err}");
    assert!(out.contains(&format!("✗ {ENVELOPE}: ")) && out.contains(says), "{says}: {out}");
}

#[test]
fn what_is_signed_is_the_statement() {
    let place = run::signed("sound-revoke");
    let envelope = read(&place);
    let payload = envelope.payload().unwrap();
    // By hand: nothing of drill's own.
    let signature =
        ed25519_dalek::Signature::from_slice(&STANDARD.decode(&envelope.signatures[0].sig).unwrap()).unwrap();
    let key: VerifyingKey = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let message = [format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len()).as_bytes(), &payload].concat();
    key.verify(&message, &signature).unwrap();

    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    let names: Vec<&str> =
        statement["subject"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    let all: Vec<String> = run::files(&place.dir).into_iter().map(|(name, _)| name).filter(|n| n != ENVELOPE).collect();
    assert_eq!(names, all);
    assert_eq!(statement["subject"][0]["name"], "events.jsonl");
    assert_eq!(
        statement["subject"][0]["annotations"],
        json!({ "drill_outcome": "passed", "drill_run": "20261124-073102-k3x9" })
    );
    let predicate = &statement["predicate"];
    assert_eq!(predicate["result"], "PASSED");
    assert_eq!(predicate["url"], "https://ci.example/runs/991");
    assert_eq!(predicate["configuration"][0]["digest"]["sha256"], crate::common::hex('e'));
    assert!(predicate["passedTests"].as_array().unwrap().len() > 10);
    assert_eq!(predicate["warnedTests"], json!([]));
    assert_eq!(predicate["failedTests"], json!([]));
}

#[test]
fn only_what_passed_is_called_passed() {
    use drill::seal::Snapshot;
    use drill::verdict::{Outcome, judge};
    let history = run::history("sound-revoke");
    let passed = judge(&history);
    let result = |outcome: Outcome, interrupted: Option<&str>| {
        let mut verdicts = passed.clone();
        verdicts.outcome = outcome;
        verdicts.interrupted = interrupted.map(Into::into);
        verdicts.drills[0].scenarios[0].checks[0].outcome = outcome;
        let predicate = Statement::new(&history, &verdicts, &Snapshot::default()).predicate;
        (predicate.result, predicate.warned_tests.len(), predicate.failed_tests.len())
    };
    assert_eq!(result(Outcome::Passed, None), ("PASSED".into(), 0, 0));
    assert_eq!(result(Outcome::Excepted, None), ("WARNED".into(), 1, 0));
    assert_eq!(result(Outcome::Inconclusive, None), ("FAILED".into(), 0, 1));
    assert_eq!(result(Outcome::Failed, None), ("FAILED".into(), 0, 1));
    assert_eq!(result(Outcome::Passed, Some("SIGINT")), ("FAILED".into(), 0, 0));
}

#[test]
fn a_forged_envelope() {
    let place = run::signed("resurrected");
    let good = read(&place);
    let payload = good.payload().unwrap();
    let with = |change: &dyn Fn(&mut Envelope)| {
        let mut envelope = good.clone();
        change(&mut envelope);
        envelope.to_line()
    };
    let mine = PrivateKey::read(&place.other_key, &Redactor::default()).unwrap();
    let forged = Envelope::seal(&payload, &mine);
    fails(&place, &forged.to_line(), "names the key");
    // The other's signature under the trusted key's name.
    let keyid = good.signatures[0].keyid.clone();
    fails(&place, &with(&|e| e.signatures[0].sig.clone_from(&forged.signatures[0].sig)), "is not by the trusted key");
    fails(&place, &with(&|e| e.signatures.push(forged.signatures[0].clone())), "has 2 signatures");
    fails(&place, &with(&|e| e.signatures.push(e.signatures[0].clone())), "has 2 signatures");
    fails(&place, &with(&|e| e.signatures.insert(0, forged.signatures[0].clone())), "has 2 signatures");
    fails(&place, &with(&|e| e.signatures.clear()), "has 0 signatures");
    fails(&place, &with(&|e| e.signatures[0].keyid.clear()), "names the key");
    fails(&place, &with(&|e| e.signatures[0].keyid = keyid.to_uppercase()), "names the key");
    fails(&place, &with(&|e| e.signatures[0].sig.clear()), "is not by the trusted key");
    fails(&place, &with(&|e| e.signatures[0].sig = STANDARD.encode([0; 64])), "is not by the trusted key");
    fails(&place, &with(&|e| e.payload_type = "application/json".into()), "payloadType");
    fails(&place, &with(&|e| e.payload.clear()), "is not by the trusted key");
    // Signed by the trusted key, but as something else.
    let raw = SigningKey::from_bytes(&[7; 32]);
    let other_type = STANDARD.encode(raw.sign(&pae("application/json", &payload)).to_bytes());
    fails(&place, &with(&|e| e.signatures[0].sig.clone_from(&other_type)), "is not by the trusted key");
    let bare = STANDARD.encode(raw.sign(&payload).to_bytes());
    fails(&place, &with(&|e| e.signatures[0].sig.clone_from(&bare)), "is not by the trusted key");
}

#[test]
fn only_one_way_to_write_it() {
    let place = run::signed("resurrected");
    let line = String::from_utf8(read(&place).to_line()).unwrap();
    let value: Value = serde_json::from_str(&line).unwrap();
    for other in [
        serde_json::to_string_pretty(&value).unwrap() + "\n",
        line.trim_end().to_owned(),
        format!("{line}\n"),
        format!(" {line}"),
        line.replacen("\"payloadType\"", "\"payloadT\\u0079pe\"", 1),
        line.replacen('{', "{\"x\":1,", 1),
        line.replacen('{', "{\"payload\":\"\",", 1),
        format!("{line}{line}"),
        String::new(),
        "null\n".to_owned(),
        "[]\n".to_owned(),
    ] {
        fails(&place, other.as_bytes(), "");
    }
}

/// A statement that the trusted key signed, and that does not fit the directory: what it says is not taken on trust.
#[test]
fn a_signed_statement_that_does_not_fit() {
    let place = run::signed("resurrected");
    let key = run::private_key(&place);
    let good: Value = serde_json::from_slice(&read(&place).payload().unwrap()).unwrap();
    assert_eq!(good["predicate"]["result"], "FAILED");
    let cases: [(&str, Value, &str); 10] = [
        ("/predicate/result", json!("PASSED"), "says PASSED, from the evidence follows FAILED"),
        ("/predicate/failedTests", json!([]), "its red checks do not follow"),
        ("/predicate/configuration/0/digest/sha256", json!(crate::common::hex('0')), "its definitions do not follow"),
        ("/predicate/url", json!("https://ci.example/runs/992"), "its url do not follow"),
        ("/subject/0/annotations/drill_run", json!("20261125-080000-zzzz"), "is about run 20261125-080000-zzzz"),
        ("/subject/0/annotations/drill_outcome", json!("passed"), "says passed, from the evidence follows failed"),
        ("/subject/1/digest", json!({ "sha512": "00" }), "not by sha256 alone"),
        ("/subject/1/name", json!("events.jsonl"), "is bound twice"),
        ("/_type", json!("https://in-toto.io/Statement/v0.1"), "its payload is"),
        ("/predicateType", json!("https://slsa.dev/provenance/v1"), "its payload is"),
    ];
    for (at, value, says) in cases {
        let mut statement = good.clone();
        *statement.pointer_mut(at).unwrap() = value;
        let payload = serde_json::to_vec(&statement).unwrap();
        fails(&place, &Envelope::seal(&payload, &key).to_line(), says);
    }
    let mut less = good.clone();
    less["subject"].as_array_mut().unwrap().pop();
    fs::write(place.dir.join(ENVELOPE), Envelope::seal(&serde_json::to_vec(&less).unwrap(), &key).to_line()).unwrap();
    let (exit, out, _) = verify(&place.dir, Some(&place.public));
    assert_eq!(exit, Exit::Failed);
    assert!(out.contains("✗ readiness.md: was added: it is not in the signed list"), "{out}");
    fails(&place, &Envelope::seal(b"no JSON", &key).to_line(), "is no statement");
    let envelope = Envelope {
        payload_type: PAYLOAD_TYPE.into(),
        payload: "=".into(),
        signatures: vec![Signature { keyid: "x".into(), sig: String::new() }],
    };
    fails(&place, &envelope.to_line(), "no base64");
}
