//! Users of other systems come with their password hashes, and leave the same way.

use super::{Office, input, operations};
use crate::home::{Home, any_of, moment, newest_first, page};
use crate::passwords::is_known;
use crate::people::users::{NewUser, own_identity};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, Timestamp, codes};
use mag_ports::identity::UserChanged;
use mag_query::Call as DataCall;
use mag_userfile::{Entry, Format, HashParameters, Person};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

operations! {
    Import => import;
    Export => export;
}

pub(super) struct Import;

input! { ImportInput in project;
    /// `supabase`, `auth0`, `firebase` or `csv`.
    pub format: String,
    /// The file, by its whole path on the board's machine; only from its own command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is in the file, when it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Firebase's password hash parameter `base64_signer_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_key: Option<Secret<String>>,
    /// Firebase's `base64_salt_separator`.
    #[serde(default = "separator")]
    pub salt_separator: String,
    /// Firebase's `rounds`.
    #[serde(default = "rounds")]
    pub rounds: u32,
    /// Firebase's `mem_cost`.
    #[serde(default = "mem_cost")]
    pub mem_cost: u32,
}
fn separator() -> String {
    "Bw==".into()
}
fn rounds() -> u32 {
    8
}
fn mem_cost() -> u32 {
    14
}

/// What became of one line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Line {
    pub line: usize,
    /// Who it is about, when that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `new`, `present` or `refused`.
    pub result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Imported {
    /// People who were not here before.
    pub new: usize,
    /// People who are here already, by id, address or number: they stay as they are.
    pub present: usize,
    pub refused: usize,
    /// Of the new ones, those who have to choose a new password.
    pub without_password: usize,
    /// The first lines, those that were refused before the others.
    pub lines: Vec<Line>,
    /// Whether it was done, and not only looked at.
    pub done: bool,
}

impl Operation for Import {
    type Input = ImportInput;
    type Output = Imported;
    const NAME: &'static str = "user:import";
    const SUMMARY: &'static str = "Brings users of another system here, with their password hashes";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.users.write";
    const POSITIONAL: &'static [&'static str] = &["format", "file"];
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(1_800);
    const ABOUT: &'static str = "Takes a dump of Supabase's `auth.users` (SQL, JSON, CSV), exports of \
        Auth0 and Firebase, and CSV of one's own. Whoever is here already stays as they are, so the \
        same file can come twice. People sign in with their old passwords, which are hashed anew \
        then. `--preview` tells what each line would become.";
    fn examples() -> Vec<Example> {
        let text = "email,name,password_hash\n\
            grace@example.com,Grace,$2b$10$Z6hUTEEeoJXN5/AmSm/4.eZ75RYgFVriQM9LPhNEC7kbAbS/VAaJ2\n\
            nobody,,\n";
        vec![
            Example::new(
                "A list of one's own",
                json!({ "format": "csv", "text": text }),
                json!({ "new": 1, "present": 0, "refused": 1, "done": true }),
            ),
            Example::new(
                "The same again",
                json!({ "format": "csv", "text": text }),
                json!({ "new": 0, "present": 1, "refused": 1 }),
            ),
            Example::refused(
                "A misspelt format",
                json!({ "format": "fierbase", "text": "{}" }),
                codes::BAD_INPUT.id,
            ),
        ]
    }
}

/// A file of a hundred thousand people is a third of it.
const FILE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Lines of a report: more are nobody's to read.
const LINES_MAX: usize = 1_000;
/// People that are looked up and written together.
const BATCH: usize = 100;

async fn import(office: Arc<Office>, input: ImportInput, call: Call) -> Result<Imported, Fault> {
    let (project, home) = office.users(&input).await?;
    let entries = read(&input, &call).await?;
    let total = entries.len();
    let mut report = Report::default();
    let mut seen = HashSet::new();
    let mut at = 0;
    let mut entries = entries.into_iter();
    loop {
        let batch: Vec<Entry> = entries.by_ref().take(BATCH).collect();
        if batch.is_empty() || call.cancelled.is() {
            break;
        }
        at += batch.len();
        let fresh = sift(&home, batch, &mut seen, &mut report).await?;
        if !call.preview {
            let made = write(&home, fresh, &mut report).await?;
            for user in made {
                office.gotrue.bus.publish(UserChanged {
                    project: project.reference.to_string(),
                    user: user.to_string(),
                    what: "created".into(),
                });
            }
        } else {
            for newcomer in &fresh {
                report.fresh(newcomer);
            }
        }
        call.progress.say("people were looked at", Some((at as u64, total as u64)));
    }
    Ok(report.told(!call.preview))
}

