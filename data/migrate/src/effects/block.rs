//! `DO $$ ... $$`: what stands in the block runs now, so it is read as far as it can be. Statements
//! that the block puts together while it runs cannot be read, and that is said.

use super::words::{Word, Words};
use super::{BLOCKS_MAX, Reader};
use crate::lex::Kind;

/// A text that begins with one of these and names nothing dangerous is let through.
const HARMLESS: [&str; 10] = [
    "CREATE", "GRANT", "REVOKE", "COMMENT", "SET", "SELECT", "NOTIFY", "INSERT", "ANALYZE", "RESET",
];
/// Branches without a semicolon between them are read once each: a block of a few thousand lines is
/// far below this, one that was made to be slow is not.
const WORDS_MAX: usize = 200_000;
const DANGEROUS: [&str; 7] =
    ["DROP", "TRUNCATE", "DELETE", "ALTER", "UPDATE", "DISABLE", "CASCADE"];

impl Reader<'_> {
    pub(super) fn block(&mut self, words: &Words) {
        let Some(body) = words.all().iter().find(|word| word.kind == Kind::Text) else { return };
        if self.depth >= BLOCKS_MAX {
            self.unread("blocks inside of blocks are not read to their end");
            return;
        }
        self.depth += 1;
        let text = content(&body.text);
        let inner = Words::of(&text, self.dialect.grammar(), false);
        let mut read = 0usize;
        for segment in segments(inner.all()) {
            read = read.saturating_add(segment.len());
            if read > WORDS_MAX {
                self.unread("the block is too long to be read to its end");
                break;
            }
            let first = segment.first().map_or("", |word| word.upper.as_str());
            match first {
                "COMMIT" | "ROLLBACK" => {
                    self.one_by_one("the block ends transactions itself");
                }
                "EXECUTE" => self.executed(segment),
                "PERFORM" => {}
                _ => {
                    let text: Vec<&str> = segment.iter().map(|w| w.text.as_str()).collect();
                    self.read(Words::from(segment), &text.join(" "));
                }
            }
        }
        self.depth -= 1;
    }

    fn executed(&mut self, segment: &[Word]) {
        let texts: Vec<&Word> = segment.iter().filter(|w| w.kind == Kind::Text).collect();
        if let [_, only] = segment
            && only.kind == Kind::Text
        {
            let text = content(&only.text);
            let words = Words::of(&text, self.dialect.grammar(), false);
            self.read(words, &text);
            return;
        }
        let words = |word: &Word| Words::of(&content(&word.text), self.dialect.grammar(), false);
        let begins_well = texts.first().is_some_and(|first| {
            words(first).head(1).first().is_some_and(|head| HARMLESS.contains(head))
        });
        let dangerous = texts.iter().any(|text| DANGEROUS.iter().any(|w| words(text).any(w)));
        if dangerous || !begins_well {
            self.unread(
                "the block puts statements together while it runs, so nobody can read what they do",
            );
        }
    }

    fn unread(&mut self, why: &str) {
        self.danger("unread", format!("block_{}", self.line), why);
    }
}

/// The statements of a block: each begins behind a semicolon or a word that opens a branch, and goes
/// on to the next semicolon. `THEN` and `ELSE` may also be those of a `CASE` in the middle of a
/// statement; what begins there is no statement, and nothing is made of it.
fn segments(words: &[Word]) -> impl Iterator<Item = &[Word]> {
    let opens = |word: &Word| {
        matches!(word.upper.as_str(), ";" | "BEGIN" | "THEN" | "ELSE" | "LOOP" | "DECLARE")
    };
    let begins =
        words.iter().enumerate().filter(move |(_, word)| opens(word)).map(|(at, _)| at + 1);
    std::iter::once(0).chain(begins).filter_map(|begin| {
        let rest = words.get(begin..)?;
        let end = rest.iter().position(|word| word.upper == ";").unwrap_or(rest.len());
        Some(&rest[..end]).filter(|segment| !segment.is_empty())
    })
}

/// What is between the quotes.
fn content(text: &str) -> String {
    if let Some(rest) = text.strip_prefix('$')
        && let Some(end) = rest.find('$')
    {
        let tag = &text[..end + 2];
        let inner = text.strip_prefix(tag).unwrap_or(text);
        return inner.strip_suffix(tag).unwrap_or(inner).to_owned();
    }
    let escaped = text.starts_with(['e', 'E']);
    let text = text.trim_start_matches(|c: char| c != '\'');
    let inner = text.strip_prefix('\'').unwrap_or(text);
    let inner = inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'");
    if escaped { inner.replace("\\'", "'").replace("\\n", "\n") } else { inner }
}
