//! `metrics.prom`: OpenMetrics text, so that a proof that is too old, red or soon without its exception raises an alert.
//!
//! All families are gauges: a collector of text files refuses a whole file for the types `info` and `stateset`, which only OpenMetrics
//! knows. The forms are kept all the same: what has states has one series a state, 1 or 0.

use super::facts::Run;
use super::words::{self, Counts};
use crate::exceptions::Exception;
use crate::secret::Redactor;
use crate::verdict::{Exposure, Outcome, ScenarioVerdict};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelValue, EncodeMetric, LabelValueEncoder, MetricEncoder,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::{self, Write as _};

/// The file's text. None for evidence that no server made: nothing may take it for a proof.
pub fn render(run: Run<'_>, redactor: &Redactor) -> Option<String> {
    if run.head().synthetic {
        return None;
    }
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(families(run))));
    let mut out = String::new();
    encode(&mut out, &registry).expect("strings take all");
    Some(redactor.clean(&out).into_owned())
}

/// Everything of the file, in its order. A family without samples is left out.
#[derive(Debug)]
struct Families(Vec<Family>);

#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    samples: Vec<(Labels, Value)>,
}

type Labels = Vec<(&'static str, Label)>;

#[derive(Debug, Clone, Copy)]
enum Value {
    Whole(i64),
    Seconds(f64),
}

impl Value {
    fn encode(self, sample: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Whole(n) => ConstGauge::new(n).encode(sample),
            Self::Seconds(s) => ConstGauge::new(s).encode(sample),
        }
    }
}

/// A label's value. The library writes it as it is, so what would end it is escaped here, and nowhere else.
#[derive(Debug, Clone)]
struct Label(String);

