//! One scenario, top to bottom: issued → accepted → triggered → settled → done.

use super::journal::Journal;
use super::prepare::{Prepared, own_mount};
use super::probing::{AFTER_LIMIT_US, Prober, SLOW, Schedule, Shared, watch_control, watch_subject};
use super::sabotage::Hooks;
use super::sessions::Watched;
use super::stage::Stage;
use super::{AtStep, RunError, bracket, policy, proof, reasons, renewal, sessions, stock, trigger};
use crate::authority::Bao;
use crate::credential::{Issued, Issuer};
use crate::definition::sabotage::Point;
use crate::definition::{FaultServer, ScenarioPlan, SessionClaim, Trigger};
use crate::history::{Body, Moment, Part, Series, State};
use crate::secret::Redactor;
use futures_util::{StreamExt, TryStreamExt};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Expiry: probing is back to back from so long before the stated end; a cap may come up to a second early, OpenBao counts whole ones.
const BEFORE_END_US: u64 = 250_000;
const BEFORE_CAP_US: u64 = 1_250_000;
/// A cohort is issued so many at a time.
const ISSUED_AT_ONCE: usize = 8;

/// What a scenario needs; everything in it outlives the scenario.
pub struct ScenarioRun {
    /// Its pen.
    pub journal: Journal,
    /// Its own plan.
    pub plan: ScenarioPlan,
    /// The drill's servers and actors.
    pub stage: Arc<Stage>,
    /// Its caller and roles.
    pub prepared: Prepared,
    /// What a sabotage does.
    pub hooks: Hooks,
    /// For new secrets.
    pub redactor: Redactor,
    /// For the audit log's correlation ids: `<run>.<drill>.<scenario>`.
    pub correlation: String,
}

/// The credentials of a scenario.
pub struct Issues {
    /// What the trigger ends; several are a cohort.
    pub subjects: Vec<Issued>,
    /// What it spares.
    pub control: Issued,
    /// Whose name is tried with a wrong secret.
    pub third: Issued,
}

/// A scenario whose credentials were issued and whose loops are over; [`ScenarioRun::finish`] completes the bracket.
pub struct Settled {
    issues: Issues,
    doors: Vec<Door>,
    /// The control's sessions stay open until stock was taken: what is asked for must be there to be found.
    sessions: Vec<Watched>,
    /// Until when its death would have been watched for, µs.
    watched_until_us: u64,
    victim: Option<Issued>,
}

/// A scenario that is over but for what the audit log has of it.
pub struct Finished {
    /// Its credentials.
    pub issues: Issues,
    /// Whatever else was issued in it.
    pub others: Vec<Issued>,
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
        let leading = self.stage.lead.place(!self.plan.trigger.is_requested()).await;
        if own_mount(&self.plan) {
            self.stage.connect_own_mount(&self.plan, prepared).await?;
        }
        let (issues, received_us) = self.issue_all(prepared).await?;
        // Before anything is renewed: what is read is the TTL of the issue.
        proof::read_back(self, prepared, &issues).await?;
        self.journal.enter(State::Issued);
        let shared = Shared::new(issues.subjects.len() * self.stage.drill().doors.len());
        // A consumer renews from the first moment, whatever is looked at meanwhile.
        let renewing = self.keep_renewing(prepared, &issues, &shared);
        let hooks = self.hooks.of(&issues.subjects[0]);
        hooks.at(Point::Issued).await?;
        let mut doors = self.bracket(&issues).await?;
        let (watched, watched_controls) = self.open_sessions(&issues.subjects[0], &issues.control).await?;
        self.take_stock(Moment::Before, &issues).await?;
        self.journal.enter(State::Accepted);
        drop(leading);
        let victim = match self.plan.trigger {
            Trigger::Revoke => Some(policy::attempts(self, prepared).await?),
            _ => None,
        };
        if self.plan.trigger.is_requested() {
            // The last acceptance before the trigger is as late as can be: the interval in which it died begins there.
            for door in &mut doors {
                door.once().await;
            }
        }
        hooks.at(Point::BeforeTrigger).await?;

        let schedule = self.schedule(received_us);
        shared.give_up_at(schedule.give_up_us);
        self.journal.enter(State::Triggered);
        let mut loops = JoinSet::new();
        for (i, door) in doors.drain(..).enumerate() {
            loops.spawn(watch_door(i, door, schedule, shared.clone()));
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
        let doors = ended.into_iter().map(|(_, door)| door).collect();
        Ok(Settled { issues, doors, sessions, watched_until_us: shared.give_up_us(), victim })
    }

