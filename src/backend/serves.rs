//! What every started backend is asked. A backend's server answers what it has; what a server may lack is answered here, once.

use super::attempt::{Attempt, SET_UP_TIMEOUT};
use super::plugin::HostileStatements;
use super::{Anchor, BackendError, Credential, Ended, LoggedRefusal, OpenSession, attempt};
use crate::environment::{
    Address, Container, ContainerSpec, CopiedFile, EngineHandle, ImageChoice, Labels, LogLine, Network,
};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::Redactor;
use std::collections::BTreeSet;
use std::time::Duration;

/// Before which a server on this machine comes up, however little of it is left.
pub const READY_TIMEOUT: Duration = Duration::from_secs(90);
/// One try: it may be two logins.
const TRY_TIMEOUT: Duration = Duration::from_secs(2);
/// Between two tries of the administrator's login while the server starts.
pub const POLL: Duration = Duration::from_millis(20);

/// Where a server is started.
pub struct Place<'a> {
    /// The engine.
    pub engine: &'a EngineHandle,
    /// The run's.
    pub network: &'a Network,
    /// Whose it is.
    pub labels: &'a Labels,
    /// What its container is called.
    pub name: &'a str,
    /// Of what.
    pub image: ImageChoice,
    /// Learns every secret that is made for it.
    pub redactor: &'a Redactor,
}

impl Place<'_> {
    /// A container of this name and image.
    pub fn spec(
        &self,
        command: Vec<String>,
        env: Vec<(String, String)>,
        ports: Vec<u16>,
        files: Vec<CopiedFile>,
    ) -> ContainerSpec {
        ContainerSpec { name: self.name.into(), image: self.image.clone(), command, env, ports, files }
    }
    /// Starts a container.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn start(&self, spec: ContainerSpec) -> Result<Container, BackendError> {
        Ok(Container::start(self.engine, self.network, self.labels, spec).await?)
    }
}

/// A started backend: what `run` may ask of it.
#[allow(async_fn_in_trait)] // called of one type at a time: what can be sent follows from that
pub trait Serves: Sized {
    /// A session at it.
    type Session: Into<OpenSession>;
    /// Where its administrator logs in.
    const PORT: u16;
    /// How long a login may take that is a probe.
    const PATIENCE: Duration = attempt::PROBE_TIMEOUT;

    /// Its container.
    fn container(&self) -> &Container;
    /// Gives its container up for removal.
    fn into_container(self) -> Container;
    /// Who may do everything, whatever the authority does.
    fn administrator(&self) -> &Credential;
    /// Waits for a success of the administrator by the server's own protocol, and learns who it is. Again after a restart.
    ///
    /// # Errors
    /// It does not come up in time, or as another.
    async fn ready(&self) -> Result<(), BackendError>;
    /// As the server states it.
    fn version(&self) -> String;
    /// What an acceptance must show.
    fn identity(&self) -> String;
    /// One attempt at a door.
    async fn probe(&self, door: &str, credential: &Credential) -> (Stage, Saw);
    /// Opens a session of a kind within so long.
    ///
    /// # Errors
    /// What was seen instead.
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Self::Session>;

