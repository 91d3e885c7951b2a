//! The three reaches with the real drill: in a container that has the engine's socket, and with a second engine that is elsewhere.
//! The second engine is a privileged container of `docker:dind` (or its stand-in: `ci/images docker:dind`).
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::job::{Job, SOCKET, docker, labelled, name};
use crate::process::{drill, left_by, output, wait_until};
use crate::turns::Turn;
use serde_json::Value;
use std::path::Path;

fn reach(evidence: &Value) -> &str {
    evidence.pointer("/engine/reach").and_then(Value::as_str).unwrap_or_default()
}

fn outcome(evidence: &Value) -> &str {
    evidence.pointer("/outcome").and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn in_a_container_with_the_socket_drill_joins_the_servers_network() {
    let _turn = Turn::take();
    // The host name of another container must not be taken for one's own id.
    let job = Job::new("attached", &["-v", SOCKET, "--hostname", "postgres"], &["run", "postgres/revoke"]);
    let mut running = job.start();
    wait_until("the servers run", || labelled(&job.run, "{{.Ports}}").len() == 2);
    let ports = labelled(&job.run, "{{.Ports}}").join(" ");
    assert!(!ports.contains("->"), "published: {ports}");
    let (code, out) = running.wait();
    assert_eq!(code, 0, "{out}");
    let evidence = job.evidence();
    assert_eq!((reach(&evidence), outcome(&evidence)), ("attached", "passed"));
    assert!(out.contains("(attached)"), "{out}");
    assert_eq!(left_by(&job.run), Vec::<String>::new());
}

#[test]
fn in_the_hosts_network_ports_are_on_loopback() {
    let _turn = Turn::take();
    let job = Job::new("host", &["-v", SOCKET, "--network", "host"], &["run", "postgres/revoke"]);
    let (code, out) = job.start().wait();
    assert_eq!((code, reach(&job.evidence())), (0, "loopback"), "{out}");
}

#[test]
fn a_container_without_a_network_is_told_so() {
    let job = Job::new("none", &["-v", SOCKET, "--network", "none"], &["run", "postgres"]);
    let (code, out) = job.start().wait();
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("a container without a network (--network none)"), "{out}");
}

#[test]
fn another_container_leaves_a_living_run_alone_and_takes_what_a_killed_one_left() {
    let _turn = Turn::take();
    let job = Job::new("killed", &["-v", SOCKET], &["run", "postgres"]);
    let mut running = job.start();
    wait_until("the servers run", || labelled(&job.run, "{{.Names}}").len() == 2);
    let clean = || {
        let other = Job::new("clean", &["-v", SOCKET], &["clean"]);
        other.start().wait()
    };
    let (code, out) = clean();
    assert_eq!(code, 0, "{out}");
    assert!(!out.contains(&job.run) && left_by(&job.run).len() == 3, "it lives: {out}");
    docker(&["kill", &job.name]);
    running.wait();
    let (code, out) = clean();
    assert!(code == 0 && out.contains(&job.run), "{out}");
    assert_eq!(left_by(&job.run), Vec::<String>::new());
}

#[test]
fn a_stopped_container_leaves_the_network_and_removes_it() {
    let _turn = Turn::take();
    let job = Job::new("stopped", &["-v", SOCKET], &["run", "postgres"]);
    let mut running = job.start();
    wait_until("the servers run", || labelled(&job.run, "{{.Names}}").len() == 2);
    docker(&["stop", "-t", "20", &job.name]);
    let (code, out) = running.wait();
    assert_eq!(code, 130, "{out}");
    assert_eq!(left_by(&job.run), Vec::<String>::new());
}

/// All that an engine needs of `--privileged`, which fails on a machine that has not every capability itself.
const PRIVILEGED: [&str; 15] = [
    "--cap-add",
    "ALL",
    "--cap-drop",
    "SYS_RESOURCE",
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "apparmor=unconfined",
    "--security-opt",
    "systempaths=unconfined",
    "--device-cgroup-rule",
    "a *:* rwm",
    "--cgroupns=host",
    "-v",
    "/sys/fs/cgroup:/sys/fs/cgroup:rw",
];

/// An engine in a container of its own, with its socket in a volume and its client's certificates in a directory.
struct Second {
    name: String,
    volume: String,
    host: String,
    certs: tempfile::TempDir,
}

impl Second {
    fn start() -> Self {
        let (name, volume) = (name("engine"), name("socket"));
        let image = crate::job::image("docker:dind");
        let mount = format!("{volume}:/run/engine");
        let mut args = vec!["run", "-d", "--name", &name, "-v", "/var/lib/docker", "-v", &mount];
        args.extend(PRIVILEGED);
        args.extend([image.as_str(), "--host=unix:///run/engine/docker.sock"]);
        docker(&args);
        let mut this = Self { name, volume, host: String::new(), certs: tempfile::tempdir().unwrap() };
        let ask =
            || crate::job::succeeds(&["exec", &this.name, "docker", "-H", "unix:///run/engine/docker.sock", "version"]);
        wait_until("the second engine answers", ask);
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        this.host = docker(&["inspect", "--format", format, &this.name]);
        docker(&["cp", &format!("{}:/certs/client/.", this.name), &this.certs.path().display().to_string()]);
        crate::job::hand_over(
            &this.name,
            &[crate::job::image("postgres:17"), crate::job::image("quay.io/openbao/openbao:2.7.2")],
        );
        this
    }

