//! OpenBao's secrets engines: which issue credentials, and of which kind of system.

use super::plan::System;

/// What a mount does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// It issues credentials; for which kind of system, where that can be told.
    Issues(Option<System>),
    /// It keeps or encrypts what it is given, or belongs to OpenBao itself.
    Static,
}

/// By the mount's type. One that nobody knows here issues credentials: it is not overlooked.
pub fn of(kind: &str) -> Engine {
    match kind.strip_prefix("ns_").unwrap_or(kind) {
        "system" | "identity" | "cubbyhole" | "token" | "kv" | "generic" | "transit" | "totp" => Engine::Static,
        "database" => Engine::Issues(Some(System::Database)),
        "rabbitmq" => Engine::Issues(Some(System::MessageBroker)),
        "pki" => Engine::Issues(Some(System::InternalApi)),
        "ssh" => Engine::Issues(Some(System::OperatorWorkflow)),
        "aws" | "gcp" | "azure" => Engine::Issues(Some(System::ObjectStore)),
        _ => Engine::Issues(None),
    }
}
