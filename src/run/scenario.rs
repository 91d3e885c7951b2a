//! One scenario, top to bottom: issued → accepted → triggered → settled → done.

use super::journal::Journal;
use super::probing::{AFTER_LIMIT_US, Prober, SLOW, Schedule, Shared, watch_control, watch_subject};
use super::sabotage::Hooks;
use super::sessions::Watched;
use super::{AtStep, RunError, bracket, reasons, sessions, stock, trigger};
use crate::authority::{Actors, Bao};
use crate::backend::Running;
use crate::credential::{Issued, Issuer};
use crate::definition::sabotage::Point;
use crate::definition::{DrillPlan, FaultServer, ScenarioPlan, SessionClaim, Trigger};
use crate::history::{Body, Moment, Part, Series, State};
use crate::secret::Redactor;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Expiry: probing is back to back from so long before the stated end.
const BEFORE_END_US: u64 = 250_000;
/// How long dead must stay dead under observation: after a revocation, and after an expiry.
const TAIL_US: u64 = 1_000_000;
const TAIL_EXPIRY_US: u64 = 250_000;

/// What a scenario needs; everything in it outlives the scenario.
pub struct ScenarioRun {
    /// Its pen.
    pub journal: Journal,
    /// The whole drill's plan.
    pub drill: Arc<DrillPlan>,
    /// Its own plan.
    pub plan: ScenarioPlan,
    /// Where the credential must die.
    pub backend: Arc<Running>,
    /// Operator and auditor.
    pub actors: Arc<Actors>,
    /// The caller, logged in.
    pub caller: Bao,
    /// The stated role.
    pub issuer: Issuer,
    /// What the subject is issued from: the role, or its twin with the stated TTL.
    pub subject_issuer: Issuer,
    /// What a sabotage does.
    pub hooks: Hooks,
    /// For new secrets.
    pub redactor: Redactor,
    /// For the audit log's correlation ids.
    pub run: String,
    /// Subjects are issued one after the other, in the order of the runs: the short TTL waits for nobody, and it began somewhere between
    /// request and response, so how long that takes is part of an expiry's interval.
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

/// A scenario whose credentials were issued and whose loops are over; [`ScenarioRun::finish`] completes the bracket.
pub struct Settled {
    subject: Issued,
    control: Issued,
    third: Issued,
    doors: Vec<(Prober, Prober)>,
    /// The control's sessions stay open until stock was taken: what is asked for must be there to be found.
    sessions: Vec<Watched>,
    /// Until when its death would have been watched for, µs.
    watched_until_us: u64,
}

impl ScenarioRun {
    /// Everything up to the settled state.
    ///
    /// # Errors
    /// A step did not succeed; the history says what was seen until then.
    pub async fn run_until_settled(&self) -> Result<Settled, RunError> {
        let (subject, received_us) = {
            let _turn = self.turn.lock().await;
            self.issue(&self.subject_issuer, Part::Subject { member: 0 }).await?
        };
        let (control, third) =
            tokio::join!(self.issue(&self.issuer, Part::Control), self.issuer.issue(&self.caller, &self.redactor));
        let (control, _) = control?;
        let third = third.at_step("issuing a third credential")?;
        self.journal.enter(State::Issued);
        let hooks = self.hooks.of(&subject);
        hooks.at(Point::Issued).await?;
        let mut doors = self.bracket(&subject, &control, &third).await?;
        let (watched, watched_controls) = self.open_sessions(&subject, &control).await?;
        self.take_stock(Moment::Before, &subject, &control, &third).await?;
        self.journal.enter(State::Accepted);
        if self.plan.trigger == Trigger::Revoke {
            // The last acceptance before the trigger is as late as can be: the interval in which it died begins there.
            for (subject, control) in &mut doors {
                tokio::join!(subject.once(), control.once());
            }
        }
        hooks.at(Point::BeforeTrigger).await?;
        let schedule = self.schedule(received_us);
        let shared = Shared::new(&schedule);
        self.journal.enter(State::Triggered);
        // Two tasks a door: a login is work for a processor, and neither is to wait for the other's.
        let (mut subjects, mut controls) = (JoinSet::new(), JoinSet::new());
        for (i, (subject, control)) in doors.drain(..).enumerate() {
            let (s, c) = (shared.clone(), shared.clone());
            subjects.spawn(async move { (i, watch_subject(subject, schedule, s).await) });
            controls.spawn(async move { (i, watch_control(control, schedule, c).await) });
        }
        let session_loops = self.watch_sessions(watched, watched_controls, schedule, &shared);
        let fault = self.declared_fault(&hooks, &shared, schedule).await?;
        if matches!(self.plan.trigger, Trigger::Revoke) {
            let correlation = format!("{}.{}.{}.trigger", self.run, self.drill.drill, self.plan.scenario);
            trigger::revoke(&self.journal, &self.actors.operator, &subject, &correlation).await;
        }
        hooks.at(Point::Acknowledged).await?;
        let doors = in_order(subjects.join_all().await).zip(in_order(controls.join_all().await)).collect();
        let sessions = session_loops.join_all().await;
        fault.healed().await?;
        hooks.healed().await?;
        self.journal.enter(State::Settled);
        hooks.at(Point::Settled).await?;
        Ok(Settled { subject, control, third, doors, sessions, watched_until_us: shared.give_up_us() })
    }

