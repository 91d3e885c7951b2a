//! What each check claims, what red means, and what to do about it.

/// One entry of the book.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its id.
    pub id: &'static str,
    /// What is proved where it passes.
    pub claims: &'static str,
    /// What it means where it does not.
    pub red: &'static str,
    /// What to do then.
    pub then: &'static str,
}

const fn check(id: &'static str, claims: &'static str, red: &'static str, then: &'static str) -> Check {
    Check { id, claims, red, then }
}

/// In the order of the reports.
pub const CHECKS: &[Check] = &[
    check(
        "access.accepted-before",
        "the subject was accepted at the backend before the trigger",
        "a refusal afterwards would prove nothing: it may never have worked",
        "look at the creation statements and at the server's log of the first login",
    ),
    check(
        "access.bogus-refused",
        "a wrong secret and a name that was never issued are refused by the same door",
        "the backend lets anybody in, or was not there: then a refusal, or an acceptance, tells nothing of the credential",
        "look at the backend's authentication (trust, anonymous access) and whether the right server answered",
    ),
    check(
        "access.allowed",
        "the credential can do what the drill's `allowed` list says",
        "it was issued, and is good for nothing: the drill would test a credential that nobody uses",
        "compare the grants in the creation statements with the list",
    ),
    check(
        "access.denied",
        "the credential cannot do what the `denied` list says, and the backend's administrator can",
        "the scope is wider than stated, or the statement is a typing error that fails for everybody",
        "compare grants (also those to PUBLIC) with the list; run the statement as the administrator",
    ),
    check(
        "trigger.acknowledged",
        "the authority answered the trigger with yes",
        "no answer, or no: whether the trigger was carried out is not known from this alone",
        "read the authority's answer and log; an error of the backend often stands in it",
    ),
    check(
        "trigger.refused-at-backend",
        "after the trigger the backend itself refused the credential, while the control was accepted right before and right after",
        "failed: the credential outlived its trigger. Inconclusive: a dead credential and a dead server looked alike",
        "failed: run the revocation statements by hand. Inconclusive: look at the server's log, run again",
    ),
    check(
        "trigger.exposure",
        "the whole interval in which access can have ended lies within the limit",
        "failed: access lived past the limit. Inconclusive: the limit lies inside the interval",
        "look at how long the trigger takes at the authority; a wide interval means slow probes: run on a quieter machine",
    ),
    check(
        "trigger.sessions",
        "sessions that were open before the trigger ended in time",
        "whoever is in stays in: a revoked login does not close what is open",
        "let the revocation statements end the user's sessions first",
    ),
    check(
        "trigger.control-alive",
        "the sibling that the trigger must spare was accepted before, during and after",
        "the trigger hit others too, or the backend was away",
        "look for revocation by prefix, shared names, and outages in the server's log",
    ),
    check(
        "trigger.no-residue",
        "lease, user, sessions and objects of the subject are gone, while the same queries still find the control's",
        "something is left behind, and may become a way in again, or a name that nobody owns",
        "look at what is named; objects owned by a user prevent a plain DROP",
    ),
    check(
        "trigger.stays-dead",
        "after the first counted refusal every further attempt was refused, the last at the end of the drill",
        "it came back: a replica, a cache, or somebody who creates it again",
        "look at which server answered, and what recreated the user",
    ),
    check(
        "trigger.service-returns",
        "a credential that was issued after the trigger works",
        "the trigger ended more than the credential: nobody gets in any more",
        "look at the parent that the authority uses, and at its rights",
    ),
    check(
        "trigger.fails-closed",
        "while the authority was away, what had ended stayed ended",
        "an outage of the authority keeps credentials alive",
        "let the backend itself know the end (VALID UNTIL, notAfter)",
    ),
    check(
        "incident.reissue-refused",
        "after the incident the same caller gets nothing new",
        "what was taken away is handed out again at once",
        "end the caller's access to the role, not only its leases",
    ),
    check(
        "expire.not-early",
        "the credential lived to the end that it states",
        "it ended early: consumers break before they renew",
        "compare TTLs and clocks of authority and backend",
    ),
    check(
        "renew.extended",
        "a renewal extended the lease",
        "consumers lose access although they renew",
        "look at max_ttl of role and mount, and at the token's own end",
    ),
    check(
        "renew.capped",
        "no renewal went past the cap",
        "a consumer can keep one credential for ever",
        "set max_ttl on the role",
    ),
    check(
        "renew.dead-after-cap",
        "at the cap the backend refused, although a consumer renewed all the time",
        "the cap is only on paper",
        "look at what the renewal statements extend",
    ),
    check(
        "credential.dynamic",
        "the credential is issued for one caller and ends by itself",
        "a static secret: revocation, expiry and incident cannot be shown of it",
        "replace it, or state an exception with an owner and an end",
    ),
    check(
        "credential.dynamic",
        "each consumer gets a user of its own, with a lease that ends it; judged of static roles only, where it always fails",
        "a password that stays until the next rotation, and that all its consumers share: there is no lease, no revocation of one consumer, no expiry, no teardown and no ban",
        "issue dynamic users or put a broker in front; until then an exception with an owner, a compensating control and a near end",
    ),
    check(
        "metadata.owner",
        "the credential leads to an owner",
        "nobody answers for it",
        "give the caller's entity an owner",
    ),
    check(
        "metadata.tenant",
        "the credential leads to a tenant",
        "it cannot be told whose it is",
        "issue it in the tenant's namespace",
    ),
    check("metadata.scope", "what it may do is stated", "nobody knows what is lost with it", "state the role's scope"),
    check(
        "metadata.ttl",
        "the granted TTL is the stated one",
        "it lives longer, or shorter, than the drill says",
        "compare role, mount and drill",
    ),
    check(
        "metadata.lease",
        "there is a lease, or a record, to end it by",
        "nothing can end it before its TTL",
        "look at how it was issued",
    ),
    check(
        "policy.role-refused",
        "the caller gets no credential of another role",
        "the caller's policy is too wide",
        "name the role's path in the policy",
    ),
    check(
        "policy.scope-refused",
        "the caller cannot widen the scope",
        "the scope is a request, not a limit",
        "fix what the caller may pass",
    ),
    check("policy.ttl-capped", "a longer TTL than the cap is not granted", "the cap is only on paper", "set max_ttl"),
    check(
        "policy.tenant-isolated",
        "a caller of another tenant gets nothing",
        "tenants reach each other's credentials",
        "look at namespaces and policies",
    ),
    check(
        "parent.unreadable",
        "the secret that the authority itself uses cannot be read back",
        "whoever may read the configuration has the parent's rights",
        "rotate it, and narrow who may read",
    ),
    check(
        "parent.rotated",
        "the parent's first secret does not work any more",
        "whoever set it up can still get in",
        "rotate the root credential of the connection; a broker does it when it starts (`BROKER_ROTATE`)",
    ),
    check(
        "audit.issuance",
        "the audit trail names the issuance",
        "a credential without a trace",
        "enable the audit device before callers exist",
    ),
    check(
        "audit.revocation",
        "the audit trail, or the server's log for an expiry, names the end",
        "an end without a trace",
        "look at the audit device's filters",
    ),
    check(
        "audit.linked",
        "issuance and revocation can be linked by the lease; of a broker also with the token that it asked the authority about",
        "nobody can show that what was issued was ended",
        "revoke by the lease's path, or hash the lease id",
    ),
    check("audit.actor", "both entries name an actor", "nobody did it", "give operators and callers entities"),
    check(
        "audit.tenant",
        "both entries name the tenant's namespace",
        "it cannot be told whose it was",
        "issue and end in the tenant's namespace",
    ),
    check(
        "audit.no-secret",
        "the audit trail holds no secret in clear",
        "whoever reads logs can log in",
        "look at which request keys are not hashed",
    ),
];