    /// The end of the drill: dead is still dead, the control still lives, a new credential works, what is left behind is listed.
    pub async fn finish(&self, mut settled: Settled) -> Finished {
        let prepared = &self.prepared;
        let mut reissued = None;
        // Before the control's last probes, so that a refusal of the new credential stands between two acceptances of it.
        if !self.hooks.skips("reissue") {
            match self.reissue(prepared).await {
                Ok(issued) => reissued = Some(issued),
                Err(e) => self.journal.problem(e.step, e.what),
            }
        }
        for door in &mut settled.doors {
            door.control.once().await;
            futures_util::future::join_all(door.subjects.iter_mut().map(Prober::once)).await;
            for session in &mut settled.sessions {
                session.once_more(&self.stage.backend, &self.journal).await;
            }
            door.control.once().await;
        }
        if !self.hooks.skips("inventory-after")
            && let Err(e) = self.take_last_stock(&settled).await
        {
            self.journal.problem(e.step, e.what);
        }
        let Settled { issues, doors, sessions, victim, .. } = settled;
        for door in doors {
            door.subjects.into_iter().for_each(Prober::end);
            door.control.end();
        }
        sessions.into_iter().for_each(Watched::end);
        self.attach_reasons(&issues);
        Finished { issues, others: victim.into_iter().chain(reissued).collect() }
    }

    /// What the audit log has of it; after this nothing more is observed.
    pub async fn audit(&self, log: &proof::AuditLog, finished: &Finished) {
        if let Err(e) = proof::audit(self, log, finished).await {
            self.journal.problem(e.step, e.what);
        }
        self.journal.enter(State::Done);
    }

    async fn issue_all(&self, prepared: &Prepared) -> Result<(Issues, u64), RunError> {
        let caller = &prepared.caller.bao;
        let (first, received_us) = self.issue(caller, &prepared.subject, Part::Subject { member: 0 }).await?;
        let rest = futures_util::stream::iter(1..self.plan.leases)
            .map(|member| self.issue(caller, &prepared.subject, Part::Subject { member }))
            .buffered(ISSUED_AT_ONCE)
            .try_collect::<Vec<_>>();
        let third = prepared.control.issue(&prepared.control_caller, &self.redactor);
        let (rest, control, third) =
            tokio::join!(rest, self.issue(&prepared.control_caller, &prepared.control, Part::Control), third);
        let mut subjects = vec![first];
        subjects.extend(rest?.into_iter().map(|(issued, _)| issued));
        Ok((Issues { subjects, control: control?.0, third: third.at_step("issuing a third credential")? }, received_us))
    }

