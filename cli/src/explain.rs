//! `mobo explain`: the page of an error code, of a setting or of an operation.

use crate::options::Options;
use crate::screen::Screen;
use crate::specs::Specs;
use crate::trouble::{Done, misspelt};
use crate::{argv, book, docs, help, plain};
use mag_contract::{Fault, codes, names};
use mag_mobo::Parts;

pub(crate) fn explain(parts: &Parts, options: &Options, words: &[String]) -> Done {
    let screen = options.screen();
    let hint =
        "such as `mobo explain MF8001`, `mobo explain log.level` or `mobo explain component:list`";
    let Some(first) = words.first() else {
        return Err(misspelt("`explain` needs the name of something").hint(hint).into());
    };
    if let Some(code) = codes::find(first) {
        let bare = format!("# {} · {}\n", code.id, code.title);
        let page = book::page(&format!("errors/{}", code.id)).unwrap_or(&bare);
        return show(&screen, page);
    }
    let specs = Specs::of(parts);
    if argv::command(words, |name| specs.find(name).map(|s| s.name)).is_some()
        || crate::commands::own(first).is_some()
    {
        return help::help(parts, options, words);
    }
    let settings = docs::settings(parts);
    if let Some(page) = chapter(&settings, first) {
        return show(&screen, &page);
    }
    Err(nothing(first, &specs, &settings).hint_or(hint).into())
}

fn show(screen: &Screen, page: &str) -> Done {
    screen.out(&plain::page(screen, page));
    Ok(())
}

/// The part of the reference under the heading of this setting or section.
fn chapter(reference: &str, name: &str) -> Option<String> {
    let (setting, section) = (format!("### `{name}`"), format!("## `[{name}]`"));
    let mut lines = reference.lines().skip_while(|line| **line != setting && **line != section);
    let first = lines.next()?;
    let level = first.split(' ').next().unwrap_or_default().len();
    let inside = lines.take_while(|line| {
        let depth = line.chars().take_while(|c| *c == '#').count();
        depth == 0 || depth > level
    });
    Some(std::iter::once(first).chain(inside).collect::<Vec<_>>().join("\n"))
}

fn nothing(name: &str, specs: &Specs, settings: &str) -> Fault {
    let paths = settings.lines().filter_map(|l| l.strip_prefix("### `")?.strip_suffix('`'));
    let known: Vec<&str> = paths
        .chain(specs.names().map(|n| -> &str { n }))
        .chain(codes::ALL.iter().map(|c| c.id))
        .collect();
    let fault = Fault::new(codes::NO_SUCH_NAME, format!("nothing is named `{name}`"));
    match names::nearest(name, known) {
        Some(near) => fault.hint(format!("did you mean `mobo explain {near}`?")),
        None => fault,
    }
}

trait HintOr {
    fn hint_or(self, hint: &str) -> Fault;
}
impl HintOr for Fault {
    fn hint_or(self, hint: &str) -> Fault {
        match self.hint_text() {
            Some(_) => self,
            None => self.hint(hint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page_in_the_binary() {
        for code in codes::ALL {
            assert!(book::page(&format!("errors/{}", code.id)).is_some(), "{code} has no page");
        }
    }

    #[test]
    fn a_setting_is_explained_by_its_own_chapter() {
        let reference =
            "# S\n\n## `[gate]`\n\nAbout.\n\n### `gate.port`\n\nThe port.\n\n### `gate.x`\n\nX.\n";
        assert_eq!(chapter(reference, "gate.port").unwrap().trim(), "### `gate.port`\n\nThe port.");
        assert!(chapter(reference, "gate").unwrap().contains("gate.x"));
        assert_eq!(chapter(reference, "gat"), None);
    }
}
