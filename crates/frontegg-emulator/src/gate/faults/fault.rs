//! What a fault is: which requests it applies to, what happens, when and how often.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{error::Error, gate::selection::Selection};

/// The longest delay or pause.
const LONGEST: f64 = 3600.0;

/// Something that goes wrong, and for which requests.
///
/// ```
/// # use std::time::Duration;
/// use frontegg_emulator::{Emulator, Fault, Selection};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), frontegg_emulator::Error> {
/// let emulator = Emulator::start().await?;
/// let faults = emulator.faults();
/// // Twice 503, then as ever.
/// faults.inject(Fault::status(503).on("list_roles_v1").times(2))?;
/// // Every write of a tenant is done, and its answer lost.
/// let lost = faults.inject(Fault::drop().on(Selection::tag("Roles").tenant("acme").method("POST")).after_acting())?;
/// // A third of all requests take two seconds longer; which ones is the same in every run.
/// faults.inject(Fault::delay(Duration::from_secs(2)).probability(0.33).seed(7))?;
/// assert_eq!(lost.hits(), 0);
/// faults.clear();
/// # Ok(())
/// # }
/// ```
///
/// As JSON, for the control plane and for `--fault`, it is an object of the members that are set:
/// `{"on": {"operation": "list_roles_v1"}, "status": 503, "times": 2}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(super) on: Selection,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<Effect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub(super) body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate_limit_reset_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) piece_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pause_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<When>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skip: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Effect {
    /// Another answer.
    Status,
    /// No answer: the connection is closed in its place.
    Drop,
    /// Half of the body, of a length not told; then the connection is gone.
    Cut,
    /// The length of the body is told, and half of it comes.
    Truncate,
    /// A whole body of broken JSON, with status 200.
    Malformed,
    /// Good JSON, but a list for an object and an object for all else.
    Reshape,
    /// The body comes in small pieces, slowly.
    Drip,
    /// The answer claims to be of another type.
    ContentType,
    /// Nothing but the delay.
    Delay,
}

impl Effect {
    /// Whether it is done to the answer of the API, which has to be there for it.
    fn needs_answer(self) -> bool {
        !matches!(self, Self::Status | Self::Drop | Self::Delay)
    }
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum When {
    /// The request never reaches the API.
    Before,
    /// The API has done what was asked.
    After,
}

impl Fault {
    fn of(effect: Effect) -> Self {
        Self { effect: Some(effect), ..Self::default() }
    }

    /// That status, with a body such as errors have unless another is given.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::of(Effect::Status) }
    }

    /// 429 with both headers that tell when it is over.
    pub fn rate_limited(wait: Duration) -> Self {
        Self::status(429).retry_after(wait).rate_limit_reset(wait)
    }

    /// The connection is closed in place of an answer.
    pub fn drop() -> Self {
        Self::of(Effect::Drop)
    }

    /// The connection breaks within the body of an answer that did not tell its length. An answer
    /// without a body is dropped as a whole.
    pub fn cut() -> Self {
        Self::of(Effect::Cut)
    }

    /// The answer tells its length, but only half of its body comes before the connection is closed.
    /// An answer without a body is dropped as a whole.
    pub fn truncate() -> Self {
        Self::of(Effect::Truncate)
    }

    /// The answer comes whole, but its JSON breaks off in the middle.
    pub fn malformed() -> Self {
        Self::of(Effect::Malformed)
    }

    /// The answer is valid JSON of a shape that nobody expects.
    pub fn reshape() -> Self {
        Self::of(Effect::Reshape)
    }

    /// The body comes in pieces of that many bytes, with a pause before each but the first.
    pub fn drip(piece_bytes: usize, pause: Duration) -> Self {
        let pause_seconds = Some(pause.as_secs_f64());
        Self { piece_bytes: Some(piece_bytes), pause_seconds, ..Self::of(Effect::Drip) }
    }

    /// The answer claims to be of another type, e.g. `text/html`.
    pub fn content_type(content_type: impl Into<String>) -> Self {
        Self { content_type: Some(content_type.into()), ..Self::of(Effect::ContentType) }
    }

