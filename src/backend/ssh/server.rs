//! A running sshd, whose certificates it takes and which of them no more, and its administrator's own way in.

use super::configuration::{self, ASK_AT, RECONFIGURE, SHOW_LIST, START_PATH, TRUST, lists};
use super::login::{Connection, LOGIN_TIMEOUT, Target, Way, nonce, probe, turns};
use super::session::Session;
use super::{USER, keys, log, otp};
use crate::backend::attempt::{Attempt, SET_UP_TIMEOUT};
use crate::backend::serves::{POLL, READY_TIMEOUT};
use crate::backend::{Anchor, BackendError, Credential, Ended, LoggedRefusal, Place, Serves};
use crate::environment::{Container, ContainerSpec, LogLine};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::{Redactor, Secret};
use russh::keys::PublicKey;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Operators come here.
const PORT: u16 = 22;
/// The administrator comes here.
const ADMINISTRATORS_PORT: u16 = 2022;
const ADMINISTRATORS_USER: &str = "root";

/// A started sshd.
pub struct Server {
    /// Its container.
    pub container: Container,
    way: Way,
    administrator: Credential,
    host_key: PublicKey,
    turns: Arc<Semaphore>,
    /// The authorities' keys and what each revoked, in the order in which it was told of them. Held while the server is being told.
    trusted: tokio::sync::Mutex<Vec<(String, BTreeSet<u64>)>>,
    state: Mutex<Known>,
}

#[derive(Default, Clone)]
struct Known {
    identity: String,
    version: String,
    /// Fingerprints of the authorities.
    authorities: Vec<String>,
}

