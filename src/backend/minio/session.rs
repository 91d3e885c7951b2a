//! What was open before the trigger, and the operations of the drill's lists.

use super::PATIENCE;
use super::admin::Admin;
use super::http::{Connection, is_minio, marker_of, of_hyper};
use super::keys::Keys;
use super::signed::{self, Unsigned, encoded, path};
use super::target::{LARGE_BYTES, LINE_BYTES, Target, pattern};
use super::{KEEP_ALIVE, MULTIPART, Operation, PRESIGNED, TRANSFER, sdk};
use crate::backend::attempt::{Attempt, SET_UP_TIMEOUT, timed_out};
use crate::backend::{BackendError, Credential};
use crate::observation::{Saw, Stage};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A URL works for so long by its own: its session ends before.
const URL_VALID: Duration = Duration::from_secs(3600);
/// A download is read bit by bit, so that it is under way as long as it is watched: so much each time, and not more often. Far more
/// than what lies in buffers on the way, so that it is the server that goes on.
const BIT_BYTES: usize = 128 * 1024;
const BIT_EVERY: Duration = Duration::from_millis(20);
/// What a permanent key's secret is made of where nobody keeps it.
const SECRET_CHARS: usize = 32;

/// An open session.
pub struct Session {
    target: Target,
    who: Credential,
    held: Held,
}

enum Held {
    /// This connection.
    Connection(Mutex<Connection>),
    /// A path and query that were signed before.
    Url(String),
    /// A download.
    Download(Box<Mutex<Download>>),
    /// An upload in parts: its path with its number.
    Upload(String),
    /// Nothing: each time a connection of its own.
    Nothing,
}