async fn read(input: &ImportInput, call: &Call) -> Result<Vec<Entry>, Fault> {
    let bad = |message: String| Fault::new(codes::BAD_INPUT, message);
    let format = Format::named(&input.format).ok_or_else(|| {
        bad(format!("`{}` is no format", input.format))
            .nearest(&input.format, Format::ALL.map(Format::name))
    })?;
    let text = match (&input.file, &input.text) {
        (None, Some(text)) => text.clone(),
        (Some(_), None) if call.door != "local" => {
            return Err(bad("a file is read only for the board's own command line".into())
                .hint("send what is in it as `text`"));
        }
        (Some(path), None) => {
            let unread = |e| bad(format!("`{path}` cannot be read")).because(e);
            let size = tokio::fs::metadata(path).await.map_err(unread)?.len();
            if size > FILE_BYTES_MAX {
                return Err(bad(format!("`{path}` is larger than {FILE_BYTES_MAX} bytes"))
                    .hint("split it: people who are here already stay as they are"));
            }
            tokio::fs::read_to_string(path).await.map_err(unread)?
        }
        _ => return Err(bad("name a `file`, or give its `text`".into())),
    };
    let parameters = input.signer_key.as_ref().map(|key| HashParameters {
        signer_key: key.expose().clone(),
        salt_separator: input.salt_separator.clone(),
        rounds: input.rounds,
        mem_cost: input.mem_cost,
    });
    mag_userfile::read(format, &text, parameters.as_ref())
        .map_err(|why| bad(format!("the file cannot be read: {why}")))
}

/// Somebody who is not here yet.
struct Newcomer {
    line: usize,
    new: NewUser,
    created_at: Option<Timestamp>,
    last_sign_in_at: Option<Timestamp>,
    note: Option<String>,
}

impl Newcomer {
    fn name(&self) -> Option<String> {
        self.new.email.clone().or_else(|| self.new.phone.clone())
    }
}

#[derive(Default)]
struct Report {
    new: usize,
    present: usize,
    without_password: usize,
    refused: Vec<Line>,
    lines: Vec<Line>,
    refusals: usize,
}

impl Report {
    fn line(&mut self, line: usize, name: Option<String>, result: &str, why: Option<String>) {
        if self.lines.len() < LINES_MAX {
            self.lines.push(Line { line, name, result: result.to_owned(), why });
        }
    }
    fn fresh(&mut self, newcomer: &Newcomer) {
        self.new += 1;
        if newcomer.new.password_hash.is_none() {
            self.without_password += 1;
        }
        self.line(newcomer.line, newcomer.name(), "new", newcomer.note.clone());
    }
    fn present(&mut self, line: usize, name: Option<String>) {
        self.present += 1;
        self.line(line, name, "present", None);
    }
    fn refuse(&mut self, line: usize, name: Option<String>, why: String) {
        self.refusals += 1;
        if self.refused.len() < LINES_MAX {
            let result = "refused".to_owned();
            self.refused.push(Line { line, name, result, why: Some(why) });
        }
    }
    fn told(mut self, done: bool) -> Imported {
        let mut lines = std::mem::take(&mut self.refused);
        lines.append(&mut self.lines);
        lines.truncate(LINES_MAX);
        Imported {
            new: self.new,
            present: self.present,
            refused: self.refusals,
            without_password: self.without_password,
            lines,
            done,
        }
    }
}

/// Those of a batch who are new; the report hears of the others.
async fn sift(
    home: &Home,
    batch: Vec<Entry>,
    seen: &mut HashSet<String>,
    report: &mut Report,
) -> Result<Vec<Newcomer>, Fault> {
    let mut people = vec![];
    for entry in batch {
        match entry.person.and_then(|person| sound(home, entry.line, person)) {
            Ok(newcomer) => people.push(newcomer),
            Err(why) => report.refuse(entry.line, None, why),
        }
    }
    let known = known(home, &people).await?;
    let mut fresh = vec![];
    for newcomer in people {
        let names = names(&newcomer.new);
        if names.iter().any(|name| known.contains(name)) {
            report.present(newcomer.line, newcomer.name());
        } else if names.iter().any(|name| seen.contains(name)) {
            let why = "somebody above has the same id, address or number".to_owned();
            report.refuse(newcomer.line, newcomer.name(), why);
        } else {
            seen.extend(names);
            fresh.push(newcomer);
        }
    }
    Ok(fresh)
}

/// All by which somebody is known.
fn names(new: &NewUser) -> Vec<String> {
    let mut names = vec![format!("id {}", new.id)];
    names.extend(new.email.as_ref().map(|email| format!("email {email}")));
    names.extend(new.phone.as_ref().map(|phone| format!("phone {phone}")));
    names
}

