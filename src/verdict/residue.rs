//! What is left behind. Absence counts only beside presence: by name, in one query with the control.

use super::found::Found;
use super::reason::Reason;
use super::view::View;
use crate::credential::Ability;
use crate::history::{Body, Moment, Named, Part, Stock};

fn has(names: &[Named], part: &Part) -> bool {
    names.iter().any(|n| n.part == *part)
}

/// Every subject of the cohort stands among the names; sessions are opened on the first one only.
fn has_all(names: &[Named], view: &View<'_>, stock: Stock) -> bool {
    let members = if stock == Stock::Sessions { 1 } else { view.plan.leases.max(1) };
    (0..members).all(|member| has(names, &Part::Subject { member }))
}

/// Gone: there before, absent now, and the control's there both times. The event's number, or why not.
///
/// # Errors
/// Why it is not proved gone: the reason, in words, the event.
pub fn gone(view: &View<'_>, stock: Stock, moment: Moment) -> Result<u64, (Reason, String, u64)> {
    let words = stock_word(stock);
    let before = view
        .inventory(stock, Moment::Before)
        .filter(|(_, present, ..)| has_all(present, view, stock) && has(present, &Part::Control));
    let Some((before_seq, ..)) = before else {
        return Err((
            Reason::NotObserved,
            format!("no {words} of the subject and the control were found before the trigger"),
            0,
        ));
    };
    let Some((seq, present, absent, _)) = view.inventory(stock, moment) else {
        return Err((Reason::NotObserved, format!("{words} were not looked for afterwards"), before_seq));
    };
    if let Some(left) = present.iter().find(|n| matches!(n.part, Part::Subject { .. })) {
        return Err((Reason::ResidueLeft, format!("{} is still among the {words}", left.name), seq));
    }
    if !has_all(absent, view, stock) {
        return Err((Reason::NotObserved, format!("the subject's {words} were not asked for"), seq));
    }
    if !has(present, &Part::Control) {
        return Err((
            Reason::NothingToCompare,
            format!("the same query does not find the control's {words} either"),
            seq,
        ));
    }
    Ok(seq)
}

/// Users, sessions and leases of the subject are gone.
pub fn no_residue(view: &View<'_>) -> Found {
    let leased = view.drill.credential.can(Ability::Leases);
    // A user that stays is none that could be left behind; sessions by its old password are.
    let stays = view.drill.credential.can(Ability::Rotates);
    let expected = match (stays, leased) {
        (true, _) => "no session by the old password is left; the same query finds the control's",
        (_, true) => "no user, session or lease of the credential is left; the same query finds the control's",
        (_, false) => "no user or session of the credential is left; the same query finds the control's",
    };
    let mut events = Vec::new();
    let mut unknown = None;
    let mut failed = None;
    // What nobody can list is asked of nobody: its sessions are judged by what they still can do.
    for stock in view.drill.backend.stocks().iter().chain(leased.then_some(&Stock::Leases)).copied() {
        if stays && stock == Stock::Users {
            continue;
        }
        // Where the drill opens no sessions there are none to be missed; one that is there all the same is left behind.
        let none_opened = stock == Stock::Sessions && view.plan.sessions.is_empty();
        match gone(view, stock, Moment::After) {
            Ok(seq) => events.push(seq),
            Err((Reason::ResidueLeft, observed, seq)) => failed = failed.or(Some((observed, seq))),
            Err(_) if none_opened => {}
            Err((reason, observed, seq)) => unknown = unknown.or(Some((reason, observed, seq))),
        }
    }
    if let Some((seq, names, unanswered)) = strays(view) {
        let observed = format!("{} is at the backend, and nobody was given it", names[0]);
        if names.len() as u64 > unanswered {
            return Found::failed(Reason::ResidueLeft, expected, observed, vec![seq]);
        }
        // It may be a probe's. What else is left is left all the same.
        let observed = format!("{observed}; probes that may have made it and had no answer: {unanswered}");
        unknown = unknown.or(Some((Reason::NoAnswer, observed, seq)));
    }
    // Absence counts only beside presence: the same query must have found those that the run knows of. An engine that makes no user
    // leaves none.
    let has_users = view.drill.backend.stocks().contains(&Stock::Users);
    if has_users && !stays && !strays_asked(view) {
        let observed = "users that nobody was given were not looked for, or the query found none at all";
        unknown = unknown.or(Some((Reason::NothingToCompare, observed.into(), 0)));
    }
    // A trigger that nobody answered may never have been heard: then nothing had to go.
    if let Some((observed, seq)) = failed.take_if(|_| !view.answered()) {
        return Found::unknown(Reason::TriggerUnanswered, expected, observed, vec![seq]);
    }
    match (failed, unknown) {
        (Some((observed, seq)), _) => Found::failed(Reason::ResidueLeft, expected, observed, vec![seq]),
        (None, Some((reason, observed, seq))) => Found::unknown(reason, expected, observed, vec![seq]),
        (None, None) => Found::passed(expected, "all gone", events).resting_on(view.whole, &[]),
    }
}

/// Users that the authority made and that no credential of the run names: what an issue that failed halfway leaves behind. Besides, how many
/// probes may have made one and were not answered.
fn strays<'a>(view: &View<'a>) -> Option<(u64, &'a [String], u64)> {
    view.facts.iter().find_map(|e| match &e.body {
        Body::Strays { names, unanswered, .. } if !names.is_empty() => Some((e.seq, names.as_slice(), *unanswered)),
        _ => None,
    })
}

fn strays_asked(view: &View<'_>) -> bool {
    view.facts.iter().any(|e| matches!(&e.body, Body::Strays { known, .. } if *known > 0))
}

/// The control's user or lease is gone too, and the same query finds another: what it was and the event.
pub fn control_gone(view: &View<'_>) -> Option<(u64, String)> {
    [Stock::Users, Stock::Leases].into_iter().find_map(|stock| {
        let (seq, present, absent, _) = view.inventory(stock, Moment::After)?;
        (has(absent, &Part::Control) && !present.is_empty())
            .then(|| (seq, format!("it is gone from the {} too", stock_word(stock))))
    })
}

fn stock_word(stock: Stock) -> &'static str {
    match stock {
        Stock::Leases => "leases",
        Stock::Users => "users",
        Stock::Sessions => "sessions",
        Stock::Objects => "objects",
    }
}