    /// The end of the drill: dead is still dead, the control still lives, a new credential works, what is left behind is listed.
    pub async fn finish(&self, mut settled: Settled) {
        // Before the control's last probes, so that a refusal of the new credential stands between two acceptances of it.
        if !self.hooks.skips("reissue")
            && let Err(e) = self.reissue().await
        {
            self.journal.problem(e.step, e.what);
        }
        for (subject, control) in &mut settled.doors {
            control.once().await;
            subject.once().await;
            control.once().await;
        }
        if !self.hooks.skips("inventory-after")
            && let Err(e) = self.take_last_stock(&settled).await
        {
            self.journal.problem(e.step, e.what);
        }
        let Settled { subject, control, third, doors, sessions, .. } = settled;
        for (subject, control) in doors {
            subject.end();
            control.end();
        }
        sessions.into_iter().for_each(Watched::end);
        self.attach_reasons(&subject, &control, &third);
        self.journal.enter(State::Done);
    }

    async fn issue(&self, issuer: &Issuer, part: Part) -> Result<(Issued, u64), RunError> {
        let correlation = format!("{}.{}.{}.issue", self.run, self.drill.drill, self.plan.scenario);
        let sent_us = self.journal.now_us();
        let issued = issuer
            .issue(&self.caller.correlated(&correlation), &self.redactor)
            .await
            .at_step("issuing a credential")?;
        let received_us = self.journal.now_us();
        self.journal.write(Body::Issued { part, record: issued.record.clone(), sent_us, received_us });
        Ok((issued, received_us))
    }

    async fn bracket(
        &self,
        subject: &Issued,
        control: &Issued,
        third: &Issued,
    ) -> Result<Vec<(Prober, Prober)>, RunError> {
        let mut doors = Vec::new();
        for door in &self.drill.doors {
            let mut s =
                Prober::new(&self.journal, &self.backend, Part::Subject { member: 0 }, door, &subject.credential);
            let mut c = Prober::new(&self.journal, &self.backend, Part::Control, door, &control.credential);
            tokio::join!(s.once(), c.once());
            if !self.hooks.skips("bogus") {
                bracket::bogus(&self.journal, &self.backend, door, third, &self.redactor).await;
            }
            doors.push((s, c));
        }
        bracket::subjects_statements(&self.journal, &self.backend, &self.drill.backend, &subject.credential).await?;
        Ok(doors)
    }

    async fn open_sessions(
        &self,
        subject: &Issued,
        control: &Issued,
    ) -> Result<(Vec<Watched>, Vec<Watched>), RunError> {
        let (mut subjects, mut controls) = (Vec::new(), Vec::new());
        for kind in self.plan.sessions.keys() {
            let (s, c) = sessions::open(&self.journal, &self.backend, kind, &subject.credential, &control.credential)
                .await
                .at_step("opening sessions")?;
            subjects.extend(s.into_iter().map(|s| (kind.clone(), s)));
            controls.push(c);
        }
        Ok((subjects.into_iter().map(|(_, s)| s).collect(), controls))
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
        for watched in subjects {
            let (backend, journal, shared, token) =
                (self.backend.clone(), self.journal.clone(), shared.clone(), subjects_left.clone());
            tasks.spawn(async move {
                let watched = sessions::watch(watched, backend, journal, schedule, shared, longer_us, None).await;
                drop(token);
                watched
            });
        }
        let left = Arc::downgrade(&subjects_left);
        drop(subjects_left);
        for watched in controls {
            let (backend, journal, shared, left) =
                (self.backend.clone(), self.journal.clone(), shared.clone(), left.clone());
            tasks.spawn(sessions::watch(watched, backend, journal, schedule, shared, longer_us, Some(left)));
        }
        tasks
    }

