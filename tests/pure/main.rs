//! What needs no server: definitions, reports, the gate's files, the program's own words. One binary, because each is linked anew.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

#[path = "../common/mod.rs"]
mod common;
#[path = "../drafts/mod.rs"]
mod drafts;
#[path = "../readers/mod.rs"]
mod readers;
#[path = "../checker/rng.rs"]
#[allow(dead_code)] // the checker needs more of it
mod rng;

mod architecture;
mod commands;
mod controls;
mod diff;
mod evidence_schema;
mod examples;
mod exceptions;
mod exceptions_list;
mod exceptions_report;
mod gate_files;
mod github;
mod html_pages;
mod injection;
mod invalid;
mod kinds;
mod loader_property;
mod new;
mod patches;
mod redaction;
mod redaction_panic;
mod report_annotations;
mod report_command;
#[cfg(unix)]
mod report_disk;
mod report_golden;
mod report_log;
mod report_metrics;
mod report_same;
mod report_speed;
mod report_summary;
mod report_truth;
mod schema;