    fn endpoint(&self) -> String {
        format!("tcp://{}:2376", self.host)
    }

    /// drill here, with this engine.
    fn drill(&self, reports: &Path) -> std::process::Command {
        let mut command = drill(reports);
        command.env("DOCKER_HOST", self.endpoint()).env("DOCKER_TLS_VERIFY", "yes");
        command.env("DOCKER_CERT_PATH", self.certs.path());
        command
    }

    fn is_empty(&self) -> bool {
        docker(&["exec", &self.name, "docker", "-H", "unix:///run/engine/docker.sock", "ps", "-aq"]).is_empty()
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        crate::job::remove(&self.name);
        crate::job::succeeds(&["volume", "rm", "-f", &self.volume]);
    }
}

/// One test: starting the engine and handing it the images takes longer than what is asked of it.
#[test]
fn a_second_engine() {
    let _turn = Turn::take();
    let engine = Second::start();
    remote_passes(&engine);
    a_context_is_followed(&engine);
    a_foreign_socket_is_refused(&engine);
    a_shared_network_is_loopback(&engine);
    closed_ports_prove_nothing(&engine);
}

fn remote_passes(engine: &Second) {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = output(engine.drill(dir.path()).args(["run", "postgres/revoke"]));
    assert_eq!(code, 0, "{out}{err}");
    let text = std::fs::read_to_string(dir.path().join("latest/evidence.json")).unwrap();
    let evidence: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((reach(&evidence), outcome(&evidence)), ("remote", "passed"));
    assert!(out.contains("(remote)"), "{out}");
    assert!(engine.is_empty());
}

/// The files that `docker context create` writes; what testcontainers needs is handed on.
fn a_context_is_followed(engine: &Second) {
    let home = tempfile::tempdir().unwrap();
    let digest = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"; // SHA-256 of the name, `1`
    let (meta, tls) = (home.path().join("contexts/meta").join(digest), home.path().join("contexts/tls").join(digest));
    std::fs::create_dir_all(&meta).unwrap();
    std::fs::create_dir_all(tls.join("docker")).unwrap();
    let endpoint = serde_json::json!({"Name": "1", "Endpoints": {"docker": {"Host": engine.endpoint()}}});
    std::fs::write(meta.join("meta.json"), endpoint.to_string()).unwrap();
    std::fs::write(home.path().join("config.json"), r#"{"currentContext": "1"}"#).unwrap();
    for file in ["ca.pem", "cert.pem", "key.pem"] {
        std::fs::copy(engine.certs.path().join(file), tls.join("docker").join(file)).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let mut command = drill(dir.path());
    command.env_remove("DOCKER_HOST").env("DOCKER_CONFIG", home.path()).args(["run", "postgres/revoke"]);
    let (code, out, err) = output(&mut command);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains(&format!("at {} (remote)", engine.endpoint())), "{out}");
}

fn a_foreign_socket_is_refused(engine: &Second) {
    let mount = format!("{}:/var/run", engine.volume);
    let job = Job::new("foreign", &["-v", &mount], &["run", "postgres/revoke"]);
    let (code, out) = job.start().wait();
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("does not run the container that drill is in"), "{out}");
    assert!(out.contains("docs/ci.md#runners"), "{out}");
    assert!(engine.is_empty(), "nothing is started");
}

/// As in a Kubernetes pod with the engine beside the job: another container, the same network.
fn a_shared_network_is_loopback(engine: &Second) {
    let mount = format!("{}:/var/run", engine.volume);
    let network = format!("container:{}", engine.name);
    let job = Job::new("beside", &["-v", &mount, "--network", &network], &["run", "postgres/revoke"]);
    let (code, out) = job.start().wait();
    assert_eq!((code, reach(&job.evidence())), (0, "loopback"), "{out}");
}

/// A firewall in front of everything but the engine's own port.
fn closed_ports_prove_nothing(engine: &Second) {
    let rule = "-t mangle -I PREROUTING -i eth0 -p tcp -m multiport ! --dports 2376 -m conntrack --ctstate NEW -j DROP";
    let mut args = vec!["exec", &engine.name, "iptables"];
    args.extend(rule.split(' '));
    docker(&args);
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = output(engine.drill(dir.path()).args(["run", "postgres/revoke"]));
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("INCONCLUSIVE") && out.contains("they must be open from here"), "{out}{err}");
    let events = std::fs::read_to_string(dir.path().join("latest/events.jsonl")).unwrap();
    assert!(!events.contains(r#""event":"probe""#), "silence is no refusal: {events}");
    assert!(engine.is_empty());
}
