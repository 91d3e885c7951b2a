//! Hand-made evidence for the tests of everything that only reads it.

#![allow(dead_code)] // every test binary uses another part

pub mod hostile;
pub mod pages;
pub mod verdicts;

use drill::backend::{BackendPlan, postgres::PostgresPlan};
use drill::credential::{
    CredentialPlan,
    database::{DatabasePlan, RoleSource},
};
use drill::definition::{
    Caller, CallerKind, DrillPlan, Ends, Location, Login, ScenarioPlan, SessionClaim, System, Trigger,
};
use drill::exceptions::Exception;
use drill::history::{Ack, Body, Engine, Event, Head, History, Invocation, Origin, Part, Record, Series, State};
use drill::observation::{Meaning, Saw, Stage};

pub fn hex(digit: char) -> String {
    digit.to_string().repeat(64)
}

pub fn scenario(name: &str, trigger: Trigger, line: u32) -> ScenarioPlan {
    ScenarioPlan {
        scenario: name.into(),
        at: Location { file: "drills/postgres.yaml".into(), line, column: 3 },
        trigger,
        caller: Caller {
            kind: CallerKind::Workload,
            name: "orders-api".into(),
            login: Login::Approle,
            owner: "team-orders".into(),
            tenant: "acme".into(),
            exported: false,
        },
        limit_ms: 2000,
        limit_is_default: false,
        sessions: [("idle".to_owned(), SessionClaim::ClosedWithin { limit_ms: 5000 })].into(),
        leases: 1,
        ends: Ends::Refused,
        fault: None,
    }
}

pub fn plan(drill: &str) -> DrillPlan {
    DrillPlan {
        drill: drill.into(),
        title: "PostgreSQL credentials die at the database".into(),
        system: System::Database,
        owner: "team-platform".into(),
        file: format!("drills/{drill}.yaml"),
        sha256: hex('e'),
        authority_image: "quay.io/openbao/openbao:2.7.2".into(),
        credential: CredentialPlan::Database(DatabasePlan {
            role: "orders-rw".into(),
            source: RoleSource::Exported {
                dir: "drills/roles/orders-rw".into(),
                sha256: hex('1'),
                date: Some("2026-11-20".into()),
            },
            creation_statements: vec!["CREATE ROLE \"{{name}}\"".into()],
            revocation_statements: vec![],
            rollback_statements: vec![],
            renew_statements: vec![],
            default_ttl_ms: 3_600_000,
            max_ttl_ms: 14_400_000,
            mount: None,
        }),
        backend: BackendPlan::Postgres(PostgresPlan {
            image: "postgres:17".into(),
            database: "app".into(),
            seed: "fixtures/postgres/orders.sql".into(),
            seed_sql: "CREATE TABLE orders (id int);\n".repeat(100),
            allowed: vec!["SELECT count(*) FROM orders".into()],
            denied: vec!["SELECT * FROM payroll".into()],
        }),
        doors: vec!["login".into()],
        scenarios: vec![
            scenario("revoke", Trigger::Revoke, 22),
            scenario("expire", Trigger::Expire { ttl_ms: 2000 }, 23),
        ],
        not_from_production: vec!["the connection".into(), "mount limits".into()],
    }
}

pub fn head(drills: &[&str]) -> Head {
    Head {
        schema: 1,
        run: "20261124-073102-k3x9".into(),
        program: "0.1.0".into(),
        program_sha256: Some(hex('a')),
        program_commit: Some("5d1e".repeat(10)),
        started: "2026-11-24T07:31:02.000Z".parse().unwrap(),
        by: Invocation {
            user: Some("ci".into()),
            ci: true,
            job: Some("https://ci.example/runs/991".into()),
            commit: Some("4be1c0ffee".repeat(4)),
            arguments: vec!["run".into(), "postgres".into()],
            jobs: None,
        },
        engine: Some(Engine {
            name: "docker".into(),
            version: "20.10.24".into(),
            endpoint: "unix:///var/run/docker.sock".into(),
            reach: "loopback".into(),
        }),
        drills: drills.iter().map(|name| plan(name)).collect(),
        as_of: None,
        exceptions: Vec::new(),
        synthetic: false,
        sabotage: None,
        clock_tick_us: 1,
    }
}

