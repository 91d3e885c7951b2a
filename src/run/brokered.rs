//! What others try at a broker: by its own requests, by the authority's, and by where it keeps its records.

use super::attacks::Try;
use crate::authority::broker::Broker;
use crate::authority::{Bao, CallerLogin, Rival};
use crate::credential::{Ask, Issued, Issuer};
use crate::history::{Claim, seeker};
use serde_json::{Value, json};

/// The requests about one lease.
const BY_ID: [(&str, &str); 3] = [("look the lease up", "lookup"), ("renew it", "renew"), ("revoke it", "revoke")];

struct Tries<'a> {
    by: &'a str,
    all: Vec<Try<'a>>,
}

impl Tries<'_> {
    /// `reads`: its success would be a breach by itself.
    fn add(&mut self, bao: &Bao, what: String, method: &'static str, path: &str, body: Option<Value>, reads: bool) {
        let (claim, by, bao, path) = (Claim::TenantIsolated, self.by, bao.clone(), path.to_string());
        self.all.push(Try { claim, by, bao, what, method, path, body, reads });
    }

    fn by_id(&mut self, bao: &Bao, id: &str, place: &str) {
        for (what, verb) in BY_ID {
            let (what, path) = (format!("{what} in {place}"), format!("broker/leases/{verb}"));
            self.add(bao, what, "POST", &path, Some(json!({"lease_id": id})), true);
        }
    }

    /// Everything of the role, everything of the caller. `own`: of their own namespace they may, and it must have no effect.
    fn by_many(&mut self, bao: &Bao, role: &str, entity: &str, (place, own): (&str, bool)) {
        let path = format!("broker/leases/revoke-prefix/{role}");
        self.add(bao, format!("revoke all of that role's name in {place}"), "POST", &path, Some(json!({})), !own);
        let body = Some(json!({"entity_id": entity}));
        let what = format!("revoke everything of the caller in {place}");
        self.add(bao, what, "POST", "broker/leases/revoke-caller", body, !own);
    }
}

/// All that another tenant and another caller of the same one can think of.
pub fn tries<'a>(
    rival: &Rival,
    neighbour: &Bao,
    victim: &Issued,
    (issuer, caller): (&Issuer, &CallerLogin),
) -> Vec<Try<'a>> {
    let (id, there) = (victim.record.id.as_str(), victim.record.namespace.as_str());
    let (role, entity) = (issuer.path(), caller.entity.as_str());
    let record = format!("{}/data/leases/{}", Broker::KV, id.rsplit('/').next().unwrap_or(id));
    let mut all = Vec::new();
    for (by, bao) in [(seeker::STRANGER, &rival.caller), (seeker::ADMINISTRATOR, &rival.administrator)] {
        let mut tries = Tries { by, all: Vec::new() };
        let (own, inside) = (issuer.at(bao), issuer.at(bao).in_namespace(there));
        tries.by_id(&own, id, "their own namespace");
        tries.by_id(&inside, id, "the victim's namespace");
        tries.by_many(&own, &role, entity, ("their own namespace", true));
        tries.by_many(&inside, &role, entity, ("the victim's namespace", false));
        let Ask { method, path, body } = issuer.ask();
        tries.add(&inside, "issue from the victim's role".into(), method, &path, body.clone(), true);
        let prefixed = format!("{there}/{path}");
        tries.add(&issuer.at(bao).in_root(), "issue by a path prefix".into(), method, &prefixed, body, true);
        tries.add(&bao.in_root(), "read the broker's record of it".into(), "GET", &record, None, true);
        let accessor = || Some(json!({"accessor": caller.accessor.expose()}));
        for (what, path) in [("look up", "auth/token/lookup-accessor"), ("revoke", "auth/token/revoke-accessor")] {
            tries.add(bao, format!("{what} the caller's token by accessor"), "POST", path, accessor(), true);
        }
        all.extend(tries.all);
    }
    let mut tries = Tries { by: seeker::NEIGHBOUR, all: Vec::new() };
    let inside = issuer.at(neighbour);
    tries.by_id(&inside, id, "the same namespace");
    tries.by_many(&inside, &role, entity, ("the same namespace", false));
    all.extend(tries.all);
    all
}
