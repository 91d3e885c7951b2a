//! Everything that can be wrong with a definition: the statement in `Display`. What to do about it `hint` says.

use super::{BrokeredProblem, DatabaseProblem, GateProblem, MinioProblem, RotationProblem, ValkeyProblem};
use thiserror::Error;

type Known = &'static [&'static str];

impl From<GateProblem> for Problem {
    fn from(problem: GateProblem) -> Self {
        Self::Gate(problem)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // each says itself in its message
pub enum Problem {
    // The file.
    #[error("cannot be read: {why}")]
    Unreadable { why: String, tried: String },
    #[error("{size} bytes are no definition: the limit is {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("this is not UTF-8")]
    NoUtf8,
    #[error("nothing is defined here")]
    Empty,
    #[error("drill files end in `.yaml`")]
    WrongExtension,

    // Its structure: each of these is reported alone.
    #[error("{0}")]
    NoYaml(String),
    #[error("a tab cannot indent")]
    Tab,
    #[error("`{open}` is not closed")]
    NotClosed { open: char, close: char },
    #[error("this quote is not closed")]
    OpenQuote,
    #[error("a second `: ` in one line")]
    SecondColon,
    #[error("no key: `: ` is missing")]
    NoColon,
    #[error("nothing above is indented like this")]
    Indented,
    #[error("`*` and `&` begin YAML's own aliases and anchors")]
    StarBegins,
    #[error("tags have no place here")]
    Tag,
    #[error("a second document begins here")]
    SeveralDocuments,
    #[error("nested deeper than {0}")]
    TooDeep(usize),
    #[error("this grows beyond every drill: too many values, anchors or aliases")]
    TooMuch,
    #[error("the alias `{0}` has no anchor before it")]
    UnknownAlias(String),
    #[error("anchors, aliases and merge keys have no place here")]
    Alias,
    #[error("`{{{{…}}}}` outside quotes is YAML's own syntax")]
    UnquotedTemplate,
    #[error("a key must be a text")]
    KeyIsNoText,
    #[error("`{key}` stands here twice")]
    DuplicateKey { key: String, first: u32 },
    #[error("unknown key `{key}`")]
    UnknownKey { key: String, known: Known },
    #[error("`{word}` is unknown here")]
    UnknownWord { word: String, known: Known },
    #[error("`{word}` is not supported yet by this version")]
    NotYet { word: String, known: Known },
    #[error("`{0}` is missing")]
    MissingKey(&'static str),
    #[error("expected {expected}, found {found}")]
    WrongType { expected: String, found: String },
    #[error("`{0}` is read as a number")]
    NumberForText(String),
    #[error("nothing is chosen here")]
    NoneOf(Known),
    #[error("only one can be chosen here")]
    OnlyOneOf(Known),
    #[error("`{0}` takes no value")]
    TakesNothing(String),
    #[error("`{0}` needs a value")]
    TakesAValue(String),
    #[error("{0}")]
    Other(String),

    // Durations.
    #[error("a duration needs a unit")]
    NoUnit(String),
    #[error("unknown unit `{0}`")]
    UnknownUnit(String),
    #[error("`{0}` is no duration")]
    NoDuration(String),
    #[error("`{0}` is negative")]
    NegativeDuration(String),
    #[error("`{0}` is no time at all")]
    ZeroDuration(String),
    #[error("`{0}` is more exact than a millisecond")]
    PartOfAMillisecond(String),
    #[error("`{0}` is longer than ten years")]
    TooLong(String),
    #[error("OpenBao counts a TTL in whole seconds")]
    NoWholeSeconds,
    #[error("default_ttl {default} is above max_ttl {max}")]
    DefaultAboveMax { default: String, max: String },
    #[error("ttl {ttl} is above max_ttl {max}")]
    TtlAboveMax { ttl: String, max: String },
    #[error("the subject would live {expire}, the role allows {max}")]
    ExpireAboveMax { expire: String, max: String },
    #[error("the control would live {control}, less than ten times the subject's {subject}")]
    ControlTooShort { control: String, subject: String },

    // Days.
    #[error("`{0}` is no day")]
    NoDay(String),
    #[error("`{0}` has no year of four digits")]
    NoYear(String),
    #[error("there is no day `{0}`")]
    NoSuchDay(String),
    #[error("`{0}` is more than a day")]
    TimeOfDay(String),
    #[error("the day asked for, {asked}, is over: today is {today} (UTC)")]
    DayIsOver { asked: String, today: String },

    // Exceptions.
    #[error("nothing is excepted here")]
    NoExceptions,
    #[error("a second document begins here")]
    SecondDocument,
    #[error("{0} says nothing")]
    SaysNothing(&'static str),
    #[error("{what} is longer than {most} characters")]
    TextTooLong { what: &'static str, most: usize },
    #[error("`{granted_by}` would grant it to itself")]
    GrantedToOneself { granted_by: String },
    #[error("granted on {granted_on}, which is still to come: it is {day} (UTC)")]
    GrantedInTheFuture { granted_on: String, day: String },
    #[error("it ends on {expires}, before it is granted on {granted_on}")]
    EndsBeforeItBegins { expires: String, granted_on: String },
    #[error("from {granted_on} to {expires} is longer than ten years")]
    NeverEnds { expires: String, granted_on: String },
    #[error("`{0}` is a pattern")]
    PatternForCheck(String),
    #[error("`{given}` is no whole id of a check")]
    PartOfACheck { given: String, like: String },
    #[error("no drill has the check `{id}`")]
    NoSuchCheck { id: String, nearest: Option<String> },
    #[error("the exception `{id}` stands here twice")]
    SameException { id: String, first: u32 },
    #[error("the check `{check}` is excepted twice")]
    SameCheck { check: String, first: u32 },

    // Names and values.
    #[error("still to be filled in: {0}")]
    Todo(String),
    #[error("`{name}` is no name for {what}")]
    BadName { what: &'static str, name: String },
    #[error("the drill is called `{drill}`, its file `{stem}.yaml`")]
    NotTheFilesName { drill: String, stem: String },
    #[error("{0} is empty")]
    Blank(&'static str),
    #[error("`{0}` is no image")]
    BadImage(String),
    #[error("`{0}` names no version")]
    NoTag(String),
    #[error("{backend} has no session kind `{kind}`")]
    UnknownSession { backend: &'static str, kind: String, known: Known },
    #[error("only the authority can be sealed")]
    SealedBackend,
    #[error("no scenario is defined")]
    NoScenario,
    #[error("`{trigger}` ends one credential, not a cohort")]
    NoCohort { trigger: &'static str },
    #[error("a cohort here has {least} to {most} leases")]
    CohortSize { least: u32, most: u32 },
    #[error("a credential of kind `{0}` cannot be renewed")]
    NotRenewable(&'static str),
    #[error("a credential of kind `{0}` is not spent by its use")]
    NotSpent(&'static str),
    #[error("no session is open before the first use")]
    SessionOfUse,
    #[error("a cap below {shortest} cannot be told from the TTL before it")]
    CapTooShort { shortest: String },
    #[error("a TTL of {ttl} is not kept alive by renewals so far apart")]
    RenewedTooSeldom { ttl: String },

    // Statements.
    #[error("`{0}` begins with no SQL keyword")]
    NoStatement(String),
    #[error("`{part}` begins with no SQL keyword: did a comma split it?")]
    SplitStatement { part: String, whole: String },
    #[error("an empty statement")]
    EmptyStatement,
    #[error("unknown template `{{{{{0}}}}}`")]
    UnknownTemplate(String),
    #[error("`{{{{{0}}}}}` stands outside SQL's quotes")]
    BareTemplate(String),
    #[error("no creation statement uses `{{{{{0}}}}}`")]
    TemplateUnused(&'static str),
    #[error("nothing is stated to be {0}")]
    NothingStated(&'static str),
    #[error("the same statement is allowed and denied")]
    AllowedAndDenied,
    #[error("the same statement stands here twice")]
    SameStatement,
    #[error("`{0}` is no path of a request")]
    NoRequestPath(String),
    #[error("`{0}` is no command")]
    NoCommand(String),

    // Files that the drill names.
    #[error("no file `{path}`")]
    NoFile { path: String, tried: String },
    #[error("`{path}` leaves the project")]
    LeavesProject { path: String, tried: String },
    #[error("a psql command is no SQL")]
    PsqlCommand,
    #[error("unknown placeholder `${{{0}}}`")]
    UnknownPlaceholder(String),
    #[error("the statements need the {kind} `{name}`, the seed does not name it")]
    SeedLacks { kind: &'static str, name: String },
    #[error("`{0}` stands beside `exported`: both cannot be true")]
    BesideExported(&'static str),
    #[error("{file} is no export: {why}")]
    BadExport { file: String, why: String },
    #[error("{0} cannot be drilled yet by this version")]
    ExportNotYet(String),
    #[error("the export is of {kind} `{found}`, the drill says `{stated}`")]
    OtherExport { kind: &'static str, found: String, stated: String },

    // A gate, or an inventory.
    #[error("{0}")]
    Gate(GateProblem),
    // A database role.
    #[error("{0}")]
    Database(DatabaseProblem),
    #[error("{0}")]
    Valkey(ValkeyProblem),
    #[error("{0}")]
    Minio(MinioProblem),
    #[error("{0}")]
    Rotation(RotationProblem),
    #[error("{0}")]
    Brokered(BrokeredProblem),
    // Brokers.
    #[error("the role has no right in the virtual host `{0}`")]
    NoRightInVhost(String),
    #[error("no virtual host is named")]
    NoVhost,
    #[error("no `{0}` is allowed")]
    OperationMissing(&'static str),
    #[error("{file} holds no definitions of a virtual host: {why}")]
    BadDefinitions { file: String, why: String },
    #[error("{backend} lets in no credential of the kind `{credential}`")]
    WrongKind { backend: &'static str, credential: &'static str, needed: &'static str },

    // Selection.
    #[error("no drills in {0}")]
    NoDrills(String),
    #[error("no drill `{name}` in {dir} (have: {have})")]
    NoSuchDrill { name: String, dir: String, have: String, nearest: Option<String> },
    #[error("no scenario `{name}` in {drill} (have: {have})")]
    NoSuchScenario { name: String, drill: String, have: String, nearest: Option<String> },
    #[error("`{0}` is no NAME or NAME/SCENARIO")]
    BadSelection(String),
    #[error("{0} is there already")]
    Exists(String),
    #[error("a drill cannot be called `{0}`")]
    ReservedName(String),
    #[error("cannot write {path}: {why}")]
    Unwritable { path: String, why: String },
}
