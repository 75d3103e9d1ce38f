//! Media types: those that the dialect gives a meaning, all others by their names.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    Json,
    /// A list whose objects have no nulls.
    JsonStripped,
    /// One object, with or without its nulls.
    Object {
        stripped: bool,
    },
    GeoJson,
    Csv,
    Text,
    Xml,
    Openapi,
    Form,
    Octets,
    Any,
    Plan(Box<Plan>),
    Other(String),
}

/// The engine's plan for what would give a body of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub of: Media,
    pub json: bool,
    pub options: Vec<PlanOption>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanOption {
    Analyze,
    Verbose,
    Settings,
    Buffers,
    Wal,
}

impl PlanOption {
    const ALL: [Self; 5] = [Self::Analyze, Self::Verbose, Self::Settings, Self::Buffers, Self::Wal];
    fn name(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Verbose => "verbose",
            Self::Settings => "settings",
            Self::Buffers => "buffers",
            Self::Wal => "wal",
        }
    }
}

impl Media {
    pub fn parse(text: &str) -> Self {
        let (main, sub, params) = pieces(text);
        let param = |name: &str| {
            params.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let stripped = param("nulls") == Some("stripped");
        let plan = |json: bool| {
            let asked: Vec<&str> = param("options").unwrap_or_default().split('|').collect();
            Self::Plan(Box::new(Plan {
                of: match param("for") {
                    // A plan of a plan is the plan of what it is for.
                    Some(text) => match Self::parse_shallow(text) {
                        Self::Plan(_) => Self::Json,
                        other => other,
                    },
                    None => Self::Json,
                },
                json,
                options: PlanOption::ALL
                    .into_iter()
                    .filter(|o| asked.contains(&o.name()))
                    .collect(),
            }))
        };
        match (main.as_str(), sub.as_str()) {
            ("application", "json") => Self::Json,
            ("application", "geo+json") => Self::GeoJson,
            ("text", "csv") => Self::Csv,
            ("text", "plain") => Self::Text,
            ("text", "xml") => Self::Xml,
            ("application", "openapi+json") => Self::Openapi,
            ("application", "x-www-form-urlencoded") => Self::Form,
            ("application", "octet-stream") => Self::Octets,
            ("application", "vnd.pgrst.plan" | "vnd.pgrst.plan+text") => plan(false),
            ("application", "vnd.pgrst.plan+json") => plan(true),
            ("application", "vnd.pgrst.object+json" | "vnd.pgrst.object") => {
                Self::Object { stripped }
            }
            ("application", "vnd.pgrst.array+json" | "vnd.pgrst.array") if stripped => {
                Self::JsonStripped
            }
            ("application", "vnd.pgrst.array+json" | "vnd.pgrst.array") => Self::Json,
            ("*", "*") => Self::Any,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// A `for` inside a `for` leads nowhere.
    fn parse_shallow(text: &str) -> Self {
        let head = text.split(";for").next().unwrap_or(text);
        if head.contains("pgrst.plan") { Self::Json } else { Self::parse(head) }
    }

    /// `Content-Type`, with the character set where the type is text.
    pub fn content_type(&self) -> String {
        match self {
            Self::Octets | Self::Other(_) => self.to_string(),
            _ => format!("{self}; charset=utf-8"),
        }
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "application/json",
            Self::JsonStripped => "application/vnd.pgrst.array+json;nulls=stripped",
            Self::Object { stripped: true } => "application/vnd.pgrst.object+json;nulls=stripped",
            Self::Object { stripped: false } => "application/vnd.pgrst.object+json",
            Self::GeoJson => "application/geo+json",
            Self::Csv => "text/csv",
            Self::Text => "text/plain",
            Self::Xml => "text/xml",
            Self::Openapi => "application/openapi+json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Octets => "application/octet-stream",
            Self::Any => "*/*",
            Self::Other(name) => name,
            Self::Plan(plan) => {
                let form = if plan.json { "json" } else { "text" };
                write!(f, "application/vnd.pgrst.plan+{form}; for=\"{}\"", plan.of)?;
                if !plan.options.is_empty() {
                    let names: Vec<&str> = plan.options.iter().map(|o| o.name()).collect();
                    write!(f, "; options={}", names.join("|"))?;
                }
                return Ok(());
            }
        })
    }
}

/// `type/sub;name=value;name="value"`: type and names in lower case. What is not of this form ends
/// the reading.
fn pieces(text: &str) -> (String, String, Vec<(String, String)>) {
    let mut params = Vec::new();
    let Some((main, rest)) = text.trim().split_once('/') else {
        return (text.to_ascii_lowercase(), String::new(), params);
    };
    let end =
        rest.find(|c: char| !c.is_alphanumeric() && !".*+-".contains(c)).unwrap_or(rest.len());
    let (sub, mut rest) = rest.split_at(end);
    while let Some(after) = rest.trim_start().strip_prefix(';') {
        let Some((name, value)) = after.split_once('=') else { break };
        let value = value.trim_start();
        let taken;
        (taken, rest) = match value.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((inner, after)) => (inner, after),
                None => break,
            },
            None => {
                let end = value
                    .find(|c: char| !c.is_alphanumeric() && c != '|' && c != '-')
                    .unwrap_or(value.len());
                value.split_at(end)
            }
        };
        params.push((name.trim().to_ascii_lowercase(), taken.to_owned()));
    }
    (main.to_ascii_lowercase(), sub.to_ascii_lowercase(), params)
}

