//! What others try, as data: each request with who makes it, and whether its success would be a breach by itself.

use super::office::Office;
use crate::authority::{Bao, Rival};
use crate::credential::{Ask, Issued, Issuer, ParentPaths, Revocation};
use crate::history::{Claim, seeker};
use crate::secret::Secret;
use serde_json::{Value, json};

/// One request that somebody may not make.
pub struct Try<'a> {
    /// Against what.
    pub claim: Claim,
    /// Who.
    pub by: &'a str,
    /// Their connection, in the namespace that they ask in.
    pub bao: Bao,
    /// What is asked for, in words.
    pub what: String,
    /// GET, PUT, …
    pub method: &'static str,
    /// Without `/v1/`.
    pub path: String,
    /// JSON.
    pub body: Option<Value>,
    /// Its success would be a breach by itself; of the others only the effect counts.
    pub reads: bool,
}

impl<'a> Try<'a> {
    /// Asks for a credential, which must not succeed.
    pub fn ask(claim: Claim, by: &'a str, bao: &Bao, what: &str, Ask { method, path, body }: Ask) -> Self {
        Self { claim, by, bao: bao.clone(), what: what.into(), method, path, body, reads: true }
    }
}

/// What a tenant's stranger collects attempts into.
struct Stranger<'a> {
    by: &'a str,
    bao: &'a Bao,
    tries: Vec<Try<'a>>,
}

impl Stranger<'_> {
    fn add(&mut self, bao: &Bao, what: String, method: &'static str, path: String, body: Option<Value>, reads: bool) {
        let (claim, by, bao) = (Claim::TenantIsolated, self.by, bao.clone());
        self.tries.push(Try { claim, by, bao, what, method, path, body, reads });
    }

    /// By every form of the lease's id, in their own namespace.
    fn by_id(&mut self, ids: &[(&str, &str)]) {
        let bao = self.bao;
        for (form, id) in ids {
            let body = || Some(json!({"lease_id": id}));
            self.add(bao, format!("look the lease up by {form}"), "PUT", "sys/leases/lookup".into(), body(), true);
            self.add(bao, format!("renew it by {form}"), "PUT", "sys/leases/renew".into(), body(), true);
            self.add(bao, format!("revoke it by {form}"), "PUT", "sys/leases/revoke".into(), body(), false);
            let path = format!("sys/leases/revoke/{id}");
            self.add(bao, format!("revoke it by {form} in the URL"), "PUT", path, None, false);
            let path = format!("sys/leases/revoke-force/{id}");
            self.add(bao, format!("revoke by force what begins with {form}"), "PUT", path, None, false);
        }
    }

    /// With the whole id, by a header of somewhere else.
    fn by_header(&mut self, lease: &str, there: &str) {
        for (place, bao) in [("the victim's namespace", self.bao.in_namespace(there)), ("root", self.bao.in_root())] {
            let body = || Some(json!({"lease_id": lease}));
            self.add(&bao, format!("look the lease up in {place}"), "PUT", "sys/leases/lookup".into(), body(), true);
            self.add(&bao, format!("renew it in {place}"), "PUT", "sys/leases/renew".into(), body(), true);
            self.add(&bao, format!("revoke it in {place}"), "PUT", "sys/leases/revoke".into(), body(), false);
        }
    }

    /// By the role's path, inside and from outside.
    fn by_path(&mut self, ask: &Ask, own: &str, there: &str) {
        let Ask { method, path: creds, body } = ask;
        let (root, inside) = (self.bao.in_root(), self.bao.in_namespace(there));
        self.add(&inside, "issue from the victim's role".into(), method, creds.clone(), body.clone(), true);
        let path = format!("{there}/{creds}");
        self.add(&root, "issue by a path prefix".into(), method, path, body.clone(), true);
        let below = self.bao.in_namespace(&format!("{own}/{there}"));
        self.add(&below, "issue from a namespace below".into(), method, creds.clone(), body.clone(), true);
    }

    /// By a prefix of leases, inside and from outside, and by one of the URL.
    fn by_prefix(&mut self, creds: &str, lease: &str, there: &str) {
        let (bao, root, inside) = (self.bao, self.bao.in_root(), self.bao.in_namespace(there));
        let prefix = format!("sys/leases/revoke-prefix/{creds}");
        self.add(&inside, "revoke all of the victim's role".into(), "PUT", prefix.clone(), None, false);
        self.add(bao, "revoke all of that role's name".into(), "PUT", prefix, None, false);
        let path = format!("{there}/sys/leases/revoke/{lease}");
        self.add(&root, "revoke by a path prefix".into(), "PUT", path, None, false);
    }

    /// By the request that ends one of a kind without leases, inside and from outside.
    fn by_ending(&mut self, Ask { method, path, body }: &Ask, there: &str) {
        let (root, inside) = (self.bao.in_root(), self.bao.in_namespace(there));
        self.add(&inside, "end it as the operator does".into(), method, path.clone(), body.clone(), true);
        let path = format!("{there}/{path}");
        self.add(&root, "end it by a path prefix".into(), method, path, body.clone(), true);
    }

    fn by_accessor(&mut self, accessor: &Secret, ends_nothing: bool) {
        let (bao, body) = (self.bao, || Some(json!({"accessor": accessor.expose()})));
        let (lookup, revoke) = ("auth/token/lookup-accessor", "auth/token/revoke-accessor");
        self.add(bao, "look the caller's token up by accessor".into(), "POST", lookup.into(), body(), true);
        self.add(bao, "revoke the caller's token by accessor".into(), "POST", revoke.into(), body(), ends_nothing);
    }
}

