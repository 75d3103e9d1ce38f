//! `docs/SUMMARY.md`: the chapters in their order, under the headings of their parts.

use crate::markdown::options;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chapter {
    pub(super) title: String,
    /// From docs/.
    pub(super) path: String,
    /// 0 for a chapter of a part, 1 for one inside another.
    pub(super) depth: usize,
    pub(super) part: String,
}

pub(super) fn read(text: &str) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = vec![];
    let (mut part, mut depth, mut words) = (String::new(), 0_usize, String::new());
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::List(_)) => depth += 1,
            Event::End(TagEnd::List(_)) => depth -= 1,
            Event::Start(Tag::Heading { .. }) => words.clear(),
            Event::End(TagEnd::Heading(_)) => part.clone_from(&words),
            Event::Start(Tag::Link { dest_url, .. }) => {
                words.clear();
                let (path, part) = (dest_url.into_string(), part.clone());
                chapters.push(Chapter {
                    title: String::new(),
                    path,
                    depth: depth.max(1) - 1,
                    part,
                });
            }
            Event::End(TagEnd::Link) => {
                if let Some(chapter) = chapters.last_mut() {
                    chapter.title.clone_from(&words);
                }
            }
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            _ => {}
        }
    }
    chapters
}

#[cfg(test)]
mod tests {
    use super::{Chapter, read};

    #[test]
    fn chapters_keep_order_depth_and_part() {
        let chapter = |title: &str, path: &str, depth, part: &str| Chapter {
            title: title.into(),
            path: path.into(),
            depth,
            part: part.into(),
        };
        assert_eq!(
            read(
                "# Summary\n\n[Intro](intro.md)\n\n# Guides\n\n- [A `b`](a.md)\n  - [C](c/d.md)\n"
            ),
            [
                chapter("Intro", "intro.md", 0, "Summary"),
                chapter("A b", "a.md", 0, "Guides"),
                chapter("C", "c/d.md", 1, "Guides"),
            ]
        );
    }
}
