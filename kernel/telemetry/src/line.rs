//! One line of the log: as text for people, as JSON for machines, and read back from both.

use crate::level::Level;
use mag_contract::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt::{self, Write};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub time: Timestamp,
    pub level: Level,
    pub part: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

impl Line {
    pub fn json(&self) -> String {
        // Every field is text or a plain value: nothing here can fail to serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
    /// With colours, for a terminal.
    pub fn coloured(&self) -> String {
        let colour = match self.level {
            Level::Debug => "\x1b[90m",
            Level::Info => "\x1b[32m",
            Level::Notice => "\x1b[36m",
            Level::Warning => "\x1b[33m",
            Level::Error => "\x1b[31m",
            Level::Critical => "\x1b[1;97;41m",
        };
        let mut text = format!("\x1b[90m[{}]\x1b[0m {colour}[{}]\x1b[0m ", self.time, self.level);
        text.push_str("\x1b[1m[");
        push_escaped(&mut text, &self.part);
        text.push_str("]\x1b[0m ");
        self.push_rest(&mut text);
        text
    }
    fn push_rest(&self, text: &mut String) {
        push_escaped(text, &self.message);
        for (name, value) in &self.fields {
            text.push(' ');
            push_escaped(text, name);
            text.push('=');
            match value {
                Value::String(value) => push_value(text, value),
                other => push_value(text, &other.to_string()),
            }
        }
    }
    /// A line of a log file in either format; fields of a human line stay in its message.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('{') {
            return serde_json::from_str(text).ok();
        }
        let (time, rest) = text.strip_prefix('[')?.split_once("] [")?;
        let (level, rest) = rest.split_once("] [")?;
        let (part, message) =
            rest.split_once("] ").or_else(|| Some((rest.strip_suffix(']')?, "")))?;
        Some(Self {
            time: Timestamp::parse(time)?,
            level: Level::parse(level)?,
            part: part.to_owned(),
            message: message.to_owned(),
            fields: Map::new(),
        })
    }
}

/// `[time] [LEVEL] [part] message key=value …`, always one line.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = String::new();
        push_escaped(&mut rest, &self.part);
        rest.push_str("] ");
        self.push_rest(&mut rest);
        write!(f, "[{}] [{}] [{rest}", self.time, self.level)
    }
}

/// What would begin a new line, move the cursor or turn the reading direction is spelt out: text
/// from outside must not look like a line of ours.
fn push_escaped(text: &mut String, given: &str) {
    for c in given.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                // Writing to a string does not fail.
                let _ = write!(text, "{}", c.escape_unicode());
            }
            c if c.is_control() => {
                let _ = write!(text, "{}", c.escape_unicode());
            }
            c => text.push(c),
        }
    }
}

/// Bare when it is one word, else in quotes.
fn push_value(text: &mut String, value: &str) {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '=');
    if !value.is_empty() && !value.contains(odd) {
        return push_escaped(text, value);
    }
    text.push('"');
    push_escaped(text, &value.replace('\\', "\\\\").replace('"', "\\\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::Line;
    use crate::Level;
    use mag_contract::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    fn line(message: &str, fields: serde_json::Value) -> Line {
        let fields = fields.as_object().cloned().unwrap_or_default();
        let (level, part) = (Level::Warning, "gate".to_owned());
        Line { time: Timestamp(0), level, part, message: message.to_owned(), fields }
    }

    #[test]
    fn a_line_for_people_has_time_level_part_message_and_fields() {
        let fields = json!({ "rows": 3, "who": "a b", "empty": "", "q": "say \"hi\"", "ok": true });
        assert_eq!(
            line("it is slow", fields).to_string(),
            "[1970-01-01T00:00:00.000Z] [WARNING] [gate] it is slow rows=3 who=\"a b\" empty=\"\" \
             q=\"say \\\"hi\\\"\" ok=true"
        );
    }

    #[test]
    fn text_from_outside_cannot_begin_a_line_or_steer_a_terminal() {
        let evil = "x\n[1970] [INFO] [auth] all is well\r\x1b[2J\u{202e}\u{85}";
        let text = line(evil, json!({ "key\n": "v\n\u{7f}" })).to_string();
        assert_eq!(
            text,
            "[1970-01-01T00:00:00.000Z] [WARNING] [gate] x\\n[1970] [INFO] [auth] all is well\\r\
             \\u{1b}[2J\\u{202e}\\u{85} key\\n=\"v\\n\\u{7f}\""
        );
        assert!(!line(evil, json!({})).json().contains('\n'));
    }

    #[test]
    fn a_line_is_read_back_from_both_formats() {
        let whole = line("it is slow", json!({ "rows": 3 }));
        assert_eq!(Line::parse(&whole.json()).unwrap(), whole);
        let read = Line::parse(&whole.to_string()).unwrap();
        assert_eq!((read.time, read.level, read.part.as_str()), (whole.time, whole.level, "gate"));
        assert_eq!(read.message, "it is slow rows=3");
        for torn in ["", "[", "{\"time\":", "[1970-01-01T00:00:00.000Z] [WARN", "hello"] {
            assert_eq!(Line::parse(torn), None, "{torn}");
        }
    }

    proptest! {
        #[test]
        fn every_line_is_one_line_and_json_keeps_all_of_it(message in ".*", value in "\\PC*|\n*") {
            let whole = line(&message, json!({ "value": value }));
            prop_assert!(!whole.to_string().chars().any(char::is_control));
            prop_assert_eq!(Line::parse(&whole.json()).unwrap(), whole.clone());
            let read = Line::parse(&whole.to_string()).unwrap();
            prop_assert_eq!(read.fields, Map::new());
        }
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\[?.*\\]? ?\\[?.*") {
            let _ = Line::parse(&text);
        }
    }
}