/// All that another tenant can think of, by an ordinary caller and by an administrator.
pub fn strangers<'a>(
    rival: &'a Rival,
    victim: &Issued,
    (ask, ending): (&Ask, &Revocation),
    accessor: &Secret,
) -> Vec<Try<'a>> {
    let full = victim.record.id.as_str();
    let bare = full.rsplit_once('.').map_or(full, |(bare, _)| bare);
    let theirs = format!("{bare}.{}", rival.suffix());
    let ids = [
        ("the whole id", full),
        ("the id without its suffix", bare),
        ("the id with their own suffix", theirs.as_str()),
    ];
    let (own, there) = (&rival.tenant.namespace, &victim.record.namespace);
    let actors = [(seeker::STRANGER, &rival.caller), (seeker::ADMINISTRATOR, &rival.administrator)];
    let mut tries = Vec::new();
    for (by, bao) in actors {
        let mut stranger = Stranger { by, bao, tries: Vec::new() };
        match ending {
            Revocation::Lease | Revocation::Role(_) => {
                stranger.by_id(&ids);
                stranger.by_header(full, there);
                stranger.by_prefix(&ask.path, full, there);
            }
            Revocation::Own(_, request) => stranger.by_ending(request, there),
            Revocation::Token => {}
        }
        stranger.by_path(ask, own, there);
        // Where the end of the token ends nothing else, no victim would tell of it: then the answer must.
        stranger.by_accessor(accessor, matches!(ending, Revocation::Token));
        tries.extend(stranger.tries);
    }
    tries
}

/// Another caller of the same tenant may not touch it either.
pub fn same_tenant<'a>(neighbour: &Bao, victim: &Issued, ending: &Revocation, accessor: &Secret) -> Vec<Try<'a>> {
    match ending {
        Revocation::Lease | Revocation::Role(_) => same_tenant_by_lease(neighbour, victim),
        Revocation::Own(_, ask) => {
            let what = "end it as the operator does";
            vec![Try::ask(Claim::TenantIsolated, seeker::NEIGHBOUR, neighbour, what, ask.clone())]
        }
        Revocation::Token => {
            let body = Some(json!({"accessor": accessor.expose()}));
            let ask = Ask { method: "POST", path: "auth/token/revoke-accessor".into(), body };
            let what = "revoke the caller's token by accessor";
            vec![Try::ask(Claim::TenantIsolated, seeker::NEIGHBOUR, neighbour, what, ask)]
        }
    }
}

/// A user that stays can be named by another mount's role: whoever's parent may set its password takes it over.
pub fn takeovers<'a>(rival: &Rival, subject: &Issuer) -> Option<Try<'a>> {
    let Ask { method, path, body } = subject.takeover()?;
    let (claim, by, bao) = (Claim::TenantIsolated, seeker::ADMINISTRATOR, rival.administrator.clone());
    let what = "take the user over by a role of their own".into();
    Some(Try { claim, by, bao, what, method, path, body, reads: true })
}

fn same_tenant_by_lease<'a>(neighbour: &Bao, victim: &Issued) -> Vec<Try<'a>> {
    let requests = [("look the lease up", "lookup", true), ("renew it", "renew", true), ("revoke it", "revoke", false)];
    requests
        .into_iter()
        .map(|(what, verb, reads)| Try {
            claim: Claim::TenantIsolated,
            by: seeker::NEIGHBOUR,
            bao: neighbour.clone(),
            what: what.into(),
            method: "PUT",
            path: format!("sys/leases/{verb}"),
            body: Some(json!({"lease_id": victim.record.id})),
            reads,
        })
        .collect()
}

/// The parent's configuration is read, changed and rotated by nobody here.
pub fn parents<'a>(office: &Office, rival: &Rival, caller: &Bao) -> Vec<Try<'a>> {
    let ParentPaths { config, rotate, in_root } = office.issuer.parent_paths();
    let place = |bao: &Bao, namespace| if in_root { bao.in_root() } else { bao.in_namespace(namespace) };
    let inside = place(&rival.administrator, &office.tenant.namespace);
    let caller = place(caller, &office.tenant.namespace);
    let mut tries = Vec::new();
    for (by, bao) in [(seeker::CALLER, &caller), (seeker::ADMINISTRATOR, &inside)] {
        let mut add = |what: &str, method, path: &str, body| {
            let (what, path) = (what.into(), path.into());
            let claim = Claim::ParentUnreadable;
            tries.push(Try { claim, by, bao: bao.clone(), what, method, path, body, reads: true });
        };
        add("read the connection", "GET", &config, None);
        add("change the connection", "POST", &config, Some(json!({"allowed_roles": "*"})));
        if let Some(rotate) = &rotate {
            add("rotate the parent", "POST", rotate, Some(json!({})));
        }
    }
    tries
}
