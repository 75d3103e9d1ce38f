//! One page of the book as HTML: the list of chapters, the text, the way to the next page.

use super::Built;
use super::summary::Chapter;
use crate::markdown::{self, Anchors, options};
use crate::tree::File;
use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

pub(super) fn build(source: &File, chapters: &[Chapter], sources: &[File]) -> Built {
    let path = html_path(&source.path);
    let up = "../".repeat(source.path.matches('/').count());
    let title = markdown::read(&source.text).title;
    let nav = nav(source, chapters, &up);
    let body = body(source);
    let steps = steps(source, chapters, sources, &up);
    let title = escaped(&title);
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · MagFlock</title>\n\
         <link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#text\">Skip to the text</a>\n{nav}\
         <main id=\"text\">\n{body}{steps}</main>\n</body>\n</html>\n"
    );
    Built { path, text }
}

/// The page that opens the book and leads on to the first chapter.
pub(super) fn door(first: &Chapter) -> String {
    let to = html_path(&first.path);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>MagFlock</title>\n\
         <meta http-equiv=\"refresh\" content=\"0; url={to}\">\n</head>\n\
         <body><a href=\"{to}\">The book of MagFlock</a></body>\n</html>\n"
    )
}

fn nav(source: &File, chapters: &[Chapter], up: &str) -> String {
    let mut text =
        String::from("<nav aria-label=\"Chapters\">\n<input type=\"checkbox\" id=\"menu\">\n");
    text.push_str("<label for=\"menu\">MagFlock</label>\n<div class=\"chapters\">\n");
    let mut part = None;
    for chapter in chapters {
        if part != Some(&chapter.part) {
            if part.is_some() {
                text.push_str("</ul>\n");
                text.push_str(&format!("<p>{}</p>\n", escaped(&chapter.part)));
            }
            text.push_str("<ul>\n");
            part = Some(&chapter.part);
        }
        let here = if chapter.path == source.path { " aria-current=\"page\"" } else { "" };
        let deep = if chapter.depth > 0 { " class=\"deep\"" } else { "" };
        let (to, title) = (html_path(&chapter.path), escaped(&chapter.title));
        text.push_str(&format!("<li{deep}><a href=\"{up}{to}\"{here}>{title}</a></li>\n"));
    }
    text.push_str("</ul>\n</div>\n</nav>\n");
    text
}

/// The page before and after in the order of the chapters; from a page of an index, back to it.
fn steps(source: &File, chapters: &[Chapter], sources: &[File], up: &str) -> String {
    let link = |class: &str, path: &str, title: &str| {
        let (to, title) = (html_path(path), escaped(title));
        format!("<a class=\"{class}\" href=\"{up}{to}\">{title}</a>\n")
    };
    let mut text = String::from("<footer>\n");
    match chapters.iter().position(|chapter| chapter.path == source.path) {
        Some(at) => {
            if let Some(before) = at.checked_sub(1).and_then(|at| chapters.get(at)) {
                text.push_str(&link("before", &before.path, &before.title));
            }
            if let Some(next) = chapters.get(at + 1) {
                text.push_str(&link("next", &next.path, &next.title));
            }
        }
        None => {
            let index =
                source.path.rsplit_once('/').map(|(folder, _)| format!("{folder}/index.md"));
            if let Some(index) = sources.iter().find(|other| Some(&other.path) == index.as_ref()) {
                text.push_str(&link("before", &index.path, &markdown::read(&index.text).title));
            }
        }
    }
    text + "</footer>\n"
}

fn body(source: &File) -> String {
    let mut names = Anchors::default();
    let mut events: Vec<Event<'_>> = vec![];
    let mut heading: Option<(usize, String)> = None;
    for event in Parser::new_ext(&source.text, options()) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading = Some((events.len(), String::new()));
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((at, words)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at)
                {
                    *id = Some(CowStr::from(names.next(&words)));
                }
                events.push(event);
            }
            Event::Text(ref words) | Event::Code(ref words) => {
                if let Some((_, heading)) = &mut heading {
                    heading.push_str(words);
                }
                events.push(event);
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = CowStr::from(href(&dest_url));
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            // A wide table moves inside its own frame, so that the page fits a phone.
            Event::Start(Tag::Table(_)) => {
                events.push(Event::Html("<div class=\"wide\">".into()));
                events.push(event);
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html("</div>\n".into()));
            }
            event => events.push(event),
        }
    }
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    text
}

fn href(target: &str) -> String {
    let inside = !target.contains("://");
    match target.split_once('#') {
        Some((path, anchor)) if inside => format!("{}#{anchor}", html_path(path)),
        None if inside => html_path(target),
        _ => target.into(),
    }
}

fn html_path(path: &str) -> String {
    path.strip_suffix(".md").map_or_else(|| path.into(), |path| format!("{path}.html"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::summary::Chapter;
    use crate::tree::File;

    #[test]
    fn a_page_shows_where_one_is_and_where_to_go() {
        let chapter = |title: &str, path: &str| Chapter {
            title: title.into(),
            path: path.into(),
            depth: 0,
            part: "P".into(),
        };
        let chapters =
            [chapter("Zero <0>", "z.md"), chapter("One", "g/one.md"), chapter("Two", "two.md")];
        let source = File::new("g/one.md", "# One & all\n\n## A `b`\n\n| a |\n|---|\n| 1 |\n");
        let page = super::build(&source, &chapters, &[]).text;
        for expected in [
            "<title>One &amp; all · MagFlock</title>",
            "<a href=\"../g/one.html\" aria-current=\"page\">One</a>",
            "<h2 id=\"a-b\">",
            "<div class=\"wide\"><table>",
            "<a class=\"before\" href=\"../z.html\">Zero &lt;0&gt;</a>",
            "<a class=\"next\" href=\"../two.html\">Two</a>",
        ] {
            assert!(page.contains(expected), "{expected} is not in\n{page}");
        }
        assert!(
            !page.contains("http:") && !page.contains("https:"),
            "a page asks nobody for anything"
        );
    }
}
