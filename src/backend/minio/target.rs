//! Where an object store is reached, and what shows that it is this run's.

use super::keys::Keys;
use super::{MinioPlan, sdk};
use crate::backend::Credential;
use crate::backend::attempt::timed_out;
use crate::environment::Address;
use crate::observation::Saw;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a download of takes longer than it is watched.
pub const LARGE_BYTES: usize = 64 << 20;
/// A line of it.
pub const LINE_BYTES: usize = 64;

/// Where, what the seed has, and who puts it back.
#[derive(Clone)]
pub struct Target {
    /// Where the server answers now.
    pub address: Address,
    /// The drill's backend.
    pub plan: Arc<MinioPlan>,
    /// The server's administrator.
    pub administrator: Credential,
    /// What shows whose server it is.
    pub marker: String,
    pub(super) state: Arc<Mutex<Known>>,
}

impl Target {
    /// An upload in parts was begun under this key: it stays when who began it is gone.
    pub fn began(&self, key: &str) {
        lock(&self.state).uploads.insert(key.to_string());
    }
}

/// What is known of the server since it came up.
#[derive(Default)]
pub(super) struct Known {
    pub(super) address: Option<Address>,
    pub(super) version: String,
    /// The marker was put there.
    pub(super) prepared: bool,
    /// Whose a session is: the parent by whose name it is ended.
    pub(super) parents: BTreeMap<String, String>,
    /// Sessions that probes and attempts bought and nobody kept.
    pub(super) probed: BTreeSet<String>,
    /// How many probes were not told whether they bought one.
    pub(super) unanswered: u64,
    /// Uploads in parts that were begun.
    pub(super) uploads: BTreeSet<String>,
}

pub(super) fn lock(state: &Mutex<Known>) -> MutexGuard<'_, Known> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the large object has, from the beginning of a line on: lines of the server's mark.
pub(super) fn pattern(marker: &str, bytes: usize) -> Vec<u8> {
    let line: Vec<u8> = marker.bytes().cycle().take(LINE_BYTES).collect();
    line.repeat(bytes.div_ceil(LINE_BYTES))
}

/// Reads what every credential of the drill may read: whose server lets it in is shown by what is there.
pub(super) async fn read_marker(address: &Address, plan: &MinioPlan, keys: &Keys<'_>, patience: Duration) -> Saw {
    let attempt = async {
        let got = sdk::s3(address, keys, patience).get_object().bucket(&plan.bucket).key(plan.marker()).send().await;
        match got {
            Err(e) => sdk::seen_at_s3(&e, patience),
            Ok(got) => match got.body.collect().await {
                Ok(body) => Saw::Accepted { server: String::from_utf8_lossy(&body.into_bytes()).into_owned() },
                Err(_) => Saw::Unreachable { why: "end of file".into() },
            },
        }
    };
    tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| timed_out(patience))
}