    /// Opens a session of a kind before the trigger.
    ///
    /// # Errors
    /// What was seen instead.
    async fn open(&self, who: &Credential, kind: &str) -> Attempt<Self::Session> {
        self.open_within(who, kind, SET_UP_TIMEOUT).await
    }
    /// Opens a session again that was lost: as much a probe as a login is.
    ///
    /// # Errors
    /// What was seen instead.
    async fn reopen(&self, who: &Credential, kind: &str) -> Attempt<Self::Session> {
        self.open_within(who, kind, Self::PATIENCE).await
    }
    /// Makes a parent for each of these names, and the inspector, and puts the seed data there.
    ///
    /// # Errors
    /// A statement of it fails.
    async fn prepare(&self, _parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        // The authority does not log in here: there is no parent.
        Ok(Vec::new())
    }
    /// Makes copies of the first of these users, who is there, and lets this parent change the passwords of all of them and end their
    /// sessions: nobody else's.
    ///
    /// # Errors
    /// There is no such user, or no server of this kind has any.
    async fn enrol(&self, _parent: &Credential, _users: &[String]) -> Result<(), BackendError> {
        Err(BackendError("no users of this server are rotated".into()))
    }
    /// Who sees users and sessions.
    fn inspector(&self) -> &Credential {
        self.administrator()
    }
    /// The inspector sees the server that the administrator prepared.
    ///
    /// # Errors
    /// It cannot log in, or to another server.
    async fn check_inspector(&self) -> Result<(), BackendError> {
        match self.probe("login", self.inspector()).await {
            (_, Saw::Accepted { server }) if server == self.identity() => Ok(()),
            (_, saw) => Err(BackendError(format!("the inspector cannot log in: {}", saw.label()))),
        }
    }
    /// Statements with which whoever holds another parent would end this user, in the form of the authority's engine.
    fn hostile_statements(&self, _victim: &str) -> HostileStatements {
        // Its engine runs no statements.
        HostileStatements::default()
    }
    /// How the authority's engine reaches it as the parent: the body of its `config`. Holds the parent's secret.
    fn authority_connection(&self, _parent: &Credential) -> serde_json::Value {
        serde_json::Value::Null
    }
    /// For `--keep`: where it answers and the administrator's login.
    ///
    /// # Errors
    /// It is not running.
    async fn person(&self) -> Result<(Address, Credential), BackendError> {
        Ok((self.container().address(Self::PORT).await?, self.administrator().clone()))
    }
    /// A session of the backend's administrator.
    ///
    /// # Errors
    /// It cannot log in.
    async fn administrator_session(&self) -> Result<Self::Session, BackendError> {
        let opened = self.open_within(self.administrator(), "administrator", SET_UP_TIMEOUT).await;
        opened.map_err(|(_, saw)| BackendError(format!("the administrator cannot log in: {}", saw.label())))
    }
    /// Gives the server another configuration, and returns when it is in force.
    ///
    /// # Errors
    /// The server does not take it.
    async fn configure(&self, _text: &str) -> Result<(), BackendError> {
        Err(BackendError("there are no variants of this server".into()))
    }
    /// What the backend's own inspector can count.
    fn stocks(&self) -> &'static [Stock] {
        &[Stock::Users, Stock::Sessions]
    }
    /// Which of these names the inspector finds.
    ///
    /// # Errors
    /// The inspector gets no answer.
    async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        if stock != Stock::Users {
            return Err(BackendError("not kept at the backend".into()));
        }
        let users = self.users().await?;
        Ok(names.iter().filter(|name| users.contains(*name)).cloned().collect())
    }
    /// Whether a session that was found last may be over, and only time tells.
    fn unsure(&self) -> bool {
        false
    }
    /// All users that the inspector finds.
    ///
    /// # Errors
    /// The inspector gets no answer.
    async fn users(&self) -> Result<BTreeSet<String>, BackendError> {
        Err(BackendError("not kept at the backend".into()))
    }
    /// Users that the authority made and that are there, whoever asked for them.
    ///
    /// # Errors
    /// The inspector gets no answer.
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }
    /// Probes that may have made such a user and were never answered.
    fn unanswered(&self) -> u64 {
        0
    }
    /// Ends whatever is left at the end of a drill, where nothing of the authority's does.
    ///
    /// # Errors
    /// The server does not.
    async fn clear(&self) -> Result<(), BackendError> {
        Ok(())
    }
    /// What a planned restart begins with: what lives in memory alone and must be there afterwards is written down.
    ///
    /// # Errors
    /// The server cannot.
    async fn save(&self) -> Result<(), BackendError> {
        Ok(())
    }
    /// Tells it of an authority whose credentials it takes by their signature.
    ///
    /// # Errors
    /// The server does not take it, or takes none.
    async fn trust(&self, _anchor: &Anchor) -> Result<(), BackendError> {
        Err(BackendError("this server takes no signatures".into()))
    }
    /// Ends credentials that their authority cannot end here. The status, or the protocol's word for yes.
    ///
    /// # Errors
    /// The server does not take it; none of these must be told.
    async fn end(&self, _ended: &[Ended]) -> Result<u16, BackendError> {
        Err(BackendError("the authority itself ends what this server takes".into()))
    }
    /// Its own log, without what it alone knows to be secret.
    fn log(&self) -> Vec<LogLine> {
        self.container().logs.lines()
    }
    /// Refused logins in its own log, where it says why.
    fn refusals(&self) -> Vec<LoggedRefusal> {
        Vec::new()
    }
}

/// Tries until it comes up, and says what it last said where it does not.
///
/// # Errors
/// It does not come up in time.
pub async fn until_up<T, F: Future<Output = Attempt<T>>>(
    container: &Container,
    port: u16,
    product: &str,
    introduction: impl Fn() -> F,
) -> Result<T, BackendError> {
    let up = async {
        loop {
            match tokio::time::timeout(TRY_TIMEOUT, introduction()).await {
                Ok(Ok(known)) => return known,
                Ok(Err((_, saw))) => tracing::trace!(?saw, "{product} is not ready"),
                Err(_) => tracing::trace!("{product} does not answer"),
            }
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(READY_TIMEOUT, up).await {
        Ok(known) => Ok(known),
        Err(_) => {
            let (seconds, silent) = (READY_TIMEOUT.as_secs(), container.why_silent(port).await);
            let last = container.logs.last_words();
            Err(BackendError(format!("{product} did not come up in {seconds} s; its last lines: {last}{silent}")))
        }
    }
}