    /// All is well, only later.
    pub fn delay(delay: Duration) -> Self {
        Self::of(Effect::Delay).delayed(delay)
    }

    /// Which requests it applies to; without this, all.
    pub fn on(mut self, selection: impl Into<Selection>) -> Self {
        self.on = selection.into();
        self
    }

    /// The JSON that goes with the status; null is none at all.
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self.text = None;
        self
    }

    /// The text that goes with the status, JSON or not.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self.body = None;
        self
    }

    /// The status alone.
    pub fn without_body(self) -> Self {
        self.text("")
    }

    /// A header that goes with the status.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// `Retry-After` with the status, in whole seconds.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after_seconds = Some(whole_seconds(wait));
        self
    }

    /// `X-Rate-Limit-Reset` with the status: so long after the present moment of the emulator's clock,
    /// which `Date` then tells as well.
    pub fn rate_limit_reset(mut self, wait: Duration) -> Self {
        self.rate_limit_reset_seconds = Some(whole_seconds(wait));
        self
    }

    /// A delay before whatever else happens.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_seconds = Some(delay.as_secs_f64());
        self
    }

    /// It happens when the API has done what was asked, so that a write has happened. What is done to
    /// the API's own answer happens then in any case; everything else happens in place of the API.
    pub fn after_acting(mut self) -> Self {
        self.when = Some(When::After);
        self
    }

    /// So many requests are spared first.
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = Some(requests);
        self
    }

    /// It happens so many times, and then never again.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// It happens to that part of the requests, from 0 to 1. Which ones follows from the seed and their
    /// order alone.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Where the choice by probability begins; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// What happens: as said, or as what is given implies.
    pub(super) fn effect(&self) -> Effect {
        let implied = if self.status.is_some() { Effect::Status } else { Effect::Delay };
        self.effect.unwrap_or(implied)
    }

    pub(super) fn when(&self) -> When {
        let usual = if self.effect().needs_answer() { When::After } else { When::Before };
        self.when.unwrap_or(usual)
    }

    pub(super) fn lasts(&self) -> Duration {
        seconds(self.delay_seconds)
    }

    /// Why it cannot be injected, if it cannot.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.on.check()?;
        self.check_effect()?;
        for (name, value) in [("delaySeconds", self.delay_seconds), ("pauseSeconds", self.pause_seconds)] {
            if value.is_some_and(|value| !(0.0..=LONGEST).contains(&value)) {
                return Err(format!("{name} must be a number from 0 to {LONGEST}"));
            }
        }
        if self.times == Some(0) {
            return Err("times must be at least 1".to_owned());
        }
        if self.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("probability must be a number from 0 to 1".to_owned());
        }
        Ok(())
    }

    fn check_effect(&self) -> Result<(), String> {
        let effect = self.effect();
        if effect == Effect::Delay && self.delay_seconds.is_none() {
            return Err("a fault needs a status, an effect or a delay".to_owned());
        }
        if effect.needs_answer() && self.when == Some(When::Before) {
            return Err("what is done to an answer cannot happen before".to_owned());
        }
        for (given, name, owner) in [
            (self.status.is_some(), "status", Effect::Status),
            (self.body.is_some(), "body", Effect::Status),
            (self.text.is_some(), "text", Effect::Status),
            (!self.headers.is_empty(), "headers", Effect::Status),
            (self.retry_after_seconds.is_some(), "retryAfterSeconds", Effect::Status),
            (self.rate_limit_reset_seconds.is_some(), "rateLimitResetSeconds", Effect::Status),
            (self.piece_bytes.is_some(), "pieceBytes", Effect::Drip),
            (self.pause_seconds.is_some(), "pauseSeconds", Effect::Drip),
        ] {
            if given && effect != owner {
                return Err(format!("{name} does not go with this effect"));
            }
        }
        match effect {
            Effect::Status => self.check_answer(),
            Effect::Drip if self.piece_bytes.is_none_or(|bytes| bytes == 0) => {
                Err("pieceBytes must be at least 1".to_owned())
            }
            Effect::ContentType if self.content_type.is_none() => Err("contentType is missing".to_owned()),
            _ => self.check_content_type(effect),
        }
    }

    fn check_answer(&self) -> Result<(), String> {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        if status.is_none_or(|status| !(200..600).contains(&status.as_u16())) {
            return Err("status must be a number from 200 to 599".to_owned());
        }
        if self.body.is_some() && self.text.is_some() {
            return Err("body and text exclude each other".to_owned());
        }
        for (name, value) in &self.headers {
            if HeaderName::from_str(name).is_err() || HeaderValue::from_str(value).is_err() {
                return Err(format!("{name} is no header"));
            }
        }
        self.check_content_type(Effect::ContentType)
    }

    fn check_content_type(&self, effect: Effect) -> Result<(), String> {
        match &self.content_type {
            Some(_) if effect != Effect::ContentType => Err("contentType does not go with this effect".to_owned()),
            Some(value) if HeaderValue::from_str(value).is_err() => Err("contentType is no header".to_owned()),
            _ => Ok(()),
        }
    }
}

