//! Hand-made verdicts that go with the histories.

use drill::definition::Location;
use drill::verdict::{CheckVerdict, DrillVerdict, ExceptionUse, Exposure, Outcome, ScenarioVerdict, Use, Verdicts};

/// A check's verdict with words that name it.
pub fn check(scenario: &str, check: &str, of: Option<&str>, outcome: Outcome) -> CheckVerdict {
    let suffix = of.map(|of| format!("@{of}")).unwrap_or_default();
    let red = outcome != Outcome::Passed;
    CheckVerdict {
        id: format!("postgres/{scenario}/{check}{suffix}"),
        check: check.into(),
        of: of.map(Into::into),
        outcome,
        reason: if red { "accepted-after-limit" } else { "shown" }.into(),
        expected: format!("{check} holds"),
        observed: format!("{check} was seen"),
        when: None,
        control: None,
        means: red.then(|| format!("{check} does not hold")),
        look_at: Location { file: "drills/postgres.yaml".into(), line: 15, column: 7 },
        events: vec![(8, 12), (14, 14)],
        exception: None,
        premise: None,
    }
}

const CHECKS: [(&str, Option<&str>); 9] = [
    ("access.accepted-before", None),
    ("access.bogus-refused", None),
    ("access.allowed", None),
    ("access.denied", None),
    ("trigger.refused-at-backend", None),
    ("trigger.exposure", None),
    ("trigger.sessions", Some("idle")),
    ("trigger.control-alive", None),
    ("trigger.no-residue", None),
];

fn exposure(of: &str, session: bool, us: (i64, Option<i64>), origin_us: u64) -> Exposure {
    let at = |offset: i64| origin_us.checked_add_signed(offset);
    Exposure {
        of: of.into(),
        session,
        lower_us: us.0,
        upper_us: us.1,
        limit_ms: if session { 5000 } else { 2000 },
        last_accepted_us: at(us.0),
        first_refused_us: us.1.and_then(at),
        code: us.1.map(|_| "28P01 auth_failed".into()),
        reason: us.1.map(|_| "Role \"v-approle-orders-rw-3FqXy7\" does not exist.".into()),
    }
}

/// All checks passed.
pub fn scenario(name: &str, origin_us: u64) -> ScenarioVerdict {
    let mut checks: Vec<CheckVerdict> = CHECKS.iter().map(|(c, of)| check(name, c, *of, Outcome::Passed)).collect();
    let control = checks.iter_mut().find(|c| c.check == "trigger.control-alive");
    control.unwrap().observed = "accepted before, during, after (399 of 399)".into();
    ScenarioVerdict {
        scenario: name.into(),
        outcome: Outcome::Passed,
        exposures: vec![
            exposure("login", false, (6_400, Some(10_600)), origin_us),
            exposure("idle", true, (9_000, Some(13_200)), origin_us),
        ],
        checks,
    }
}

/// Fills in the worst of each level and puts the worst check first.
pub fn seal(mut verdicts: Verdicts) -> Verdicts {
    for drill in &mut verdicts.drills {
        for scenario in &mut drill.scenarios {
            scenario.checks.sort_by_key(|c| std::cmp::Reverse(c.outcome));
            scenario.outcome = worst(scenario.checks.iter().map(|c| c.outcome));
        }
        drill.outcome = worst(drill.scenarios.iter().map(|s| s.outcome));
    }
    verdicts.outcome = worst(verdicts.drills.iter().map(|d| d.outcome));
    verdicts
}

fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.max().unwrap_or(Outcome::Inconclusive)
}

/// Everything passed.
pub fn passed() -> Verdicts {
    seal(Verdicts {
        outcome: Outcome::Passed,
        interrupted: None,
        drills: vec![DrillVerdict {
            drill: "postgres".into(),
            outcome: Outcome::Passed,
            scenarios: vec![scenario("revoke", 2_120_000), scenario("expire", 4_131_000)],
            not_judged: vec![
                "metadata.owner".into(),
                "metadata.tenant".into(),
                "audit.linked".into(),
                "parent.rotated".into(),
            ],
        }],
        exceptions: Vec::new(),
    })
}

