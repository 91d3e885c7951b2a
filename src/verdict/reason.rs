//! Why a verdict is what it is: one word of a closed list.

/// The reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// What was claimed was seen.
    Proved,
    /// The run did not come to its end, or evidence of it is lost.
    EvidenceIncomplete,
    /// A check that this one rests on is not passed.
    PremiseFailed,
    /// What should have been observed was not.
    NotObserved,
    /// Neither an acceptance nor a refusal: no answer, or one that the closed table does not know.
    NoAnswer,
    /// The control was not accepted around it: a dead server and a dead credential look alike.
    ControlNotAccepted,
    /// The interval holds the limit: both are possible.
    IntervalSpansLimit,
    /// Accepted after the limit.
    AcceptedAfterLimit,
    /// Access ended before the trigger, so the trigger proved nothing.
    DeadBeforeTrigger,
    /// Accepted again after it was refused.
    AcceptedAgain,
    /// The issued credential is not accepted at all.
    NeverAccepted,
    /// What must be refused is accepted.
    BogusAccepted,
    /// What must be allowed is denied.
    AllowedDenied,
    /// What must be denied is allowed.
    DeniedAllowed,
    /// A statement fails for the administrator too.
    StatementBroken,
    /// The authority said no.
    TriggerRejected,
    /// The authority said nothing.
    TriggerUnanswered,
    /// The lease is still there.
    LeaseLeft,
    /// Something of the credential is still there.
    ResidueLeft,
    /// It would look the same all the same: the query does not even find what must be there, or its own end was past.
    NothingToCompare,
    /// The control was ended too.
    ControlEnded,
    /// A new credential is refused.
    ReissueRefused,
    /// The session lives on, as the drill says it may.
    MayOutlive,
    /// Refused before the end that the credential states.
    RefusedEarly,
    /// The authority names no owner, tenant or entity.
    MetadataMissing,
    /// What the authority says is not what the drill states.
    MetadataDiffers,
    /// The audit log works, and does not show it.
    AuditMissing,
    /// The audit log does not even show a marked request, or is torn.
    AuditSilent,
    /// The entries are not of one credential, or of another server.
    AuditUnlinked,
    /// The backend's own log gives another cause.
    CausesDiffer,
    /// A secret stands where it must not.
    SecretFound,
    /// The search does not find what must be there.
    SearchBlind,
    /// Somebody got what they may not.
    Breach,
    /// A backend that asks the authority let the dead in while it could not.
    ServedWhileDown,
    /// An attempt of another's ended the credential.
    VictimHarmed,
    /// Nobody states a max TTL.
    CapMissing,
    /// More was granted than the cap.
    CapExceeded,
    /// No renewal moved the end.
    NotExtended,
    /// The parent's first credential is still accepted.
    ParentAccepted,
    /// The credential is one that stays.
    NotDynamic,
    /// The checker itself failed.
    CheckerPanicked,
}

impl Reason {
    /// All of them, for the test that reaches each.
    pub const ALL: &[Self] = &[
        Self::Proved,
        Self::EvidenceIncomplete,
        Self::PremiseFailed,
        Self::NotObserved,
        Self::NoAnswer,
        Self::ControlNotAccepted,
        Self::IntervalSpansLimit,
        Self::AcceptedAfterLimit,
        Self::DeadBeforeTrigger,
        Self::AcceptedAgain,
        Self::NeverAccepted,
        Self::BogusAccepted,
        Self::AllowedDenied,
        Self::DeniedAllowed,
        Self::StatementBroken,
        Self::TriggerRejected,
        Self::TriggerUnanswered,
        Self::LeaseLeft,
        Self::ResidueLeft,
        Self::NothingToCompare,
        Self::ControlEnded,
        Self::ReissueRefused,
        Self::MayOutlive,
        Self::RefusedEarly,
        Self::MetadataMissing,
        Self::MetadataDiffers,
        Self::AuditMissing,
        Self::AuditSilent,
        Self::AuditUnlinked,
        Self::CausesDiffer,
        Self::SecretFound,
        Self::SearchBlind,
        Self::Breach,
        Self::ServedWhileDown,
        Self::VictimHarmed,
        Self::CapMissing,
        Self::CapExceeded,
        Self::NotExtended,
        Self::ParentAccepted,
        Self::NotDynamic,
        Self::CheckerPanicked,
    ];

    /// As in the evidence, and what it means in one sentence.
    pub fn text(self) -> (&'static str, &'static str) {
        (self.word(), self.means())
    }

    fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::EvidenceIncomplete => "evidence-incomplete",
            Self::PremiseFailed => "premise-failed",
            Self::NotObserved => "not-observed",
            Self::NoAnswer => "no-answer",
            Self::ControlNotAccepted => "control-not-accepted",
            Self::IntervalSpansLimit => "interval-spans-limit",
            Self::AcceptedAfterLimit => "accepted-after-limit",
            Self::DeadBeforeTrigger => "dead-before-trigger",
            Self::AcceptedAgain => "accepted-again",
            Self::NeverAccepted => "never-accepted",
            Self::BogusAccepted => "bogus-accepted",
            Self::AllowedDenied => "allowed-denied",
            Self::DeniedAllowed => "denied-allowed",
            Self::StatementBroken => "statement-broken",
            Self::TriggerRejected => "trigger-rejected",
            Self::TriggerUnanswered => "trigger-unanswered",
            Self::LeaseLeft => "lease-left",
            Self::ResidueLeft => "residue-left",
            Self::NothingToCompare => "nothing-to-compare",
            Self::ControlEnded => "control-ended",
            Self::ReissueRefused => "reissue-refused",
            Self::MayOutlive => "may-outlive",
            Self::RefusedEarly => "refused-early",
            Self::MetadataMissing => "metadata-missing",
            Self::MetadataDiffers => "metadata-differs",
            Self::AuditMissing => "audit-missing",
            Self::AuditSilent => "audit-silent",
            Self::AuditUnlinked => "audit-unlinked",
            Self::CausesDiffer => "causes-differ",
            Self::SecretFound => "secret-found",
            Self::SearchBlind => "search-blind",
            Self::Breach => "breach",
            Self::ServedWhileDown => "served-while-down",
            Self::VictimHarmed => "victim-harmed",
            Self::CapMissing => "cap-missing",
            Self::CapExceeded => "cap-exceeded",
            Self::NotExtended => "not-extended",
            Self::ParentAccepted => "parent-accepted",
            Self::NotDynamic => "not-dynamic",
            Self::CheckerPanicked => "checker-panicked",
        }
    }

    fn means(self) -> &'static str {
        match self {
            Self::Proved => "what was claimed was seen",
            Self::EvidenceIncomplete => "the run did not come to its end, or a part of its evidence is lost",
            Self::PremiseFailed => "it rests on a check that is not passed",
            Self::NotObserved => "what should have been observed was not",
            Self::NoAnswer => {
                "no answer shows it either way: nothing follows from silence, or from a code that the closed table does not know"
            }
            Self::ControlNotAccepted => {
                "the control was not accepted around the refusal: a dead credential and a dead server look alike"
            }
            Self::IntervalSpansLimit => "death may lie before or after the limit: the observations do not tell",
            Self::AcceptedAfterLimit => "the backend still let the credential in after the limit",
            Self::DeadBeforeTrigger => "access had ended before the trigger was pulled, so the trigger proved nothing",
            Self::AcceptedAgain => "the backend refused the credential and let it in again",
            Self::NeverAccepted => "the issued credential does not work at the backend",
            Self::BogusAccepted => "the backend lets in what was never issued: it refuses nobody",
            Self::AllowedDenied => "the credential may not do what it is for",
            Self::DeniedAllowed => "the credential may do what it must not",
            Self::StatementBroken => "the statement fails for the administrator too: a typing error is no denial",
            Self::TriggerRejected => "the authority did not carry it out",
            Self::TriggerUnanswered => "the authority gave no answer: it may or may not have carried it out",
            Self::LeaseLeft => "the authority still knows the lease",
            Self::ResidueLeft => "something of the credential was left behind",
            Self::NothingToCompare => "it would look the same if nothing had been ended, so it proves nothing",
            Self::ControlEnded => "the trigger ended more than it should",
            Self::ReissueRefused => "a credential issued afterwards does not work",
            Self::MayOutlive => "the session lives on, as the drill says it may: that needs an exception",
            Self::RefusedEarly => "the credential died before the end that it states",
            Self::MetadataMissing => "nobody can be found who answers for the credential, or whose it is",
            Self::MetadataDiffers => "the authority says something else than the drill states",
            Self::AuditMissing => "it happened, and the audit trail does not show it",
            Self::AuditSilent => "the audit log cannot be relied on: what is not in it may have happened",
            Self::AuditUnlinked => "the audit trail does not lead from the issue to the end",
            Self::CausesDiffer => "it ended for another reason than the trigger",
            Self::SecretFound => "a secret stands in the clear",
            Self::SearchBlind => "the search does not find what must be there, so its silence proves nothing",
            Self::Breach => "somebody got what they must not get",
            Self::ServedWhileDown => "the backend let it in while it could not ask the authority",
            Self::VictimHarmed => "somebody else can end this credential",
            Self::CapMissing => "without a cap, renewal hides a consumer that nobody remembers",
            Self::CapExceeded => "more was granted than the cap allows",
            Self::NotExtended => "renewal does not work: consumers lose access in the middle of their work",
            Self::ParentAccepted => {
                "the parent's first credential still works, and somebody besides the authority knew it"
            }
            Self::NotDynamic => {
                "a password that stays until somebody changes it: nothing ends it for one consumer alone"
            }
            Self::CheckerPanicked => "an error of this program kept the check from being judged",
        }
    }
}
