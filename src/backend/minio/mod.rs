//! `MinIO`: an object store. Its credentials are sessions: keys with a token, which end by themselves or are ended by their parent's name.

#[cfg(feature = "engine")]
pub mod admin;
pub mod codes;
#[cfg(feature = "engine")]
pub mod envelope;
#[cfg(feature = "engine")]
pub mod http;
#[cfg(feature = "engine")]
pub mod identity;
#[cfg(feature = "engine")]
pub mod keys;
mod operation;
#[cfg(feature = "engine")]
mod policy;
#[cfg(feature = "engine")]
mod residue;
#[cfg(feature = "engine")]
pub mod sdk;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;
#[cfg(feature = "engine")]
pub mod signed;
#[cfg(feature = "engine")]
pub mod target;

pub use operation::Operation;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ways in: with keys; and with an identity token that buys keys.
pub const DOORS: &[&str] = &[S3, STS];
/// The door for keys.
pub const S3: &str = "s3";
/// The door at which an identity token buys a session.
pub const STS: &str = "sts";
/// What can be open when the trigger comes: one connection that is kept alive; a URL that was signed before; a download under way; an
/// upload in parts that was begun; a client that connects anew for each request.
pub const SESSION_KINDS: &[&str] = &[KEEP_ALIVE, PRESIGNED, TRANSFER, RECONNECTING, MULTIPART];
/// One connection, kept alive.
pub const KEEP_ALIVE: &str = "keep-alive";
/// A URL that was signed before the trigger, and works for whoever has it.
pub const PRESIGNED: &str = "presigned";
/// A download that is under way.
pub const TRANSFER: &str = "transfer";
/// Connects anew for each request.
pub const RECONNECTING: &str = "reconnecting";
/// An upload in parts: it needs a place where the credential may write.
pub const MULTIPART: &str = "multipart";
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "minio/minio:RELEASE.2026-02-12T20-18-48Z";
/// A probe takes milliseconds; where two cores are shared with a store and its writes, now and then far more. Who gives a question up has to
/// give its connection up too.
#[cfg(feature = "engine")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
/// Below the prefix: what every credential of the drill reads to show that it was let in by this server.
pub const MARKER: &str = ".drill";
/// Below the prefix: what takes long to be read.
pub const LARGE: &str = ".drill-large";

/// A `MinIO` backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinioPlan {
    /// Official reference.
    pub image: String,
    /// The bucket that credentials are for.
    pub bucket: String,
    /// What they may read there begins so.
    pub prefix: String,
    /// Where they may write, if they may: uploads in parts are begun there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploads: Option<String>,
    /// Path of the seed as it was given.
    pub seed: String,
    /// Its text: what was put there is part of the evidence.
    pub seed_json: String,
    /// What the credential must be able to do.
    pub allowed: Vec<Operation>,
    /// What must be denied to it, and the administrator can do.
    pub denied: Vec<Operation>,
    /// It takes identity tokens, at a door of their own.
    pub federated: bool,
}

impl MinioPlan {
    /// The seed's objects: key and text.
    pub fn objects(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.seed_json).unwrap_or_default()
    }
    /// The key of what every credential reads.
    pub fn marker(&self) -> String {
        format!("{}{MARKER}", self.prefix)
    }
    /// The key of what takes long.
    pub fn large(&self) -> String {
        format!("{}{LARGE}", self.prefix)
    }
    /// The ways in.
    pub fn doors(&self) -> &'static [&'static str] {
        if self.federated { DOORS } else { &DOORS[..1] }
    }
    /// The kinds of session: without a place to write there is nothing to be uploaded.
    pub fn session_kinds(&self) -> &'static [&'static str] {
        if self.uploads.is_some() { SESSION_KINDS } else { &SESSION_KINDS[..SESSION_KINDS.len() - 1] }
    }
}
