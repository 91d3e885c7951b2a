//! What applies to which kind of credential, and to each door of a backend that has several.

#![allow(clippy::unwrap_used)]

use drill::definition::{DrillPlan, load};
use drill::verdict::{checks_of, not_judged};
use std::path::Path;

fn plan(drill: &str) -> DrillPlan {
    let drills = Path::new(env!("CARGO_MANIFEST_DIR")).join("drills");
    load(&drills, &[drill.to_string()]).unwrap_or_else(|e| panic!("{e}")).remove(0)
}

fn ids(plan: &DrillPlan, scenario: &str) -> Vec<String> {
    let scenario = plan.scenarios.iter().find(|s| s.scenario == scenario).unwrap();
    let id = |(check, of): (drill::verdict::Check, Option<String>)| match of {
        Some(of) => format!("{}@{of}", check.id()),
        None => check.id().to_string(),
    };
    checks_of(plan, scenario).into_iter().map(id).collect()
}

#[test]
fn a_parent_that_cannot_be_rotated_is_not_asked_for() {
    let (postgres, rabbitmq) = (plan("postgres"), plan("rabbitmq"));
    assert!(ids(&postgres, "revoke").contains(&"parent.rotated".to_string()));
    let of_rabbitmq = ids(&rabbitmq, "revoke");
    assert!(!of_rabbitmq.iter().any(|id| id.starts_with("parent.rotated")), "{of_rabbitmq:?}");
    assert!(of_rabbitmq.contains(&"parent.unreadable".to_string()));
    // It is no gap of the run either.
    assert!(not_judged(&rabbitmq).is_empty(), "{:?}", not_judged(&rabbitmq));
}

#[test]
fn what_is_of_a_door_is_judged_at_each() {
    let ids = ids(&plan("rabbitmq"), "revoke");
    for check in ["trigger.exposure", "trigger.refused-at-backend", "trigger.stays-dead", "policy.tenant-isolated"] {
        for door in ["amqp", "management"] {
            assert!(ids.contains(&format!("{check}@{door}")), "{check}@{door}: {ids:?}");
        }
        assert!(!ids.contains(&check.to_string()));
    }
    for kind in ["connection", "consumer", "reconnecting"] {
        assert!(ids.contains(&format!("trigger.sessions@{kind}")), "{ids:?}");
    }
    assert!(ids.contains(&"trigger.no-residue".to_string()));
}

#[test]
fn ttls_that_sit_on_the_mount_need_a_mount_of_their_own() {
    use drill::credential::Twin;
    let (postgres, rabbitmq) = (plan("postgres").credential, plan("rabbitmq").credential);
    let expire = Twin::Expire { ttl_ms: 2000 };
    assert_eq!(postgres.mount_of("database", Some(&expire)), "database");
    assert_eq!(rabbitmq.mount_of("rabbitmq", Some(&expire)), "rabbitmq-2000ms");
    // Another name alone needs none.
    assert_eq!(rabbitmq.mount_of("rabbitmq", Some(&Twin::Copy("x".into()))), "rabbitmq");
    assert_eq!(rabbitmq.mount_of("rabbitmq", None), "rabbitmq");
}

#[test]
fn a_kind_without_a_lease_is_judged_by_its_record() {
    let ssh = plan("operator-ssh");
    let ids = ids(&ssh, "revoke");
    for check in ["metadata.lease", "policy.scope-refused", "policy.ttl-capped", "parent.unreadable", "audit.linked"] {
        assert!(ids.contains(&check.to_string()), "{check}: {ids:?}");
    }
    for check in ["parent.rotated", "trigger.fails-closed"] {
        assert!(!ids.contains(&check.to_string()), "{check}: {ids:?}");
    }
    for kind in ["open-channel", "new-channel", "reconnecting"] {
        assert!(ids.contains(&format!("trigger.sessions@{kind}")), "{ids:?}");
    }
    assert!(not_judged(&ssh).is_empty(), "{:?}", not_judged(&ssh));
}

#[test]
fn valkeys_sessions_and_its_parent_are_judged_like_a_databases() {
    let plan = plan("valkey");
    let of_revoke = ids(&plan, "revoke");
    for kind in ["idle", "subscribed", "blocked", "reconnecting"] {
        assert!(of_revoke.contains(&format!("trigger.sessions@{kind}")), "{of_revoke:?}");
    }
    assert!(of_revoke.contains(&"parent.rotated".to_string()), "{of_revoke:?}");
    // A restart comes when access has ended: it is asked for all that a revocation is.
    assert_eq!(ids(&plan, "restart"), of_revoke);
}

#[test]
fn what_a_user_that_stays_has_not_is_not_asked_of_it() {
    let (bridge, postgres) = (plan("static-bridge"), plan("postgres"));
    let asked = ids(&bridge, "rotate");
    for check in
        ["credential.dynamic", "policy.role-refused", "policy.tenant-isolated", "parent.rotated", "metadata.ttl"]
    {
        assert!(asked.contains(&check.to_string()), "{check}: {asked:?}");
    }
    for check in ["metadata.lease", "policy.ttl-capped", "expire.not-early", "renew.capped", "incident.reissue-refused"]
    {
        assert!(!asked.contains(&check.to_string()), "{check}: {asked:?}");
    }
    assert!(not_judged(&bridge).is_empty(), "{:?}", not_judged(&bridge));
    for scenario in &postgres.scenarios {
        assert!(!ids(&postgres, &scenario.scenario).contains(&"credential.dynamic".to_string()));
    }
    assert!(not_judged(&postgres).is_empty());
}