async fn known(home: &Home, people: &[Newcomer]) -> Result<HashSet<String>, Fault> {
    let mut known = HashSet::new();
    if people.is_empty() {
        return Ok(known);
    }
    let ids: Vec<String> = people.iter().map(|one| one.new.id.to_string()).collect();
    let emails: Vec<String> = people.iter().filter_map(|one| one.new.email.clone()).collect();
    let phones: Vec<String> = people.iter().filter_map(|one| one.new.phone.clone()).collect();
    for (column, values) in [("id", ids), ("email", emails), ("phone", phones)] {
        if values.is_empty() {
            continue;
        }
        let mut filter = vec![any_of(column, values)];
        // An id is taken wherever somebody has it.
        if column != "id" {
            filter.push(home.mine());
        }
        for row in home.find("users", filter).await? {
            known.insert(format!("{column} {}", row.words(column)));
        }
    }
    Ok(known)
}

/// As a newcomer of this house, when all of it holds.
fn sound(home: &Home, line: usize, person: Person) -> Result<Newcomer, String> {
    let mut new = NewUser::human();
    new.id = person.id;
    new.email = match &person.email {
        Some(given) => {
            Some(crate::gotrue::address(given).ok_or("its address is none of a mailbox")?)
        }
        None => None,
    };
    new.phone = match &person.phone {
        Some(given) => {
            Some(crate::gotrue::number(given).ok_or("its number is not an international one")?)
        }
        None => None,
    };
    let now = home.now();
    let created_at = person.created_at.as_deref().and_then(moment).filter(|at| *at <= now);
    let since = created_at.unwrap_or(now);
    new.email_confirmed_at = (person.email_verified && new.email.is_some()).then_some(since);
    new.phone_confirmed_at = (person.phone_verified && new.phone.is_some()).then_some(since);
    let mut note = None;
    match &person.password_hash {
        Some(hash) if is_known(hash) => new.password_hash = Some(hash.clone()),
        Some(_) => {
            note = Some("its password hash is of no known form: they choose anew".to_owned())
        }
        None => {}
    }
    new.name.clone_from(&person.name);
    new.user_metadata = person.user_metadata;
    if let Some(name) = person.name {
        new.user_metadata.entry("name".to_owned()).or_insert_with(|| name.into());
    }
    new.app_metadata = person.app_metadata;
    // Who looks after the board is not said by a file.
    for name in ["role", "roles", "permissions"] {
        new.app_metadata.remove(name);
    }
    if person.disabled {
        const CENTURY_MS: i64 = 36_525 * 86_400_000;
        new.banned_until = Some(Timestamp(now.millis().saturating_add(CENTURY_MS)));
    }
    let mut providers: Vec<String> = vec![];
    for (key, value, verified) in [
        ("email", new.email.clone(), new.email_confirmed_at.is_some()),
        ("phone", new.phone.clone(), new.phone_confirmed_at.is_some()),
    ] {
        let Some(value) = value else { continue };
        providers.push(key.to_owned());
        let own = own_identity(new.id, key, &value, verified);
        new.identities.push((key.to_owned(), new.id.to_string(), own));
    }
    for identity in person.identities {
        let mut data = Map::new();
        data.insert("sub".into(), identity.subject.as_str().into());
        data.insert("provider_id".into(), identity.subject.as_str().into());
        if let Some(email) = identity.email {
            data.insert("email".into(), email.to_lowercase().into());
        }
        if !providers.contains(&identity.provider) {
            providers.push(identity.provider.clone());
        }
        new.identities.push((identity.provider, identity.subject, data));
    }
    new.app_metadata.insert("provider".into(), json!(providers.first()));
    new.app_metadata.insert("providers".into(), json!(providers));
    let last_sign_in_at = person.last_sign_in_at.as_deref().and_then(moment);
    Ok(Newcomer { line, new, created_at, last_sign_in_at, note })
}

