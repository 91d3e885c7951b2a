//! Where no engine answers: what was tried, where we are, what to do, and exit 3. Without containers.

use crate::process::{drill, output};

fn without_engine(variables: &[(&str, &str)]) -> (i32, String, String) {
    let reports = tempfile::tempdir().expect("a directory");
    let mut command = drill(reports.path());
    command.args(["run", "postgres"]).env_remove("KUBERNETES_SERVICE_HOST").envs(variables.iter().copied());
    output(&mut command)
}

#[test]
fn an_unprivileged_pod_is_recognised() {
    let (code, out, err) =
        without_engine(&[("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("DOCKER_HOST", "unix:///nowhere.sock")]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert_eq!(
        err,
        "error: no container engine answers
  tried  DOCKER_HOST (no such socket)
  here   a Kubernetes pod (KUBERNETES_SERVICE_HOST is set), not privileged: an engine cannot be started inside
  help   DOCKER_HOST=tcp://HOST:2376 to an engine elsewhere, or docs/ci.md#kubernetes\n"
    );
}

#[test]
fn an_engine_elsewhere_that_does_not_answer_is_not_replaced() {
    let (code, _, err) = without_engine(&[("DOCKER_HOST", "tcp://127.0.0.1:1")]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("tried  DOCKER_HOST (") && err.contains("help   ci/drill installs"), "{err}");
    assert!(!err.contains("docker.sock"), "{err}");
}

#[test]
fn certificates_that_are_not_there_are_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().display().to_string();
    let (code, _, err) = without_engine(&[
        ("DOCKER_HOST", "tcp://127.0.0.1:1"),
        ("DOCKER_TLS_VERIFY", "1"),
        ("DOCKER_CERT_PATH", &path),
    ]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("key.pem is missing"), "{err}");
}

#[test]
fn ssh_is_told_what_to_do_instead() {
    let (code, _, err) = without_engine(&[("DOCKER_HOST", "ssh://somebody@engine.example")]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("is neither unix:// nor tcp://"), "{err}");
}
