//! One scenario, top to bottom: issued → accepted → triggered → settled → done.

use super::issues::{Finished, Issues};
use super::pace::SLOW;
use super::prepare::Prepared;
use super::probing::{AFTER_LIMIT_US, Prober, Schedule, Shared, watch_control, watch_subject};
use super::roles::clears_mount;
use super::sabotage::Hooks;
use super::scenario_run::ScenarioRun;
use super::sessions::Watched;
use super::{AtStep, RunError, bracket, policy, proof, reasons, renewal, sessions, stock, trigger};
use crate::authority::Bao;
use crate::backend::OpenSession;
use crate::credential::{Ability, Issued, Revocation};
use crate::definition::sabotage::Point;
use crate::definition::{FaultKind, FaultServer, SessionClaim, Trigger};
use crate::history::{Moment, Part, Series, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Expiry: probing is back to back from so long before the stated end; a cap may come up to a second early, OpenBao counts whole ones.
const BEFORE_END_US: u64 = 250_000;
const BEFORE_CAP_US: u64 = 1_250_000;

/// A scenario whose credentials were issued and whose loops are over; [`ScenarioRun::finish`] completes the bracket.
pub struct Settled {
    issues: Issues,
    doors: Vec<Door>,
    /// The control's sessions stay open until stock was taken: what is asked for must be there to be found.
    sessions: Vec<Watched>,
    /// The same after a restart, which ends everybody's.
    _held: Option<OpenSession>,
    /// Until when its death would have been watched for, µs.
    watched_until_us: u64,
    victims: Vec<Issued>,
}

/// A way in, with the series there.
struct Door {
    subjects: Vec<Prober>,
    control: Prober,
}

impl Door {
    /// One probe of each, side by side.
    async fn once(&mut self) {
        let subjects = futures_util::future::join_all(self.subjects.iter_mut().map(Prober::once));
        tokio::join!(subjects, self.control.once());
    }
}

impl ScenarioRun {
    /// Everything up to the settled state.
    ///
    /// # Errors
    /// A step did not succeed; the history says what was seen until then.
    pub async fn run_until_settled(&self) -> Result<Settled, RunError> {
        let prepared = &self.prepared;
        let leading = self.stage.lead.place(self.plan.trigger.runs_out()).await;
        self.stage.connect_mount(&prepared.subject).await?;
        let (issues, received_us) = self.issue_all(prepared).await?;
        // Before anything is renewed: what is read is the TTL of the issue.
        proof::read_back(self, prepared, &issues).await?;
        self.journal.enter(State::Issued);
        let shared = Shared::new(issues.presented.len(), self.stage.drill().doors.len());
        // A consumer renews from the first moment, whatever is looked at meanwhile.
        let renewing = self.keep_renewing(prepared, &issues, &shared);
        let hooks = self.hooks.of(&issues.subjects[0]);
        hooks.at(Point::Issued).await?;
        let mut doors = self.bracket(&issues).await?;
        let (watched, watched_controls) = self.open_sessions(&issues).await?;
        self.take_stock(Moment::Before, &issues).await?;
        self.journal.enter(State::Accepted);
        drop(leading);
        let victims = if self.plan.trigger.ends_one() { policy::attempts(self, prepared).await? } else { Vec::new() };
        if !self.plan.trigger.runs_out() {
            // The last acceptance before the trigger is as late as can be: the interval in which it died begins there. Where the use is
            // the trigger, this is it.
            for door in &mut doors {
                door.once().await;
            }
        }
        self.note_use(&issues);
        hooks.at(Point::BeforeTrigger).await?;

        let schedule = self.schedule(received_us);
        shared.give_up_at(schedule.give_up_us);
        self.journal.enter(State::Triggered);
        let mut loops = JoinSet::new();
        for (i, door) in doors.drain(..).enumerate() {
            loops.spawn(watch_door(i, door, self.schedule_at(i, schedule), shared.clone()));
        }
        let session_loops = self.watch_sessions(watched, watched_controls, schedule, &shared);
        let fault = self.declared_fault(&hooks, &shared, schedule).await?;
        self.pull_trigger(prepared, &issues).await;
        hooks.at(Point::Acknowledged).await?;
        let mut ended: Vec<(usize, Door)> = loops.join_all().await;
        ended.sort_by_key(|(i, _)| *i);
        let sessions = session_loops.join_all().await;
        renewing.join_all().await;
        fault.healed().await?;
        hooks.healed().await?;
        self.journal.enter(State::Settled);
        hooks.at(Point::Settled).await?;
        let held = self.declared_restart(&hooks, &issues.control).await?;
        let doors = ended.into_iter().map(|(_, door)| door).collect();
        Ok(Settled { issues, doors, sessions, _held: held, watched_until_us: shared.give_up_us(), victims })
    }

    /// The end of the drill: dead is still dead, the control still lives, a new credential works, what is left behind is listed.
    pub async fn finish(&self, mut settled: Settled) -> Finished {
        let prepared = &self.prepared;
        let mut reissued = None;
        // Before the control's last probes, so that a refusal of the new credential stands between two acceptances of it.
        if !self.hooks.skips("reissue") {
            match self.reissue(prepared, &settled.issues.subjects[0]).await {
                Ok(issued) => reissued = Some(issued),
                Err(e) => self.journal.problem(e.step, e.what),
            }
        }
        // A session's login is one at the first door, and stands between two of the control's there.
        let mut sessions = settled.sessions.as_mut_slice();
        for door in &mut settled.doors {
            door.control.once().await;
            let clients = std::mem::take(&mut sessions);
            // Twice: how many of a client's logins, while the door was watched, have one of the control's between them is chance.
            if Watched::log_in(clients, &self.stage.backend, &self.journal).await {
                door.control.once().await;
            }
            futures_util::future::join_all(door.subjects.iter_mut().map(Prober::once)).await;
            Watched::log_in(clients, &self.stage.backend, &self.journal).await;
            door.control.once().await;
        }
        if !self.hooks.skips("inventory-after")
            && let Err(e) = self.take_last_stock(&settled).await
        {
            self.journal.problem(e.step, e.what);
        }
        let Settled { issues, doors, sessions, victims, .. } = settled;
        for door in doors {
            door.subjects.into_iter().for_each(Prober::end);
            door.control.end();
        }
        sessions.into_iter().for_each(Watched::end);
        self.attach_reasons(&issues);
        Finished { issues, others: victims.into_iter().chain(reissued).collect() }
    }

    /// What the audit log has of it; after this nothing more is observed.
    pub async fn audit(&self, log: &proof::AuditLog, finished: &Finished) {
        if let Err(e) = proof::audit(self, log, finished).await {
            self.journal.problem(e.step, e.what);
        }
        self.journal.enter(State::Done);
    }

    async fn bracket(&self, issues: &Issues) -> Result<Vec<Door>, RunError> {
        let (journal, backend, plan) = (&self.journal, &self.stage.backend, self.stage.drill());
        let mut doors = Vec::new();
        for door in &plan.doors {
            let prober = |part, supply| Prober::new(journal, backend, part, door, supply);
            let subjects = (0..).zip(&issues.presented);
            let mut both = Door {
                subjects: subjects.map(|(member, supply)| prober(Part::Subject { member }, supply)).collect(),
                control: prober(Part::Control, &issues.controls),
            };
            if self.plan.trigger == Trigger::Use {
                both.control.once().await;
            } else {
                both.once().await;
            }
            if !self.hooks.skips("bogus") {
                let third = (&self.prepared.control, &issues.third);
                bracket::bogus(journal, backend, door, third, &self.redactor).await?;
            }
            doors.push(both);
        }
        bracket::subjects_statements(journal, backend, &plan.backend, &issues.at_work).await?;
        Ok(doors)
    }

    async fn open_sessions(&self, issues: &Issues) -> Result<(Vec<Watched>, Vec<Watched>), RunError> {
        let (mut subjects, mut controls) = (Vec::new(), Vec::new());
        let backend = &self.stage.backend;
        for kind in self.plan.sessions.keys() {
            let (s, c) = sessions::open(&self.journal, backend, kind, &issues.at_work, &issues.controls)
                .await
                .at_step("opening sessions")?;
            subjects.extend(s);
            controls.push(c);
        }
        Ok((subjects, controls))
    }

    fn watch_sessions(
        &self,
        subjects: Vec<Watched>,
        controls: Vec<Watched>,
        schedule: Schedule,
        shared: &Arc<Shared>,
    ) -> JoinSet<Watched> {
        let longest = self.plan.sessions.values().map(|claim| match claim {
            SessionClaim::ClosedWithin { limit_ms } => limit_ms * 1000,
            SessionClaim::MayOutlive => 0,
        });
        // The logins are watched for a limit and a second; sessions so much longer as their claim is.
        let longer_us = longest.max().unwrap_or(0).saturating_sub(self.plan.limit_ms * 1000);
        let mut tasks = JoinSet::new();
        // The controls' loops end after the last of the subjects' ones.
        let subjects_left = Arc::new(());
        let (backend, journal) = (&self.stage.backend, &self.journal);
        for watched in subjects {
            let (backend, journal, shared, token) =
                (backend.clone(), journal.clone(), shared.clone(), subjects_left.clone());
            tasks.spawn(async move {
                let watched = sessions::watch(watched, backend, journal, schedule, shared, longer_us, None).await;
                drop(token);
                watched
            });
        }
        let left = Arc::downgrade(&subjects_left);
        drop(subjects_left);
        for watched in controls {
            let (backend, journal, shared, left) = (backend.clone(), journal.clone(), shared.clone(), left.clone());
            tasks.spawn(sessions::watch(watched, backend, journal, schedule, shared, longer_us, Some(left)));
        }
        tasks
    }

    /// Where what the authority issued is itself shown, it may be good for longer; and each probe leaves a credential behind, so there are
    /// fewer.
    fn schedule_at(&self, door: usize, schedule: Schedule) -> Schedule {
        let drill = self.stage.drill();
        let Some(name) = drill.doors.get(door) else { return schedule };
        let limit_ms = |door: &String| drill.limit_ms(&self.plan, door);
        // Where nothing ends it, its own end is waited for everywhere.
        let last = drill.doors.iter().map(limit_ms).max().filter(|_| !drill.credential.ends_early());
        let longer_us = last.unwrap_or(limit_ms(name)).saturating_sub(self.plan.limit_ms) * 1000;
        let slow = drill.credential.limit_at(name).is_some();
        Schedule { longer_us, pace: if slow { SLOW } else { Duration::ZERO }, ..schedule }
    }

    fn schedule(&self, received_us: u64) -> Schedule {
        let now = self.journal.now_us();
        let limit_us = self.plan.limit_ms * 1000;
        let tail_us = self.plan.trigger.tail_us();
        let Some(ttl_ms) = self.plan.trigger.ttl_ms() else {
            let give_up_us = now + limit_us + AFTER_LIMIT_US;
            return Schedule {
                fast_from_us: now,
                give_up_us,
                tail_us,
                origin_us: now,
                longer_us: 0,
                pace: Duration::ZERO,
            };
        };
        let end_us = received_us + ttl_ms * 1000;
        let before = if matches!(self.plan.trigger, Trigger::Renew { .. }) { BEFORE_CAP_US } else { BEFORE_END_US };
        Schedule {
            fast_from_us: end_us.saturating_sub(before),
            give_up_us: end_us + limit_us + AFTER_LIMIT_US,
            tail_us,
            origin_us: end_us,
            longer_us: 0,
            pace: Duration::ZERO,
        }
    }

    async fn pull_trigger(&self, prepared: &Prepared, issues: &Issues) {
        let subject = &issues.subjects[0];
        let operator = self.stage.office.actors.operator.in_namespace(&subject.record.namespace);
        let trigger = trigger::Trigger {
            journal: &self.journal,
            issuing: prepared.subject.at(&operator),
            operator,
            correlation: format!("{}.trigger", self.correlation),
        };
        let name = self.plan.subjects_caller().name;
        let kind = &self.stage.drill().credential;
        match self.plan.trigger {
            Trigger::Revoke | Trigger::Rotate => {
                let by = match prepared.subject.revocation(subject) {
                    Revocation::Role(path) if self.hooks.skips("right-prefix") => {
                        Revocation::Role(format!("{path}-of-old"))
                    }
                    by => by,
                };
                trigger.revoke(subject, by, (&prepared.caller, &name)).await;
            }
            Trigger::Teardown => trigger.teardown(&prepared.caller, &name).await,
            Trigger::Incident { .. } => {
                let cleared = trigger::cleared(&prepared.subject, clears_mount(&self.plan));
                let clearing = || (prepared.subject.clearing(&cleared), cleared.as_str());
                trigger.incident(&prepared.caller, &name, kind.can(Ability::Leases).then(clearing)).await;
            }
            Trigger::Expire { .. } | Trigger::Renew { .. } | Trigger::Use => return,
        }
        if kind.can(Ability::ToldAtBackend) && kind.ends_early() {
            let pretended = self.hooks.skips("end-at-backend");
            trigger.tell(&self.stage.backend, &issues.subjects, pretended).await;
            if kind.can(Ability::IsPresented) {
                trigger.tell_again(&self.stage.backend, &issues.subjects, pretended).await;
            }
        } else if kind.can(Ability::ToldAtBackend) {
            trigger.not_offered();
        }
    }

    /// Where the use is the trigger: each was let in just now, and from here on none may be.
    fn note_use(&self, issues: &Issues) {
        if self.plan.trigger == Trigger::Use {
            trigger::used(&self.journal, issues.subjects.len());
        }
    }

    fn keep_renewing(&self, prepared: &Prepared, issues: &Issues, shared: &Arc<Shared>) -> JoinSet<()> {
        let mut task = JoinSet::new();
        if let Trigger::Renew { cap_ms, every_ms } = self.plan.trigger {
            let caller = prepared.caller.bao.correlated(&format!("{}.renew", self.correlation));
            let (journal, subject) = (self.journal.clone(), issues.subjects[0].clone());
            task.spawn(renewal::keep_renewing(journal, caller, subject, (cap_ms, every_ms), shared.clone()));
        }
        task
    }

    /// Starts the fault that the drill declares, whose heal moves the end of the watch.
    async fn declared_fault(
        &self,
        hooks: &Hooks,
        shared: &Arc<Shared>,
        schedule: Schedule,
    ) -> Result<super::sabotage::Healing, RunError> {
        let Some(fault) = self.plan.fault.as_ref().filter(|fault| fault.kind != FaultKind::Restarted) else {
            return Ok(super::sabotage::Healing::none());
        };
        let watch_us = match fault.server {
            // Judged from its heal, so watched as long after it as it would have been after the origin.
            FaultServer::Backend => self.plan.limit_ms * 1000 + AFTER_LIMIT_US,
            // Excuses nothing: what lives on until the authority is back is seen to die late, and not never.
            FaultServer::Authority => AFTER_LIMIT_US,
        };
        shared.give_up_at(schedule.give_up_us.max(self.journal.now_us() + fault.duration_ms * 1000 + watch_us));
        let shared = shared.clone();
        hooks.fault(fault, move |healed_us| shared.give_up_at(healed_us + watch_us)).await
    }

    /// The restart that the drill declares: access has ended and was watched to the end, the control lives. What a restart brings back
    /// is seen at the end of the drill. A session of the control, opened after it.
    async fn declared_restart(&self, hooks: &Hooks, control: &Issued) -> Result<Option<OpenSession>, RunError> {
        const STEP: &str = "restarting the backend";
        let Some(fault) = self.plan.fault.as_ref().filter(|fault| fault.kind == FaultKind::Restarted) else {
            return Ok(None);
        };
        let backend = &self.stage.backend;
        if !hooks.skips("save-before-restart") {
            backend.save().await.at_step(STEP)?;
        }
        hooks.fault(fault, |_| {}).await?.healed().await?;
        let kind = self.stage.drill().backend.session_kinds().first().copied().unwrap_or_default();
        // Where it is not let in any more its probes tell.
        Ok(backend.open(&control.credential, kind).await.ok())
    }

    /// Takes stock at the end. What ends a credential may still be at it (the authority works through an expired lease by itself):
    /// asked again until nothing of the subject is found, but not for longer than its death would have been watched for, and than it takes
    /// to be sure of what is found.
    async fn take_last_stock(&self, settled: &Settled) -> Result<(), RunError> {
        let until_us = settled.watched_until_us.max(self.journal.now_us() + AFTER_LIMIT_US);
        loop {
            let left = self.take_stock(Moment::After, &settled.issues).await?;
            if !left || (self.journal.now_us() >= until_us && !self.stage.backend.unsure()) {
                return Ok(());
            }
            tokio::time::sleep(SLOW).await;
        }
    }

    /// Whether anything of the subjects was found.
    async fn take_stock(&self, moment: Moment, issues: &Issues) -> Result<bool, RunError> {
        let mut known: Vec<(Part, &Issued)> =
            (0..).zip(&issues.subjects).map(|(member, issued)| (Part::Subject { member }, issued)).collect();
        known.extend([(Part::Control, &issues.control), (Part::BogusSecret, &issues.third)]);
        let issuers = [&self.prepared.subject, &self.prepared.control];
        let auditor = (&self.stage.office.auditor(), &issuers[..], &self.stage.drill().credential);
        stock::take(&self.journal, &self.stage.backend, auditor, moment, &known).await
    }

    /// Service returns: to the caller, or, where it was banned, to another one, while the banned gets nothing.
    async fn reissue(&self, prepared: &Prepared, ended: &Issued) -> Result<Issued, RunError> {
        let banned = matches!(self.plan.trigger, Trigger::Incident { .. });
        if banned {
            policy::banned(self, prepared).await?;
        }
        let again = self.logged_in(prepared, ended).await?;
        let (caller, issuer) = match self.plan.trigger {
            Trigger::Revoke | Trigger::Expire { .. } | Trigger::Renew { .. } | Trigger::Use => {
                (&again, &self.stage.office.issuer)
            }
            // The same user, by its new password.
            Trigger::Rotate => (&again, &prepared.subject),
            Trigger::Teardown | Trigger::Incident { .. } => (&prepared.control_caller, &prepared.control),
        };
        let (reissued, _) = self.issue(caller, issuer, Part::Reissued).await?;
        for door in &self.stage.drill().doors {
            let mut prober =
                Prober::new(&self.journal, &self.stage.backend, Part::Reissued, door, &reissued.credential);
            prober.once().await;
            prober.end();
        }
        Ok(reissued)
    }

    /// The caller; with another token where the revocation ended the one that it had.
    async fn logged_in(&self, prepared: &Prepared, ended: &Issued) -> Result<Bao, RunError> {
        let by_token = matches!(prepared.subject.revocation(ended), Revocation::Token);
        if self.plan.trigger != Trigger::Revoke || !by_token {
            return Ok(prepared.caller.bao.clone());
        }
        let registered = self.stage.office.registered(&self.plan.subjects_caller()).await?;
        let login = registered.log_in(&format!("{}.again", self.correlation), &self.redactor).await;
        login.at_step("logging the caller in again").map(|login| login.bao)
    }

    fn attach_reasons(&self, issues: &Issues) {
        let of = |issued: &Issued| Some(issued.credential.name.clone());
        let names = |series: &Series| match &series.part {
            Part::Subject { member } => of(issues.subjects.get(usize::try_from(*member).ok()?)?),
            Part::Session { .. } => of(&issues.subjects[0]),
            Part::Control | Part::ControlSession { .. } => of(&issues.control),
            Part::BogusSecret => of(&issues.third),
            Part::BogusName
            | Part::Reissued
            | Part::Victim
            | Part::Parent
            | Part::ParentControl
            | Part::Unasked
            | Part::UnaskedControl => None,
        };
        tokio::task::block_in_place(|| reasons::attach(&self.journal, &self.stage.backend, &names));
    }
}

/// All series of one door until they are settled.
async fn watch_door(i: usize, door: Door, schedule: Schedule, shared: Arc<Shared>) -> (usize, Door) {
    let mut subjects = JoinSet::new();
    for (member, prober) in door.subjects.into_iter().enumerate() {
        let shared = shared.clone();
        subjects.spawn(async move { (member, watch_subject(prober, i, schedule, shared).await) });
    }
    let control = tokio::spawn(watch_control(door.control, i, schedule, shared));
    let mut subjects = subjects.join_all().await;
    subjects.sort_by_key(|(member, _)| *member);
    let control = control.await.expect("a probe loop does not panic");
    (i, Door { subjects: subjects.into_iter().map(|(_, prober)| prober).collect(), control })
}
