//! Panic messages pass the same boundary as every other output.

use super::Redactor;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

/// From now on a panic prints its message cleaned, whatever thread it happens on.
pub fn install_panic_hook(redactor: Redactor) {
    std::panic::set_hook(Box::new(move |info| {
        // `eprintln!` panics where stderr is closed; a panic inside the hook would abort.
        let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), message(info, &redactor).as_bytes());
    }));
}

fn message(info: &PanicHookInfo<'_>, redactor: &Redactor) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let trace = Backtrace::capture();
    let trace = match trace.status() {
        BacktraceStatus::Captured => format!("{trace}\n"),
        _ => String::new(),
    };
    let whole = format!("drill: internal error at {place}: {what}\n{trace}");
    redactor.try_clean(&whole).unwrap_or_else(|| format!("drill: internal error at {place}\n"))
}
