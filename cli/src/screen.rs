//! Where answers go: how wide it is, whether it shows colours and more than ASCII, and that a
//! reader who leaves (`mobo logs | head`) ends the command without a word.

use mag_contract::Timestamp;
use std::io::{IsTerminal, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Warn,
    Bad,
    Dim,
    Bold,
    Accent,
}

#[derive(Clone, Debug)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    /// Cells end where the screen ends. A pipe or a file gets them whole, unless somebody has said
    /// how wide it is.
    pub(crate) cuts: bool,
    pub(crate) color: bool,
    /// Whether standard error shows colours: it may be a terminal when standard output is not.
    pub(crate) color_err: bool,
    pub(crate) unicode: bool,
    /// Standard output is read by a person.
    pub(crate) live: bool,
    pub(crate) live_err: bool,
    pub(crate) quiet: bool,
    pub(crate) json: bool,
    pub(crate) now: Timestamp,
}

/// What a page is made for when nobody says how wide the reader's screen is.
const WIDTH: usize = 80;
/// Wider lines are hard to read, however wide the screen is.
const WIDTH_MAX: usize = 160;

impl Screen {
    /// Eighty columns, no colour: for files, tests and the worst case.
    pub(crate) fn plain() -> Self {
        Self {
            width: WIDTH,
            cuts: true,
            color: false,
            color_err: false,
            unicode: true,
            live: false,
            live_err: false,
            quiet: false,
            json: false,
            now: mag_contract::Clock::machine().now(),
        }
    }
    pub(crate) fn of_process(color: Option<bool>, quiet: bool, json: bool) -> Self {
        let said = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let (live, live_err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let plain = said("NO_COLOR").is_some() || said("TERM").is_some_and(|t| t == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| said(name));
        let unicode = locale.is_none_or(|l| {
            let l = l.to_string_lossy().to_lowercase();
            l.contains("utf-8") || l.contains("utf8")
        });
        let width = match live {
            true => rustix::termios::tcgetwinsize(std::io::stdout())
                .ok()
                .map(|size| usize::from(size.ws_col))
                .filter(|columns| *columns > 0),
            false => said("COLUMNS").and_then(|c| c.to_string_lossy().parse().ok()),
        };
        Self {
            width: width.unwrap_or(WIDTH).clamp(40, WIDTH_MAX),
            cuts: live || width.is_some(),
            color: color.unwrap_or(live && !plain),
            color_err: color.unwrap_or(live_err && !plain),
            unicode,
            live,
            live_err,
            quiet,
            json,
            ..Self::plain()
        }
    }

    /// The same screen, a moment later.
    pub(crate) fn of_now(&self) -> Self {
        Self { now: mag_contract::Clock::machine().now(), ..self.clone() }
    }

    /// The text as it fits into so many columns.
    pub(crate) fn fitted(&self, text: &str, columns_max: usize) -> String {
        if self.cuts { cut(text, columns_max, self.unicode) } else { text.to_owned() }
    }
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        painted(self.color, tone, text)
    }
    pub(crate) fn paint_err(&self, tone: Tone, text: &str) -> String {
        painted(self.color_err, tone, text)
    }
    /// A mark in front of a line: good, warning, bad, or just a note.
    pub(crate) fn mark(&self, tone: Tone) -> String {
        let sign = match (tone, self.unicode) {
            (Tone::Good, true) => "✓",
            (Tone::Good, false) => "+",
            (Tone::Warn, _) => "!",
            (Tone::Bad, true) => "✗",
            (Tone::Bad, false) => "x",
            (Tone::Dim | Tone::Bold | Tone::Accent, true) => "·",
            (Tone::Dim | Tone::Bold | Tone::Accent, false) => "-",
        };
        self.paint(tone, sign)
    }
    pub(crate) fn dot(&self) -> &'static str {
        if self.unicode { "·" } else { "-" }
    }

    /// A text and its line end to standard output. `false` when nobody reads any more.
    pub(crate) fn out(&self, text: &str) -> bool {
        let mut out = std::io::stdout().lock();
        let end: &str = if text.ends_with('\n') { "" } else { "\n" };
        let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes()));
        written.and_then(|()| out.flush()).is_ok()
    }
    /// For people: silent with `--quiet`.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet && !self.json {
            self.out(text);
        }
    }
    /// To standard error.
    pub(crate) fn err(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.write_all(b"\n"));
    }
}

fn painted(color: bool, tone: Tone, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let code = match tone {
        Tone::Good => "32",
        Tone::Warn => "33",
        Tone::Bad => "31",
        Tone::Dim => "2",
        Tone::Bold => "1",
        Tone::Accent => "36",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// How many columns a text takes: colours take none.
pub(crate) fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut inside = false;
    for c in text.chars() {
        match (inside, c) {
            (false, '\u{1b}') => inside = true,
            (true, 'm') => inside = false,
            (true, _) => {}
            (false, _) => count += width(c),
        }
    }
    count
}

/// Wide letters of East Asia and emoji take two columns, marks that sit on a letter take none.
fn width(c: char) -> usize {
    match u32::from(c) {
        0..=0x1f | 0x7f..=0x9f | 0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff => 2,
        _ => 1,
    }
}

/// The text without what could drive a terminal: it may come from a log or a fact.
pub(crate) fn tame(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Cut to so many columns, with a sign that something is missing.
fn cut(text: &str, columns_max: usize, unicode: bool) -> String {
    if columns(text) <= columns_max {
        return text.to_owned();
    }
    let sign = if unicode { "…" } else { "~" };
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        if used + width(c) + 1 > columns_max {
            break;
        }
        used += width(c);
        kept.push(c);
    }
    kept + sign
}

/// Broken at blanks into lines of so many columns at most.
pub(crate) fn wrapped(text: &str, columns_max: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > columns_max {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_columns_whatever_its_letters() {
        assert_eq!(cut("magflock", 8, true), "magflock");
        assert_eq!(cut("magflocks", 8, true), "magfloc…");
        assert_eq!(cut("磁石の群れ", 6, true), "磁石…");
        assert_eq!(columns(&painted(true, Tone::Good, "ok")), 2);
    }

    #[test]
    fn nothing_from_a_log_reaches_the_terminal_as_a_command() {
        assert_eq!(tame("a\u{1b}[2Jb\u{7}"), "a [2Jb ");
    }

    #[test]
    fn lines_are_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("", 7), [""]);
    }
}