/// The check of a scenario, to be changed.
pub fn find<'a>(verdicts: &'a mut Verdicts, scenario: usize, check: &str) -> &'a mut CheckVerdict {
    let checks = &mut verdicts.drills[0].scenarios[scenario].checks;
    checks.iter_mut().find(|c| c.check == check).unwrap()
}

/// Goes with `outlives`.
pub fn failed() -> Verdicts {
    let mut v = passed();
    let refused = find(&mut v, 0, "trigger.refused-at-backend");
    refused.outcome = Outcome::Failed;
    refused.reason = "never-refused".into();
    refused.expected = "refused within 2 s of the revoke".into();
    refused.observed = "accepted 402 times up to +3,001 ms, never refused (probing stopped at limit + 1 s)".into();
    refused.when = Some("revoke sent 07:31:04.120Z, answered 204 at +8 ms · last accepted 07:31:07.121Z".into());
    refused.control = Some("accepted 399 of 399 · OpenBao: lease gone".into());
    refused.means = Some("OpenBao says revoked, the database still lets the credential in".into());
    let sessions = find(&mut v, 0, "trigger.sessions");
    sessions.outcome = Outcome::Failed;
    sessions.observed = "the idle session still answers at +6,001 ms (limit: closed within 5 s)".into();
    sessions.means = Some("whoever is in stays in".into());
    let residue = find(&mut v, 0, "trigger.no-residue");
    residue.outcome = Outcome::Failed;
    residue.observed = "role v-approle-orders-rw-3Fq… in pg_roles; the control's query finds the control".into();
    v.drills[0].scenarios[0].exposures = vec![
        exposure("login", false, (3_001_000, None), 2_120_000),
        exposure("idle", true, (6_001_000, None), 2_120_000),
    ];
    seal(v)
}

/// The backend was gone from the trigger on.
pub fn inconclusive() -> Verdicts {
    let mut v = passed();
    for name in ["trigger.refused-at-backend", "trigger.exposure", "trigger.sessions", "trigger.control-alive"] {
        let check = find(&mut v, 0, name);
        check.outcome = Outcome::Inconclusive;
        check.reason = "backend-unreachable".into();
    }
    let refused = find(&mut v, 0, "trigger.refused-at-backend");
    refused.observed = "no answer from PostgreSQL since 07:31:04.377Z (connection refused), control included".into();
    refused.means = Some("the server was gone; a dead credential and a dead server look alike".into());
    let residue = find(&mut v, 0, "trigger.no-residue");
    residue.outcome = Outcome::Inconclusive;
    residue.reason = "premise".into();
    residue.premise = Some("trigger.refused-at-backend".into());
    v.drills[0].scenarios[0].exposures.clear();
    seal(v)
}

/// Goes with `interrupted`: the second scenario never ran.
pub fn interrupted() -> Verdicts {
    let mut v = passed();
    v.interrupted = Some("SIGTERM".into());
    v.drills[0].scenarios[1].exposures.clear();
    for check in &mut v.drills[0].scenarios[1].checks {
        check.outcome = Outcome::Inconclusive;
        check.reason = "did-not-run".into();
        check.observed = "interrupted by SIGTERM before it ran".into();
        check.means = Some("it should have run and did not".into());
        check.events.clear();
    }
    seal(v)
}

/// One check failed, and an exception covers it; two others cover nothing. Goes with `common::excepted`.
pub fn excepted() -> Verdicts {
    let mut v = passed();
    let sessions = find(&mut v, 0, "trigger.sessions");
    sessions.outcome = Outcome::Excepted;
    sessions.exception = Some("EX-7".into());
    sessions.observed = "the idle session still answers at +6,001 ms (limit: closed within 5 s)".into();
    sessions.means = Some("whoever is in stays in".into());
    let used = |id: &str, check: &str, state: Use| ExceptionUse { id: id.into(), check: check.into(), state };
    v.exceptions = vec![
        used("EX-2", "postgres/expire/trigger.no-residue", Use::Expired),
        used("EX-5", "postgres/expire/trigger.exposure", Use::Stale),
        used("EX-7", "postgres/revoke/trigger.sessions@idle", Use::Applied),
        used("EX-9", "orders/revoke/trigger.exposure", Use::NotRun),
    ];
    seal(v)
}
