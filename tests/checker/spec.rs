//! What one history is made of, before it is played: the world, the plan, and how the prober behaves.

use super::rng::Rng;
use super::world::{NEVER, Who, World};
use drill::definition::{Fault, FaultKind, FaultServer, Trigger};
use drill::history::{Ack, Part};

/// A stretch of time in which nothing is missed by accident: the bracket takes at most so many latencies.
const BRACKET_STEPS: u64 = 30;

/// How the prober behaves.
#[derive(Debug, Clone)]
pub struct Timing {
    /// What a probe usually takes, µs.
    pub latency_us: u64,
    /// So many of a hundred probes take up to ten times as long.
    pub slow_percent: u64,
    /// Between probes while it matters; before, and once settled; past the limit.
    pub fast_gap_us: u64,
    pub slow_gap_us: u64,
    pub late_gap_us: u64,
    /// Subject and control take turns instead of being probed side by side.
    pub in_turns: bool,
    /// How long it goes on after a confirmed refusal.
    pub tail_us: u64,
    /// The last probe comes at the end of the drill, so long after.
    pub end_us: Option<u64>,
}

/// One history to be.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // independent facts of one history
pub struct Spec {
    pub world: World,
    pub timing: Timing,
    pub trigger: Trigger,
    pub limit_us: u64,
    pub fault: Option<Fault>,
    /// When the fault began and was healed.
    pub faulted_us: (u64, u64),
    /// Session kinds that are watched, and their limit.
    pub kinds: Vec<&'static str>,
    pub session_limit_us: u64,
    pub may_outlive: bool,
    /// Issue of the subject: sent, received, and when the authority began to count.
    pub issued_us: (u64, u64, u64),
    /// When the trigger is pulled (a TTL: when it truly ends).
    pub trigger_us: u64,
    /// The answer to each request of the trigger; none: it was never sent.
    pub ack: Option<Ack>,
    /// The answers to an incident's first requests, where they are others.
    pub first_acks: Vec<Option<Ack>>,
    pub ack_latency_us: u64,
    /// The trigger was carried out.
    pub heard: bool,
    /// The certificate or session states its own end.
    pub states_end: bool,
    /// A session is left at the server that no client holds.
    pub orphan: bool,
}

impl Spec {
    /// A sound history: everything works and the credential dies in time.
    pub fn sound(rng: &mut Rng) -> Self {
        let latency_us = rng.log_within(500, 60_000);
        let fast_gap_us = rng.pick(&[0, 0, latency_us / 4, latency_us]);
        let step = latency_us + fast_gap_us;
        let limit_us = (rng.within(4, 30) * step).div_ceil(1000) * 1000;
        let sent = 1_050_000;
        let received = sent + rng.within(latency_us / 2, latency_us * 2);
        let counted = rng.within(sent, received);
        let lead = BRACKET_STEPS * latency_us + 100_000 + rng.within(0, 400_000);
        let revoke = rng.percent(60);
        let trigger = if revoke { Trigger::Revoke } else { Trigger::Expire { ttl_ms: lead.div_ceil(1000) } };
        let trigger_us = counted + lead.div_ceil(1000) * 1000;
        let mut spec = Self {
            world: World { control_end: NEVER, control_sessions_end: NEVER, reissued_end: NEVER, ..World::default() },
            timing: Timing {
                latency_us,
                slow_percent: rng.pick(&[0, 2, 10]),
                fast_gap_us,
                slow_gap_us: rng.within(60_000, 250_000),
                late_gap_us: rng.within(20_000, 120_000),
                in_turns: rng.percent(30),
                tail_us: if revoke { 1_000_000 } else { 250_000 },
                end_us: Some(rng.log_within(1_000, 3_000_000)),
            },
            trigger,
            limit_us,
            fault: None,
            faulted_us: (0, 0),
            kinds: Vec::new(),
            session_limit_us: (limit_us * rng.within(1, 3)).div_ceil(1000) * 1000,
            may_outlive: rng.percent(5),
            issued_us: (sent, received, counted),
            trigger_us,
            ack: Some(Ack::Acknowledged { status: 204 }),
            first_acks: Vec::new(),
            ack_latency_us: rng.within(latency_us / 2, latency_us * 4),
            heard: true,
            states_end: rng.percent(30),
            orphan: false,
        };
        let dies = spec.trigger_us + rng.within(0, limit_us * 7 / 10);
        spec.dies(dies, rng);
        if rng.percent(35) {
            spec.kinds.push("idle");
        }
        if rng.percent(20) {
            spec.kinds.push("reconnecting");
        }
        spec
    }

