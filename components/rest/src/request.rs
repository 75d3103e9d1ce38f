//! A request taken apart: what is asked, of what, in which schema. Pure.

use crate::cursor::Cursor;
use crate::media::{Media, accepted};
use crate::parse::{Params, decode, is_text};
use crate::prefer::Preferences;
use crate::problem::Problem;
use crate::range::{BadRange, Span};
use http::request::Parts;
use http::{HeaderMap, Method};
use mag_ports::settings::{OpenapiMode, RestSettings, TxEnd};

/// What the path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Root,
    Table(String),
    Function(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Read {
        head: bool,
    },
    Insert,
    Update,
    Put,
    Delete,
    /// A function, by GET or HEAD.
    Ask {
        head: bool,
    },
    /// A function, by POST.
    Invoke,
    Root {
        head: bool,
    },
    /// What may be done with it.
    Info,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub target: Target,
    pub action: Action,
    pub schema: String,
    /// The schema was chosen, so the answer says which it is.
    pub by_profile: bool,
    pub params: Params,
    /// The page of the outermost rows.
    pub page: Span,
    pub cursor: Option<Cursor>,
    pub preferences: Preferences,
    pub accepted: Vec<Media>,
    pub content: Media,
    /// Without the prefix of the door.
    pub path: String,
}

/// Where the door is.
pub const PREFIX: &str = "/rest/v1";

impl Asked {
    pub fn read(parts: &Parts, settings: &RestSettings) -> Result<Self, Problem> {
        let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
        let query = parts.uri.query().unwrap_or_default();
        if !is_text(&path) || !is_text(query) {
            return Err(Problem::no_text());
        }
        let target = target(&path, settings)?;
        let (schema, by_profile) = schema(&parts.headers, &parts.method, settings)?;
        let action = action(&target, &parts.method)?;
        let asks = matches!(action, Action::Ask { .. });
        let params = Params::read(query, asks).map_err(Problem::unreadable)?;
        let header = match parts.method {
            Method::GET => header(&parts.headers, "range").map_or(Span::ALL, Span::of_header),
            _ => Span::ALL,
        };
        let page = Span::page(header, params.page()).map_err(|bad| {
            Problem::bad_range(match bad {
                BadRange::NegativeLimit => "Limit should be greater than or equal to zero.".into(),
                BadRange::LowerAboveUpper => "The lower boundary must be lower than or equal to \
                                              the upper boundary in the Range header."
                    .into(),
            })
        })?;
        if action == Action::Put && page != Span::ALL {
            return Err(Problem::page_on_put());
        }
        let reads = matches!(action, Action::Read { .. });
        if params.cursor.is_some() && !reads {
            return Err(Problem::bad_cursor("a cursor walks along rows that are read"));
        }
        let chosen =
            matches!(settings.tx_end, TxEnd::CommitAllowOverride | TxEnd::RollbackAllowOverride);
        let mut preferences = Preferences::of(&parts.headers, chosen);
        preferences.cursor &= reads;
        let begun = preferences.cursor.then_some(Cursor::First);
        Ok(Self {
            method: parts.method.clone(),
            cursor: params.cursor.clone().or(begun),
            action,
            target,
            schema,
            by_profile,
            params,
            page,
            preferences,
            accepted: accepted(header_text(&parts.headers, "accept")),
            content: header_text(&parts.headers, "content-type").map_or(Media::Json, Media::parse),
            path: if path.starts_with('/') { path } else { format!("/{path}") },
        })
    }

    /// What `Content-Location` says: the parameters in the order of their names.
    pub fn location(&self) -> String {
        match self.params.canonical.as_str() {
            "" => self.path.clone(),
            canonical => format!("{}?{canonical}", self.path),
        }
    }

    pub fn head(&self) -> bool {
        matches!(
            self.action,
            Action::Read { head: true } | Action::Ask { head: true } | Action::Root { head: true }
        )
    }
    pub fn writes_rows(&self) -> bool {
        matches!(self.action, Action::Insert | Action::Update | Action::Put | Action::Delete)
    }
    pub fn has_body(&self) -> bool {
        matches!(self.action, Action::Insert | Action::Update | Action::Put | Action::Invoke)
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// With bytes that are no ASCII as they are, where they are UTF-8.
pub fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

fn target(path: &str, settings: &RestSettings) -> Result<Target, Problem> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let segments: Vec<String> = match path {
        "" => Vec::new(),
        // A slash at the end begins one more segment, which is empty.
        path => path.split('/').map(|segment| decode(segment, false)).collect(),
    };
    match segments.as_slice() {
        [] if settings.openapi_mode == OpenapiMode::Disabled => Err(Problem::root_is_off()),
        [] => match &settings.root_spec {
            Some(name) => {
                let name = name.rsplit('.').next().unwrap_or(name);
                Ok(Target::Function(name.to_owned()))
            }
            None => Ok(Target::Root),
        },
        [table] => Ok(Target::Table(table.clone())),
        [rpc, function] if rpc == "rpc" => Ok(Target::Function(function.clone())),
        _ => Err(Problem::no_such_path()),
    }
}

fn action(target: &Target, method: &Method) -> Result<Action, Problem> {
    let other = || Problem::no_such_method(method.as_str());
    Ok(match (target, method.as_str()) {
        (Target::Function(_), "HEAD") => Action::Ask { head: true },
        (Target::Function(_), "GET") => Action::Ask { head: false },
        (Target::Function(_), "POST") => Action::Invoke,
        (Target::Function(_), "OPTIONS") => Action::Info,
        (Target::Function(_), _) => return Err(Problem::method_on_function(method.as_str())),
        (Target::Table(_), "HEAD") => Action::Read { head: true },
        (Target::Table(_), "GET") => Action::Read { head: false },
        (Target::Table(_), "POST") => Action::Insert,
        (Target::Table(_), "PUT") => Action::Put,
        (Target::Table(_), "PATCH") => Action::Update,
        (Target::Table(_), "DELETE") => Action::Delete,
        (Target::Table(_) | Target::Root, "OPTIONS") => Action::Info,
        (Target::Table(_), _) => return Err(other()),
        (Target::Root, "HEAD") => Action::Root { head: true },
        (Target::Root, "GET") => Action::Root { head: false },
        (Target::Root, _) => return Err(other()),
    })
}

/// By the profile header of the method; the first schema when there is none.
fn schema(
    headers: &HeaderMap,
    method: &Method,
    settings: &RestSettings,
) -> Result<(String, bool), Problem> {
    let name = match *method {
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE => "content-profile",
        _ => "accept-profile",
    };
    match header_text(headers, name) {
        Some(profile) if settings.schemas.iter().any(|known| known == profile) => {
            Ok((profile.to_owned(), true))
        }
        Some(profile) => Err(Problem::no_schema(profile, &settings.schemas)),
        None => {
            let first = settings.schemas.first().cloned().unwrap_or_default();
            Ok((first, settings.schemas.len() != 1))
        }
    }
}
