//! The command line: raw input only. What it means is `command`'s.

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 passed · 1 failed · 2 usage or definition · 3 inconclusive, or the environment is broken · 130 interrupted
Files: drills/*.yaml (schema: drill schema) · reports/latest/";

/// do dynamic credentials die where they should?
#[derive(Debug, Parser)]
#[command(name = "drill", version, about = "do dynamic credentials die where they should?", after_help = EXIT_CODES, after_long_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Where the drills are; paths in them start at its parent
    #[arg(long, global = true, env = "DRILL_DRILLS", default_value = "drills", value_name = "DIR")]
    pub drills: PathBuf,
    /// Where reports go: runs/<id>/ and latest
    #[arg(long, global = true, env = "DRILL_REPORTS", default_value = "reports", value_name = "DIR")]
    pub reports: PathBuf,
    /// Say less: only what is not passed
    #[arg(short, long, global = true, env = "DRILL_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// Say more: where the time went; twice: debug log on stderr
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Colour
    #[arg(long, global = true, env = "DRILL_COLOR", value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Which images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Images {
    /// official where present or a registry answers, else stand-ins
    Auto,
    /// official only
    Official,
    /// stand-ins only
    Local,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start servers, issue, end, probe, judge, report
    #[command(
        after_help = "Example: drill run postgres            drill run 'post*' --junit junit.xml            drill run postgres/revoke --keep"
    )]
    Run(RunArgs),
    /// Drills, scenarios, checks that apply
    #[command(after_help = "Example: drill list --json")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Roles in use without a drill, and drills without a role
        #[arg(long)]
        coverage: bool,
        /// What is in use
        #[arg(long, env = "DRILL_INVENTORY", value_name = "FILE")]
        inventory: Option<PathBuf>,
    },
    /// Check definitions, start nothing
    #[command(after_help = "Example: drill validate drills/postgres.yaml --resolved")]
    Validate {
        /// Files; all of the drills directory where none is named
        files: Vec<PathBuf>,
        /// Show what they resolve to, with defaults and exports merged
        #[arg(long)]
        resolved: bool,
    },
    /// A first drill from a role exported by `bao read -format=json`
    #[command(after_help = "Example: drill new orders --from drills/roles/orders-rw")]
    New {
        /// The drill's name
        name: String,
        /// The directory with role.json
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// What a check, an exit code or a backend's code means, and what to do
    #[command(
        after_help = "Example: drill explain trigger.exposure            drill explain 3            drill explain 28P01"
    )]
    Explain {
        /// A check's id, an exit code, or a code of a backend
        what: String,
    },
    /// Judge and render existing evidence again, without containers
    #[command(after_help = "Example: drill report reports/runs/20261124-073102-k3x9")]
    Report {
        /// Directories with events.jsonl; the latest run where none is named
        dirs: Vec<PathBuf>,
        /// Where to write JUnit besides
        #[arg(long, env = "DRILL_JUNIT", value_name = "FILE")]
        junit: Option<PathBuf>,
        /// Where to append the summary (readiness.md) besides; GitHub's own where it is left out under GitHub Actions
        #[arg(long, env = "DRILL_SUMMARY", value_name = "FILE")]
        summary: Option<PathBuf>,
    },
    /// Judge evidence against a level, without running anything
    #[command(after_help = "Example: drill gate RL3            drill gate RL3 reports/runs/a reports/runs/b")]
    Gate(GateArgs),
    /// Sign a run's evidence: an in-toto statement in a DSSE envelope
    #[command(after_help = "Example: drill sign reports/latest --key release.pem")]
    Sign {
        /// The run's directory
        dir: PathBuf,
        /// Ed25519 private key, PKCS#8 PEM
        #[arg(long, env = "DRILL_SIGN_KEY", value_name = "FILE")]
        key: PathBuf,
    },
    /// Check signature, digests, and that the reports follow from the evidence
    #[command(after_help = "Example: drill verify reports/latest --key release.pub.pem
Exit: 0 verified · 1 altered · 2 unreadable · 3 intact and the signer unverified, or unsigned")]
    Verify {
        /// The run's directory
        dir: PathBuf,
        /// Ed25519 public key that is trusted, PEM
        #[arg(long, env = "DRILL_VERIFY_KEY", value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Exceptions with their days and what each covers
    #[command(after_help = "Example: drill exceptions --as-of 2027-01-01")]
    Exceptions {
        /// The day to judge by, UTC; today where it is left out
        #[arg(long, value_name = "DAY")]
        as_of: Option<String>,
    },
    /// What changed between two runs
    #[command(after_help = "Example: drill diff reports/runs/a reports/runs/b")]
    Diff {
        /// The earlier run's directory
        before: PathBuf,
        /// The later run's directory
        after: PathBuf,
    },
    /// Break a set-up on purpose and see that the right checks turn red
    #[command(after_help = "Example: drill prove fixtures/sabotage/revocation-does-nothing.yaml")]
    Prove(ProveArgs),
    /// Remove what killed or kept runs left behind
    #[command(after_help = "Example: drill clean            drill clean --all")]
    Clean {
        /// Everything of every run, also of living ones
        #[arg(long)]
        all: bool,
    },
    /// The JSON Schema of drill files, or of another kind of file
    #[command(after_help = "Example: drill schema > drill.schema.json            drill schema gate")]
    Schema {
        /// drill, gate, inventory, exceptions or evidence
        #[arg(default_value = "drill")]
        kind: String,
    },
}

/// `drill gate`.
#[derive(Debug, Clone, Args)]
pub struct GateArgs {
    /// The level: drills/gates/<level>.yaml
    pub level: String,
    /// Runs' directories, or directories of such; the latest run where none is named
    pub dirs: Vec<PathBuf>,
    /// What is in use; drills/inventory.yaml where it is left out and that file is there
    #[arg(long, env = "DRILL_INVENTORY", value_name = "FILE")]
    pub inventory: Option<PathBuf>,
    /// The day to judge by, UTC; today where it is left out
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<String>,
    /// Where to write gate.md and gate.json; gate/ in the reports directory where it is left out
    #[arg(long, env = "DRILL_GATE_OUT", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where to append the summary besides
    #[arg(long, env = "DRILL_SUMMARY", value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Ed25519 public key whose signatures are trusted, PEM
    #[arg(long, env = "DRILL_VERIFY_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Let generated evidence count: for tests
    #[arg(long, hide = true)]
    pub allow_synthetic: bool,
}

/// What `run` and `prove` share.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// Which images
    #[arg(long, env = "DRILL_IMAGES", value_enum, default_value_t = Images::Auto)]
    pub images: Images,
    /// Drills at the same time; left out: as many as memory and cores allow
    #[arg(long, env = "DRILL_JOBS", value_name = "N")]
    pub jobs: Option<usize>,
    /// When the whole run is given up
    #[arg(long, env = "DRILL_TIMEOUT", default_value = "10m", value_name = "D")]
    pub timeout: String,
    /// Where to write JUnit besides
    #[arg(long, env = "DRILL_JUNIT", value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Where to append the summary (readiness.md) besides; GitHub's own where it is left out under GitHub Actions
    #[arg(long, env = "DRILL_SUMMARY", value_name = "FILE")]
    pub summary: Option<PathBuf>,
}

/// `drill run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Drills and scenarios, as globs; all where none is named
    #[arg(value_name = "NAME[/SCENARIO]")]
    pub names: Vec<String>,
    /// How its servers are had.
    #[command(flatten)]
    pub servers: ServerArgs,
    /// Judge that gate too; the worse counts
    #[arg(long, env = "DRILL_GATE", value_name = "LEVEL")]
    pub gate: Option<String>,
    /// What is in use, for the gate
    #[arg(long, env = "DRILL_INVENTORY", value_name = "FILE")]
    pub inventory: Option<PathBuf>,
    /// The day to judge exceptions by, UTC: today or later
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<String>,
    /// Do it so often, and show the spread of each exposure
    #[arg(long, env = "DRILL_REPEAT", default_value_t = 1, value_name = "N")]
    pub repeat: u32,
    /// Keep the servers and a login for a person, until `drill clean`; refused where CI is set
    #[arg(long, env = "DRILL_KEEP", value_parser = FalseyValueParser::new())]
    pub keep: bool,
}

/// `drill prove`.
#[derive(Debug, Clone, Args)]
pub struct ProveArgs {
    /// Sabotages; all of fixtures/sabotage where none is named
    pub files: Vec<PathBuf>,
    /// Exit as the sabotaged run does, whatever should have turned red
    #[arg(long)]
    pub exit_of_run: bool,
    /// How its servers are had.
    #[command(flatten)]
    pub servers: ServerArgs,
}
