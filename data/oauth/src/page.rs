//! The pages on which somebody signs in and agrees: plain forms that need no script, in a frame
//! nowhere, with what apps say of themselves as text.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}\
main{box-sizing:border-box;width:100%;max-width:26rem;padding:1.5rem}\
h1{font-size:1.25rem;margin:0 0 1rem}\
label{display:block;margin:.75rem 0 .25rem}\
input,button{box-sizing:border-box;width:100%;font:inherit;padding:.6rem;border-radius:.4rem;border:1px solid GrayText}\
button{margin-top:1rem;cursor:pointer}\
button.yes{background:#1d4ed8;color:#fff;border-color:#1d4ed8}\
button.small{width:auto;padding:.2rem .6rem}\
:focus-visible{outline:3px solid #60a5fa;outline-offset:2px}\
ul{padding-left:1.25rem}\
.wrong{border-left:4px solid #b91c1c;padding-left:.75rem}\
.note{color:GrayText;font-size:.9rem;overflow-wrap:anywhere}";

/// What every form carries: which request it is about, and that it is ours.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    pub action: &'a str,
    pub authorization: &'a str,
    pub csrf: &'a str,
    /// What was wrong with the last try.
    pub wrong: Option<&'a str>,
}

/// What the person agrees to.
#[derive(Clone, Copy, Debug)]
pub struct Consent<'a> {
    pub app: &'a str,
    pub app_uri: Option<&'a str>,
    /// Where it leads.
    pub to: &'a str,
    /// Nobody of this house has looked at the app.
    pub registered_itself: bool,
    pub account: &'a str,
    pub says: &'a [&'a str],
    pub resources: &'a [String],
}

/// What a browser may do with a page: nothing, but to send its form here and go on to `target`.
pub fn policy(target: Option<&str>) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let target = target.map(|target| format!(" {target}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'{target}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

pub fn sign_in(app: &str, form: Form<'_>) -> String {
    let body = format!(
        "<h1>Sign in to go on to {}</h1>{}<form method=\"post\" action=\"{}\">{}\
         <label for=\"email\">Email address</label>\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus>\
         <label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>\
         <button class=\"yes\" name=\"action\" value=\"sign_in\">Sign in</button></form>\
         <form method=\"post\" action=\"{}\">{}<button name=\"action\" value=\"deny\">Cancel</button></form>",
        escaped(app),
        wrong(form),
        escaped(form.action),
        hidden(form),
        escaped(form.action),
        hidden(form),
    );
    whole("Sign in", &body)
}

pub fn second_factor(app: &str, form: Form<'_>) -> String {
    let body = format!(
        "<h1>Enter your code to go on to {}</h1>{}<form method=\"post\" action=\"{}\">{}\
         <label for=\"code\">Code of your authenticator app</label>\
         <input id=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" \
         pattern=\"[0-9]*\" maxlength=\"10\" required autofocus>\
         <button class=\"yes\" name=\"action\" value=\"code\">Go on</button></form>\
         <form method=\"post\" action=\"{}\">{}<button name=\"action\" value=\"leave\">Use another account</button></form>",
        escaped(app),
        wrong(form),
        escaped(form.action),
        hidden(form),
        escaped(form.action),
        hidden(form),
    );
    whole("Enter your code", &body)
}

pub fn consent(consent: Consent<'_>, form: Form<'_>) -> String {
    let item = |text: &str| format!("<li>{}</li>", escaped(text));
    let says: String = consent.says.iter().map(|said| item(said)).collect();
    let resources: String =
        consent.resources.iter().map(|uri| item(&format!("use {uri} as you"))).collect();
    let uri = consent
        .app_uri
        .map(|uri| format!("<p class=\"note\">It says that its page is {}.</p>", escaped(uri)));
    let note = if consent.registered_itself {
        "<p class=\"note\">This app has registered itself: nobody has checked its name.</p>"
    } else {
        ""
    };
    let body = format!(
        "<h1>Let {} sign in as you?</h1>{}<p>You are <strong>{}</strong>. The app acts as you where \
         you are a user, and will:</p><ul>{says}{resources}</ul>\
         <p>Then you go on to <strong>{}</strong>.</p>{}{note}\
         <form method=\"post\" action=\"{}\">{}\
         <button class=\"yes\" name=\"action\" value=\"approve\">Allow</button>\
         <button name=\"action\" value=\"deny\">Refuse</button>\
         <p><button class=\"small\" name=\"action\" value=\"leave\">Use another account</button></p></form>",
        escaped(consent.app),
        wrong(form),
        escaped(consent.account),
        escaped(consent.to),
        uri.unwrap_or_default(),
        escaped(form.action),
        hidden(form),
    );
    whole("Allow an app", &body)
}

/// A dead end: there is nowhere to send the person.
pub fn dead_end(why: &str) -> String {
    let body = format!(
        "<h1>This does not work</h1><p>{}</p><p class=\"note\">Go back to the app and begin again. If \
         that does not help, tell the people who make the app.</p>",
        escaped(why)
    );
    whole("This does not work", &body)
}

fn hidden(form: Form<'_>) -> String {
    format!(
        "<input type=\"hidden\" name=\"authorization_id\" value=\"{}\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{}\">",
        escaped(form.authorization),
        escaped(form.csrf)
    )
}

fn wrong(form: Form<'_>) -> String {
    form.wrong
        .map(|why| format!("<p class=\"wrong\" role=\"alert\">{}</p>", escaped(why)))
        .unwrap_or_default()
}

fn whole(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_app_says_of_itself_is_text() {
        let evil = "\"><script>alert(1)</script><img src=x onerror='x'>";
        let form = Form { action: evil, authorization: evil, csrf: evil, wrong: Some(evil) };
        let asked = Consent {
            app: evil,
            app_uri: Some(evil),
            to: evil,
            registered_itself: true,
            account: evil,
            says: &[evil],
            resources: &[evil.to_owned()],
        };
        for page in
            [sign_in(evil, form), second_factor(evil, form), consent(asked, form), dead_end(evil)]
        {
            assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
            assert!(!page.contains("onerror='"), "no attribute is left: {page}");
        }
    }

    #[test]
    fn a_page_runs_nothing_and_is_in_no_frame() {
        let policy = policy(Some("https://app.test"));
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'self' https://app.test; frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
    }
}
