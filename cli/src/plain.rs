//! A page of the book on a terminal: the few marks of Markdown that the book uses become bold,
//! colours and indents.

use crate::screen::{Screen, Tone, columns, wrapped};

pub(crate) fn page(screen: &Screen, markdown: &str) -> String {
    let mut out = Page {
        screen,
        lines: vec![],
        paragraph: String::new(),
        indent: String::new(),
        mark: String::new(),
        rows: vec![],
    };
    let mut code = false;
    let mut comment = false;
    for line in markdown.lines() {
        let bare = line.trim();
        if bare.starts_with("```") {
            out.flush();
            code = !code;
        } else if code {
            out.lines.push(format!("    {}", screen.paint(Tone::Accent, line)));
        } else if comment || bare.starts_with("<!--") {
            comment = !bare.ends_with("-->");
        } else if let Some(heading) = bare.strip_prefix('#') {
            out.flush();
            let heading = heading.trim_start_matches('#').trim();
            out.lines.push(screen.paint(Tone::Bold, &marks(screen, heading, false)));
        } else if bare.is_empty() {
            out.flush();
            out.blank();
        } else if bare.starts_with('|') {
            out.row(bare);
        } else if let Some((mark, item)) = item(bare, screen.dot()) {
            out.flush();
            let before = line.len() - line.trim_start().len();
            out.indent = " ".repeat(before + columns(&mark) + 1);
            (out.mark, out.paragraph) = (mark, item.to_owned());
        } else {
            if !out.paragraph.is_empty() {
                out.paragraph.push(' ');
            }
            out.paragraph.push_str(bare);
        }
    }
    out.flush();
    out.lines.join("\n")
}

/// An item of a list and what stands before it: a dot, or its number.
fn item<'a>(line: &'a str, dot: &str) -> Option<(String, &'a str)> {
    if let Some(item) = line.strip_prefix("- ") {
        return Some((dot.to_owned(), item));
    }
    let (number, item) = line.split_once(". ")?;
    let digits = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| (format!("{number}."), item))
}

struct Page<'a> {
    screen: &'a Screen,
    lines: Vec<String>,
    paragraph: String,
    /// Of the item that is being read; empty for running text.
    indent: String,
    mark: String,
    /// Of the table that is being read.
    rows: Vec<Vec<String>>,
}

impl Page<'_> {
    fn flush(&mut self) {
        self.table();
        if self.paragraph.is_empty() {
            return;
        }
        let text = marks(self.screen, &std::mem::take(&mut self.paragraph), true);
        let room = self.screen.width.saturating_sub(self.indent.len());
        for (n, line) in wrapped(&text, room).iter().enumerate() {
            let head = match (n, self.indent.len()) {
                (_, 0) => String::new(),
                (0, n) => {
                    let before = n.saturating_sub(columns(&self.mark) + 1);
                    format!("{}{} ", " ".repeat(before), self.mark)
                }
                (_, n) => " ".repeat(n),
            };
            self.lines.push(format!("{head}{line}"));
        }
        self.indent.clear();
    }
    fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }
    fn row(&mut self, row: &str) {
        let row = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{1}");
        let cells =
            row.split('|').map(|cell| marks(self.screen, cell.trim(), false).replace('\u{1}', "|"));
        let cells: Vec<String> = cells.collect();
        if !cells.iter().all(|c| !c.is_empty() && c.chars().all(|c| "-:".contains(c))) {
            self.rows.push(cells);
        }
    }
    /// All columns but the last are as wide as they need to be; the last is broken into lines.
    fn table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| rows.iter().filter_map(|r| r.get(at)).map(|c| columns(c)).max();
        let widths: Vec<usize> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
        let before: usize = widths.iter().rev().skip(1).map(|w| w + 2).sum::<usize>() + 2;
        let room = self.screen.width.saturating_sub(before).max(20);
        if before + room > self.screen.width {
            return self.records(&rows);
        }
        for row in &rows {
            let mut head = String::from("  ");
            let (last, firsts) = row.split_last().map_or(("", &[][..]), |(l, f)| (l.as_str(), f));
            for (cell, width) in firsts.iter().zip(&widths) {
                head.push_str(&format!("{cell}{}  ", " ".repeat(width - columns(cell))));
            }
            for part in wrapped(last, room) {
                self.lines.push(format!("{head}{part}").trim_end().to_owned());
                head = " ".repeat(before);
            }
        }
    }
    /// A table that is too wide for the screen: below each other what it has beside each other.
    fn records(&mut self, rows: &[Vec<String>]) {
        let Some((heads, rows)) = rows.split_first() else { return };
        let width = heads.iter().map(|h| columns(h)).max().unwrap_or(0);
        let room = self.screen.width.saturating_sub(width + 4).max(20);
        for row in rows {
            self.blank();
            for (head, cell) in heads.iter().zip(row) {
                let mut before = format!("  {head}{}  ", " ".repeat(width - columns(head)));
                for part in wrapped(cell, room) {
                    self.lines.push(format!("{before}{part}").trim_end().to_owned());
                    before = " ".repeat(width + 4);
                }
            }
        }
    }
}

/// `code`, **strong** and [links](elsewhere) in running text.
fn marks(screen: &Screen, text: &str, code: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '[', '*']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (shown, taken) = match rest.as_bytes().first() {
            Some(b'`') => match rest[1..].find('`') {
                Some(end) if code => (screen.paint(Tone::Accent, &rest[1..=end]), end + 2),
                Some(end) => (rest[1..=end].to_owned(), end + 2),
                None => ("`".to_owned(), 1),
            },
            Some(b'[') => match rest.find("](").and_then(|mid| Some((mid, rest[mid..].find(')')?)))
            {
                Some((mid, end)) => (marks(screen, &rest[1..mid], code), mid + end + 1),
                None => ("[".to_owned(), 1),
            },
            _ => match rest.strip_prefix("**").and_then(|inner| inner.find("**")) {
                Some(end) => (screen.paint(Tone::Bold, &rest[2..2 + end]), end + 4),
                None => ("*".to_owned(), 1),
            },
        };
        out.push_str(&shown);
        rest = &rest[taken..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_well_without_its_marks() {
        let text = "# One `two`\n\nA **strong** word and\na [link](x.md).\n\n- first\n  goes on\n- second\n\n```console\n$ mobo\n```\n\n| a | b |\n|---|---|\n| `x` | y |\n";
        let expected = "One two\n\nA strong word and a link.\n\n· first goes on\n· second\n\n    $ mobo\n\n  a  b\n  x  y";
        assert_eq!(page(&Screen::plain(), text), expected);
    }

    #[test]
    fn a_numbered_list_keeps_its_numbers() {
        let text = "So:\n\n1. first\n   goes on\n2. second\n\nIn 2026. Done.";
        let expected = "So:\n\n1. first goes on\n2. second\n\nIn 2026. Done.";
        assert_eq!(page(&Screen::plain(), text), expected);
    }

    #[test]
    fn a_table_that_is_too_wide_is_told_row_by_row() {
        let long = "x".repeat(50);
        let text =
            format!("| type | default | takes effect |\n|---|---|---|\n| {long} | 1 | {long} |\n");
        let expected = format!("  type          {long}\n  default       1\n  takes effect  {long}");
        assert_eq!(page(&Screen::plain(), &text), expected);
    }
}
