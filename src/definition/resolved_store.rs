//! An object store, and who is let in there, as `validate --resolved` shows them.

use super::scalar::{lines, scalar};
use crate::backend::minio::{MinioPlan, Operation};
use crate::credential::web_identity::{CONTROL_FACTOR, WebIdentityPlan};
use crate::document::duration;

/// The backend.
pub fn minio(plan: &MinioPlan) -> String {
    let item = |operation: &Operation| {
        let (word, name) = match operation {
            Operation::Get(name) => ("get", name),
            Operation::List(name) => ("list", name),
            Operation::Put(name) => ("put", name),
            Operation::Delete(name) => ("delete", name),
            Operation::Account(name) => ("account", name),
        };
        format!("      - {word}: {}\n", scalar(name))
    };
    let operations = |all: &[Operation]| all.iter().map(item).collect::<String>();
    let uploads = match &plan.uploads {
        Some(uploads) => format!("    uploads: {}\n", scalar(uploads)),
        None => "    # uploads: nowhere, so none is under way\n".into(),
    };
    format!(
        "backend:\n  minio:\n    image: {}\n    bucket: {}\n    prefix: {}\n{uploads}    seed: {} # {}\n    allowed:\n{}    denied:\n{}",
        scalar(&plan.image),
        scalar(&plan.bucket),
        scalar(&plan.prefix),
        scalar(&plan.seed),
        lines(&plan.seed_json),
        operations(&plan.allowed),
        operations(&plan.denied)
    )
}

/// Who is let in.
pub fn web_identity(plan: &WebIdentityPlan) -> String {
    format!(
        "    role: {}\n    policy: {} # {}\n    ttl: {}\n    # the control's: {}\n    revocation: {}\n",
        scalar(&plan.role),
        scalar(&plan.policy),
        lines(&plan.policy_json),
        duration::text(plan.ttl_ms),
        duration::text(plan.ttl_ms * CONTROL_FACTOR),
        plan.revocation.word()
    )
}