/// The types of an `Accept` header, the most wanted first.
pub fn accepted(header: Option<&str>) -> Vec<Media> {
    let Some(header) = header else { return vec![Media::Any] };
    let mut wanted: Vec<(f32, i32, String)> = header
        .split(',')
        .map(|part| {
            let part: String = part.chars().filter(|c| *c != ' ').collect();
            let (name, rest) = part.split_once(";q=").unwrap_or((&part, ""));
            let quality = rest.split(';').next().unwrap_or_default().parse().unwrap_or(1.0);
            let count = |c: char| {
                i32::try_from(name.chars().filter(|given| *given == c).count()).unwrap_or(i32::MAX)
            };
            (quality, count(';') - count('*'), name.to_owned())
        })
        .collect();
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    wanted.into_iter().map(|(_, _, name)| Media::parse(&name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_shown_as_clients_know_it() {
        let check = |given: &str, shown: &str| {
            assert_eq!(Media::parse(given).content_type(), shown, "{given}");
        };
        check("application/json", "application/json; charset=utf-8");
        check("Application/VND.pgrst.object", "application/vnd.pgrst.object+json; charset=utf-8");
        check(
            "application/vnd.pgrst.array+json;nulls=stripped",
            "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
        );
        check("application/vnd.pgrst.array+json", "application/json; charset=utf-8");
        check("application/octet-stream", "application/octet-stream");
        check("image/png", "image/png");
        check("undefined", "undefined");
        check(
            "application/vnd.pgrst.plan",
            "application/vnd.pgrst.plan+text; for=\"application/json\"; charset=utf-8",
        );
        check(
            "application/vnd.pgrst.plan+json;for=\"text/csv\";options=wal|analyze",
            "application/vnd.pgrst.plan+json; for=\"text/csv\"; options=analyze|wal; charset=utf-8",
        );
    }

    #[test]
    fn the_most_wanted_comes_first_and_the_most_special_among_equals() {
        let names =
            |header| accepted(Some(header)).iter().map(Media::to_string).collect::<Vec<_>>();
        assert_eq!(names("*/*, image/png"), ["image/png", "*/*"]);
        assert_eq!(
            names("text/html,application/xml;q=0.9,image/png,*/*;q=0.8"),
            ["text/html", "image/png", "application/xml", "*/*"]
        );
        assert_eq!(accepted(None), [Media::Any]);
    }
}
