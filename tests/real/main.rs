//! What needs real servers. Where no container engine answers these fail: nothing is skipped.
#![cfg(feature = "engine")]
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

#[path = "../drafts/mod.rs"]
mod drafts;
#[path = "../servers/job.rs"]
mod job;
#[path = "../servers/drill.rs"]
mod process;
#[path = "../servers/mod.rs"]
mod servers;
#[path = "../servers/turns.rs"]
mod turns;

mod engine;
mod faults;
mod influxdb_codes;
mod minio_codes;
mod minio_unrevoked;
mod misbehaviour;
mod mysql_codes;
mod new_run;
mod nginx_codes;
mod postgres_codes;
mod rabbitmq_codes;
mod rabbitmq_faults;
mod reach;
mod redaction_run;
mod sabotage;
mod sharing;
mod ssh_codes;
mod ssh_otp_codes;
mod static_bridge;
mod stopping;
mod valkey_codes;