struct Download {
    body: Incoming,
    /// Keeps the connection.
    _connection: Connection,
    /// What came and was not looked at yet.
    left: Bytes,
    read: usize,
    /// What it must be.
    known: Vec<u8>,
    due: Instant,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time.
    ///
    /// # Errors
    /// The server does not let the credential in, or does not begin what it was asked for.
    pub async fn open(target: &Target, who: &Credential, kind: &str, patience: Duration) -> Attempt<Self> {
        let attempt = async {
            let keys = Keys::of(who);
            let login = |saw| (Stage::Login, saw);
            let held = match kind {
                KEEP_ALIVE => {
                    let mut connection = Connection::open(&target.address).await.map_err(login)?;
                    accepted(read(&mut connection, target, &keys).await)?;
                    Held::Connection(Mutex::new(connection))
                }
                PRESIGNED => {
                    let (host, marker) = (target.address.to_string(), path(&target.plan.bucket, &target.plan.marker()));
                    let request = Unsigned { method: "GET", host: &host, target: &marker, body: b"" };
                    let url = signed::presigned(&keys, request, URL_VALID);
                    Held::Url(url.map_err(|what| login(Saw::Unclassified { what }))?)
                }
                TRANSFER => Held::Download(Box::new(Mutex::new(Download::begin(target, &keys).await.map_err(login)?))),
                MULTIPART => Held::Upload(begin_upload(target, &keys, &who.name).await.map_err(login)?),
                _ => {
                    let mut connection = Connection::open(&target.address).await.map_err(login)?;
                    accepted(read(&mut connection, target, &keys).await)?;
                    Held::Nothing
                }
            };
            Ok(Self { target: target.clone(), who: who.clone(), held })
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Whether it is still served.
    pub async fn probe(&self) -> (Stage, Saw) {
        let (target, keys) = (&self.target, Keys::of(&self.who));
        let question = async {
            match &self.held {
                Held::Connection(connection) => read(&mut *connection.lock().await, target, &keys).await,
                Held::Url(url) => by_url(target, url).await,
                Held::Download(download) => download.lock().await.go_on(target).await,
                Held::Upload(upload) => upload_part(target, &keys, upload).await,
                Held::Nothing => match Connection::open(&target.address).await {
                    Ok(mut connection) => read(&mut connection, target, &keys).await,
                    Err(saw) => saw,
                },
            }
        };
        let saw = tokio::time::timeout(PATIENCE, question).await;
        (Stage::Open, saw.unwrap_or_else(|_| timed_out(PATIENCE)))
    }

    /// Does what an operation says, and takes it back.
    pub async fn operate(&self, operation: &Operation) -> Saw {
        let run = async {
            self.act(operation).await?;
            let keys = Keys::of(&self.who);
            Ok(super::target::read_marker(&self.target.address, &self.target.plan, &keys, SET_UP_TIMEOUT).await)
        };
        match tokio::time::timeout(SET_UP_TIMEOUT * 2, run).await {
            Ok(Ok(saw) | Err(saw)) => saw,
            Err(_) => timed_out(SET_UP_TIMEOUT * 2),
        }
    }

    async fn act(&self, operation: &Operation) -> Result<(), Saw> {
        let (target, patience) = (&self.target, SET_UP_TIMEOUT);
        let s3 = sdk::s3(&target.address, &Keys::of(&self.who), patience);
        let bucket = &target.plan.bucket;
        let odd = |what: &str| Saw::Unclassified { what: what.into() };
        match operation {
            Operation::Get(key) => {
                let got = s3.get_object().bucket(bucket).key(key).send().await;
                let got = got.map_err(|e| sdk::seen_at_s3(&e, patience))?;
                let text = got.body.collect().await.map_err(|_| odd("an object that breaks off"))?.into_bytes();
                let known = target.plan.objects().remove(key).unwrap_or_default();
                if text == known.as_bytes() { Ok(()) } else { Err(odd("not what the seed has under this key")) }
            }
            Operation::List(prefix) => {
                let listed = s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await;
                listed.map(drop).map_err(|e| sdk::seen_at_s3(&e, patience))
            }
            Operation::Put(key) => {
                let body = ByteStream::from_static(b"drill");
                let put = s3.put_object().bucket(bucket).key(key).body(body).send().await;
                put.map_err(|e| sdk::seen_at_s3(&e, patience))?;
                self.put_back(key).await
            }
            Operation::Delete(key) => {
                let deleted = s3.delete_object().bucket(bucket).key(key).send().await;
                deleted.map_err(|e| sdk::seen_at_s3(&e, patience))?;
                self.put_back(key).await
            }
            Operation::Account(name) => self.make_account(name).await,
        }
    }

    /// As the seed has it: whoever changed it, the administrator changes it back.
    async fn put_back(&self, key: &str) -> Result<(), Saw> {
        let (target, patience) = (&self.target, SET_UP_TIMEOUT);
        let s3 = sdk::s3(&target.address, &Keys::of(&target.administrator), patience);
        let bucket = &target.plan.bucket;
        match target.plan.objects().remove(key) {
            Some(text) => {
                let put = s3.put_object().bucket(bucket).key(key).body(text.into_bytes().into()).send().await;
                put.map(drop).map_err(|e| sdk::seen_at_s3(&e, patience))
            }
            None => {
                let deleted = s3.delete_object().bucket(bucket).key(key).send().await;
                deleted.map(drop).map_err(|e| sdk::seen_at_s3(&e, patience))
            }
        }
    }

    /// A permanent key of whoever asks, which the administrator deletes again.
    async fn make_account(&self, name: &str) -> Result<(), Saw> {
        let unclear = |e: BackendError| Saw::Unclassified { what: e.0 };
        let secret: String = {
            use rand::RngExt;
            rand::rng().sample_iter(rand::distr::Alphanumeric).take(SECRET_CHARS).map(char::from).collect()
        };
        let address = &self.target.address;
        let answer = Admin { address, who: &self.who }.add_account(name, &secret).await.map_err(unclear)?;
        if !(200..300).contains(&answer.status) {
            return Err(answer.observed(None));
        }
        Admin { address, who: &self.target.administrator }.delete_account(name).await.map_err(unclear)
    }
}

fn accepted(saw: Saw) -> Attempt<()> {
    match saw {
        Saw::Accepted { .. } => Ok(()),
        saw => Err((Stage::Login, saw)),
    }
}

/// Reads the marker over a connection.
async fn read(connection: &mut Connection, target: &Target, keys: &Keys<'_>) -> Saw {
    match connection.ask(keys, "GET", &path(&target.plan.bucket, &target.plan.marker()), b"").await {
        Ok(answer) => {
            let server = String::from_utf8_lossy(&answer.body).into_owned();
            answer.observed(Some(server))
        }
        Err(saw) => saw,
    }
}

async fn by_url(target: &Target, url: &str) -> Saw {
    let answer = match Connection::open(&target.address).await {
        Ok(mut connection) => connection.send("GET", url, &[], b"").await,
        Err(saw) => return saw,
    };
    match answer {
        Ok(answer) => {
            let server = String::from_utf8_lossy(&answer.body).into_owned();
            answer.observed(Some(server))
        }
        Err(saw) => saw,
    }
}

impl Download {
    async fn begin(target: &Target, keys: &Keys<'_>) -> Result<Self, Saw> {
        let mut connection = Connection::narrow(&target.address).await?;
        let large = path(&target.plan.bucket, &target.plan.large());
        let host = connection.host().to_string();
        let request = Unsigned { method: "GET", host: &host, target: &large, body: b"" };
        let headers = signed::headers(keys, request).map_err(|what| Saw::Unclassified { what })?;
        let response = connection.begin("GET", &large, &headers, b"").await?;
        let (head, body) = response.into_parts();
        let (status, minio, marker) = (head.status.as_u16(), is_minio(&head.headers), marker_of(&head.headers));
        if status != 200 || marker.as_deref() != Some(target.marker.as_str()) {
            let body = body.collect().await.map_err(|e| of_hyper(&e))?.to_bytes();
            let answer = super::http::Answer { status, minio, marker, body };
            return Err(answer.observed(None));
        }
        let known = pattern(&target.marker, BIT_BYTES + LINE_BYTES);
        Ok(Self { body, _connection: connection, left: Bytes::new(), read: 0, known, due: Instant::now() })
    }

    /// The next bit, which must be what this run's server has there. Refused it cannot be: it was begun.
    async fn go_on(&mut self, target: &Target) -> Saw {
        tokio::time::sleep_until(self.due).await;
        self.due = Instant::now() + BIT_EVERY;
        let mut wanted = BIT_BYTES;
        while wanted > 0 {
            if self.left.is_empty() {
                match self.body.frame().await {
                    Some(Ok(frame)) => self.left = frame.into_data().unwrap_or_default(),
                    Some(Err(e)) => return of_hyper(&e),
                    None if self.read == LARGE_BYTES => {
                        return Saw::Unclassified { what: "the download is complete".into() };
                    }
                    None => return Saw::Unreachable { why: "end of file".into() },
                }
                continue;
            }
            let bit = self.left.split_to(self.left.len().min(wanted));
            let from = self.read % LINE_BYTES;
            if bit != self.known[from..from + bit.len()] {
                return Saw::Unclassified { what: "not what was put there".into() };
            }
            self.read += bit.len();
            wanted -= bit.len();
        }
        Saw::Accepted { server: target.marker.clone() }
    }
}

/// Begins an upload in parts, at a place that tells whose it is.
async fn begin_upload(target: &Target, keys: &Keys<'_>, name: &str) -> Result<String, Saw> {
    let uploads = target.plan.uploads.as_deref().unwrap_or_default();
    let key = format!("{uploads}{name}");
    let object = path(&target.plan.bucket, &key);
    target.began(&key);
    let answer = Connection::open(&target.address).await?.ask(keys, "POST", &format!("{object}?uploads="), b"").await?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let number = body.split_once("<UploadId>").and_then(|(_, rest)| rest.split_once("</UploadId>"));
    match number {
        Some((number, _)) => Ok(format!("{object}?partNumber=1&uploadId={}", encoded(number))),
        None => Err(answer.observed(None)),
    }
}

/// Sends the first part once more. Whose server takes it is shown by the upload, whose number nobody else knows.
async fn upload_part(target: &Target, keys: &Keys<'_>, upload: &str) -> Saw {
    let mut connection = match Connection::open(&target.address).await {
        Ok(connection) => connection,
        Err(saw) => return saw,
    };
    match connection.ask(keys, "PUT", upload, b"drill").await {
        Ok(answer) => answer.observed(Some(target.marker.clone())),
        Err(saw) => saw,
    }
}
