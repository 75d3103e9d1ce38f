//! What a page of Markdown offers and asks: its title, its anchors, its links, and whether those
//! links lead anywhere. Pure: the files are handed in.

use crate::tree::File;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub struct Page {
    pub title: String,
    pub anchors: BTreeSet<String>,
    pub links: Vec<Link>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    pub target: String,
    pub text: String,
    pub line: usize,
}

pub fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES
}

pub fn read(text: &str) -> Page {
    let mut page = Page { title: String::new(), anchors: BTreeSet::new(), links: vec![] };
    let mut names = Anchors::default();
    let mut heading: Option<String> = None;
    let mut open: Option<Link> = None;
    for (event, at) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let words = heading.take().unwrap_or_default();
                page.anchors.insert(names.next(&words));
                if page.title.is_empty() {
                    page.title = words;
                }
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let line = text[..at.start].matches('\n').count() + 1;
                open = Some(Link { target: dest_url.into_string(), text: String::new(), line });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => page.links.extend(open.take()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
                if let Some(link) = &mut open {
                    link.text.push_str(&words);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                page.anchors.extend(ids_in(&html));
            }
            _ => {}
        }
    }
    page
}

/// Gives each heading its anchor as the usual renderers do: the second of a name gets `-1`.
#[derive(Default)]
pub struct Anchors(HashMap<String, usize>);

impl Anchors {
    pub fn next(&mut self, heading: &str) -> String {
        let name = slug(heading);
        let times = self.0.entry(name.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { name } else { format!("{name}-{}", *times - 1) }
    }
}

fn slug(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

fn ids_in(html: &str) -> Vec<String> {
    html.split("id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.into())).collect()
}

/// Where a link leads, seen from the page that holds it. `None`: out of the repository.
pub fn resolve<'a>(from: &str, target: &'a str) -> Option<(String, Option<&'a str>)> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    if path.is_empty() {
        return Some((from.into(), anchor));
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            // Above the root the link leads nowhere: keep the dots, no file is called so.
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some((parts.join("/"), anchor))
}

/// The links among the files that lead nowhere, each as a sentence. A folder counts as a target.
pub fn broken_links(files: &[File]) -> Vec<String> {
    let mut there: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for file in files {
        there.extend(file.path.match_indices('/').map(|(at, _)| &file.path[..at]));
    }
    let pages: BTreeMap<&str, Page> = files
        .iter()
        .filter(|file| file.is("md"))
        .map(|file| (file.path.as_str(), read(&file.text)))
        .collect();
    let mut broken = vec![];
    for (path, page) in &pages {
        for link in &page.links {
            let Some((target, anchor)) = resolve(path, &link.target) else { continue };
            let complaint = if !there.contains(target.as_str()) {
                "which is not there"
            } else if anchor.is_some_and(|anchor| {
                pages.get(target.as_str()).is_some_and(|page| !page.anchors.contains(anchor))
            }) {
                "where no heading has this anchor"
            } else {
                continue;
            };
            broken.push(format!("{path}:{}: links to `{}`, {complaint}", link.line, link.target));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::{broken_links, read, resolve};
    use crate::tree::File;

    #[test]
    fn headings_get_the_anchors_that_readers_link_to() {
        let page = read(
            "# MF7003 · nothing is\n\n## `mobo boot`\n\n## Twice\n## Twice\n<a id=\"own\"></a>\n",
        );
        assert_eq!(page.title, "MF7003 · nothing is");
        let anchors: Vec<_> = page.anchors.iter().map(String::as_str).collect();
        assert_eq!(anchors, ["mf7003--nothing-is", "mobo-boot", "own", "twice", "twice-1"]);
    }

    #[test]
    fn a_link_is_read_with_its_text_and_line() {
        let page = read("a\n\n[the `mobo` page](x.md#y)\n");
        let link = page.links.first().expect("one link");
        assert_eq!((&*link.target, &*link.text, link.line), ("x.md#y", "the mobo page", 3));
    }

    #[test]
    fn links_are_resolved_from_the_folder_of_their_page() {
        let to = |target| resolve("docs/guides/a.md", target).map(|(path, _)| path);
        assert_eq!(to("../intro.md").as_deref(), Some("docs/intro.md"));
        assert_eq!(to("#here").as_deref(), Some("docs/guides/a.md"));
        assert_eq!(to("../../../up.md").as_deref(), Some("../up.md"));
        assert_eq!(to("https://example.org/x"), None);
    }

    #[test]
    fn a_link_to_a_missing_file_or_heading_is_named_with_its_line() {
        let files = [
            File::new(
                "a.md",
                "# A\n[ok](b/c.md#c) [folder](b) [self](#a)\n[gone](d.md)\n[no](b/c.md#x)\n",
            ),
            File::new("b/c.md", "# C\n"),
        ];
        assert_eq!(
            broken_links(&files),
            [
                "a.md:3: links to `d.md`, which is not there",
                "a.md:4: links to `b/c.md#x`, where no heading has this anchor",
            ]
        );
    }
}