    fn schedule(&self, received_us: u64) -> Schedule {
        let now = self.journal.now_us();
        let limit_us = self.plan.limit_ms * 1000;
        match self.plan.trigger {
            Trigger::Revoke => {
                Schedule { fast_from_us: now, give_up_us: now + limit_us + AFTER_LIMIT_US, tail_us: TAIL_US }
            }
            Trigger::Expire { ttl_ms } => {
                let end_us = received_us + ttl_ms * 1000;
                Schedule {
                    fast_from_us: end_us.saturating_sub(BEFORE_END_US),
                    give_up_us: end_us + limit_us + AFTER_LIMIT_US,
                    tail_us: TAIL_EXPIRY_US,
                }
            }
        }
    }

    /// Starts the fault that the drill declares; a backend's moves the end of the watch to its heal.
    async fn declared_fault(
        &self,
        hooks: &Hooks,
        shared: &Arc<Shared>,
        schedule: Schedule,
    ) -> Result<super::sabotage::Healing, RunError> {
        let Some(fault) = &self.plan.fault else {
            return Ok(super::sabotage::Healing::none());
        };
        if fault.server == FaultServer::Authority {
            return hooks.fault(fault, |_| {}).await;
        }
        // Judged from its heal, so watched as long after it as it would have been after the origin.
        let watch_us = self.plan.limit_ms * 1000 + AFTER_LIMIT_US;
        shared.give_up_at(schedule.give_up_us.max(self.journal.now_us() + fault.duration_ms * 1000 + watch_us));
        let shared = shared.clone();
        hooks.fault(fault, move |healed_us| shared.give_up_at(healed_us + watch_us)).await
    }

    /// Takes stock at the end. What ends a credential may still be at it (the authority works through an expired lease by itself):
    /// asked again until nothing of the subject is found, but not for longer than its death would have been watched for.
    async fn take_last_stock(&self, settled: &Settled) -> Result<(), RunError> {
        let until_us = settled.watched_until_us.max(self.journal.now_us() + AFTER_LIMIT_US);
        loop {
            let left = self.take_stock(Moment::After, &settled.subject, &settled.control, &settled.third).await?;
            if !left || self.journal.now_us() >= until_us {
                return Ok(());
            }
            tokio::time::sleep(SLOW).await;
        }
    }

    async fn take_stock(
        &self,
        moment: Moment,
        subject: &Issued,
        control: &Issued,
        third: &Issued,
    ) -> Result<bool, RunError> {
        let known = [(Part::Subject { member: 0 }, subject), (Part::Control, control), (Part::BogusSecret, third)];
        stock::take(&self.journal, &self.backend, &self.actors.auditor, moment, &known).await
    }

    async fn reissue(&self) -> Result<(), RunError> {
        let (reissued, _) = self.issue(&self.issuer, Part::Reissued).await?;
        for door in &self.drill.doors {
            let mut prober = Prober::new(&self.journal, &self.backend, Part::Reissued, door, &reissued.credential);
            prober.once().await;
            prober.end();
        }
        Ok(())
    }

    fn attach_reasons(&self, subject: &Issued, control: &Issued, third: &Issued) {
        let names = |series: &Series| match &series.part {
            Part::Subject { .. } | Part::Session { .. } => Some(subject.credential.name.clone()),
            Part::Control | Part::ControlSession { .. } => Some(control.credential.name.clone()),
            Part::BogusSecret => Some(third.credential.name.clone()),
            Part::BogusName | Part::Reissued => None,
        };
        let history = self.journal.snapshot();
        reasons::attach(&self.journal, &self.backend, &history, &self.drill.drill, &self.plan.scenario, &names);
    }
}

/// What came back in any order, by its number.
fn in_order<T>(mut ended: Vec<(usize, T)>) -> impl Iterator<Item = T> {
    ended.sort_by_key(|(i, _)| *i);
    ended.into_iter().map(|(_, item)| item)
}