    /// Issues one credential and writes its record.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, issuer: &Issuer, part: Part) -> Result<(Issued, u64), RunError> {
        let correlation = format!("{}.issue.{}", self.correlation, part.word());
        let sent_us = self.journal.now_us();
        let issued =
            issuer.issue(&caller.correlated(&correlation), &self.redactor).await.at_step("issuing a credential")?;
        let received_us = self.journal.now_us();
        self.journal.write(Body::Issued { part, record: issued.record.clone(), sent_us, received_us });
        Ok((issued, received_us))
    }

    async fn bracket(&self, issues: &Issues) -> Result<Vec<Door>, RunError> {
        let (journal, backend, plan) = (&self.journal, &self.stage.backend, self.stage.drill());
        let mut doors = Vec::new();
        for door in &plan.doors {
            let prober = |part, issued: &Issued| Prober::new(journal, backend, part, door, &issued.credential);
            let subjects = (0..).zip(&issues.subjects);
            let mut both = Door {
                subjects: subjects.map(|(member, issued)| prober(Part::Subject { member }, issued)).collect(),
                control: prober(Part::Control, &issues.control),
            };
            both.once().await;
            if !self.hooks.skips("bogus") {
                bracket::bogus(journal, backend, door, &issues.third, &self.redactor).await;
            }
            doors.push(both);
        }
        bracket::subjects_statements(journal, backend, &plan.backend, &issues.subjects[0].credential).await?;
        Ok(doors)
    }

    async fn open_sessions(
        &self,
        subject: &Issued,
        control: &Issued,
    ) -> Result<(Vec<Watched>, Vec<Watched>), RunError> {
        let (mut subjects, mut controls) = (Vec::new(), Vec::new());
        let backend = &self.stage.backend;
        for kind in self.plan.sessions.keys() {
            let (s, c) = sessions::open(&self.journal, backend, kind, &subject.credential, &control.credential)
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

    fn schedule(&self, received_us: u64) -> Schedule {
        let now = self.journal.now_us();
        let limit_us = self.plan.limit_ms * 1000;
        let tail_us = self.plan.trigger.tail_us();
        let Some(ttl_ms) = self.plan.trigger.ttl_ms() else {
            return Schedule { fast_from_us: now, give_up_us: now + limit_us + AFTER_LIMIT_US, tail_us };
        };
        let end_us = received_us + ttl_ms * 1000;
        let before = if matches!(self.plan.trigger, Trigger::Renew { .. }) { BEFORE_CAP_US } else { BEFORE_END_US };
        Schedule {
            fast_from_us: end_us.saturating_sub(before),
            give_up_us: end_us + limit_us + AFTER_LIMIT_US,
            tail_us,
        }
    }

    async fn pull_trigger(&self, prepared: &Prepared, issues: &Issues) {
        let subject = &issues.subjects[0];
        let trigger = trigger::Trigger {
            journal: &self.journal,
            operator: self.stage.office.actors.operator.in_namespace(&subject.record.namespace),
            correlation: format!("{}.trigger", self.correlation),
        };
        let name = self.plan.subjects_caller().name;
        match self.plan.trigger {
            Trigger::Revoke => trigger.revoke(subject).await,
            Trigger::Teardown => trigger.teardown(&prepared.caller, &name).await,
            Trigger::Incident { .. } => {
                let cleared = trigger::cleared(&prepared.subject, own_mount(&self.plan));
                trigger.incident(&prepared.caller, &name, &cleared).await;
            }
            Trigger::Expire { .. } | Trigger::Renew { .. } => {}
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
            let left = self.take_stock(Moment::After, &settled.issues).await?;
            if !left || self.journal.now_us() >= until_us {
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
        stock::take(&self.journal, &self.stage.backend, &self.stage.office.actors.auditor, moment, &known).await
    }

    /// Service returns: to the caller, or, where it was banned, to another one, while the banned gets nothing.
    async fn reissue(&self, prepared: &Prepared) -> Result<Issued, RunError> {
        let banned = matches!(self.plan.trigger, Trigger::Incident { .. });
        if banned {
            policy::banned(self, prepared).await?;
        }
        let (caller, issuer) = match self.plan.trigger {
            Trigger::Revoke | Trigger::Expire { .. } | Trigger::Renew { .. } => {
                (&prepared.caller.bao, &self.stage.office.issuer)
            }
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

    fn attach_reasons(&self, issues: &Issues) {
        let of = |issued: &Issued| Some(issued.credential.name.clone());
        let names = |series: &Series| match &series.part {
            Part::Subject { member } => of(issues.subjects.get(usize::try_from(*member).ok()?)?),
            Part::Session { .. } => of(&issues.subjects[0]),
            Part::Control | Part::ControlSession { .. } => of(&issues.control),
            Part::BogusSecret => of(&issues.third),
            Part::BogusName | Part::Reissued | Part::Victim | Part::Parent | Part::ParentControl => None,
        };
        let history = self.journal.snapshot();
        let (backend, drill) = (&self.stage.backend, &self.stage.drill().drill);
        reasons::attach(&self.journal, backend, &history, drill, &self.plan.scenario, &names);
    }
}

/// All series of one door until they are settled.
async fn watch_door(i: usize, door: Door, schedule: Schedule, shared: Arc<Shared>) -> (usize, Door) {
    let mut subjects = JoinSet::new();
    for (member, prober) in door.subjects.into_iter().enumerate() {
        let shared = shared.clone();
        subjects.spawn(async move { (member, watch_subject(prober, schedule, shared).await) });
    }
    let control = tokio::spawn(watch_control(door.control, schedule, shared));
    let mut subjects = subjects.join_all().await;
    subjects.sort_by_key(|(member, _)| *member);
    let control = control.await.expect("a probe loop does not panic");
    (i, Door { subjects: subjects.into_iter().map(|(_, prober)| prober).collect(), control })
}