/// All of a batch together, or one after the other when somebody of it does not fit.
async fn write(
    home: &Home,
    fresh: Vec<Newcomer>,
    report: &mut Report,
) -> Result<Vec<uuid::Uuid>, Fault> {
    let mut calls = vec![];
    for newcomer in &fresh {
        calls.extend(steps(home, newcomer)?);
    }
    if calls.is_empty() {
        return Ok(vec![]);
    }
    let mut made = vec![];
    match home.all(calls).await {
        Ok(_) => {
            for newcomer in &fresh {
                report.fresh(newcomer);
                made.push(newcomer.new.id);
            }
        }
        Err(fault) if is_about_rows(&fault) => {
            for newcomer in &fresh {
                match home.all(steps(home, newcomer)?).await {
                    Ok(_) => {
                        report.fresh(newcomer);
                        made.push(newcomer.new.id);
                    }
                    Err(fault) if is_about_rows(&fault) => {
                        report.refuse(newcomer.line, newcomer.name(), fault.message().to_owned());
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        Err(fault) => return Err(fault),
    }
    Ok(made)
}

/// A row does not fit, such as by an identity that somebody has; the store itself is well.
fn is_about_rows(fault: &Fault) -> bool {
    use mag_contract::Class;
    matches!(fault.class(), Class::Conflict | Class::Invalid)
}

fn steps(home: &Home, newcomer: &Newcomer) -> Result<Vec<DataCall>, Fault> {
    let mut calls = home.making(newcomer.new.clone())?;
    let mut dates = Map::new();
    for (column, at) in
        [("created_at", newcomer.created_at), ("last_sign_in_at", newcomer.last_sign_in_at)]
    {
        if let Some(at) = at {
            dates.insert(column.to_owned(), json!(at));
        }
    }
    if !dates.is_empty() {
        calls.push(home.change(newcomer.new.id, Json::Object(dates))?);
    }
    Ok(calls)
}

pub(super) struct Export;

input! { ExportInput in project;
    /// With the hashes of their passwords: whoever has the file can try to guess them.
    #[serde(default)]
    pub hashes: bool,
    /// So many at most, the newest first.
    #[serde(default = "thousand")]
    pub limit: u32,
    #[serde(default)]
    pub offset: u32,
}
fn thousand() -> u32 {
    1_000
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Exported {
    /// As rows of `auth.users`, which `user:import supabase` reads.
    pub users: Vec<Json>,
    /// How many there are without a limit.
    pub total: u64,
}

impl Operation for Export {
    type Input = ExportInput;
    type Output = Exported;
    const NAME: &'static str = "user:export";
    const SUMMARY: &'static str = "Hands out users as another board or system can take them";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.users.export";
    const WITHIN: Duration = Duration::from_secs(600);
    const ABOUT: &'static str = "`mobo user:export --hashes --json > users.json` is a file that \
        `mobo user:import supabase` takes. Second factors and passkeys stay: they belong to this \
        board's keys and domain.";
    fn examples() -> Vec<Example> {
        vec![Example::new("Without hashes", json!({ "limit": 1 }), json!({}))]
    }
}

async fn export(office: Arc<Office>, input: ExportInput, _: Call) -> Result<Exported, Fault> {
    const PAGE_MAX: u32 = 10_000;
    let (_, home) = office.users(&input).await?;
    let filter = vec![home.mine(), crate::home::is_null("deleted_at")];
    let limit = u64::from(input.limit.min(PAGE_MAX));
    let query = page(filter, newest_first("created_at"), limit, u64::from(input.offset));
    let (rows, total) = home.counted(home.read("users", query)).await?;
    let mut users = vec![];
    for part in rows.chunks(BATCH) {
        let ids: Vec<String> = part.iter().map(|row| row.words("id").to_owned()).collect();
        let identities = home.find("identities", vec![any_of("user_id", ids.clone())]).await?;
        let kinds = home.find_base("users", vec![any_of("id", ids)]).await?;
        for row in part {
            let id = row.words("id");
            let kind = kinds.iter().find(|base| base.words("id") == id);
            // Agents and services have keys, which stay here.
            if kind.is_some_and(|base| base.text("user_type") != Some("human")) {
                continue;
            }
            let ways: Vec<Json> = identities
                .iter()
                .filter(|one| one.words("user_id") == id)
                .map(|one| {
                    json!({
                        "provider": one.words("provider"), "provider_id": one.words("provider_id"),
                        "email": one.text("email"),
                    })
                })
                .collect();
            let banned = row.time("banned_until").is_some_and(|until| until > home.now());
            let mut told = json!({
                "id": id, "email": row.text("email"), "phone": row.text("phone"),
                "email_confirmed_at": row.time("email_confirmed_at"),
                "phone_confirmed_at": row.time("phone_confirmed_at"),
                "raw_app_meta_data": row.object("raw_app_meta_data"),
                "raw_user_meta_data": row.object("raw_user_meta_data"),
                "is_anonymous": row.flag("is_anonymous"), "banned": banned,
                "created_at": row.time("created_at"),
                "last_sign_in_at": row.time("last_sign_in_at"), "identities": ways,
            });
            if input.hashes {
                told["encrypted_password"] = json!(row.text("encrypted_password"));
            }
            users.push(told);
        }
    }
    Ok(Exported { users, total })
}
