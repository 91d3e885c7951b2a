//! Sessions that were open before the trigger, and clients that come back.

use super::play::{Line, Play};
use super::truth::{self, Asked};
use super::world::{Who, World};
use drill::history::Part;
use drill::observation::{Saw, Stage};

/// No session is asked more often.
const QUESTIONS_MAX: u32 = 60;

/// What is true of one kind.
pub struct Watched {
    pub kind: &'static str,
    /// When the server ended the last session.
    pub closed_us: u64,
    /// When its logins were decided; none for a kind that does not come back.
    asked: Option<Vec<Asked>>,
}

impl Watched {
    /// When access by this kind ended.
    pub fn truth_us(&self, world: &World) -> u64 {
        let login_us = self.asked.as_ref().map_or(0, |asked| truth::death(world, Who::Subject, asked).0);
        self.closed_us.max(login_us)
    }
}

/// Plays every kind of the spec.
pub fn watch(play: &mut Play<'_>, start_us: u64) -> Vec<Watched> {
    let kinds = play.spec.kinds.clone();
    kinds.into_iter().map(|kind| one_kind(play, kind, start_us)).collect()
}

fn one_kind(play: &mut Play<'_>, kind: &'static str, start_us: u64) -> Watched {
    let mut subject = Line::new(Part::Session { kind: kind.into(), client: 0 }, kind, Who::Subject);
    let mut control = Line::new(Part::ControlSession { kind: kind.into() }, kind, Who::Control);
    let until = play.over_us.max(play.spec.trigger_us + play.spec.session_limit_us + 200_000);
    let opened = play.spec.issued_us.1 + 10 * play.spec.timing.latency_us;
    let gap = (until.saturating_sub(start_us) / 30).max(5_000);
    let control_end = play.spec.world.control_sessions_end;
    ask(play, &mut control, opened, control_end);
    let watched = if kind == "reconnecting" {
        come_back(play, &mut subject, opened, start_us, until, gap)
    } else {
        stay(play, &mut subject, opened, start_us, until, gap)
    };
    // The control's session is asked in step, and once more after the last of the subject's.
    let mut at = start_us;
    for _ in 0..2 * QUESTIONS_MAX {
        let sent = at.max(control.free_us);
        ask(play, &mut control, sent, control_end);
        if sent >= subject.free_us {
            break;
        }
        at = (control.free_us + gap).min(subject.free_us.max(control.free_us + 1));
    }
    play.end(&subject);
    play.end(&control);
    Watched { kind, ..watched }
}

/// One question to a session that the server ends at `end`; whether it is closed.
fn ask(play: &mut Play<'_>, line: &mut Line, at: u64, end: u64) -> bool {
    let sent = at.max(line.free_us);
    let latency = play.latency().min(20_000);
    let decided = sent + play.rng.within(0, latency);
    let saw = play.spec.world.open(end, decided);
    matches!(play.answer(line, sent, decided, Stage::Open, saw).saw, Saw::Refused { .. })
}

fn stay(play: &mut Play<'_>, line: &mut Line, opened: u64, start: u64, until: u64, gap: u64) -> Watched {
    let end = play.spec.world.sessions_end;
    let mut closed = ask(play, line, opened, end);
    let mut at = start;
    while !closed && line.n < QUESTIONS_MAX && line.free_us < until {
        closed = ask(play, line, at, end);
        at = line.free_us + play.rng.within(gap / 2, gap);
    }
    Watched { kind: "", closed_us: end, asked: None }
}

fn come_back(play: &mut Play<'_>, line: &mut Line, opened: u64, start: u64, until: u64, gap: u64) -> Watched {
    let mut asked = Vec::new();
    let mut end = play.spec.world.sessions_end;
    let mut open = !ask(play, line, opened, end);
    let mut at = start;
    while line.n < 2 * QUESTIONS_MAX {
        let last = line.free_us >= until || (line.free_us >= play.over_us && !open);
        if open && ask(play, line, at, end) {
            open = false;
            at = line.free_us;
            continue;
        }
        if !open {
            let sent = at.max(line.free_us);
            let latency = play.latency();
            let decided = sent + play.rng.within(0, latency);
            asked.push(Asked { sent, decided });
            let saw = play.spec.world.login(Who::Subject, decided, play.rng);
            open = matches!(saw, Saw::Accepted { .. });
            if open && truth::granted(&play.spec.world, Who::Subject, decided) {
                let world = &play.spec.world;
                end = if decided < world.sessions_end { world.sessions_end } else { world.later_sessions_end };
                end = end.max(decided + 1);
            }
            let stage = if open { Stage::Open } else { Stage::Login };
            play.answer(line, sent, decided, stage, saw);
        }
        if last {
            break;
        }
        at = line.free_us + play.rng.within(gap / 2, gap);
    }
    Watched { kind: "", closed_us: end, asked: Some(asked) }
}
