//! Sessions that were open before the trigger, and clients that reconnect all the time.

use super::journal::{Journal, SeriesWriter};
use super::pace::SLOW;
use super::probing::{Schedule, Shared};
use super::supply::{NONE_LEFT, Supply};
use crate::backend::{Credential, OpenSession, Running};
use crate::history::{Part, Series};
use crate::observation::{Saw, Stage};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Between two questions to an open session while it matters: a question costs the server next to nothing.
const FAST: Duration = Duration::from_millis(10);
/// Between two questions to a control's session, which only has to be seen alive on both sides of a subject's end; and after a refused
/// login. What competes with the subject's probes for the processor makes the interval of its death wider.
const STEADY: Duration = Duration::from_millis(20);
/// After that long a closed session is asked once more: several answers of the control's have come meanwhile.
const AGAIN: Duration = Duration::from_millis(60);
/// Clients that reconnect: several, because the race that they look for is narrow. The first does so at once, each further one so much
/// later: that looks at the race at several instants, and does not crowd out the login that is being timed.
const RECONNECTING_CLIENTS: u32 = 2;
const STAGGER: Duration = Duration::from_millis(10);
/// The kind whose client opens a new session whenever it lost one.
const RECONNECTING: &str = "reconnecting";

/// One watched session.
pub struct Watched {
    kind: String,
    session: Option<OpenSession>,
    writer: SeriesWriter,
    credential: Credential,
    /// How long after its session's end it reconnects.
    after: Duration,
}

/// Opens the sessions of one kind on the subject and one on the control.
///
/// # Errors
/// What was seen where one could not be opened.
pub async fn open(
    journal: &Journal,
    backend: &Running,
    kind: &str,
    subject: &Supply,
    control: &Supply,
) -> Result<(Vec<Watched>, Watched), String> {
    let clients = if kind == RECONNECTING { RECONNECTING_CLIENTS } else { 1 };
    let mut subjects = Vec::new();
    for client in 0..clients {
        let part = Part::Session { kind: kind.into(), client };
        let watched = watched(journal, backend, part, kind, subject).await?;
        subjects.push(Watched { after: STAGGER * client, ..watched });
    }
    let control = watched(journal, backend, Part::ControlSession { kind: kind.into() }, kind, control).await?;
    Ok((subjects, control))
}

async fn watched(
    journal: &Journal,
    backend: &Running,
    part: Part,
    kind: &str,
    supply: &Supply,
) -> Result<Watched, String> {
    let mut writer = SeriesWriter::new(journal, Series { part, door: kind.into() });
    let (credential, member) = supply.take().ok_or(NONE_LEFT)?;
    if let Some(member) = member {
        writer.presents(member);
    }
    let sent_us = journal.now_us();
    let session = backend
        .open(&credential, kind)
        .await
        .map_err(|(_, saw)| format!("a session of kind {kind} could not be opened: {}", saw.label()))?;
    let (stage, saw) = session.probe().await;
    writer.record(sent_us, stage, saw);
    Ok(Watched { kind: kind.into(), session: Some(session), writer, credential, after: Duration::ZERO })
}

/// Asks the session until it is closed, for `longer_us` after the logins are given up; a reconnecting client until the subject's watch is over;
/// a control's session (which knows the `subjects` left) once more after the last of them.
pub async fn watch(
    mut watched: Watched,
    backend: Arc<Running>,
    journal: Journal,
    schedule: Schedule,
    shared: Arc<Shared>,
    longer_us: u64,
    subjects: Option<Weak<()>>,
) -> Watched {
    let reconnects = watched.kind == RECONNECTING && subjects.is_none();
    loop {
        let last = match &subjects {
            Some(left) => shared.is_over() && left.strong_count() == 0,
            None => {
                let end_us = shared.give_up_us() + longer_us;
                shared.is_over() && (reconnects && watched.session.is_none() || journal.now_us() >= end_us)
            }
        };
        let closed = watched.ask(&backend, &journal, reconnects).await;
        if closed && !reconnects && !last && subjects.is_none() {
            // Closed is closed. Asked again, so that its end also stands between two answers of the control's session where the first
            // time it did not: just then the whole server may have been slow.
            tokio::time::sleep(AGAIN).await;
            watched.ask(&backend, &journal, reconnects).await;
        }
        if last || (closed && !reconnects) {
            return watched;
        }
        let now = journal.now_us();
        let wait = if now < schedule.fast_from_us {
            Duration::from_micros(schedule.fast_from_us - now).min(SLOW)
        } else if closed || subjects.is_some() {
            // A refused login, or a control: what is left to learn changes slowly.
            if shared.is_settled() { SLOW } else { STEADY }
        } else {
            FAST
        };
        // They are of the first door; what is left of another one's watch tells nothing of them.
        let wait = if shared.door_is_over(0) && !shared.is_over() { wait.max(SLOW) } else { wait };
        if shared.is_over() {
            tokio::time::sleep(wait.min(FAST)).await;
        } else {
            tokio::select! { () = tokio::time::sleep(wait) => {}, () = shared.wait_until_over() => {} }
        }
    }
}

impl Watched {
    /// At the end of the drill the clients that lost their sessions for good try once more; whether there are any.
    pub async fn log_in(clients: &mut [Self], backend: &Running, journal: &Journal) -> bool {
        let mut any = false;
        for client in clients.iter_mut().filter(|client| client.kind == RECONNECTING && client.session.is_none()) {
            client.ask(backend, journal, false).await;
            any = true;
        }
        any
    }

    /// Says that its series is complete, and lets the session go.
    pub fn end(self) {
        self.writer.end();
    }

    /// One question; whether the session is closed now.
    async fn ask(&mut self, backend: &Running, journal: &Journal, reconnects: bool) -> bool {
        let sent_us = journal.now_us();
        let Some(session) = &self.session else {
            // Only a reconnecting client comes here: it tries again.
            match backend.reopen(&self.credential, &self.kind).await {
                Ok(session) => {
                    let (stage, saw) = session.probe().await;
                    self.writer.record(sent_us, stage, saw);
                    self.session = Some(session);
                }
                Err((stage, saw)) => {
                    self.writer.record(sent_us, stage, saw);
                }
            }
            return self.session.is_none();
        };
        let (stage, saw) = session.probe().await;
        let closed = stage == Stage::Open && matches!(saw, Saw::Refused { .. });
        self.writer.record(sent_us, stage, saw);
        if closed && reconnects {
            self.session = None;
            // The race between the end of the session and the end of the user is what it looks for.
            tokio::time::sleep(self.after).await;
            return Box::pin(self.ask(backend, journal, reconnects)).await;
        }
        closed
    }
}
