//! A project with a drill of each kind of system, and generated evidence of all of it: marked synthetic, it proves nothing.

use super::{build, hand, trouble};
use drill::definition::{self, DrillPlan, ScenarioPlan, System, Trigger};
use drill::exceptions::Exception;
use drill::gate::{self, Evidence, Gate, Inventory, Question, Readiness, Seal};
use drill::history::{Body, Event, Head, History, Invocation, Origin, Part, Series};
use drill::verdict::{Verdicts, judge};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// µs: everything comes so much later than made by hand, so that a TTL of whole seconds fits before it.
const LATER_US: u64 = 1_000_000;

/// A project on disk.
pub struct Project {
    pub dir: tempfile::TempDir,
    pub drills: Vec<DrillPlan>,
}

/// The drill of a kind of system.
pub fn name(system: System) -> String {
    format!("{}-drill", system.word())
}

fn definition(system: System) -> String {
    format!(
        r"drill: {name}
system: {system}
owner: team-platform
caller:
  workload: {{ name: c, login: approle, exported: drills/roles/c.json }}
credential:
  database: {{ role: r, exported: drills/roles/r }}
backend:
  postgres:
    image: postgres:17
    seed: seed.sql
    allowed: [ SELECT 1 FROM orders ]
    denied: [ SELECT 1 FROM payroll ]
limit: 500ms
scenarios:
  revoke: {{ trigger: revoke }}
  expire: {{ trigger: {{ expire: 1s }} }}
  renew: {{ trigger: {{ renew: {{ cap: 3s, every: 500ms }} }} }}
  teardown: {{ trigger: teardown }}
  incident: {{ trigger: {{ incident: role }}, leases: 2 }}
",
        name = name(system),
        system = system.word()
    )
}

const ROLE: &str = r#"{ "data": {
  "creation_statements": ["CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"],
  "revocation_statements": ["DROP ROLE \"{{name}}\""],
  "credential_type": "password", "db_name": "x", "default_ttl": 3600, "max_ttl": 14400 } }"#;

impl Project {
    /// With a drill of each kind, the shipped gate, and an inventory of all of them.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("seed.sql", "CREATE TABLE orders (id int);\nCREATE TABLE payroll (id int);\n");
        put("drills/roles/r/role.json", ROLE);
        put("drills/roles/c.json", r#"{ "data": { "name": "c", "metadata": { "owner": "o", "tenant": "t" } } }"#);
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("drills/gates/rl3.yaml");
        put("drills/gates/rl3.yaml", &std::fs::read_to_string(shipped).unwrap());
        let mut inventory = String::from("roles:\n");
        for system in System::ALL {
            put(&format!("drills/{}.yaml", name(system)), &definition(system));
            let word = system.word();
            let _ = writeln!(inventory, "  - {{ system: {word}, role: r, owner: o, path: {word}/roles/r }}");
        }
        put("drills/inventory.yaml", &inventory);
        let drills = definition::load(&dir.path().join("drills"), &[]).unwrap_or_else(|e| panic!("{e}"));
        Self { dir, drills }
    }

