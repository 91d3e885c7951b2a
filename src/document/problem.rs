//! Everything that can be wrong with a definition: the statement in `Display`, what to do about it in `hint`.

use super::duration;
use super::suggest::{nearest, one_of};
use thiserror::Error;

type Known = &'static [&'static str];

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
    #[error("tags have no place in a drill")]
    Tag,
    #[error("a second document begins here")]
    SeveralDocuments,
    #[error("nested deeper than {0}")]
    TooDeep(usize),
    #[error("this grows beyond every drill: too many values, anchors or aliases")]
    TooMuch,
    #[error("the alias `{0}` has no anchor before it")]
    UnknownAlias(String),
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
    #[error("the subject would live {expire}, the role allows {max}")]
    ExpireAboveMax { expire: String, max: String },
    #[error("the control would live {control}, less than ten times the subject's {subject}")]
    ControlTooShort { control: String, subject: String },

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

impl Problem {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.structure_hint().or_else(|| self.value_hint()).or_else(|| self.file_hint())
    }

    fn structure_hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey { key: word, known } | Self::UnknownWord { word, known } => {
                match nearest(word, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("expected {}", one_of(known.iter().copied())),
                }
            }
            Self::NotYet { known, .. } | Self::NoneOf(known) | Self::OnlyOneOf(known) => {
                format!("expected {}", one_of(known.iter().copied()))
            }
            Self::MissingKey(key @ ("creation_statements" | "default_ttl" | "max_ttl")) => {
                format!("add `{key}: …`, or take all from production by `exported: DIR`")
            }
            Self::MissingKey(key) => format!("add `{key}: …`"),
            Self::NumberForText(text) => format!("quote it: \"{text}\""),
            Self::WrongType { expected, found } => type_hint(expected, found)?.into(),
            Self::DuplicateKey { first, .. } => format!("the first is in line {first}"),
            Self::KeyIsNoText => "quote the key, or the whole line if it is a value".into(),
            Self::UnquotedTemplate => "quote the whole value: 'CREATE ROLE \"{{name}}\" …'".into(),
            Self::Tab => "indent with spaces".into(),
            Self::SeveralDocuments => "one drill a file: move it into a file of its own".into(),
            Self::TooDeep(_) => "is a bracket left over, or an indent?".into(),
            Self::TooMuch => "write out what is meant".into(),
            Self::NotClosed { close, .. } => format!("close it with `{close}` before this, or quote the whole value"),
            Self::OpenQuote => "close it at the end of the value".into(),
            Self::SecondColon | Self::StarBegins => "quote the whole value".into(),
            Self::NoColon => "write `key: value`, with a space between".into(),
            Self::Indented => "indent it like its neighbours".into(),
            Self::Tag => "quote the value if a text is meant".into(),
            Self::UnknownAlias(_) => "quote it if a text is meant".into(),
            Self::TakesNothing(word) => format!("write just `{word}`"),
            Self::TakesAValue(word) => format!("write `{{ {word}: … }}`"),
            Self::Empty => "`drill new NAME --from DIR` writes a first drill".into(),
            Self::NoYaml(_) => "this is no YAML; does the value need quotes around all of it?".into(),
            _ => return None,
        })
    }

    fn value_hint(&self) -> Option<String> {
        const UNITS: &str = "units are `ms`, `s`, `m`, `h` and `d`";
        Some(match self {
            Self::NoUnit(number) => with_unit(number),
            Self::UnknownUnit(_) => UNITS.into(),
            Self::NoDuration(_) => "write a number and a unit, like `2s`".into(),
            Self::NegativeDuration(_) | Self::ZeroDuration(_) => "it must be longer than 0".into(),
            Self::PartOfAMillisecond(_) | Self::TooLong(_) => "is the unit the one that is meant?".into(),
            Self::NoWholeSeconds => "`1s` is the shortest".into(),
            Self::DefaultAboveMax { .. } => "OpenBao would cut it".into(),
            Self::ExpireAboveMax { .. } => "shorten `expire`".into(),
            Self::ControlTooShort { .. } => "the control has the role's default_ttl: shorten `expire`".into(),
            Self::Todo(_) => "replace all of it".into(),
            Self::BadName { what: "a database", .. } => {
                "letters, digits, `_` and `-`, at most 63, no digit first".into()
            }
            Self::BadName { what: "a role", .. } => "letters, digits and `_`, within it also `-` and `.`".into(),
            Self::BadName { .. } => "lower-case letters, digits and dashes, at most 63, no dash first".into(),
            Self::NotTheFilesName { stem, .. } => format!("write `{stem}`, or rename the file"),
            Self::Blank(_) => "name it".into(),
            Self::BadImage(_) => "an image is written like `postgres:17`".into(),
            Self::NoTag(image) => format!("write `{image}:VERSION`: a report speaks of one version"),
            Self::UnknownSession { kind, known, .. } => match nearest(kind, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("expected {}", one_of(known.iter().copied())),
            },
            Self::SealedBackend => "a backend can be `paused` or `killed`".into(),
            Self::NoScenario => "add one, like `revoke: { trigger: revoke }`".into(),
            Self::NoStatement(text) => {
                let word = text.split_whitespace().next().unwrap_or("").to_lowercase();
                match nearest(&word, super::sql::FIRST_WORDS.iter().copied()) {
                    Some(meant) => format!("did you mean `{}`?", meant.to_uppercase()),
                    None => "write a whole statement, like `SELECT count(*) FROM orders`".into(),
                }
            }
            Self::SplitStatement { whole, .. } => format!("write one statement a line: `- \"{whole}\"`"),
            Self::EmptyStatement => "remove it".into(),
            Self::UnknownTemplate(name) => match nearest(name, super::problem::TEMPLATES.iter().copied()) {
                Some(meant) => format!("did you mean `{{{{{meant}}}}}`?"),
                None => "OpenBao knows `{{name}}`, `{{password}}` and `{{expiration}}`".into(),
            },
            Self::BareTemplate(name) if name == "password" || name == "expiration" => {
                format!("write '{{{{{name}}}}}'")
            }
            Self::BareTemplate(name) => {
                format!("write \"{{{{{name}}}}}\" for a name, '{{{{{name}}}}}' for a text: made names hold dashes")
            }
            Self::TemplateUnused(_) => "nobody could log in with what is issued".into(),
            Self::NothingStated(_) => "state at least one statement: the bracket needs it".into(),
            Self::AllowedAndDenied | Self::SameStatement => "remove one".into(),
            _ => return None,
        })
    }

    fn file_hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { tried, .. } | Self::NoFile { tried, .. } => format!("tried {tried}"),
            Self::LeavesProject { tried, .. } => {
                format!("tried {tried}: paths start at the parent of the drills directory and stay in it")
            }
            Self::TooLarge { .. } => "is it the file that is meant?".into(),
            Self::NoUtf8 => "save it as UTF-8".into(),
            Self::WrongExtension => "rename it, or it will never run".into(),
            Self::PsqlCommand => "the seed runs over one connection, without psql".into(),
            Self::UnknownPlaceholder(_) => "the seed knows `${parent}` and `${inspector}`".into(),
            Self::SeedLacks { .. } => "create it in the seed".into(),
            Self::BesideExported(_) => "remove one: what was exported is what production has".into(),
            Self::BadExport { .. } => "write it with `bao read -format=json …`".into(),
            Self::ExportNotYet(_) => "export a dynamic role that issues passwords".into(),
            Self::OtherExport { .. } => "export the one that is meant, or correct the drill".into(),
            Self::NoDrills(_) => "`--drills DIR` says where they are".into(),
            Self::NoSuchDrill { nearest: Some(meant), .. } | Self::NoSuchScenario { nearest: Some(meant), .. } => {
                format!("did you mean `{meant}`?")
            }
            Self::BadSelection(_) => "globs know `*` and `?`".into(),
            Self::ReservedName(_) => "`exceptions.yaml` and `inventory.yaml` are no drills: take another name".into(),
            Self::Exists(_) => "remove it first, or take another name".into(),
            _ => return None,
        })
    }
}

/// What OpenBao fills in; `username` is its older word for `name`.
pub const TEMPLATES: Known = &["name", "username", "password", "expiration"];

fn with_unit(number: &str) -> String {
    let plain = format!("{number}s");
    match duration::milliseconds(&plain).map(duration::text) {
        Ok(short) if short != plain => format!("write `{plain}` or `{short}`"),
        _ => format!("write `{plain}` for seconds; units are `ms`, `s`, `m`, `h` and `d`"),
    }
}

fn type_hint(expected: &str, found: &str) -> Option<&'static str> {
    Some(match (expected, found) {
        (_, "a yes or no") | ("a text", "keys with values") => "quote it if a text is meant",
        (_, "nothing") => "write its value, or remove the key",
        ("a text", "a list") => "write one text, without brackets and dashes",
        ("a list", _) => "write each in a line of its own below:  - …",
        ("keys with values", _) => "write `key: value` here",
        _ => return None,
    })
}
