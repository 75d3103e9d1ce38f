//! A grammar that makes sentences: `name: text with <other names>`, one alternative a line. The first
//! alternative of a name is the one that ends: it is taken when a sentence has become deep.

use super::Chance;
use std::collections::HashMap;

/// Deeper than any honest request; what goes beyond is a test of its own.
const DEPTH: usize = 14;

pub struct Grammar {
    rules: HashMap<&'static str, Vec<Vec<Piece>>>,
}

enum Piece {
    Text(&'static str),
    Rule(&'static str),
}

impl Grammar {
    /// Requests of the REST dialect, from `url` on.
    pub fn rest() -> Self {
        Self::of(include_str!("rest.grammar"))
    }

    pub fn of(text: &'static str) -> Self {
        let mut rules: HashMap<_, Vec<_>> = HashMap::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            let (name, sentence) =
                line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
            rules.entry(name).or_default().push(pieces(sentence));
        }
        let grammar = Self { rules };
        for piece in grammar.rules.values().flatten().flatten() {
            if let Piece::Rule(name) = piece {
                assert!(grammar.rules.contains_key(name), "the grammar has no `{name}`");
            }
        }
        grammar
    }

    pub fn make(&self, chance: &mut Chance, name: &str) -> String {
        let mut out = String::new();
        self.write(chance, name, 0, &mut out);
        out
    }

    fn write(&self, chance: &mut Chance, name: &str, depth: usize, out: &mut String) {
        let alternatives = &self.rules[name];
        let which = if depth > DEPTH { 0 } else { chance.below(alternatives.len()) };
        for piece in &alternatives[which] {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Rule(name) => self.write(chance, name, depth + 1, out),
            }
        }
    }
}

/// `<name>` is a rule; any other `<` is text.
fn pieces(sentence: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some(at) = rest.find('<') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        let end = behind.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        match end {
            Some(end) if end > 0 && behind[end..].starts_with('>') => {
                pieces.push(Piece::Text(before));
                pieces.push(Piece::Rule(&behind[..end]));
                rest = &behind[end + 1..];
            }
            _ => {
                pieces.push(Piece::Text(&rest[..=at]));
                rest = behind;
            }
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_follow_the_grammar_and_end() {
        let grammar =
            Grammar::of("list: <word>\nlist: <word>,<list>\nlist: (<list>)\nword: a<b\nword: c");
        let mut chance = Chance::new(1);
        for _ in 0..1_000 {
            let made = grammar.make(&mut chance, "list");
            assert!(made.chars().all(|c| "a<bc,()".contains(c)), "{made}");
        }
    }
}
