//! Types of TypeScript as a tree, and how it is laid out: on one line where that fits, else broken as
//! the usual formatter breaks it.

/// Columns of a line.
const WIDTH: usize = 80;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Word(String),
    /// `open` ones are never on one line.
    Object {
        members: Vec<Member>,
        open: bool,
    },
    Array(Box<Shape>),
    Union(Vec<Shape>),
    Tuple(Vec<Shape>),
    /// What a call becomes that no server can answer: the message is shown where it is written.
    Failed(String),
    /// A type without members, which nobody can add to.
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    optional: bool,
    shape: Shape,
}

impl Member {
    pub(super) fn new(name: &str, shape: Shape) -> Self {
        Self { name: name.to_owned(), optional: false, shape }
    }
    #[must_use]
    pub(super) fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
    fn head(&self) -> String {
        format!("{}{}", key(&self.name), if self.optional { "?" } else { "" })
    }
    fn flat(&self) -> Option<String> {
        Some(format!("{}: {}", self.head(), self.shape.flat()?))
    }
    /// As a line, or lines, of an object.
    pub(super) fn print(&self, indent: usize) -> String {
        let lead = format!("{}{}:", " ".repeat(indent), self.head());
        if let Shape::Union(choices) = &self.shape
            && !self.shape.hugs()
            && self.shape.fitting(lead.chars().count() + 1).is_none()
        {
            return format!("{lead}{}\n", alternatives(choices, indent + 2));
        }
        let at = lead.chars().count() + 1;
        format!("{lead} {}\n", self.shape.print(indent, at))
    }
}

impl Shape {
    pub(super) fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }
    pub(super) fn open(members: Vec<Member>) -> Self {
        Self::Object { members, open: true }
    }
    pub(super) fn short(members: Vec<Member>) -> Self {
        Self::Object { members, open: false }
    }
    #[must_use]
    pub(super) fn or_null(self, nullable: bool) -> Self {
        let null = Self::word("null");
        match self {
            // It holds null already.
            Self::Word(word) if word == "unknown" => Self::Word(word),
            shape if !nullable => shape,
            Self::Union(mut choices) => {
                choices.push(null);
                Self::Union(choices)
            }
            shape => Self::Union(vec![shape, null]),
        }
    }

    /// An object that may be null keeps its braces on the line of its name.
    fn hugs(&self) -> bool {
        matches!(self, Self::Union(all) if matches!(&all[..], [Self::Object { .. }, null] if *null == Self::word("null")))
    }

    fn flat(&self) -> Option<String> {
        Some(match self {
            Self::Word(word) => word.clone(),
            Self::Object { members, .. } if members.is_empty() => "{}".into(),
            Self::Object { open: true, .. } | Self::Failed(_) | Self::Nothing => return None,
            Self::Object { members, open: false } => {
                let members: Option<Vec<String>> = members.iter().map(Member::flat).collect();
                format!("{{ {} }}", members?.join("; "))
            }
            Self::Array(element) => match &**element {
                Self::Union(choices) if choices.len() > 1 => format!("({})[]", element.flat()?),
                _ => format!("{}[]", element.flat()?),
            },
            Self::Union(choices) if choices.is_empty() => "never".into(),
            Self::Union(choices) => {
                let choices: Option<Vec<String>> = choices.iter().map(Self::flat).collect();
                choices?.join(" | ")
            }
            Self::Tuple(items) => {
                let items: Option<Vec<String>> = items.iter().map(Self::flat).collect();
                format!("[{}]", items?.join(", "))
            }
        })
    }

    fn fitting(&self, at: usize) -> Option<String> {
        self.flat().filter(|flat| at + flat.chars().count() <= WIDTH)
    }

    /// The text from the column `at` on, in a line that is indented so.
    pub(super) fn print(&self, indent: usize, at: usize) -> String {
        if let Some(flat) = self.fitting(at) {
            return flat;
        }
        let edge = " ".repeat(indent);
        match self {
            Self::Word(word) => word.clone(),
            Self::Object { members, .. } => {
                let lines: String = members.iter().map(|member| member.print(indent + 2)).collect();
                format!("{{\n{lines}{edge}}}")
            }
            Self::Array(element) => match &**element {
                Self::Union(choices) if choices.len() > 1 => {
                    format!("({}\n{edge})[]", alternatives(choices, indent + 2))
                }
                _ => format!("{}[]", element.print(indent, at)),
            },
            Self::Union(choices) => match &choices[..] {
                [object, _] if self.hugs() => format!("{} | null", object.print(indent, at)),
                [only] => only.print(indent, at),
                _ => alternatives(choices, indent),
            },
            Self::Tuple(items) => {
                let inner = " ".repeat(indent + 2);
                let lines: String = items
                    .iter()
                    .map(|item| format!("{inner}{},\n", item.print(indent + 2, indent + 3)))
                    .collect();
                format!("[\n{lines}{edge}]")
            }
            Self::Failed(message) => {
                format!("{{\n{edge}  error: true\n{edge}}} & {}", quoted(message))
            }
            Self::Nothing => format!("{{\n{edge}  [_ in never]: never\n{edge}}}"),
        }
    }
}

/// Each on a line of its own, with a bar before it.
fn alternatives(choices: &[Shape], indent: usize) -> String {
    let edge = " ".repeat(indent);
    choices
        .iter()
        .map(|choice| format!("\n{edge}| {}", choice.print(indent + 2, indent + 2)))
        .collect()
}

/// A name as a key of an object.
pub(super) fn key(name: &str) -> String {
    // The formatter takes quotes from letters of other scripts, in the plane that all versions of the
    // language know; circled letters are none there.
    let circled = '\u{24b6}'..='\u{24e9}';
    let letter = |c: char| c.is_alphabetic() && c <= '\u{ffff}' && !circled.contains(&c);
    let plain = |c: char| letter(c) || c.is_ascii_digit() || matches!(c, '_' | '$');
    let starts = |c: char| letter(c) || matches!(c, '_' | '$');
    if name.starts_with(starts) && name.chars().all(plain) { name.to_owned() } else { quoted(name) }
}

pub(super) fn quoted(text: &str) -> String {
    // JSON's strings are TypeScript's; a text always has one.
    let json = serde_json::to_string(text).unwrap_or_default();
    // With fewer quotes to escape the formatter takes the other ones.
    let doubles = text.matches('"').count();
    if doubles > text.matches('\'').count() {
        let inner = json[1..json.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
        return format!("'{inner}'");
    }
    json
}

#[cfg(test)]
mod tests {
    use super::{Member, Shape};

    #[test]
    fn a_type_is_on_one_line_as_long_as_it_fits() {
        let short =
            Member::new("mood", Shape::Union(vec![Shape::word("\"a\""), Shape::word("\"b\"")]));
        assert_eq!(short.print(2), "  mood: \"a\" | \"b\"\n");
        let long = "\"x\"".repeat(14);
        let broken = Member::new("m", Shape::Union(vec![Shape::word(&*long), Shape::word(&*long)]));
        assert_eq!(broken.print(2), format!("  m:\n    | {long}\n    | {long}\n"));
        let object = Shape::open(vec![Member::new("a-b", Shape::word("string")).optional()]);
        let hugged = Member::new("row", object.or_null(true));
        assert_eq!(hugged.print(0), "row: {\n  \"a-b\"?: string\n} | null\n");
        let empty = Member::new("Insert", Shape::open(vec![]));
        assert_eq!(empty.print(0), "Insert: {}\n");
    }
}
