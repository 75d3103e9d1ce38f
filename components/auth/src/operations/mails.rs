//! The mailbox of a project: what was sent, and what would have been.

use super::{Office, identifier, input, operations};
use crate::home::{Row, newest_first, page};
use crate::post::{Kind, Words};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use mag_query::call::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

operations! {
    List => list;
    Show => show;
    Preview => preview;
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MailRow {
    pub id: String,
    pub at: Timestamp,
    pub to: String,
    /// `email` or `sms`.
    pub channel: String,
    pub template: String,
    pub subject: String,
    /// `sent`; `waiting` for another try; `failed`; or `kept` when there is no server to send it.
    pub state: String,
    /// Why the last try has not sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl MailRow {
    fn of(row: &Row) -> Self {
        Self {
            id: row.words("id").to_owned(),
            at: row.time("created_at").unwrap_or_default(),
            to: row.words("recipient").to_owned(),
            channel: row.words("channel").to_owned(),
            template: row.words("template").to_owned(),
            subject: row.words("subject").to_owned(),
            state: row.words("state").to_owned(),
            error: row.text("error").map(str::to_owned),
        }
    }
}

pub(super) struct List;

input! { ListInput in project;
    /// Only those to this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// So many at most, the newest first.
    #[serde(default = "fifty")]
    pub limit: u32,
}
fn fifty() -> u32 {
    50
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MailList {
    pub mails: Vec<MailRow>,
    /// Whether mails leave this machine, by `[auth.smtp]`.
    pub goes_out: bool,
}

impl Operation for List {
    type Input = ListInput;
    type Output = MailList;
    const NAME: &'static str = "mail:list";
    const SUMMARY: &'static str = "Lists mails and messages to users, the newest first";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.mails.read";
    const ALIASES: &'static [&'static str] = &["mails"];
    const ABOUT: &'static str = "Without `[auth.smtp]` nothing leaves the machine: this is the \
        mailbox of development, with the links and codes that people would have got.";
    fn examples() -> Vec<Example> {
        vec![Example::new("All of them", json!({}), json!({ "goes_out": false }))]
    }
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<MailList, Fault> {
    let (_, home) = office.users(&input).await?;
    let mut filter = vec![home.here()];
    if let Some(to) = &input.to {
        filter.push(Filter::eq("recipient", &to.to_lowercase()));
    }
    let limit = u64::from(input.limit.min(1_000));
    let rows =
        home.run(home.read("mails", page(filter, newest_first("created_at"), limit, 0))).await?;
    Ok(MailList {
        mails: rows.iter().map(MailRow::of).collect(),
        goes_out: office.gotrue.post.goes_out(),
    })
}

pub(super) struct Show;

input! { ShowInput in project;
    /// The mail's id, as `mobo mail:list` shows it.
    pub id: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MailShown {
    pub mail: MailRow,
    pub text: String,
    pub html: String,
}

impl Operation for Show {
    type Input = ShowInput;
    type Output = MailShown;
    const NAME: &'static str = "mail:show";
    const SUMMARY: &'static str = "Shows a mail as its reader sees it";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.mails.read";
    const POSITIONAL: &'static [&'static str] = &["id"];
    fn examples() -> Vec<Example> {
        let nothing = json!({ "id": "00000000-0000-0000-0000-000000000000" });
        vec![Example::refused("One that is not there", nothing, codes::NO_SUCH_NAME.id)]
    }
}

async fn show(office: Arc<Office>, input: ShowInput, _: Call) -> Result<MailShown, Fault> {
    let (_, home) = office.users(&input).await?;
    let id = identifier(&input.id, "a mail")?;
    let which = vec![home.here(), Filter::eq("id", &id.to_string())];
    let row = home.one("mails", which).await?.ok_or_else(|| {
        Fault::new(codes::NO_SUCH_NAME, format!("there is no mail `{id}`"))
            .hint("`mobo mail:list` shows them")
    })?;
    Ok(MailShown {
        mail: MailRow::of(&row),
        text: row.words("text").to_owned(),
        html: row.words("html").to_owned(),
    })
}

pub(super) struct Preview;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PreviewInput {
    /// `confirmation`, `invite`, `recovery`, `magic_link`, `email_change`, `reauthentication`, `sms`.
    pub template: String,
    /// As somebody reads it who has this language, such as `de`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Previewed {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Operation for Preview {
    type Input = PreviewInput;
    type Output = Previewed;
    const NAME: &'static str = "mail:preview";
    const SUMMARY: &'static str = "Shows what a mail would look like, without sending it";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.mails.read";
    const POSITIONAL: &'static [&'static str] = &["template"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "The link to sign in",
                json!({ "template": "magic_link" }),
                json!({ "subject": "Your link to sign in" }),
            ),
            Example::refused(
                "A misspelt one",
                json!({ "template": "magiclink" }),
                codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

async fn preview(office: Arc<Office>, input: PreviewInput, _: Call) -> Result<Previewed, Fault> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == input.template);
    let kind = kind.ok_or_else(|| {
        Fault::new(codes::NO_SUCH_NAME, format!("no mail is called `{}`", input.template))
            .nearest(&input.template, Kind::ALL.map(Kind::name))
    })?;
    let settings = &office.gotrue.settings;
    let base = settings.external_url.trim_end_matches('/');
    let words = Words {
        confirmation_url: format!("{base}/auth/v1/verify?token=example&type=signup"),
        token: "123456".into(),
        token_hash: "example".into(),
        site_url: settings.site_url.clone(),
        email: "ada@example.com".into(),
        new_email: "ada@example.org".into(),
        redirect_to: settings.site_url.clone(),
        data: serde_json::Map::from_iter([("name".to_owned(), "Ada".into())]),
        languages: input.language.iter().map(|name| name.to_ascii_lowercase()).collect(),
    };
    let letter = office.gotrue.post.preview(kind, &words);
    Ok(Previewed { subject: letter.subject, text: letter.text, html: letter.html })
}
