//! Letters from templates, in the words that users of GoTrue know. Values are put in as text: what
//! somebody has called themselves is never markup.

use crate::settings::Template;
use mag_contract::names::nearest;
use mag_contract::{Fault, codes};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Confirmation,
    Invite,
    Recovery,
    MagicLink,
    EmailChange,
    Reauthentication,
    Sms,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Confirmation,
        Self::Invite,
        Self::Recovery,
        Self::MagicLink,
        Self::EmailChange,
        Self::Reauthentication,
        Self::Sms,
    ];
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Invite => "invite",
            Self::Recovery => "recovery",
            Self::MagicLink => "magic_link",
            Self::EmailChange => "email_change",
            Self::Reauthentication => "reauthentication",
            Self::Sms => "sms",
        }
    }
    /// As hooks know it.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Confirmation => "signup",
            Self::MagicLink => "magiclink",
            Self::Invite
            | Self::Recovery
            | Self::EmailChange
            | Self::Reauthentication
            | Self::Sms => self.name(),
        }
    }
    fn subject(self) -> &'static str {
        match self {
            Self::Confirmation => "Confirm your email address",
            Self::Invite => "You have been invited",
            Self::Recovery => "Choose a new password",
            Self::MagicLink => "Your link to sign in",
            Self::EmailChange => "Confirm your new email address",
            Self::Reauthentication => "Your code is {{ .Token }}",
            Self::Sms => "Your code",
        }
    }
    fn body(self) -> &'static str {
        match self {
            Self::Confirmation => {
                "<h2>Welcome</h2>\n<p>Follow this link to confirm your address:</p>\n\
                 <p><a href=\"{{ .ConfirmationURL }}\">Confirm {{ .Email }}</a></p>\n\
                 <p>Or enter the code: {{ .Token }}</p>\n"
            }
            Self::Invite => {
                "<h2>You are invited</h2>\n<p>Somebody has invited you to {{ .SiteURL }}.</p>\n\
                 <p><a href=\"{{ .ConfirmationURL }}\">Accept the invitation</a></p>\n"
            }
            Self::Recovery => {
                "<h2>A new password</h2>\n<p>Follow this link to choose a new password:</p>\n\
                 <p><a href=\"{{ .ConfirmationURL }}\">Choose a new password</a></p>\n\
                 <p>Or enter the code: {{ .Token }}</p>\n\
                 <p>If it was not you who asked, do nothing.</p>\n"
            }
            Self::MagicLink => {
                "<h2>Sign in</h2>\n<p>Follow this link to sign in:</p>\n\
                 <p><a href=\"{{ .ConfirmationURL }}\">Sign in</a></p>\n\
                 <p>Or enter the code: {{ .Token }}</p>\n"
            }
            Self::EmailChange => {
                "<h2>A new address</h2>\n\
                 <p>Follow this link to change your address from {{ .Email }} to {{ .NewEmail }}:</p>\n\
                 <p><a href=\"{{ .ConfirmationURL }}\">Change the address</a></p>\n\
                 <p>Or enter the code: {{ .Token }}</p>\n"
            }
            Self::Reauthentication => "<h2>Is it you?</h2>\n<p>Enter the code: {{ .Token }}</p>\n",
            Self::Sms => "Your code is {{ .Token }}",
        }
    }
}

/// What templates can say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) confirmation_url: String,
    pub(crate) token: String,
    pub(crate) token_hash: String,
    pub(crate) site_url: String,
    pub(crate) email: String,
    pub(crate) new_email: String,
    pub(crate) redirect_to: String,
    pub(crate) data: Map<String, Json>,
    /// In lower case, the best first.
    pub(crate) languages: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
}

type Own = BTreeMap<Kind, Template>;

#[derive(Default)]
pub(crate) struct Templates {
    own: Own,
    languages: BTreeMap<String, Own>,
}

impl Templates {
    pub(crate) fn of(
        settings: &BTreeMap<String, Template>,
        languages: &BTreeMap<String, BTreeMap<String, Template>>,
    ) -> Result<Self, Fault> {
        let read = |(name, own): (&String, &BTreeMap<String, Template>)| {
            Ok((name.replace('_', "-").to_ascii_lowercase(), Self::read(own)?))
        };
        let languages = languages.iter().map(read).collect::<Result<_, Fault>>()?;
        Ok(Self { own: Self::read(settings)?, languages })
    }

    fn read(settings: &BTreeMap<String, Template>) -> Result<Own, Fault> {
        let mut own = BTreeMap::new();
        for (name, template) in settings {
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
                let fault = Fault::new(codes::BAD_SETTING, format!("no mail is called `{name}`"));
                match nearest(name, Kind::ALL.map(Kind::name)) {
                    Some(near) => fault.hint(format!("did you mean `auth.templates.{near}`?")),
                    None => fault,
                }
            })?;
            for text in [&template.subject, &template.body].into_iter().flatten() {
                filled(text, &Words::default(), plain).map_err(|unknown| {
                    let message = format!("the template of `{name}` says `{unknown}`");
                    Fault::new(codes::BAD_SETTING, message)
                        .hint("it can say .ConfirmationURL, .Token, .TokenHash, .SiteURL, .Email, .NewEmail, .RedirectTo and .Data.name")
                })?;
            }
            own.insert(kind, template.clone());
        }
        Ok(own)
    }

    /// In the first language that there is, by its whole name or its first part.
    fn for_reader(&self, kind: Kind, languages: &[String]) -> Option<&Template> {
        let found = languages.iter().find_map(|name| {
            let whole = self.languages.get(name);
            whole.or_else(|| self.languages.get(name.split('-').next()?)).and_then(|l| l.get(&kind))
        });
        found.or_else(|| self.own.get(&kind))
    }

    pub(crate) fn write(&self, kind: Kind, words: &Words) -> Letter {
        let own = self.for_reader(kind, &words.languages);
        let subject = own.and_then(|t| t.subject.as_deref()).unwrap_or(kind.subject());
        let body = own.and_then(|t| t.body.as_deref()).unwrap_or(kind.body());
        // A line break in a subject would begin another header.
        let subject = filled(subject, words, plain).unwrap_or_default().replace(['\r', '\n'], " ");
        let html = filled(body, words, escaped).unwrap_or_default();
        Letter { subject, text: text_of(&html), html }
    }
}

