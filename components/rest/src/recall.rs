//! Requests that came before with other values. How such a request is read, negotiated, planned and
//! authorised does not depend on its values, so it is found out once for a role and kept with the
//! view; after that only the values are read: those of its query, and those of the one object that
//! a write brings.
//! Never: an answer, a session, or anything that a request of another form would be taken for.

use crate::call;
use crate::negotiate::Offer;
use crate::parse::escape;
use crate::payload::one_object;
use crate::request::{Action, Asked, Target};
use http::header::{ACCEPT, CONTENT_TYPE, RANGE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Uri};
use mag_adapter::Access;
use mag_guard::{Authorised, Session, Template};
use mag_model::json;
use mag_ports::View;
use mag_ports::settings::{ProjectSettings, RestSettings};
use mag_query::shape::Written;
use mag_query::{Call, Given, Options, Plan};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An app has some hundred forms of requests.
const FORMS: usize = 1_024;
/// All of them together with their plans, as the plans of a view have it for themselves.
const BYTES: u64 = 8 << 20;
/// A longer request is one that a program made, and seldom comes again.
const KEY_MAX: usize = 1_024;
/// What is longer takes its time whichever way it goes.
const BODY_MAX: usize = 64 << 10;
/// A form is kept when it comes for the second time: those who ask everything once cost nothing.
const SEEN: usize = 512;
/// Operators whose value is one literal, whatever it is.
const WITH_VALUE: [&str; 6] = ["eq.", "neq.", "gt.", "gte.", "lt.", "lte."];
/// Names that say something else than a condition.
const RESERVED: [&str; 10] =
    ["select", "order", "limit", "offset", "and", "or", "not", "columns", "on_conflict", "cursor"];
/// All that a request is read by, beside its path and its parameters.
const OF_READ: [HeaderName; 3] = [ACCEPT, ACCEPT_PROFILE, PREFER];
const OF_WRITE: [HeaderName; 4] = [ACCEPT, CONTENT_PROFILE, PREFER, CONTENT_TYPE];
const PREFER: HeaderName = HeaderName::from_static("prefer");
const ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
const CONTENT_PROFILE: HeaderName = HeaderName::from_static("content-profile");

/// A request without its values.
pub(crate) struct Form<'q> {
    key: Vec<u8>,
    /// In the order of the query.
    values: Vec<&'q str>,
    /// The members of the body, in their order.
    cells: Vec<(Cow<'q, str>, &'q str)>,
}

impl<'q> Form<'q> {
    /// Nothing for a request that is not of the plain kind.
    pub(crate) fn of(parts: &'q Parts, content: &'q [u8], role: &str) -> Option<Self> {
        let headers = &parts.headers;
        let query = parts.uri.query().unwrap_or_default();
        if headers.contains_key(RANGE) || query.len() > KEY_MAX || query.contains(';') {
            return None;
        }
        let (mark, named, has_body) = match parts.method {
            Method::GET => (b'r', &OF_READ[..], false),
            Method::POST => (b'i', &OF_WRITE[..], true),
            Method::PATCH => (b'u', &OF_WRITE[..], true),
            Method::DELETE => (b'd', &OF_WRITE[..], false),
            _ => return None,
        };
        let cells = match has_body {
            true if !brings_json(headers) || content.len() > BODY_MAX => return None,
            true => one_object(content)?,
            false => Vec::new(),
        };
        let mut form = Self { key: Vec::with_capacity(256), values: Vec::with_capacity(4), cells };
        form.key.push(mark);
        form.text(role.as_bytes());
        form.text(parts.uri.path().as_bytes());
        form.headers(headers, named);
        for part in query.split('&') {
            match condition(part) {
                Some((bare, value)) => {
                    form.values.push(value);
                    form.text(bare.as_bytes());
                    form.key.push(1);
                }
                None => {
                    form.text(part.as_bytes());
                    form.key.push(0);
                }
            }
        }
        let Self { key, cells, .. } = &mut form;
        for (name, _) in cells {
            text(key, name.as_bytes());
            key.push(4);
        }
        (form.key.len() <= KEY_MAX).then_some(form)
    }

    fn text(&mut self, of: &[u8]) {
        text(&mut self.key, of);
    }

    fn headers(&mut self, headers: &HeaderMap, named: &[HeaderName]) {
        for name in named {
            for value in headers.get_all(name) {
                self.text(value.as_bytes());
                self.key.push(2);
            }
            self.key.push(3);
        }
    }
}

/// Each text has its length before it, so that no two forms have the same bytes.
fn text(key: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    key.extend_from_slice(&length.to_le_bytes());
    key.extend_from_slice(text);
}

