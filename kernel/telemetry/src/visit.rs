//! The fields of an event or a span, collected and made safe to write down.

use crate::redact;
use mag_contract::secret::HIDDEN;
use serde_json::{Map, Value};
use std::fmt::{self, Write};
use tracing::field::{Field, Visit};

/// One value in a log line; whoever needs more keeps it elsewhere.
const VALUE_MAX: usize = 16 * 1024;

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) message: String,
    pub(crate) part: Option<String>,
    pub(crate) notice: bool,
    pub(crate) critical: bool,
    pub(crate) traceparent: Option<String>,
    pub(crate) fields: Map<String, Value>,
}

impl Seen {
    fn put(&mut self, name: &str, value: Value) {
        match (name, value) {
            ("notice", Value::Bool(yes)) => self.notice = yes,
            ("critical", Value::Bool(yes)) => self.critical = yes,
            (name, value) => drop(self.fields.insert(name.to_owned(), value)),
        }
    }
    fn put_text(&mut self, name: &str, text: String) {
        match name {
            _ if redact::is_secret_name(name) => self.put(name, Value::from(HIDDEN)),
            "message" => self.message = safe(text),
            "part" => self.part = Some(safe(text)),
            "traceparent" => self.traceparent = Some(text),
            _ => self.put(name, Value::from(safe(text))),
        }
    }
    fn put_plain(&mut self, field: &Field, value: impl Into<Value>) {
        let name = field.name();
        let value = if redact::is_secret_name(name) { Value::from(HIDDEN) } else { value.into() };
        self.put(name, value);
    }
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = Bounded(String::new());
        // The bound is an error to the formatter, and the end of the text to us.
        let _ = write!(text, "{value:?}");
        self.put_text(field.name(), text.0);
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field.name(), cut(value).to_owned());
    }
    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        let mut text = Bounded(String::new());
        let _ = write!(text, "{error}");
        let mut cause = error.source();
        // An error that causes itself would never end; the bound of the text ends it.
        while let Some(error) = cause.filter(|_| text.0.len() < VALUE_MAX) {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.put_text(field.name(), text.0);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put_plain(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put_plain(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put_plain(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        match serde_json::Number::from_f64(value) {
            Some(number) => self.put_plain(field, number),
            None => self.put_plain(field, value.to_string()),
        }
    }
}

/// The `part` alone, to decide whether the rest is worth reading.
#[derive(Default)]
pub(crate) struct PartOnly(pub(crate) Option<String>);

impl Visit for PartOnly {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "part" {
            self.0 = Some(format!("{value:?}"));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "part" {
            self.0 = Some(value.to_owned());
        }
    }
}

fn safe(text: String) -> String {
    match redact::mask(&text) {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(masked) => masked,
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(VALUE_MAX)]
}

struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = VALUE_MAX.saturating_sub(self.0.len());
        self.0.push_str(&piece[..piece.floor_char_boundary(room)]);
        if piece.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}