/// The template with its values; what it says that we do not know otherwise.
fn filled(template: &str, words: &Words, put: fn(&str) -> String) -> Result<String, String> {
    let mut out = String::with_capacity(template.len() + 128);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            return Err(format!("{{{{{after}"));
        };
        out.push_str(&put(&words.value(name.trim()).ok_or_else(|| name.trim().to_owned())?));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

impl Words {
    fn value(&self, name: &str) -> Option<String> {
        Some(match name {
            ".ConfirmationURL" => self.confirmation_url.clone(),
            ".Token" => self.token.clone(),
            ".TokenHash" => self.token_hash.clone(),
            ".SiteURL" => self.site_url.clone(),
            ".Email" => self.email.clone(),
            ".NewEmail" => self.new_email.clone(),
            ".RedirectTo" => self.redirect_to.clone(),
            _ => match self.data.get(name.strip_prefix(".Data.")?) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Null) | None => String::new(),
                Some(other) => other.to_string(),
            },
        })
    }
}

fn plain(text: &str) -> String {
    text.to_owned()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// For readers without HTML: tags go, addresses of links stay.
fn text_of(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((tag, after)) = after.split_once('>') else { break };
        if let Some(address) = tag.strip_prefix("a href=\"").and_then(|t| t.split('"').next()) {
            out.push_str(address);
            out.push(' ');
        }
        rest = after;
    }
    out.push_str(rest);
    for (code, plain) in
        [("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        out = out.replace(code, plain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text_and_never_markup() {
        let words = Words {
            confirmation_url: "http://x/verify?token=1&type=signup".into(),
            email: "<script>@x.test".into(),
            token: "123456".into(),
            ..Words::default()
        };
        let letter = Templates::default().write(Kind::Confirmation, &words);
        assert!(letter.html.contains("href=\"http://x/verify?token=1&amp;type=signup\""));
        assert!(!letter.html.contains("<script>"), "{}", letter.html);
        assert!(letter.text.contains("http://x/verify?token=1&type=signup"), "{}", letter.text);
        assert!(letter.text.contains("123456"));
    }

    #[test]
    fn a_template_of_ones_own_is_checked_before_it_is_used() {
        let own = |body: &str, subject: &str| {
            let template = Template { body: Some(body.into()), subject: Some(subject.into()) };
            BTreeMap::from([("magic_link".to_owned(), template)])
        };
        let of = |own: &BTreeMap<String, Template>| Templates::of(own, &BTreeMap::new());
        let words = Words {
            data: Map::from_iter([("name".to_owned(), "Ada\r\nBcc: x".into())]),
            token: "42".into(),
            ..Words::default()
        };
        let templates = of(&own("{{.Token}} {{ .Data.nothing }}!", "Hi {{ .Data.name }}"));
        let letter = templates.unwrap().write(Kind::MagicLink, &words);
        assert_eq!((letter.html.as_str(), letter.subject.as_str()), ("42 !", "Hi Ada  Bcc: x"));
        assert!(of(&own("{{ .Tokn }}", "")).is_err());
        assert!(of(&own("{{ .Token", "")).is_err());
        let misspelt = BTreeMap::from([("magiclink".to_owned(), Template::default())]);
        let fault = of(&misspelt).err().unwrap();
        assert_eq!(fault.hint_text(), Some("did you mean `auth.templates.magic_link`?"));
    }

    #[test]
    fn a_letter_is_in_the_language_of_its_reader() {
        let own = |body: &str| {
            let template = Template { body: Some(body.into()), subject: None };
            BTreeMap::from([("magic_link".to_owned(), template)])
        };
        let languages =
            BTreeMap::from([("de".to_owned(), own("Hallo")), ("pt_BR".to_owned(), own("Oi"))]);
        let templates = Templates::of(&own("Hello"), &languages).unwrap();
        let check = |named: &[&str], expected: &str| {
            let languages = named.iter().map(|name| (*name).to_owned()).collect();
            let words = Words { languages, ..Words::default() };
            assert_eq!(templates.write(Kind::MagicLink, &words).html, expected, "{named:?}");
        };
        check(&[], "Hello");
        check(&["de-at", "en"], "Hallo");
        check(&["fr", "pt-br"], "Oi");
        check(&["pt"], "Hello");
        let german = Words { languages: vec!["de".into()], ..Words::default() };
        let other = templates.write(Kind::Invite, &german);
        assert!(other.html.contains("invited"), "what is not translated stays: {other:?}");
        let wrong = BTreeMap::from([("de".to_owned(), own("{{ .X }}"))]);
        assert!(Templates::of(&BTreeMap::new(), &wrong).is_err());
    }
}