/// Appends events with rising numbers.
pub struct Builder {
    pub history: History,
    drill: String,
    scenario: String,
    state: State,
}

impl Builder {
    pub fn new(head: Head) -> Self {
        Self {
            history: History { head, events: vec![] },
            drill: String::new(),
            scenario: String::new(),
            state: State::SetUp,
        }
    }

    /// In the order of time, as they would have been written.
    pub fn done(mut self) -> History {
        self.history.events.sort_by_key(|e| e.at_us);
        for (event, seq) in self.history.events.iter_mut().zip(1..) {
            event.seq = seq;
        }
        self.history
    }

    pub fn drill(&mut self, drill: &str) -> &mut Self {
        drill.clone_into(&mut self.drill);
        self.scenario.clear();
        self
    }

    pub fn scenario(&mut self, scenario: &str) -> &mut Self {
        scenario.clone_into(&mut self.scenario);
        self
    }

    pub fn state(&mut self, state: State, at_us: u64) -> &mut Self {
        self.state = state;
        self.add(at_us, Body::State)
    }

    pub fn add(&mut self, at_us: u64, body: Body) -> &mut Self {
        self.history.events.push(Event {
            seq: self.history.events.len() as u64 + 1,
            at_us,
            drill: self.drill.clone(),
            scenario: self.scenario.clone(),
            state: self.state,
            body,
        });
        self
    }

    pub fn probe(&mut self, part: Part, n: u32, times_us: (u64, u64), saw: Saw) -> &mut Self {
        let series = Series { part, door: "login".into() };
        let (sent_us, done_us) = times_us;
        self.add(done_us, Body::Probe { series, n, sent_us, done_us, stage: Stage::Login, saw })
    }
}

pub fn accepted() -> Saw {
    Saw::Accepted { server: "started 07:31:03".into() }
}

pub fn refused() -> Saw {
    Saw::Refused { code: "28P01 auth_failed".into(), meaning: Meaning::Both }
}

const SUBJECT: Part = Part::Subject { member: 0 };

pub fn record(role: &str, twin_of: Option<&str>) -> Record {
    Record {
        id: format!("database/creds/{role}/jTK0aVbQkWm1Zc8sLx2pRt9u.UC5Mh2"),
        name: format!("v-approle-{role}-3FqXy7"),
        role: role.into(),
        twin_of: twin_of.map(Into::into),
        namespace: "acme-postgres".into(),
        ttl_ms: if twin_of.is_some() { 2000 } else { 3_600_000 },
        renewable: true,
        stated_end: None,
        request_id: Some("d889a0b7-1c2d-4e5f-8a9b-0c1d2e3f4a5b".into()),
    }
}

fn server(server: &str, product: &str, version: &str, image: &str, id: char) -> Body {
    Body::Server {
        server: server.into(),
        product: product.into(),
        version: version.into(),
        image: image.into(),
        image_id: format!("sha256:{}", hex(id)),
        origin: Origin::StandIn,
        identity: "started 07:31:03".into(),
    }
}

/// Servers are up.
pub fn set_up(drill: &str, head: Head) -> Builder {
    let mut b = Builder::new(head);
    let bao = server("authority", "OpenBao", "2.7.2", "quay.io/openbao/openbao:2.7.2", '7');
    let pg = server("backend", "PostgreSQL", "17.12", "postgres:17", 'c');
    b.drill(drill)
        .add(900_000, bao)
        .add(900_100, Body::Step { name: "OpenBao ready".into(), from_us: 10_000 })
        .add(950_000, pg)
        .add(950_100, Body::Step { name: "PostgreSQL ready".into(), from_us: 240_000 });
    b
}