impl Server {
    /// Starts the container only. `way`: how operators log in.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(place: &Place<'_>, way: Way) -> Result<Self, BackendError> {
        let prepared = configuration::prepare(way, place.redactor)?;
        let spec = ContainerSpec {
            name: place.name.into(),
            image: place.image.clone(),
            command: vec!["bash".into(), START_PATH.into()],
            env: configuration::environment(),
            ports: vec![PORT, ADMINISTRATORS_PORT],
            files: prepared.files,
        };
        Ok(Self {
            container: place.start(spec).await?,
            way,
            administrator: prepared.administrator,
            host_key: prepared.host_key,
            turns: turns(),
            trusted: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        })
    }

    fn known(&self) -> Known {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn target(&self, port: u16) -> Result<Target, BackendError> {
        let (user, way) = if port == PORT { (USER, self.way) } else { (ADMINISTRATORS_USER, Way::Key) };
        let address = self.container.address(port).await?;
        Ok(Target { address, user, way, host_key: self.host_key.clone(), turns: self.turns.clone() })
    }

    async fn introduction(&self) -> Attempt<(String, String)> {
        let unusable = |e: BackendError| (Stage::Login, Saw::Unreachable { why: e.0 });
        let target = self.target(ADMINISTRATORS_PORT).await.map_err(unusable)?;
        let connection = Connection::open(&target, &self.administrator).await?;
        let saw = connection.introduction(Stage::Login).await?;
        let version = connection.run("cat /drill/run/version", Stage::Login).await?;
        connection.close().await;
        // Operators' sshd is another process: that it refuses a key or a password that it does not know shows that it is there. Before it
        // is told whom to ask for passwords it decides nothing.
        let unknown = match self.way {
            Way::Key => self.administrator.clone(),
            Way::OneTime => Credential { name: USER.into(), secret: Secret::new(nonce(), &Redactor::default()) },
        };
        let (_, answer) = probe(&self.target(PORT).await.map_err(unusable)?, &unknown).await;
        let answers = match &answer {
            Saw::Refused { .. } => true,
            Saw::Unclassified { what } => self.way == Way::OneTime && what.starts_with(otp::UNDECIDED),
            _ => false,
        };
        match (saw, answer) {
            (Saw::Accepted { server }, _) if answers => Ok((server, version_of(&version))),
            (Saw::Accepted { .. }, other) | (other, _) => Err((Stage::Login, other)),
        }
    }

    /// Writes an authority and its list anew, with these besides. What was written is remembered only where it was.
    async fn list(
        &self,
        trusted: &mut Vec<(String, BTreeSet<u64>)>,
        known: Option<usize>,
        key: &str,
        serials: BTreeSet<u64>,
    ) -> Result<(), BackendError> {
        let number = known.unwrap_or(trusted.len());
        let mut revoked = known.map_or_else(BTreeSet::new, |i| trusted[i].1.clone());
        revoked.extend(serials);
        let spec: String = revoked.iter().map(|serial| format!("serial: {serial}\n")).collect();
        let words = ["bash", "-c", TRUST, "bash"].map(String::from);
        let command = [&words[..], &[number.to_string(), key.to_string(), spec]].concat();
        let (code, said) = self.container.exec(&command).await?;
        if code != 0 {
            return Err(BackendError(format!("sshd's list cannot be written: {}", said.trim())));
        }
        match known {
            Some(number) => trusted[number].1 = revoked,
            None => trusted.push((key.to_string(), revoked)),
        }
        Ok(())
    }

    /// Tells it where to ask whether a password is good, besides those that it was told of before.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn ask_at(&self, verifier: &Anchor) -> Result<(), BackendError> {
        let words = ["bash", "-c", ASK_AT, "bash", &verifier.certificate].map(String::from);
        match self.container.exec(&words).await? {
            (0, _) => Ok(()),
            (_, said) => Err(BackendError(format!("where to ask cannot be written: {}", said.trim()))),
        }
    }

    /// Which of these serials its list does not have.
    ///
    /// # Errors
    /// There is no list, or a name is no serial.
    pub async fn unlisted(&self, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        let (code, printed) = self.container.exec(&SHOW_LIST.map(String::from)).await?;
        if code != 0 {
            return Err(BackendError(format!("sshd's list cannot be read: {}", printed.trim())));
        }
        let mut unlisted = BTreeSet::new();
        for name in names {
            if !lists(&printed, serial(name)?) {
                unlisted.insert(name.clone());
            }
        }
        Ok(unlisted)
    }

    async fn session(&self, port: u16, credential: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        let target = self.target(port).await.map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))?;
        Session::open(&target, credential, kind, patience).await
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = ADMINISTRATORS_PORT;
    const PATIENCE: Duration = LOGIN_TIMEOUT;

    fn container(&self) -> &Container {
        &self.container
    }
    fn into_container(self) -> Container {
        self.container
    }
    async fn ready(&self) -> Result<(), BackendError> {
        let trying = async {
            loop {
                match tokio::time::timeout(LOGIN_TIMEOUT, self.introduction()).await {
                    Ok(Ok((identity, version))) => return (identity, version),
                    seen => tracing::trace!(failed = seen.is_err(), "sshd is not there yet"),
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let (identity, version) = tokio::time::timeout(READY_TIMEOUT, trying).await.map_err(|_| {
            let (seconds, last) = (READY_TIMEOUT.as_secs(), self.container.logs.last_words());
            BackendError(format!("sshd did not come up in {seconds} s; its last lines: {last}"))
        })?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.identity, state.version) = (identity, version);
        Ok(())
    }
    fn version(&self) -> String {
        self.known().version
    }
    fn identity(&self) -> String {
        self.known().identity
    }
    async fn trust(&self, anchor: &Anchor) -> Result<(), BackendError> {
        if self.way == Way::OneTime {
            return self.ask_at(anchor).await;
        }
        let key = anchor.certificate.trim();
        let fingerprint = keys::fingerprint(key)?;
        let serials = anchor.revoked.split_whitespace();
        let serials: BTreeSet<u64> = serials.map(serial).collect::<Result<_, _>>()?;
        let mut trusted = self.trusted.lock().await;
        let known = trusted.iter().position(|(of, _)| of == key);
        self.list(&mut trusted, known, key, serials).await?;
        if known.is_none() {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).authorities.push(fingerprint);
        }
        Ok(())
    }
    async fn end(&self, ended: &[Ended]) -> Result<u16, BackendError> {
        let serials: BTreeSet<u64> = ended.iter().map(|e| serial(&e.id)).collect::<Result<_, _>>()?;
        let mut trusted = self.trusted.lock().await;
        if trusted.is_empty() {
            return Err(BackendError("sshd was told of no authority".into()));
        }
        for number in 0..trusted.len() {
            let key = trusted[number].0.clone();
            self.list(&mut trusted, Some(number), &key, serials.clone()).await?;
        }
        Ok(0)
    }
    async fn configure(&self, settings: &str) -> Result<(), BackendError> {
        let listening = |lines: &[LogLine]| lines.iter().filter(|l| l.text.contains(" Server listening on ")).count();
        let before = listening(&self.container.logs.lines());
        let words = ["bash", "-c", RECONFIGURE, "bash", settings].map(String::from);
        let (code, said) = self.container.exec(&words).await?;
        if code != 0 {
            return Err(BackendError(format!("sshd does not take the settings: {}", said.trim())));
        }
        let again = |lines: &[LogLine]| (listening(lines) > before).then_some(());
        let taken = self.container.logs.wait_for(READY_TIMEOUT, again).await;
        taken.ok_or_else(|| BackendError("sshd does not listen again".into()))
    }
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        if self.way == Way::OneTime {
            return Ok(Vec::new());
        }
        let seen = log::accepted(&self.container.logs.lines(), &self.known().authorities);
        Ok(self.unlisted(&seen.into_iter().collect::<Vec<_>>()).await?.into_iter().collect())
    }
    async fn clear(&self) -> Result<(), BackendError> {
        let left = self.issued_users().await?;
        let ended: Vec<Ended> = left.into_iter().map(|name| Ended { id: name.clone(), name }).collect();
        if ended.is_empty() { Ok(()) } else { self.end(&ended).await.map(drop) }
    }
    async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        match self.target(PORT).await {
            Ok(target) => probe(&target, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        self.session(PORT, who, kind, patience).await
    }
    async fn check_inspector(&self) -> Result<(), BackendError> {
        // The administrator, who was let in at a port of its own.
        Ok(())
    }
    fn stocks(&self) -> &'static [Stock] {
        match self.way {
            Way::Key => &[Stock::Users],
            // Nothing at the server tells one password from another.
            Way::OneTime => &[],
        }
    }
    async fn inventory(&self, _stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        match self.way {
            // What it does not list it takes; nobody can ask it for more.
            Way::Key => self.unlisted(names).await,
            Way::OneTime => Ok(BTreeSet::new()),
        }
    }
    async fn administrator_session(&self) -> Result<Session, BackendError> {
        self.session(ADMINISTRATORS_PORT, &self.administrator, "administrator", SET_UP_TIMEOUT)
            .await
            .map_err(|(_, saw)| BackendError(format!("the administrator is not let in: {}", saw.label())))
    }
    fn administrator(&self) -> &Credential {
        &self.administrator
    }
    fn refusals(&self) -> Vec<LoggedRefusal> {
        // Of a one-time password the log has no more than that one was refused.
        if self.way == Way::OneTime {
            return Vec::new();
        }
        log::refusals(&self.container.logs.lines(), &self.known().authorities)
            .into_iter()
            .map(|r| LoggedRefusal { at: r.at, name: r.name, code: r.code, text: r.text, cause: r.cause })
            .collect()
    }
}

fn serial(name: &str) -> Result<u64, BackendError> {
    name.parse().map_err(|_| BackendError(format!("{name} is no serial")))
}

/// `OpenSSH_10.0p2 Debian-7, OpenSSL …` → `10.0p2`.
fn version_of(stated: &str) -> String {
    let first = stated.split([',', ' ', '\n']).next().unwrap_or_default();
    first.trim_start_matches("OpenSSH_").to_string()
}
