//! A broker that is killed, or that gives no answer, proves nothing: inconclusive, exit 3.

use crate::process::{drill, output};
use crate::turns::Turn;

/// The rabbitmq drill under a sabotage that is nowhere in the tree.
fn sabotaged(rest: &str) -> (i32, String) {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("sabotage.yaml");
    std::fs::write(&file, format!("drill: rabbitmq\nscenario: revoke\nwhy: test\nred: {{}}\n{rest}")).expect("written");
    let (code, out, err) = output(drill(&dir.path().join("reports")).args(["prove", "--exit-of-run"]).arg(file));
    assert!(!out.contains("BROKEN"), "{out}{err}");
    (code, out + &err)
}

#[test]
fn killed_before_or_after_the_trigger_proves_nothing() {
    for point in ["before-trigger", "acknowledged"] {
        let (code, out) =
            sabotaged(&format!("at: {{ {point}: [ {{ fault: {{ backend: {{ killed: for-good }} }} }} ] }}\n"));
        assert_eq!(code, 3, "{point}: {out}");
        assert!(out.contains("INCONCLUSIVE"), "{point}: {out}");
        assert!(!out.contains("✗"), "{point}: {out}");
    }
}

#[test]
fn paused_is_a_time_out_and_no_refusal() {
    let (code, out) = sabotaged("at: { before-trigger: [ { fault: { backend: { paused: for-good } } } ] }\n");
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("time-out after 1000 ms"), "{out}");
}

#[test]
fn a_credential_whose_authority_is_sealed_lives_on_at_both_doors_and_dies_late() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (code, out, err) = output(drill(dir.path()).args(["run", "rabbitmq/sealed"]));
    assert!(code == 0 || code == 1, "with the exceptions, or without: {out}{err}");
    for check in [
        "trigger.refused-at-backend@amqp",
        "trigger.refused-at-backend@management",
        "trigger.exposure@amqp",
        "trigger.exposure@management",
        "trigger.sessions@connection",
        "trigger.sessions@consumer",
        "trigger.sessions@reconnecting",
    ] {
        assert!(out.contains(check), "{check}: {out}");
    }
    // It is dead in the end, and seen to be: nothing is left open but the delay.
    assert!(!out.contains("could not be judged") && !out.contains("never seen dead"), "{out}");
}