#[test]
fn what_a_broker_issues_has_leases_and_a_parent_and_is_not_extended() {
    let broker = plan("s3-broker");
    assert_eq!(broker.doors, ["s3"], "nobody shows the store a token");
    let of_revoke = ids(&broker, "revoke");
    for check in ["metadata.lease", "policy.scope-refused", "policy.ttl-capped", "parent.rotated", "audit.linked"] {
        assert!(of_revoke.contains(&check.to_string()), "{check}: {of_revoke:?}");
    }
    for scenario in &broker.scenarios {
        let all = ids(&broker, &scenario.scenario);
        assert!(!all.iter().any(|id| id.starts_with("renew.") || id == "trigger.fails-closed"), "{all:?}");
        assert_eq!(scenario.twin().is_some(), !["revoke", "teardown"].contains(&scenario.scenario.as_str()));
    }
    assert!(not_judged(&broker).is_empty(), "{:?}", not_judged(&broker));
    // Where it lets its holder is the backend's to say.
    let drill::credential::CredentialPlan::Brokered(role) = &broker.credential else { panic!("another kind") };
    assert_eq!((role.bucket.as_str(), role.prefix.as_str(), role.access.word()), ("app", "reports/", "read"));
}

#[test]
fn what_works_once_is_a_stock() {
    let otp = plan("ssh-otp");
    let of = |scenario: &str| otp.scenarios.iter().find(|s| s.scenario == scenario).unwrap();
    assert_eq!(of("use").leases, 6);
    assert!(of("use").sessions.is_empty(), "a session is what the use is for");
    for scenario in ["revoke", "expire", "teardown", "incident-role"] {
        assert_eq!(of(scenario).leases, 64, "{scenario}");
        assert_eq!(of(scenario).sessions.keys().collect::<Vec<_>>(), ["new-channel", "open-channel"]);
    }
    assert_eq!(
        of("revoke").twin(),
        Some(drill::credential::Twin::Copy("revoke".into())),
        "the control's role is spared"
    );
    let ids = ids(&otp, "use");
    for check in ["trigger.refused-at-backend", "trigger.stays-dead", "trigger.no-residue", "metadata.lease"] {
        assert!(ids.contains(&check.to_string()), "{check}: {ids:?}");
    }
    for check in ["trigger.acknowledged", "audit.revocation", "audit.linked", "expire.not-early"] {
        assert!(!ids.contains(&check.to_string()), "nobody ends it but its use: {check}");
    }
    assert!(not_judged(&otp).is_empty(), "{:?}", not_judged(&otp));
}

#[test]
fn a_token_that_is_shown_has_a_door_and_a_limit_of_its_own() {
    let store = plan("s3-web-identity");
    assert_eq!(store.doors, ["s3", "sts"]);
    let of = |scenario: &str| store.scenarios.iter().find(|s| s.scenario == scenario).unwrap();
    let limits = |scenario: &str| ["s3", "sts"].map(|door| store.limit_ms(of(scenario), door));
    assert_eq!((limits("revoke"), limits("expire")), ([5_000, 22_000], [5_000, 5_000]));
    let callers: std::collections::BTreeSet<String> =
        store.scenarios.iter().map(|s| s.subjects_caller().name).collect();
    assert_eq!(callers.len(), store.scenarios.len(), "what ends one ends all of its entity: {callers:?}");
    let ids = ids(&store, "revoke");
    for check in ["policy.scope-refused", "policy.ttl-capped", "trigger.refused-at-backend@sts", "parent.unreadable"] {
        assert!(ids.contains(&check.to_string()), "{check}: {ids:?}");
    }
    for check in ["parent.rotated", "trigger.fails-closed"] {
        assert!(!ids.contains(&check.to_string()), "{check}: {ids:?}");
    }
    for kind in ["keep-alive", "presigned", "transfer", "reconnecting", "multipart"] {
        assert!(ids.contains(&format!("trigger.sessions@{kind}")), "{ids:?}");
    }
    assert!(not_judged(&store).is_empty(), "{:?}", not_judged(&store));
}

#[test]
fn where_nothing_lists_connections_nobody_asks_for_them() {
    use drill::observation::Stock;
    let plan = plan("influxdb");
    assert_eq!(plan.backend.stocks(), [Stock::Users]);
    let asked = ids(&plan, "revoke");
    for check in
        ["trigger.no-residue", "trigger.sessions@keep-alive", "trigger.sessions@reconnecting", "parent.rotated"]
    {
        assert!(asked.contains(&check.to_string()), "{check}: {asked:?}");
    }
    assert!(not_judged(&plan).is_empty(), "{:?}", not_judged(&plan));
}
