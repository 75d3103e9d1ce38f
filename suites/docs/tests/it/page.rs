//! What a page asks its reader to type, and what it promises for it. Nothing is left out in
//! silence: a block that could be typed but is not marked `console` is a fault of the page.

use std::path::{Path, PathBuf};

/// Blocks that show something to read, not to type.
const TO_READ: &[&str] = &["rust", "toml", "json", "sql", "typescript", "text"];

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) blocks: Vec<Block>,
    pub(crate) faults: Vec<String>,
}

/// One block: commands one after the other, what is promised holds for the last.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) commands: Vec<Command>,
    pub(crate) end: End,
}

#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// One of these exit codes; 0 unless the page says otherwise: `console exit=3`.
    Code(Vec<i32>),
    /// It goes on until Ctrl-C: `console ctrl-c`.
    Interrupted,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Command {
    pub(crate) text: String,
    pub(crate) shown: Vec<String>,
}

impl Page {
    pub(crate) fn read(root: &Path, path: &Path) -> Self {
        Self::of(path, &std::fs::read_to_string(root.join(path)).unwrap())
    }
    fn of(path: &Path, text: &str) -> Self {
        let mut page = Self { path: path.to_owned(), blocks: vec![], faults: vec![] };
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(info) = line.trim_start().strip_prefix("```") else { continue };
            let body: Vec<&str> =
                lines.by_ref().map(|(_, l)| l).take_while(|l| l.trim() != "```").collect();
            match block(number + 1, info, &body) {
                Ok(block) => page.blocks.extend(block),
                Err(why) => page.faults.push(format!("{}:{}: {why}", path.display(), number + 1)),
            }
        }
        page
    }
}

fn block(line: usize, info: &str, body: &[&str]) -> Result<Option<Block>, String> {
    let mut words = info.split_whitespace();
    match words.next() {
        Some("console") => {}
        Some(to_read) if TO_READ.contains(&to_read) => return Ok(None),
        _ => return Err(format!("a block is `console` or one of {TO_READ:?}, not `{info}`")),
    }
    let mut end = End::Code(vec![0]);
    for word in words {
        end = match word.strip_prefix("exit=") {
            Some(codes) => {
                let codes: Result<_, _> = codes.split(',').map(str::parse).collect();
                End::Code(codes.map_err(|_| format!("`{word}` names no exit code"))?)
            }
            None if word == "ctrl-c" => End::Interrupted,
            None => return Err(format!("`{word}` says nothing about a console")),
        };
    }
    let commands = commands(body)?;
    let silent = commands.last().is_none_or(|last| last.shown.is_empty());
    if end == End::Interrupted && silent {
        return Err("what goes on until Ctrl-C must show a line to wait for".to_owned());
    }
    Ok(Some(Block { line, commands, end }))
}

fn commands(body: &[&str]) -> Result<Vec<Command>, String> {
    let mut found: Vec<Command> = vec![];
    let mut goes_on = false;
    for line in body {
        match (found.last_mut(), line.strip_prefix("$ ")) {
            (Some(last), None) if goes_on => {
                last.text = format!("{} {}", last.text.trim_end_matches('\\').trim(), line.trim());
                goes_on = line.ends_with('\\');
            }
            (_, Some(text)) => {
                goes_on = text.ends_with('\\');
                found.push(Command { text: text.to_owned(), shown: vec![] });
            }
            (Some(last), None) => last.shown.push((*line).to_owned()),
            (None, None) => return Err(format!("a console begins with `$ `, not with `{line}`")),
        }
    }
    match found.is_empty() {
        true => Err("a console without a command".to_owned()),
        false => Ok(found),
    }
}

/// Commands between backquotes in running text, without what they are given.
pub(crate) fn named_commands(text: &str) -> Vec<String> {
    let mut named = vec![];
    for line in text.lines() {
        for code in line.split('`').skip(1).step_by(2) {
            let word = code.strip_prefix("mobo ").and_then(|rest| rest.split(' ').next());
            let is_name = |w: &&str| w.starts_with(|c: char| c.is_ascii_lowercase());
            named.extend(word.filter(is_name).map(str::to_owned));
        }
    }
    named
}

#[test]
fn a_page_is_read_as_its_reader_reads_it() {
    let text = "# T\n\n```console exit=3\n$ mobo \\\n    a\nout\n\nmore\n$ mobo b\n```\n\n```sh\nmobo c\n```\n```toml\nx = 1\n```\n";
    let page = Page::of(Path::new("t.md"), text);
    assert_eq!(page.faults.len(), 1, "{page:?}");
    assert!(page.faults[0].starts_with("t.md:12: "), "{page:?}");
    let [block] = page.blocks.as_slice() else { panic!("{page:?}") };
    assert_eq!((block.line, &block.end), (3, &End::Code(vec![3])));
    let shown = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    let first = Command { text: "mobo a".into(), shown: shown(&["out", "", "more"]) };
    assert_eq!(block.commands, [first, Command { text: "mobo b".into(), shown: vec![] }]);
}

#[test]
fn commands_in_sentences_are_found_and_placeholders_are_not() {
    let text = "Use `mobo boot --safe`, `mobo <operation>`, `cargo xtask run` and `mobo`.";
    assert_eq!(named_commands(text), ["boot"]);
}