    pub fn gate(&self) -> Gate {
        gate::load(&self.dir.path().join("drills"), "RL3").unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn inventory(&self) -> Inventory {
        let names: Vec<String> = self.drills.iter().map(|d| d.drill.clone()).collect();
        let file = self.dir.path().join("drills/inventory.yaml");
        gate::inventory::load(&file, &names).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// All that a gate is asked, to be changed before it is.
pub struct Set {
    pub gate: Gate,
    pub drills: Vec<DrillPlan>,
    pub inventory: Option<Inventory>,
    pub exceptions: Vec<Exception>,
    pub evidence: Vec<Evidence>,
    pub as_of: Date,
    pub clock: Timestamp,
    pub allow_synthetic: bool,
    /// What the judge is made to say otherwise.
    pub bent: Vec<Bent>,
}

/// A change of what the judge says.
pub type Bent = Box<dyn Fn(&History, &mut Verdicts)>;

/// The day that everything is judged by.
pub fn clock() -> Timestamp {
    "2026-11-24T08:02:00Z".parse().unwrap()
}

/// One run a drill, an hour ago, with every scenario of it.
pub fn full() -> Set {
    let project = Project::new();
    let evidence =
        project.drills.iter().zip(1..).map(|(plan, n)| run(plan, &format!("20261124-070200-run{n}"))).collect();
    Set {
        gate: project.gate(),
        inventory: Some(project.inventory()),
        drills: project.drills.iter().map(dated).collect(),
        exceptions: Vec::new(),
        evidence,
        as_of: "2026-11-24".parse().unwrap(),
        clock: clock(),
        allow_synthetic: true,
        bent: Vec::new(),
    }
}

impl Set {
    pub fn judged(&self) -> Readiness {
        let judge = |history: &History| {
            let mut verdicts = judge(history);
            for bend in &self.bent {
                bend(history, &mut verdicts);
            }
            verdicts
        };
        gate::judge(&Question {
            gate: &self.gate,
            drills: &self.drills,
            inventory: self.inventory.as_ref(),
            exceptions: &self.exceptions,
            evidence: &self.evidence,
            unreadable: &[],
            as_of: self.as_of,
            clock: self.clock,
            allow_synthetic: self.allow_synthetic,
            judge: &judge,
        })
    }

    /// The run of a kind of system.
    pub fn of(&mut self, system: System) -> &mut Evidence {
        let name = name(system);
        self.evidence.iter_mut().find(|e| e.history.head.drills[0].drill == name).unwrap()
    }
}

/// The files of the project were written just now; the set is of a fixed day.
fn dated(plan: &DrillPlan) -> DrillPlan {
    let drill::credential::CredentialPlan::Database(mut database) = plan.credential.clone() else {
        return plan.clone();
    };
    if let drill::credential::database::RoleSource::Exported { date, .. } = &mut database.source {
        *date = Some("2026-11-20".into());
    }
    DrillPlan { credential: drill::credential::CredentialPlan::Database(database), ..plan.clone() }
}

/// Evidence of a whole drill, of the same day.
pub fn run(plan: &DrillPlan, id: &str) -> Evidence {
    let history = history(&dated(plan), id, "2026-11-24T07:02:00Z".parse().unwrap());
    evidence(history)
}

pub fn evidence(history: History) -> Evidence {
    let run = history.head.run.clone();
    Evidence {
        dir: format!("runs/{run}"),
        history,
        torn_line: None,
        events_sha256: format!("hash of {run}"),
        seal: Seal::None,
        altered: None,
    }
}

/// A sound history of every scenario of a drill.
pub fn history(plan: &DrillPlan, id: &str, started: Timestamp) -> History {
    let mut events: Vec<Event> = servers(plan);
    for scenario in &plan.scenarios {
        events.extend(played(plan, scenario));
    }
    events.sort_by_key(|e| e.at_us);
    for (event, seq) in events.iter_mut().zip(1..) {
        event.seq = seq;
    }
    let head = Head {
        run: id.into(),
        program: "0.1.0".into(),
        started,
        by: Invocation::default(),
        drills: vec![plan.clone()],
        synthetic: true,
        ..build::head(plan.scenarios[0].clone())
    };
    History { head, events }
}

fn servers(plan: &DrillPlan) -> Vec<Event> {
    let server = |server: &str, product: &str, version: &str| Body::Server {
        server: server.into(),
        product: product.into(),
        version: version.into(),
        image: format!("{product}:{version}"),
        image_id: format!("sha256:{}", "7".repeat(64)),
        origin: Origin::StandIn,
        identity: super::world::OURS.into(),
    };
    let up = [server("authority", "OpenBao", "2.7.2"), server("backend", "PostgreSQL", "17.12")];
    let event = |body: Body| Event {
        seq: 0,
        at_us: 10_000,
        drill: plan.drill.clone(),
        scenario: String::new(),
        state: drill::history::State::SetUp,
        body,
    };
    up.into_iter().map(event).collect()
}

/// A scenario made by hand, under its own name, with all kinds of session.
fn played(plan: &DrillPlan, scenario: &ScenarioPlan) -> Vec<Event> {
    let made = match scenario.trigger {
        Trigger::Revoke => hand::revoke(),
        Trigger::Expire { .. } => hand::expire(),
        Trigger::Renew { .. } => hand::renew(),
        Trigger::Rotate => super::bridge::sound(),
        Trigger::Teardown | Trigger::Incident { .. } | Trigger::Use => {
            hand::sound(scenario.trigger.clone(), scenario.leases)
        }
    };
    let mut events = Vec::new();
    for mut event in made.events {
        if matches!(event.body, Body::Server { .. }) {
            continue;
        }
        trouble::times(&mut event, &mut |us: &mut u64| *us += LATER_US);
        event.drill.clone_from(&plan.drill);
        event.scenario.clone_from(&scenario.scenario);
        renamed(&mut event, scenario);
        for kind in scenario.sessions.keys().filter(|k| *k != "idle") {
            events.extend(of_kind(&event, kind));
        }
        events.push(event);
    }
    events
}

/// The subject lives its stated TTL to the same instant, and whoever is banned is called after the scenario.
fn renamed(event: &mut Event, scenario: &ScenarioPlan) {
    let ttls = super::proofs::ttls(scenario);
    match &mut event.body {
        Body::Issued { part: Part::Subject { .. }, record, sent_us, received_us }
            if !scenario.trigger.is_requested() =>
        {
            (*sent_us, *received_us) = (LATER_US - 10_000, LATER_US);
            event.at_us = LATER_US;
            record.ttl_ms = ttls.0;
        }
        Body::LeaseRead { lease, .. } if !scenario.trigger.is_requested() => {
            lease.expires = build::at_us(ttls.0 * 1000);
        }
        Body::LimitsRead { .. } if scenario.trigger == Trigger::Rotate => {}
        Body::LimitsRead { limits, .. } => (limits.role_default_ttl_ms, limits.role_max_ttl_ms) = ttls,
        Body::Grant { grant } if grant.cap_ms == 2_890 => grant.cap_ms = 3_000,
        Body::Entity { entity } if entity.name == "c-s" => entity.name = format!("c-{}", scenario.scenario),
        _ => {}
    }
}

/// The same of another kind of session.
fn of_kind(event: &Event, kind: &str) -> Option<Event> {
    let part_of = |series: &Series| match &series.part {
        Part::Session { client, .. } => Some(Part::Session { kind: kind.into(), client: *client }),
        Part::ControlSession { .. } => Some(Part::ControlSession { kind: kind.into() }),
        _ => None,
    };
    let mut event = event.clone();
    match &mut event.body {
        Body::Probe { series, .. } | Body::End { series, .. } => {
            *series = Series { part: part_of(series)?, door: kind.into() };
            Some(event)
        }
        _ => None,
    }
}

/// Every check with this id, of the scenarios of this trigger in the drill of a kind of system.
pub fn bend(system: System, trigger: &'static str, check: &'static str, to: drill::verdict::Outcome) -> Bent {
    let drill = name(system);
    Box::new(move |history, verdicts| {
        let plans: Vec<&ScenarioPlan> =
            history.head.drills.iter().filter(|d| d.drill == drill).flat_map(|d| &d.scenarios).collect();
        for d in verdicts.drills.iter_mut().filter(|d| d.drill == drill) {
            for s in &mut d.scenarios {
                if !plans.iter().any(|p| p.scenario == s.scenario && p.trigger.name() == trigger) {
                    continue;
                }
                for c in s.checks.iter_mut().filter(|c| c.check == check) {
                    c.outcome = to;
                    s.outcome = s.outcome.max(to);
                }
            }
        }
    })
}

/// Writes the evidence of a set as its runs would have: one directory a run.
pub fn write(set: &[Evidence], dir: &Path) -> Vec<PathBuf> {
    set.iter()
        .map(|evidence| {
            let run = dir.join(&evidence.history.head.run);
            std::fs::create_dir_all(&run).unwrap();
            let mut lines = serde_json::to_string(&evidence.history.head).unwrap() + "\n";
            for event in &evidence.history.events {
                lines += &(serde_json::to_string(event).unwrap() + "\n");
            }
            std::fs::write(run.join("events.jsonl"), lines).unwrap();
            run
        })
        .collect()
}