/// A value that is given, null included.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// From JSON.
impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fault: Self = serde_json::from_str(text).map_err(|error| Error::Refused(error.to_string()))?;
        fault.check().map_err(Error::Refused)?;
        Ok(fault)
    }
}

pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// A number that was checked.
pub(super) fn seconds(number: Option<f64>) -> Duration {
    Duration::try_from_secs_f64(number.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(fault: &Value) -> Result<Fault, String> {
        fault.to_string().parse().map_err(|error: Error| error.to_string())
    }

    #[test]
    fn a_fault_reads_as_it_is_written() {
        for fault in [
            Fault::status(503).on("list_roles_v1").times(2),
            Fault::status(200).body(Value::Null).header("x-a", "b"),
            Fault::rate_limited(Duration::from_millis(1500)).on(Selection::tag("Roles")),
            Fault::drop().after_acting().skip(1).probability(0.5).seed(3),
            Fault::drip(1, Duration::from_millis(2)).delayed(Duration::from_secs(1)),
            Fault::content_type("text/html"),
            Fault::cut(),
        ] {
            let text = serde_json::to_string(&fault).expect("JSON");
            assert_eq!(text.parse::<Fault>().expect("a fault"), fault, "{text}");
        }
        assert_eq!(Fault::rate_limited(Duration::from_millis(1500)).retry_after_seconds, Some(2));
        let implied = read(&json!({ "status": 503 })).expect("a fault");
        assert_eq!((implied.effect(), implied.when()), (Effect::Status, When::Before));
        assert_eq!(Fault::malformed().when(), When::After);
    }

    #[test]
    fn nonsense_is_refused() {
        for (fault, text) in [
            (json!({}), "a fault needs a status, an effect or a delay"),
            (json!({ "stats": 503 }), "unknown field `stats`"),
            (json!({ "on": { "operation": "x" }, "status": 503 }), "there is no operation x"),
            (json!({ "on": { "op": "x" }, "status": 503 }), "unknown field `op`"),
            (json!({ "status": 100 }), "status must be a number from 200 to 599"),
            (json!({ "status": 503, "body": {}, "text": "" }), "body and text exclude each other"),
            (json!({ "status": 503, "headers": { "a b": "c" } }), "a b is no header"),
            (json!({ "status": 503, "contentType": "\n" }), "contentType is no header"),
            (json!({ "status": 503, "times": 0 }), "times must be at least 1"),
            (json!({ "status": 503, "probability": 1.5 }), "probability must be a number from 0 to 1"),
            (json!({ "status": 503, "effect": "drop" }), "status does not go with this effect"),
            (json!({ "effect": "explode" }), "unknown variant `explode`"),
            (json!({ "effect": "drop", "contentType": "a/b" }), "contentType does not go with this effect"),
            (json!({ "effect": "contentType" }), "contentType is missing"),
            (json!({ "effect": "drip" }), "pieceBytes must be at least 1"),
            (json!({ "effect": "cut", "when": "before" }), "what is done to an answer cannot happen before"),
            (json!({ "delaySeconds": -1 }), "delaySeconds must be a number from 0 to 3600"),
        ] {
            let why = read(&fault).expect_err("a refusal");
            assert!(why.starts_with(text), "{fault}: {why}");
        }
    }
}
