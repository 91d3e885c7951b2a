//! `drill clean`: removes what killed or kept runs left behind.

use super::serve::{engine, show, variables};
use crate::environment::sweep::{Scope, sweep};
use crate::exit::Exit;
use std::io::Write;

/// Removes leftovers; with `all` everything of every run, also of living ones.
pub async fn clean(all: bool, out: &mut dyn Write) -> Exit {
    let engine = match engine(&variables()).await {
        Ok(engine) => engine,
        Err(e) => return show(&e),
    };
    match sweep(&engine.docker, if all { &Scope::All } else { &Scope::Clean }).await {
        Ok(swept) if swept.is_empty() => {
            let _ = writeln!(out, "nothing was left behind");
            Exit::Passed
        }
        Ok(swept) => {
            for name in swept.containers.iter().chain(&swept.networks) {
                let _ = writeln!(out, "removed {name}");
            }
            Exit::Passed
        }
        Err(e) => show(&e),
    }
}
