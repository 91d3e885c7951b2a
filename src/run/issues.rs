//! What a scenario asks the authority for, and what its probes present of it.

use super::prepare::Prepared;
use super::scenario_run::ScenarioRun;
use super::supply::Supply;
use super::{AtStep, RunError};
use crate::authority::Bao;
use crate::credential::{Ability, Issued, Issuer};
use crate::definition::{STOCK, Trigger};
use crate::history::{Body, Part};
use futures_util::{StreamExt, TryStreamExt};

/// A cohort is issued so many at a time.
const ISSUED_AT_ONCE: usize = 8;

/// The credentials of a scenario.
pub struct Issues {
    /// What the trigger ends; several are a cohort.
    pub subjects: Vec<Issued>,
    /// What it spares.
    pub control: Issued,
    /// Whose name is tried with a wrong secret.
    pub third: Issued,
    /// What each series of the subjects presents: of a stock there is one series.
    pub presented: Vec<Supply>,
    /// What the control's series and sessions present.
    pub controls: Supply,
    /// What the subject's statements and sessions are run with.
    pub at_work: Supply,
}

/// A scenario that is over but for what the audit log has of it.
pub struct Finished {
    /// Its credentials.
    pub issues: Issues,
    /// Whatever else was issued in it.
    pub others: Vec<Issued>,
}

impl ScenarioRun {
    /// Issues everything; when the last of the subjects had been received, µs.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue_all(&self, prepared: &Prepared) -> Result<(Issues, u64), RunError> {
        let caller = &prepared.caller.bao;
        // The authority opens its connection for the first credential that it issues. How long an issue takes is part of an expiry's
        // interval, so there the first one is not the subject.
        let early = if self.plan.trigger.is_requested() { None } else { Some(self.issue_third(prepared).await?) };
        let (first, received_us) = self.issue(caller, &prepared.subject, Part::Subject { member: 0 }).await?;
        let rest = futures_util::stream::iter(1..self.plan.leases)
            .map(|member| self.issue(caller, &prepared.subject, Part::Subject { member }))
            .buffered(ISSUED_AT_ONCE)
            .try_collect::<Vec<_>>();
        let third = async {
            match early {
                Some(third) => Ok(third),
                None => self.issue_third(prepared).await,
            }
        };
        let (rest, control, third) =
            tokio::join!(rest, self.issue(&prepared.control_caller, &prepared.control, Part::Control), third);
        let (rest, (control, _)) = (rest?, control?);
        let received_us = rest.iter().map(|(_, us)| *us).fold(received_us, u64::max);
        let mut subjects = vec![first];
        subjects.extend(rest.into_iter().map(|(issued, _)| issued));
        let (presented, controls, at_work) = if self.stage.drill().credential.can(Ability::WorksOnce) {
            self.stocks(prepared, &subjects, &control).await?
        } else {
            let same = subjects.iter().map(|issued| Supply::from(&issued.credential)).collect();
            (same, Supply::from(&control.credential), Supply::from(&subjects[0].credential))
        };
        Ok((Issues { subjects, control, third: third?, presented, controls, at_work }, received_us))
    }

    /// Of what works once, every probe presents another. Where the use itself is the trigger, each subject is presented again and again,
    /// and one more of the same role is spent at work.
    async fn stocks(
        &self,
        prepared: &Prepared,
        subjects: &[Issued],
        control: &Issued,
    ) -> Result<(Vec<Supply>, Supply, Supply), RunError> {
        let more = async |caller, issuer: &Issuer, part: &Part, n: u32| {
            futures_util::stream::iter(0..n)
                .map(|_| self.issue_unrecorded(caller, issuer, part))
                .buffered(ISSUED_AT_ONCE)
                .try_collect::<Vec<_>>()
                .await
        };
        let mut controls = vec![control.clone()];
        controls.extend(more(&prepared.control_caller, &prepared.control, &Part::Control, STOCK - 1).await?);
        let controls = Supply::stock(&controls);
        if self.plan.trigger == Trigger::Use {
            let part = Part::Subject { member: self.plan.leases };
            let at_work = more(&prepared.caller.bao, &prepared.subject, &part, 1).await?;
            let same = subjects.iter().map(|issued| Supply::from(&issued.credential)).collect();
            return Ok((same, controls, Supply::stock(&at_work)));
        }
        let stock = Supply::stock(subjects);
        Ok((vec![stock.clone()], controls, stock))
    }

    /// The one whose name is tried with a wrong secret.
    async fn issue_third(&self, prepared: &Prepared) -> Result<Issued, RunError> {
        let third = prepared.control.issue(&prepared.control_caller, &self.redactor).await;
        let third = third.at_step("issuing a third credential")?;
        self.stage.give(&third);
        Ok(third)
    }

    /// Issues one credential and writes its record.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, issuer: &Issuer, part: Part) -> Result<(Issued, u64), RunError> {
        let sent_us = self.journal.now_us();
        let issued = self.issue_unrecorded(caller, issuer, &part).await?;
        let received_us = self.journal.now_us();
        self.journal.write(Body::Issued { part, record: Box::new(issued.record.clone()), sent_us, received_us });
        Ok((issued, received_us))
    }

    async fn issue_unrecorded(&self, caller: &Bao, issuer: &Issuer, part: &Part) -> Result<Issued, RunError> {
        let correlation = format!("{}.issue.{}", self.correlation, part.word());
        let caller = caller.correlated(&correlation);
        let issued = issuer.issue(&caller, &self.redactor).await.at_step("issuing a credential")?;
        self.stage.give(&issued);
        Ok(issued)
    }
}
