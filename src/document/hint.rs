//! What to do about each problem.

use super::duration;
use super::problem::Problem;
use super::sql_words::{FIRST_WORDS, TEMPLATES};
use super::suggest::{nearest, one_of};

impl Problem {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.structure_hint()
            .or_else(|| self.value_hint())
            .or_else(|| self.exception_hint())
            .or_else(|| self.file_hint())
    }

    fn structure_hint(&self) -> Option<String> {
        Some(match self {
            Self::Gate(problem) => return problem.hint(),
            Self::Database(problem) => problem.hint(),
            Self::Valkey(problem) => problem.hint(),
            Self::Minio(problem) => problem.hint(),
            Self::Rotation(problem) => problem.hint(),
            Self::Brokered(problem) => problem.hint(),
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
            Self::TooMuch | Self::Alias => "write out what is meant".into(),
            Self::NotClosed { close, .. } => format!("close it with `{close}` before this, or quote the whole value"),
            Self::OpenQuote => "close it at the end of the value".into(),
            Self::SecondColon | Self::StarBegins => "quote the whole value".into(),
            Self::NoColon => "write `key: value`, with a space between".into(),
            Self::Indented => "indent it like its neighbours".into(),
            Self::Tag => "quote the value if a text is meant".into(),
            Self::UnknownAlias(_) => "quote it if a text is meant".into(),
            Self::TakesNothing(word) => format!("write just `{word}`"),
            Self::TakesAValue(word) => format!("write `{{ {word}: … }}`"),
            Self::NotSpent(_) => "`use` is for what works once: `ssh-otp`".into(),
            Self::SessionOfUse => "leave `sessions` out: a session is what the use is for".into(),
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
            Self::DefaultAboveMax { .. } | Self::TtlAboveMax { .. } => "OpenBao would cut it".into(),
            Self::ExpireAboveMax { .. } => "shorten it".into(),
            Self::ControlTooShort { .. } => "the control has the role's default_ttl: shorten `expire`".into(),
            Self::Todo(_) => "replace all of it".into(),
            Self::BadName { what: "a database", .. } => {
                "letters, digits, `_` and `-`, at most 63, no digit first".into()
            }
            Self::BadName { what: "a certificate", .. } => {
                "labels of lower-case letters, digits and dashes, with dots between, at most 64 in all".into()
            }
            Self::BadName { what: "a user", .. } => {
                "letters, digits, `_` and `-`, at most 53, no dash at an end".into()
            }
            Self::BadName { what: "a role", .. } => "letters, digits and `_`, within it also `-` and `.`".into(),
            Self::BadName { what: "an exception", .. } => {
                "letters, digits, `.`, `_` and `-`, at most 63, like `EX-7`".into()
            }
            Self::BadName { .. } => "lower-case letters, digits and dashes, at most 63, no dash first".into(),
            Self::NotTheFilesName { stem, .. } => format!("write `{stem}`, or rename the file"),
            Self::Blank(_) => "name it".into(),
            Self::BadImage(_) => "an image is written like `postgres:17`".into(),
            Self::NoTag(image) => format!("write `{image}:VERSION`: a report speaks of one version"),
            Self::UnknownSession { kind, known, .. } => match nearest(kind, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("expected {}", one_of(known.iter().copied())),
            },
            Self::SealedBackend => "a backend can be `paused`, `killed` or `restarted`".into(),
            Self::NoCohort { .. } => "remove `leases`, or use `teardown` or `incident`".into(),
            Self::CohortSize { .. } => "is it the number that is meant?".into(),
            Self::NotRenewable(_) => "issue another before it ends; `expire` shows its end".into(),
            Self::CapTooShort { shortest } => format!("write `cap: {shortest}` or more"),
            Self::RenewedTooSeldom { .. } => "renew at least twice within a TTL: `every: 500ms`".into(),
            Self::NoScenario => "add one, like `revoke: { trigger: revoke }`".into(),
            Self::NoStatement(text) => {
                let word = text.split_whitespace().next().unwrap_or("").to_lowercase();
                match nearest(&word, FIRST_WORDS.iter().copied()) {
                    Some(meant) => format!("did you mean `{}`?", meant.to_uppercase()),
                    None => "write a whole statement, like `SELECT count(*) FROM orders`".into(),
                }
            }
            Self::SplitStatement { whole, .. } => format!("write one statement a line: `- \"{whole}\"`"),
            Self::EmptyStatement => "remove it".into(),
            Self::UnknownTemplate(name) => match nearest(name, TEMPLATES.iter().copied()) {
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
            Self::NoCommand(_) => "one line of printable ASCII for `sh`, without blanks around it".into(),
            Self::NoRequestPath(_) => {
                "it begins with `/`; a space or a letter with an accent is written like `%20`".into()
            }
            _ => return None,
        })
    }

    fn exception_hint(&self) -> Option<String> {
        Some(match self {
            Self::NoDay(text) if NEVER.contains(&text.trim().to_lowercase().as_str()) => {
                "an exception ends: write its last day, like `2026-12-31`".into()
            }
            Self::NoDay(_) | Self::NoYear(_) => "write year, month and day, like `2026-12-31`".into(),
            Self::NoSuchDay(_) => "is it the month that is meant?".into(),
            Self::TimeOfDay(text) => {
                let day: String = text.chars().take(10).collect();
                format!("write `{day}`: it ends at the end of that day, UTC")
            }
            Self::DayIsOver { .. } => "a run is judged by its own day or a later one".into(),
            Self::NoExceptions => "write `exceptions: []`, or remove the file".into(),
            Self::SecondDocument => "write all of them in one list".into(),
            Self::SaysNothing("compensating_control") => {
                "say what protects the system while the check fails, like `rotation 24 h, source addresses listed`"
                    .into()
            }
            Self::SaysNothing("reason") => "say why the check cannot pass yet".into(),
            Self::SaysNothing(_) => "name who it is".into(),
            Self::TextTooLong { .. } => "reports show all of it: say the rest where it can be read at length".into(),
            Self::GrantedToOneself { .. } => "somebody else than the owner grants it".into(),
            Self::GrantedInTheFuture { .. } => "it counts from the day on which it is granted".into(),
            Self::EndsBeforeItBegins { .. } => "are the two days swapped?".into(),
            Self::NeverEnds { .. } => "end it when the cause is to be mended; it can be granted again".into(),
            Self::PatternForCheck(_) => {
                "an exception covers one check: write its whole id, as `drill list --json` shows it".into()
            }
            Self::PartOfACheck { like, .. } => format!("an exception covers one check, like `{like}`"),
            Self::NoSuchCheck { nearest: Some(meant), .. } => format!("did you mean `{meant}`?"),
            Self::NoSuchCheck { .. } => "`drill list --json` shows every id".into(),
            Self::SameException { first, .. } | Self::SameCheck { first, .. } => {
                format!("the first is in line {first}: to grant one anew, replace it")
            }
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
            Self::NoRightInVhost(_) => "name it among the role's `vhosts`, or log in elsewhere".into(),
            Self::NoVhost => "add one: `NAME: { configure: …, write: …, read: … }`".into(),
            Self::OperationMissing("publish") => "add `- { publish: EXCHANGE }`: the bracket needs it".into(),
            Self::OperationMissing(_) => "add `- { consume: QUEUE }`: the bracket and the sessions need it".into(),
            Self::BadDefinitions { .. } => "write it as RabbitMQ exports the definitions of a virtual host".into(),
            Self::WrongKind { needed, .. } => format!("issue it by `credential: {{ {needed}: … }}`"),
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

/// What people write who mean no end at all.
const NEVER: &[&str] = &["never", "none", "forever", "unlimited", "indefinite", "permanent", "tbd", "n/a", "-", ""];

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
