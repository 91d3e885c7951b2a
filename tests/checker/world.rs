//! A backend whose truth is known: who lives how long, and what disturbs everybody when. Times in µs.

use super::rng::Rng;
use drill::observation::{Meaning, Saw};

/// Never.
pub const NEVER: u64 = u64::MAX;
/// What an acceptance of this run's server shows, and what one of another server shows.
pub const OURS: &str = "started 07:31:03";
pub const OTHERS: &str = "started 03:00:00";
/// An unanswered probe is given up after this.
pub const TIME_OUT_US: u64 = 1_000_000;

/// What the door does to everybody during a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No answer; `true`: it accepts and stays silent, so each probe runs into its time-out.
    Unreachable(bool),
    /// Everybody is refused.
    RefusesAll,
    /// Everybody is let in.
    LetsAllIn,
    /// Another server answers; `true`: it refuses everybody, else it lets everybody in.
    Another(bool),
    /// Answers that no table knows.
    Babbles,
}

/// A time in which something disturbs everybody.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from: u64,
    pub to: u64,
    pub mode: Mode,
}

/// Who knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Subject,
    /// A further member of the cohort, from 0.
    Other(usize),
    Control,
    Nobody,
    Reissued,
}

impl Who {
    /// One that the trigger must end.
    pub fn ends(self) -> bool {
        matches!(self, Self::Subject | Self::Other(_))
    }
}

/// The truth of one history.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// When the subject lives: from, to. The first is its life, any further one a resurrection.
    pub life: Vec<(u64, u64)>,
    /// The same of the cohort's further members.
    pub others: Vec<Vec<(u64, u64)>>,
    /// When the control dies.
    pub control_end: u64,
    /// When the server ends the subject's sessions, and the control's.
    pub sessions_end: u64,
    pub control_sessions_end: u64,
    /// When the server ends a session that was opened after that.
    pub later_sessions_end: u64,
    /// When the new credential dies; 0: it never lives.
    pub reissued_end: u64,
    pub windows: Vec<Window>,
    /// A dead credential is let in and denied everything.
    pub ends_denied: bool,
    /// So many of a hundred acceptances are denials of the operation.
    pub denied_percent: u64,
    /// What the refusal of a dead credential can mean.
    pub meaning: Option<Meaning>,
}

impl World {
    /// What everybody meets at an instant.
    pub fn mode(&self, at: u64) -> Option<Mode> {
        self.windows.iter().find(|w| w.from <= at && at < w.to).map(|w| w.mode)
    }

    /// The lives of a member of the cohort.
    pub fn life_of(&self, who: Who) -> &[(u64, u64)] {
        match who {
            Who::Other(i) => &self.others[i],
            _ => &self.life,
        }
    }

    /// Whether the credential itself lives.
    pub fn lives(&self, who: Who, at: u64) -> bool {
        match who {
            Who::Subject | Who::Other(_) => self.life_of(who).iter().any(|(from, to)| *from <= at && at < *to),
            Who::Control => at < self.control_end,
            Who::Reissued => at < self.reissued_end,
            Who::Nobody => false,
        }
    }

    /// Whether this run's server, asked at that instant, lets the holder in. Silence is no refusal: who cannot be reached may grant.
    pub fn grants(&self, who: Who, at: u64) -> bool {
        match self.mode(at) {
            // Nobody can tell who refused: a refusal shows no identity.
            Some(Mode::RefusesAll | Mode::Another(true)) => false,
            Some(Mode::LetsAllIn) => true,
            _ => self.lives(who, at),
        }
    }

    /// Whether whoever answers at this door at that instant refuses the holder.
    pub fn refuses(&self, who: Who, at: u64) -> bool {
        match self.mode(at) {
            Some(Mode::RefusesAll | Mode::Another(true)) => true,
            Some(_) => false,
            None => !self.lives(who, at),
        }
    }

    /// The answer to a login that is decided at that instant.
    pub fn login(&self, who: Who, at: u64, rng: &mut Rng) -> Saw {
        match self.mode(at) {
            Some(Mode::Unreachable(silent)) => unreachable(silent),
            Some(Mode::RefusesAll | Mode::Another(true)) => refused(Meaning::Both),
            Some(Mode::LetsAllIn) => accepted(OURS),
            Some(Mode::Another(false)) => accepted(OTHERS),
            Some(Mode::Babbles) => unclassified(),
            None if self.lives(who, at) => self.accepted(rng),
            None if self.ends_denied && who.ends() => denied(),
            None => refused(if who.ends() { self.meaning.unwrap_or(Meaning::Both) } else { Meaning::Both }),
        }
    }

    fn accepted(&self, rng: &mut Rng) -> Saw {
        if !self.ends_denied && self.denied_percent > 0 && rng.percent(self.denied_percent) {
            denied()
        } else {
            accepted(OURS)
        }
    }

    /// The answer on a session that the server ends at `end`.
    pub fn open(&self, end: u64, at: u64) -> Saw {
        match self.mode(at) {
            Some(Mode::Unreachable(silent)) => unreachable(silent),
            Some(Mode::Another(_)) => unreachable(false),
            Some(Mode::Babbles) => unclassified(),
            _ if at < end => accepted(OURS),
            _ => Saw::Refused { code: "57P01 ProcessInterrupts".into(), meaning: Meaning::Dead },
        }
    }
}

pub fn accepted(server: &str) -> Saw {
    Saw::Accepted { server: server.into() }
}

pub fn refused(meaning: Meaning) -> Saw {
    Saw::Refused { code: "28P01 auth_failed".into(), meaning }
}

pub fn denied() -> Saw {
    Saw::Denied { code: "42501 aclcheck_error".into() }
}

pub fn unreachable(silent: bool) -> Saw {
    Saw::Unreachable { why: if silent { "time-out after 1000 ms" } else { "connection refused" }.into() }
}

pub fn unclassified() -> Saw {
    Saw::Unclassified { what: "XX000 internal_error".into() }
}
