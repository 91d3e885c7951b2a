//! What was tested, by whom, on what, and what was not shown: the same in Markdown and HTML.

use super::facts::{self, Run, Server};
use super::rich::{Line, Piece};
use super::words::{self, Counts};
use crate::credential::database::RoleSource;
use crate::definition::DrillPlan;
use crate::history::Origin;

/// Where the run took place, for the cell that must not be overlooked.
pub fn place(run: Run<'_>) -> &'static str {
    if run.external() { "on servers that drill did not start" } else { "on disposable servers, not in production" }
}

/// `postgres: role orders-rw, as exported on 2026-11-20 (sha256 1f3c…), on disposable servers, not in production`.
pub fn tested(run: Run<'_>, plan: &DrillPlan) -> Line {
    let line = Line::new().text(format!("{}: role ", plan.drill)).code(plan.credential.role()).text(", ");
    let line = match facts::source(plan) {
        RoleSource::Drill => line.text("as ").code(&plan.file).text(" states it"),
        RoleSource::Exported { date, sha256, .. } => {
            let date = date.as_deref().map(|d| format!(" on {d}")).unwrap_or_default();
            line.text(format!("as exported{date} (sha256 ")).code(words::hash(sha256)).text(")")
        }
    };
    line.text(", ").strong(place(run))
}

/// `2026-11-24 07:31:02 – 07:31:06 UTC · run 20261124-… · commit 4be1… · started in CI by ci`.
pub fn who(run: Run<'_>) -> Line {
    let head = run.head();
    let ended = words::wall(head.started, run.ended_us());
    let mut parts = vec![
        Line::new().text(format!(
            "{} – {} UTC",
            head.started.strftime("%Y-%m-%d %H:%M:%S"),
            ended.strftime("%H:%M:%S")
        )),
        Line::new().text("run ").code(&head.run),
    ];
    parts.extend(head.by.job.as_deref().map(|job| Line::new().text(job)));
    parts.extend(head.by.commit.as_deref().map(|c| Line::new().text("commit ").code(words::hash(c))));
    let started = if head.by.ci { "started in CI" } else { "started" };
    match head.by.user.as_deref() {
        Some(user) => parts.push(Line::new().text(format!("{started} by ")).code(user)),
        None if head.by.ci => parts.push(Line::new().text(started)),
        None => {}
    }
    Line::joined(parts, &Piece::Text(" · ".to_owned()))
}

pub fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Official => "official",
        Origin::StandIn => "stand-in",
        Origin::External => "external",
    }
}

/// `OpenBao 2.7.2 (stand-in sha256:77a0…)`.
pub fn server_line(server: &Server<'_>) -> String {
    let id = words::hash(server.image_id);
    format!("{} {} ({} {id})", server.product, server.version, origin(server.origin))
}

/// All servers, and the program.
pub fn servers(run: Run<'_>) -> Line {
    let one = |s: &Server<'_>| {
        let line = Line::new().text(format!("{} {} ({} ", s.product, s.version, origin(s.origin)));
        line.code(words::hash(s.image_id)).text(")")
    };
    let mut servers: Vec<Line> = run.servers().iter().map(one).collect();
    let drill = Line::new().text(format!("drill {}", run.head().program));
    let binary = run.head().program_sha256.as_deref();
    servers.push(drill.maybe(" (", binary, |l, sha256| l.code(words::hash(sha256)).text(")")));
    Line::joined(servers, &Piece::Text(" · ".to_owned()))
}

/// `41 checks passed, 0 failed, 0 inconclusive, 0 excepted`.
pub fn result(run: Run<'_>) -> String {
    let counts = Counts::of_scenarios(run.scenarios());
    format!(
        "{} {} passed, {} failed, {} inconclusive, {} excepted",
        counts.passed,
        words::plural(counts.passed, "check"),
        counts.failed,
        counts.inconclusive,
        counts.excepted
    )
}

/// `metadata (owner, tenant), audit (linked)`.
fn not_judged(run: Run<'_>) -> String {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in run.verdicts.drills.iter().flat_map(|d| &d.not_judged) {
        let (family, rest) = check.split_once('.').unwrap_or((check, ""));
        match families.iter_mut().find(|(f, _)| *f == family) {
            Some((_, checks)) if checks.contains(&rest) => {}
            Some((_, checks)) => checks.push(rest),
            None => families.push((family, vec![rest])),
        }
    }
    let one = |(family, checks): &(&str, Vec<&str>)| format!("{family} ({})", checks.join(", "));
    families.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What nobody may conclude from this run.
pub fn not_shown(run: Run<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let drills = &run.head().drills;
    let mut unread: Vec<String> = Vec::new();
    for item in drills.iter().flat_map(|d| &d.not_from_production) {
        if !unread.contains(item) {
            unread.push(item.clone());
        }
    }
    out.push(match unread.as_slice() {
        [] => "Production itself.".to_owned(),
        some => format!("Production itself; not taken from there: {}.", words::list(some)),
    });
    let stand_ins = run.stand_ins();
    if !stand_ins.is_empty() {
        out.push(format!("The vendors' own images: {} ran from stand-ins.", words::list(&stand_ins)));
    }
    let mut doors: Vec<String> = drills.iter().flat_map(|d| &d.doors).cloned().collect();
    doors.dedup();
    out.push(format!("Other ways in than {}: replicas, poolers, restored backups.", words::list(&doors)));
    let mut scenarios = drills.iter().flat_map(|d| &d.scenarios);
    if scenarios.clone().any(|s| !s.caller.exported) {
        out.push("Owner and tenant as production has them: the drill file states them itself.".to_owned());
    }
    if scenarios.any(|s| s.limit_is_default) {
        out.push("That the default limit is the right one: the drill states none.".to_owned());
    }
    let not_judged = not_judged(run);
    if !not_judged.is_empty() {
        out.push(format!("What this program does not judge yet: {not_judged}."));
    }
    out
}