/// Issued, accepted, triggered at `at_us`, and refused 11 ms later.
pub fn dies(b: &mut Builder, name: &str, at_us: u64, ends: bool) {
    let expires = name == "expire";
    let role = if expires { "orders-rw-2s" } else { "orders-rw" };
    // A TTL of 2 s that ends at `at_us`, or a revocation soon after the issue.
    let issued_us = at_us - if expires { 2_000_000 } else { 210_000 };
    b.scenario(name).state(State::SetUp, issued_us - 50_000);
    b.add(
        issued_us + 10_000,
        Body::Issued {
            part: SUBJECT,
            record: record(role, expires.then_some("orders-rw")).into(),
            sent_us: issued_us,
            received_us: issued_us + 9_000,
        },
    )
    .state(State::Issued, issued_us + 11_000)
    .probe(SUBJECT, 1, (at_us - 150_000, at_us - 145_000), accepted())
    .probe(Part::Control, 1, (at_us - 140_000, at_us - 135_000), accepted())
    .state(State::Accepted, at_us - 100_000)
    .state(State::Triggered, at_us);
    if !expires {
        b.add(
            at_us + 8_000,
            Body::Trigger {
                target: "revoke lease database/creds/orders-rw/jTK0…".into(),
                sent_us: at_us,
                done_us: at_us + 8_000,
                ack: Ack::Acknowledged { status: 204 },
                correlation: Some("d080e499".into()),
            },
        );
    }
    b.probe(SUBJECT, 2, (at_us + 6_400, at_us + 8_100), accepted());
    if ends {
        b.probe(SUBJECT, 3, (at_us + 8_200, at_us + 10_600), refused())
            .state(State::Settled, at_us + 11_000)
            .state(State::Done, at_us + 1_011_000);
    } else {
        b.probe(SUBJECT, 3, (at_us + 3_001_000, at_us + 3_002_000), accepted())
            .state(State::Settled, at_us + 3_003_000)
            .state(State::Done, at_us + 3_010_000);
    }
}

/// A run of `postgres` in which both scenarios end as they should.
pub fn sound() -> History {
    let mut b = set_up("postgres", head(&["postgres"]));
    dies(&mut b, "revoke", 2_120_000, true);
    dies(&mut b, "expire", 4_131_000, true);
    b.done()
}

/// An exception with words of its own.
pub fn exception(id: &str, check: &str, expires: jiff::civil::Date) -> Exception {
    Exception {
        id: id.into(),
        check: check.into(),
        owner: "team-orders".into(),
        reason: "the driver keeps idle connections until 3.2".into(),
        compensating_control: "connections are cut after 10 minutes".into(),
        granted_by: "security".into(),
        granted_on: jiff::civil::date(2026, 10, 1),
        expires,
        at: Location { file: "drills/exceptions.yaml".into(), line: 2, column: 5 },
    }
}

/// A sound run that knows exceptions: one that has ended, one that nobody needs, one that is used, one for another drill.
pub fn excepted() -> History {
    let day = jiff::civil::date;
    let mut history = sound();
    history.head.as_of = Some(day(2026, 11, 24));
    history.head.exceptions = vec![
        exception("EX-2", "postgres/expire/trigger.no-residue", day(2026, 11, 21)),
        exception("EX-5", "postgres/expire/trigger.exposure", day(2027, 3, 31)),
        exception("EX-7", "postgres/revoke/trigger.sessions@idle", day(2026, 12, 6)),
        exception("EX-9", "orders/revoke/trigger.exposure", day(2027, 1, 1)),
    ];
    history
}

/// The revocation does nothing.
pub fn outlives() -> History {
    let mut b = set_up("postgres", head(&["postgres"]));
    dies(&mut b, "revoke", 2_120_000, false);
    dies(&mut b, "expire", 5_131_000, true);
    b.done()
}

/// Stopped before the second scenario.
pub fn interrupted() -> History {
    let mut b = set_up("postgres", head(&["postgres"]));
    dies(&mut b, "revoke", 2_120_000, true);
    b.drill("").add(3_140_000, Body::Interrupted { by: "SIGTERM".into() });
    b.done()
}