impl EncodeLabelValue for Label {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => encoder.write_str("\\\\")?,
                '"' => encoder.write_str("\\\"")?,
                '\n' => encoder.write_str("\\n")?,
                c => encoder.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for family in self.0.iter().filter(|f| !f.samples.is_empty()) {
            let (unit, gauge) = (family.unit.as_ref(), MetricType::Gauge);
            let mut metric = encoder.encode_descriptor(family.name, family.help, unit, gauge)?;
            for (labels, value) in &family.samples {
                value.encode(metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

fn families(run: Run<'_>) -> Vec<Family> {
    let seconds = Some(Unit::Seconds);
    let days = Some(Unit::Other("days".to_owned()));
    let family = |name, help, unit, samples| Family { name, help, unit, samples };
    vec![
        family("drill_run_info", "The run that this file tells of.", None, info(run)),
        family("drill_run_verdict", "The verdict of the whole run.", None, states(&[], run.outcome())),
        family("drill_run_ended_timestamp", "When the run ended, Unix time.", seconds.clone(), ended(run)),
        family("drill_verdict", "The verdict of a scenario.", None, verdicts(run)),
        family("drill_checks", "How many checks of a scenario ended so.", None, checks(run)),
        family("drill_check_not_passed", "A check that did not pass.", None, not_passed(run)),
        family(
            "drill_exposure_upper",
            "Access ended at most so long after its trigger; absent where no counted refusal was seen.",
            seconds.clone(),
            exposures(run, |e| e.upper_us.map(seconds_of)),
        ),
        family(
            "drill_exposure_limit",
            "How long access may last after its trigger.",
            seconds.clone(),
            exposures(run, |e| Some(from_ms(e.limit_ms))),
        ),
        family(
            "drill_last_success_timestamp",
            "When the scenario was last proved, Unix time; absent where this run did not prove it.",
            seconds.clone(),
            successes(run),
        ),
        family(
            "drill_exception_ends_timestamp",
            "When the exception ends by itself, Unix time.",
            seconds,
            exceptions(run, |e, _| Some(end_of(e.expires)?.as_second())),
        ),
        family(
            "drill_exception_left",
            "Days that the exception had left when the run was judged; negative once it has ended.",
            days,
            exceptions(run, |e, as_of| Some(i64::from(e.days_left(as_of)))),
        ),
    ]
}

/// Names are checked where definitions are read; evidence may come from anywhere.
fn label(name: &'static str, value: &str) -> (&'static str, Label) {
    (name, Label(words::one_line(value)))
}

fn info(run: Run<'_>) -> Vec<(Labels, Value)> {
    let head = run.head();
    vec![(vec![label("version", &head.program), label("run", &head.run)], Value::Whole(1))]
}

fn ended(run: Run<'_>) -> Vec<(Labels, Value)> {
    vec![(Vec::new(), Value::Whole(ended_at(run)))]
}

fn ended_at(run: Run<'_>) -> i64 {
    words::wall(run.head().started, run.ended_us()).as_second()
}

/// One series a state: 1 for the one that holds.
fn states(labels: &[(&'static str, Label)], outcome: Outcome) -> Vec<(Labels, Value)> {
    let one = |state: Outcome| {
        let mut labels = labels.to_vec();
        labels.push(label("outcome", state.word()));
        (labels, Value::Whole(i64::from(state == outcome)))
    };
    OUTCOMES.map(one).to_vec()
}

const OUTCOMES: [Outcome; 4] = [Outcome::Passed, Outcome::Excepted, Outcome::Inconclusive, Outcome::Failed];

/// What is said of each scenario.
fn scenarios(
    run: Run<'_>,
    say: impl Fn(&[(&'static str, Label)], &ScenarioVerdict) -> Vec<(Labels, Value)>,
) -> Vec<(Labels, Value)> {
    let one = |drill: &str, s: &ScenarioVerdict| say(&[label("drill", drill), label("scenario", &s.scenario)], s);
    run.columns().flat_map(|(d, s)| one(&d.drill, s)).collect()
}

fn verdicts(run: Run<'_>) -> Vec<(Labels, Value)> {
    scenarios(run, |labels, s| states(labels, s.outcome))
}

fn checks(run: Run<'_>) -> Vec<(Labels, Value)> {
    scenarios(run, |labels, s| {
        let counts = Counts::of(&s.checks);
        let count = |outcome: Outcome| match outcome {
            Outcome::Passed => counts.passed,
            Outcome::Excepted => counts.excepted,
            Outcome::Inconclusive => counts.inconclusive,
            Outcome::Failed => counts.failed,
        };
        let one = |outcome: Outcome| {
            let labels = [labels, &[label("outcome", outcome.word())]].concat();
            (labels, Value::Whole(i64::try_from(count(outcome)).unwrap_or(i64::MAX)))
        };
        OUTCOMES.map(one).to_vec()
    })
}

fn not_passed(run: Run<'_>) -> Vec<(Labels, Value)> {
    scenarios(run, |labels, s| {
        let red = s.checks.iter().filter(|c| c.outcome != Outcome::Passed);
        let one = |c| {
            let own = [label("check", &words::name(c)), label("outcome", c.outcome.word())];
            ([labels, &own].concat(), Value::Whole(1))
        };
        red.map(one).collect()
    })
}

fn exposures(run: Run<'_>, value: impl Fn(&Exposure) -> Option<f64>) -> Vec<(Labels, Value)> {
    scenarios(run, |labels, s| {
        let one = |e: &Exposure| {
            let way = if e.session { "session" } else { "door" };
            let labels = [labels, &[label("way", way), label("of", &e.of)]].concat();
            Some((labels, Value::Seconds(value(e)?)))
        };
        s.exposures.iter().filter_map(one).collect()
    })
}

/// An interrupted run proves nothing, whatever had passed by then.
fn successes(run: Run<'_>) -> Vec<(Labels, Value)> {
    let ended = ended_at(run);
    scenarios(run, |labels, s| {
        let proved = run.verdicts.interrupted.is_none() && s.outcome <= Outcome::Excepted;
        proved.then(|| (labels.to_vec(), Value::Whole(ended))).into_iter().collect()
    })
}

/// Without a day there is none left to count.
fn exceptions(run: Run<'_>, value: impl Fn(&Exception, Date) -> Option<i64>) -> Vec<(Labels, Value)> {
    let Some(as_of) = run.head().as_of else { return Vec::new() };
    let one = |e: &Exception| {
        let labels = vec![label("exception", &e.id), label("check", &e.check), label("owner", &e.owner)];
        Some((labels, Value::Whole(value(e, as_of)?)))
    };
    run.head().exceptions.iter().filter_map(one).collect()
}

/// It ends with its last day, UTC.
fn end_of(last_day: Date) -> Option<jiff::Timestamp> {
    TimeZone::UTC.to_timestamp(last_day.tomorrow().ok()?.to_datetime(Time::midnight())).ok()
}

/// What ended before its origin counts as 0.
#[allow(clippy::cast_precision_loss)] // exact up to 285 years of µs
fn seconds_of(us: i64) -> f64 {
    us.max(0) as f64 / 1e6
}

#[allow(clippy::cast_precision_loss)] // exact up to 285 years
fn from_ms(ms: u64) -> f64 {
    ms as f64 / 1e3
}