/// The body is what it is without saying so, or says it plainly.
fn brings_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|said| {
        let rest = said.as_bytes().strip_prefix(b"application/json");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b";"))
    })
}
/// `id=eq.` and `5` of `id=eq.5`, when the value is nothing but letters, digits and signs that mean
/// nothing to any reader.
fn condition(part: &str) -> Option<(&str, &str)> {
    let (name, rest) = part.split_once('=')?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || !name.bytes().all(is_plain) || RESERVED.contains(&name) {
        return None;
    }
    let op = WITH_VALUE.iter().find(|op| rest.starts_with(**op))?;
    let (bare, value) = part.split_at(name.len() + 1 + op.len());
    let is_literal = |b: u8| is_plain(b) || b == b'-' || b == b':' || b == b'.';
    (!value.is_empty() && value.bytes().all(is_literal)).then_some((bare, value))
}

/// A value of the request, or a text that every request of the form has.
enum Piece {
    Value(usize),
    Cell(usize),
    Text(Box<str>),
}

/// What was found out about a form.
pub(crate) struct Known {
    /// They decide much of it: others make it anew.
    settings: Arc<ProjectSettings>,
    pub(crate) asked: Arc<Asked>,
    pub(crate) offer: Offer,
    pub(crate) thing: Arc<str>,
    pub(crate) access: Access,
    pub(crate) in_json: Option<&'static str>,
    template: Arc<Template>,
    literals: Box<[Piece]>,
    location: Box<[Piece]>,
}

impl Known {
    /// Nothing when a value is none of its type: that is told by the long way.
    pub(crate) fn plan(&self, form: &Form<'_>, session: &Arc<Session>) -> Option<Authorised<Plan>> {
        let literals: Vec<Written<'_>> = self
            .literals
            .iter()
            .map(|piece| match piece {
                Piece::Value(n) => form.values.get(*n).map(|value| Written::Text(value)),
                Piece::Cell(n) => form.cells.get(*n).map(|(_, value)| Written::Json(value)),
                Piece::Text(text) => Some(Written::Text(text)),
            })
            .collect::<Option<_>>()?;
        let plan = self.template.fill(&literals, session)?;
        Some(match self.in_json {
            Some(between) => plan.in_json_with(between),
            None => plan,
        })
    }