    /// Its life ends there, and its sessions about then.
    pub fn dies(&mut self, at: u64, rng: &mut Rng) {
        self.world.life = vec![(0, at)];
        let about = self.timing.latency_us;
        self.world.sessions_end =
            if at == NEVER { NEVER } else { (at + rng.within(0, about)).saturating_sub(about / 2) };
        self.world.later_sessions_end = self.world.sessions_end.saturating_add(rng.within(0, about * 3));
    }

    /// The answers to all requests of the trigger.
    pub fn acks(&self, requests: usize) -> Vec<Option<Ack>> {
        let mut acks = self.first_acks.clone();
        acks.resize(requests, self.ack.clone());
        acks
    }

    /// How many credentials the trigger ends.
    pub fn leases(&self) -> u32 {
        1 + u32::try_from(self.world.others.len()).unwrap()
    }

    /// All members, in order.
    pub fn members(&self) -> impl Iterator<Item = (Part, Who)> + use<> {
        let others = (0..self.world.others.len()).map(Who::Other);
        (0..).zip(std::iter::once(Who::Subject).chain(others)).map(|(member, who)| (Part::Subject { member }, who))
    }

    /// One probe and the pause after it, µs.
    pub fn step_us(&self) -> u64 {
        self.timing.latency_us + self.timing.fast_gap_us
    }

    /// Dies in time, near the limit, after it, or never; its sessions too, each for itself.
    pub fn dies_somewhen(&mut self, rng: &mut Rng) {
        let at = self.somewhen(self.limit_us, rng);
        self.dies(at, rng);
        if rng.percent(40) {
            self.world.sessions_end = self.somewhen(self.session_limit_us, rng);
        }
        if rng.percent(20) {
            self.world.later_sessions_end = self.somewhen(self.session_limit_us, rng).max(self.world.sessions_end);
        }
    }

    pub fn somewhen(&self, limit_us: u64, rng: &mut Rng) -> u64 {
        let origin = self.trigger_us;
        match rng.within(0, 99) {
            0..60 => origin + rng.within(0, limit_us),
            60..75 => (origin + limit_us + rng.within(0, 6 * self.step_us())).saturating_sub(3 * self.step_us()),
            75..90 => origin + limit_us + rng.within(0, 1_300_000),
            _ => NEVER,
        }
    }

    /// When it dies, or should have.
    pub fn dying_us(&self) -> u64 {
        let dies = self.world.life[0].1;
        if dies == NEVER { self.trigger_us + self.limit_us } else { dies }
    }

    /// An instant at which it matters what the door does.
    pub fn critical(&self, rng: &mut Rng) -> u64 {
        let death = self.dying_us();
        let at = match rng.within(0, 6) {
            0 => self.issued_us.1,
            1 => self.trigger_us,
            2 => self.trigger_us + self.limit_us,
            3 => death + self.timing.tail_us / 2,
            4 => death + self.timing.tail_us + rng.within(0, self.timing.end_us.unwrap_or(0)),
            _ => death,
        };
        let off = rng.log_within(1, 20 * self.timing.latency_us);
        if rng.percent(50) { at + off } else { at.saturating_sub(off) }
    }

    /// The drill declares that the backend is disturbed meanwhile.
    pub fn declared_fault(&mut self, from: u64, to: u64) {
        self.fault = Some(Fault {
            server: FaultServer::Backend,
            kind: FaultKind::Paused,
            duration_ms: (to - from).div_ceil(1000),
        });
        self.faulted_us = (from, to);
    }
}
