//! Every error code has its page, the page has the code's title, and the index names it.

use crate::markdown;
use crate::tree::File;

const CODES: &str = "kernel/contract/src/codes.rs";
const PAGES: &str = "docs/errors";

pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(source) = files.iter().find(|file| file.path == CODES) else {
        return vec![format!("{CODES}: the list of error codes is not there")];
    };
    let codes = codes(&source.text);
    if codes.is_empty() {
        return vec![format!("{CODES}: no line reads `NAME MF1001 Class \"title\";`")];
    }
    let page = |name: &str| files.iter().find(|f| f.path == format!("{PAGES}/{name}.md"));
    let index = page("index").map(|file| markdown::read(&file.text));
    let mut complaints = vec![];
    for (id, title) in &codes {
        let expected = format!("# {id} · {title}");
        match page(id).map(|file| file.text.lines().next().unwrap_or_default()) {
            None => complaints.push(format!("{PAGES}/{id}.md: the page of `{title}` is missing")),
            Some(first) if first != expected => {
                complaints
                    .push(format!("{PAGES}/{id}.md: the first line should read `{expected}`"));
            }
            Some(_) => {}
        }
        let target = format!("{id}.md");
        let listed =
            index.as_ref().is_some_and(|page| page.links.iter().any(|l| l.target == target));
        if !listed {
            complaints.push(format!("{PAGES}/index.md: {id} is not listed"));
        }
    }
    for file in files.iter().filter(|file| file.under(PAGES)) {
        let stem = file.stem();
        if stem.starts_with("MF") && !codes.iter().any(|(id, _)| *id == stem) {
            complaints.push(format!("{}: no error has this code", file.path));
        }
    }
    complaints
}

/// The lines `NAME MF1001 Class "title";` of the list.
fn codes(source: &str) -> Vec<(&str, &str)> {
    source
        .lines()
        .filter_map(|line| {
            let (head, rest) = line.split_once('"')?;
            let (title, _) = rest.split_once('"')?;
            let [_, id, _] = head.split_whitespace().collect::<Vec<_>>()[..] else { return None };
            id.starts_with("MF").then_some((id, title))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tree::File;

    const SOURCE: &str = "codes! {\n    NO_ROUTE MF1006 Missing \"nothing is here\";\n}\n";

    fn check(pages: &[(&str, &str)], expected: &[&str]) {
        let mut files = vec![File::new(super::CODES, SOURCE)];
        files.extend(
            pages.iter().map(|(name, text)| File::new(&format!("docs/errors/{name}.md"), text)),
        );
        assert_eq!(super::check(&files), expected);
    }

    #[test]
    fn a_code_with_its_page_in_the_index_is_well() {
        check(&[("MF1006", "# MF1006 · nothing is here\n"), ("index", "[MF1006](MF1006.md)")], &[]);
    }

    #[test]
    fn a_code_without_page_and_a_page_without_code_are_found() {
        check(
            &[("MF1007", "# MF1007 · old\n"), ("index", "")],
            &[
                "docs/errors/MF1006.md: the page of `nothing is here` is missing",
                "docs/errors/index.md: MF1006 is not listed",
                "docs/errors/MF1007.md: no error has this code",
            ],
        );
    }

    #[test]
    fn a_page_whose_title_lags_behind_is_found() {
        check(
            &[("MF1006", "# MF1006 · was here\n"), ("index", "[MF1006](MF1006.md)")],
            &["docs/errors/MF1006.md: the first line should read `# MF1006 · nothing is here`"],
        );
    }
}
