//! Histories from what happened: events in the order of time, numbered, with a head.

use super::spec::Spec;
use super::world::OURS;
use drill::backend::{BackendPlan, postgres::PostgresPlan};
use drill::credential::{
    CredentialPlan,
    database::{DatabasePlan, RoleSource},
};
use drill::definition::{
    Caller, CallerKind, DrillPlan, Ends, Location, Login, ScenarioPlan, SessionClaim, System, Trigger,
};
use drill::history::{Body, Event, Head, History, Invocation, Origin, Part, Record, Series, State};

pub const DRILL: &str = "d";
pub const SCENARIO: &str = "s";
pub const DOOR: &str = "login";
pub const ALLOWED: &str = "SELECT 1 FROM orders";
pub const DENIED: &str = "SELECT 1 FROM payroll";
pub const NAMESPACE: &str = "t";
pub const ROLE: &str = "r";
/// How the audit log writes the accessor of the caller's token.
pub const TOKEN_HMAC: &str = "hmac-sha256:accessor";
pub const SUBJECT: Part = Part::Subject { member: 0 };

/// The plan of a scenario, as far as the judge reads it.
pub fn scenario(trigger: Trigger, limit_ms: u64) -> ScenarioPlan {
    ScenarioPlan {
        scenario: SCENARIO.into(),
        at: Location::default(),
        trigger,
        caller: Caller {
            kind: CallerKind::Workload,
            name: "c".into(),
            login: Login::Approle,
            owner: "o".into(),
            tenant: "t".into(),
            exported: false,
        },
        limit_ms,
        limit_is_default: false,
        sessions: std::collections::BTreeMap::new(),
        leases: 1,
        ends: Ends::Refused,
        fault: None,
    }
}

/// A head with one drill of one scenario.
pub fn head(plan: ScenarioPlan) -> Head {
    let drill = DrillPlan {
        drill: DRILL.into(),
        title: DRILL.into(),
        system: System::Database,
        owner: String::new(),
        file: String::new(),
        sha256: String::new(),
        authority_image: String::new(),
        credential: CredentialPlan::Database(DatabasePlan {
            role: ROLE.into(),
            source: RoleSource::Drill,
            creation_statements: vec![],
            revocation_statements: vec![],
            rollback_statements: vec![],
            renew_statements: vec![],
            default_ttl_ms: super::proofs::TTL_MS,
            max_ttl_ms: super::proofs::MAX_MS,
            mount: None,
        }),
        backend: BackendPlan::Postgres(PostgresPlan {
            image: String::new(),
            database: String::new(),
            seed: String::new(),
            seed_sql: String::new(),
            allowed: vec![ALLOWED.into()],
            denied: vec![DENIED.into()],
        }),
        doors: vec![DOOR.into()],
        scenarios: vec![plan],
        not_from_production: vec![],
    };
    Head {
        schema: 1,
        run: "r".into(),
        program: String::new(),
        program_sha256: None,
        program_commit: None,
        started: jiff::Timestamp::UNIX_EPOCH,
        by: Invocation::default(),
        engine: None,
        drills: vec![drill],
        as_of: None,
        exceptions: Vec::new(),
        synthetic: false,
        sabotage: None,
        clock_tick_us: 1,
    }
}

/// The plan that a spec asks for.
pub fn plan_of(spec: &Spec) -> ScenarioPlan {
    let mut plan = scenario(spec.trigger.clone(), spec.limit_us / 1000);
    for kind in &spec.kinds {
        let limit_ms = spec.session_limit_us / 1000;
        let claim = if spec.may_outlive { SessionClaim::MayOutlive } else { SessionClaim::ClosedWithin { limit_ms } };
        plan.sessions.insert((*kind).into(), claim);
    }
    plan.ends = if spec.world.ends_denied { Ends::Denied } else { Ends::Refused };
    plan.fault.clone_from(&spec.fault);
    plan.leases = spec.leases();
    plan
}

/// Wall time of an instant: the run began with the epoch.
pub fn at_us(us: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(i64::try_from(us).unwrap()).unwrap()
}

/// The id of a part's lease.
pub fn lease_id(part: &Part) -> String {
    format!("database/creds/{ROLE}/{}", part.word())
}

/// A part's series of logins.
pub fn series_of(part: Part) -> Series {
    Series { part, door: DOOR.into() }
}

/// A record with a TTL, and the end that it states if it does.
pub fn record(part: &Part, ttl_ms: u64, stated_end_us: Option<u64>) -> Record {
    let stated_end = stated_end_us.map(at_us);
    Record {
        id: lease_id(part),
        name: "u".into(),
        role: ROLE.into(),
        twin_of: None,
        namespace: NAMESPACE.into(),
        ttl_ms,
        renewable: false,
        stated_end,
        request_id: None,
    }
}

/// The backend is up and shows `identity`.
pub fn server(identity: &str) -> Body {
    Body::Server {
        server: "backend".into(),
        product: String::new(),
        version: String::new(),
        image: String::new(),
        image_id: String::new(),
        origin: Origin::StandIn,
        identity: identity.into(),
    }
}

/// What happened, in any order.
#[derive(Debug, Default)]
pub struct Events(Vec<(u64, State, Body)>);

impl Events {
    pub fn new() -> Self {
        let mut events = Self(Vec::with_capacity(200));
        events.add(1_000_000, server(OURS));
        events
    }
    pub fn add(&mut self, at_us: u64, body: Body) {
        self.0.push((at_us, State::Triggered, body));
    }
    /// Several at one instant, in this order.
    pub fn add_all(&mut self, at_us: u64, bodies: Vec<Body>) {
        for body in bodies {
            self.add(at_us, body);
        }
    }
    /// Several, each at its own.
    pub fn extend(&mut self, bodies: Vec<(u64, Body)>) {
        for (at_us, body) in bodies {
            self.add(at_us, body);
        }
    }
    /// When the last event happened.
    pub fn last_us(&self) -> u64 {
        self.0.iter().map(|(at, ..)| *at).max().unwrap_or(0)
    }
    /// The scenario is done.
    pub fn history(mut self, head: Head) -> History {
        self.0.push((self.last_us(), State::Done, Body::State));
        let mut order: Vec<_> = self.0.iter().zip(0..).map(|((at_us, state, _), i)| (*at_us, *state, i)).collect();
        order.sort_unstable();
        // A loop, because `map` and `collect` copied each body five times: that was a tenth of the checker.
        let mut bodies = Vec::with_capacity(self.0.len());
        for (_, _, body) in self.0 {
            bodies.push(Some(body));
        }
        let mut events = Vec::with_capacity(bodies.len());
        for ((at_us, state, i), seq) in order.into_iter().zip(1..) {
            let body = bodies[i].take().expect("each once");
            events.push(Event { seq, at_us, drill: DRILL.into(), scenario: SCENARIO.into(), state, body });
        }
        History { head, events }
    }
}