    /// What `Content-Location` says of a read.
    pub(crate) fn location(&self, form: &Form<'_>) -> Option<String> {
        if self.access == Access::Write {
            return None;
        }
        let mut location = String::with_capacity(64);
        for piece in &self.location {
            match piece {
                Piece::Value(n) => escape(&mut location, form.values.get(*n).unwrap_or(&"")),
                Piece::Text(text) => location.push_str(text),
                Piece::Cell(_) => {}
            }
        }
        Some(location)
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Box<[u8]>, Arc<Known>> for Weight {
    fn weight(&self, key: &Box<[u8]>, known: &Arc<Known>) -> u64 {
        // A request taken apart is some ten times as long as its text, which is shorter than the key.
        (key.len() * 10 + known.template.weight()) as u64
    }
}

/// What is kept with a view.
pub(crate) struct Recall {
    known: Cache<Box<[u8]>, Arc<Known>, Weight>,
    seen: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Recall {
    fn default() -> Self {
        Self {
            known: Cache::with_weighter(FORMS, BYTES, Weight),
            seen: (0..SEEN).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Recall {
    pub(crate) fn get(
        &self,
        form: &Form<'_>,
        settings: &Arc<ProjectSettings>,
    ) -> Option<Arc<Known>> {
        self.known.get(&*form.key).filter(|known| Arc::ptr_eq(&known.settings, settings))
    }

    /// Whether the form came before, as far as that is remembered.
    pub(crate) fn came_before(&self, form: &Form<'_>) -> bool {
        let hash = self.hasher.hash_one(&form.key);
        let place = usize::try_from(hash % SEEN as u64).unwrap_or(0);
        self.seen.get(place).is_some_and(|seen| seen.swap(hash, Ordering::Relaxed) == hash)
    }

    pub(crate) fn keep(&self, form: &Form<'_>, known: Known) {
        self.known.insert(form.key.as_slice().into(), Arc::new(known));
    }
}

/// A request that was read the long way, and may be known from now on.
pub(crate) struct Learnt<'a> {
    pub(crate) view: &'a View,
    pub(crate) settings: &'a Arc<ProjectSettings>,
    pub(crate) parts: &'a Parts,
    pub(crate) content: &'a [u8],
    pub(crate) session: &'a Arc<Session>,
    pub(crate) options: Options,
    pub(crate) asked: &'a Arc<Asked>,
    pub(crate) offer: &'a Offer,
    pub(crate) plan: &'a Authorised<Plan>,
    pub(crate) thing: Arc<str>,
}

impl Learnt<'_> {
    /// The request is read once more with marks for its values: where a mark comes out, a value goes
    /// in. Nothing when the values would change more than that.
    pub(crate) fn known(self, form: &Form<'_>) -> Option<Known> {
        let rest = &self.settings.rest;
        let (template, _) = self.plan.template()?;
        let mut again = self.read(&marked(self.parts)?, rest)?;
        again.preferences.clone_from(&self.asked.preferences);
        let call = self.call(self.asked, self.content)?;
        let call_again = self.call(&again, marked_object(&form.cells)?.as_bytes())?;
        let shape = self.view.shape(&call, self.session, &self.options)?;
        let shape_again = self.view.shape(&call_again, self.session, &self.options)?;
        if shape.key != shape_again.key || again.target != self.asked.target {
            return None;
        }
        // In the caller's own words a mark may stand percent-encoded.
        let has_mark =
            |written: &Written<'_>| matches!(written, Written::Text(t) if t.contains(MARK));
        if shape.literals.iter().any(has_mark) || self.asked.location().contains(MARK) {
            return None;
        }
        let literal = |written: &Written<'_>| match written {
            Written::Text(text) => match mark_of(text) {
                Some(n) => Some(Piece::Value(n)),
                None => (!text.contains(MARK)).then(|| Piece::Text((*text).into())),
            },
            Written::Cell(Given::Json(text)) => {
                mark_of(text.strip_prefix('"')?.strip_suffix('"')?).map(Piece::Cell)
            }
            Written::Cell(_) | Written::Json(_) => None,
        };
        let literals =
            shape_again.literals.iter().map(literal).collect::<Option<Box<[Piece]>>>()?;
        let has = |found: &dyn Fn(&Piece) -> bool| literals.iter().any(found);
        let values_are_used =
            (0..form.values.len()).all(|n| has(&|p| matches!(p, Piece::Value(m) if *m == n)));
        let cells_are_used =
            (0..form.cells.len()).all(|n| has(&|p| matches!(p, Piece::Cell(m) if *m == n)));
        if !(values_are_used && cells_are_used) {
            return None;
        }
        let writes = self.asked.writes_rows();
        Some(Known {
            settings: self.settings.clone(),
            location: located(&again.location())?,
            // With marks where the first caller had its values.
            asked: Arc::new(again),
            offer: self.offer.clone(),
            thing: self.thing,
            access: if writes { Access::Write } else { Access::Read },
            in_json: self.plan.wants_json(),
            template: template.clone(),
            literals,
        })
    }

    fn call(&self, asked: &Asked, content: &[u8]) -> Option<Call> {
        let Target::Table(name) = &asked.target else { return None };
        let call = match asked.action {
            Action::Read { head: false } => call::read(asked, name, self.offer).ok()?,
            Action::Insert | Action::Update | Action::Delete => {
                let table = self.view.catalog.find_table(&asked.schema, name)?;
                let body = call::body(asked, content).ok()?;
                call::write(asked, self.view.catalog.table(table), body, self.offer).ok()?
            }
            _ => return None,
        };
        Some(call.searching(&self.settings.rest.extra_search_path))
    }

    fn read(&self, query: &str, rest: &RestSettings) -> Option<Asked> {
        let uri: Uri = format!("{}?{query}", self.parts.uri.path()).parse().ok()?;
        let mut parts = self.parts.clone();
        parts.uri = uri;
        Asked::read(&parts, rest).ok()
    }
}

/// No request has it in its own words.
const MARK: &str = "qMf7zVal";

/// The query with a mark for each value.
fn marked(parts: &Parts) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    if query.contains(MARK) || parts.uri.path().contains(MARK) {
        return None;
    }
    let mut count = 0..;
    let each = query.split('&').map(|part| match (condition(part), count.start) {
        (Some((bare, _)), n) => {
            count.start += 1;
            format!("{bare}{MARK}{n}q")
        }
        (None, _) => part.to_owned(),
    });
    Some(each.collect::<Vec<_>>().join("&"))
}

/// The body with a mark for each value.
fn marked_object(cells: &[(Cow<'_, str>, &str)]) -> Option<String> {
    let mut object = String::from("{");
    for (n, (name, _)) in cells.iter().enumerate() {
        if name.contains(MARK) {
            return None;
        }
        object.push_str(if n > 0 { "," } else { "" });
        json::write_string(&mut object, name);
        object.push_str(&format!(":\"{MARK}{n}q\""));
    }
    object.push('}');
    Some(object)
}

/// The number of a text that is a mark and nothing else.
fn mark_of(text: &str) -> Option<usize> {
    text.strip_prefix(MARK)?.strip_suffix('q')?.parse().ok()
}

fn located(text: &str) -> Option<Box<[Piece]>> {
    let mut pieces = Vec::new();
    let mut parts = text.split(MARK);
    let text = |text: &str| Piece::Text(text.into());
    pieces.push(text(parts.next()?));
    for part in parts {
        let (number, rest) = part.split_once('q')?;
        pieces.push(Piece::Value(number.parse().ok()?));
        pieces.push(text(rest));
    }
    Some(pieces.into())
}
