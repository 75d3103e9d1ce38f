//! The words of one statement, read from left to right.

use crate::lex::{Grammar, Kind, tokens};

#[derive(Clone, Debug)]
pub(super) struct Words {
    words: Vec<Word>,
    at: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) kind: Kind,
    /// As it is written.
    pub(super) text: String,
    pub(super) upper: String,
}

impl Words {
    pub(super) fn of(text: &str, grammar: Grammar, backslashes: bool) -> Self {
        let words = tokens(text, grammar, backslashes).into_iter().map(|token| {
            let text = text[token.start..token.end].to_owned();
            let upper = match token.kind {
                Kind::Word => text.to_ascii_uppercase(),
                Kind::Sign => text.clone(),
                // A name or a text in quotes is never a key word.
                Kind::Name | Kind::Text | Kind::Number => String::new(),
            };
            Word { kind: token.kind, text, upper }
        });
        Self { words: words.collect(), at: 0 }
    }
    pub(super) fn from(words: &[Word]) -> Self {
        Self { words: words.to_vec(), at: 0 }
    }
    pub(super) fn all(&self) -> &[Word] {
        &self.words
    }
    /// The first words of the statement, for recognising it.
    pub(super) fn head(&self, count: usize) -> Vec<&str> {
        self.words.iter().take(count).map(|w| w.upper.as_str()).collect()
    }
    pub(super) fn next_upper(&mut self) -> String {
        let word = self.words.get(self.at).map(|w| w.upper.clone()).unwrap_or_default();
        self.at += 1;
        word
    }
    pub(super) fn last_upper(&self) -> String {
        self.words
            .iter()
            .rfind(|w| w.text != ")")
            .map(|w| w.text.trim_matches('\'').to_ascii_uppercase())
            .unwrap_or_default()
    }
    /// After it a name may stand for another table than before.
    pub(super) fn moves_names(&self) -> bool {
        let moves = ["SEARCH_PATH", "SET_CONFIG", "RENAME", "SCHEMA", "ROLLBACK", "ATTACH"];
        moves.iter().any(|word| self.any(word))
            || self.words.iter().any(|w| w.text.eq_ignore_ascii_case("\"search_path\""))
    }
    pub(super) fn peek(&self) -> &str {
        self.words.get(self.at).map_or("", |w| w.upper.as_str())
    }
    /// Takes all of these words, or none.
    pub(super) fn accept(&mut self, expected: &[&str]) -> bool {
        let here = self.words.get(self.at..).unwrap_or_default();
        let fits = here.len() >= expected.len()
            && here.iter().zip(expected).all(|(word, expected)| word.upper == **expected);
        if fits {
            self.at += expected.len();
        }
        fits
    }
    pub(super) fn accept_any(&mut self, expected: &[&str]) -> bool {
        expected.iter().any(|word| self.accept(&[word]))
    }
    pub(super) fn any(&self, word: &str) -> bool {
        self.words.iter().any(|w| w.upper == word)
    }
    /// Whether these words come one after the other, from here on.
    pub(super) fn has(&self, expected: &[&str]) -> bool {
        let here = self.words.get(self.at..).unwrap_or_default();
        here.windows(expected.len()).any(|w| w.iter().zip(expected).all(|(w, e)| w.upper == **e))
    }
    pub(super) fn position(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|w| w.upper == word)
    }

    /// `a`, `"A"."b"`: lower case unless in quotes, joined by points.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = self.part()?;
        while self.accept(&["."]) {
            name.push('.');
            name.push_str(&self.part()?);
        }
        Some(name)
    }
    fn part(&mut self) -> Option<String> {
        let word = self.words.get(self.at)?;
        let part = match word.kind {
            Kind::Word => word.text.to_lowercase(),
            Kind::Name => unquoted(&word.text),
            Kind::Text | Kind::Number | Kind::Sign => return None,
        };
        self.at += 1;
        Some(part)
    }
    /// Names with commas between them; arguments in brackets are skipped.
    pub(super) fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            self.accept(&["ONLY"]);
            let Some(name) = self.name() else { return names };
            names.push(name);
            self.accept(&["*"]);
            if self.peek() == "(" {
                self.skip_brackets();
            }
            if !self.accept(&[","]) {
                return names;
            }
        }
    }
    pub(super) fn names_from(&mut self, at: usize) -> Vec<String> {
        self.at = at;
        self.names()
    }
    /// What stands in the brackets that begin here.
    pub(super) fn group(&mut self) -> Option<Self> {
        if self.peek() != "(" {
            return None;
        }
        let begin = self.at + 1;
        self.skip_brackets();
        self.words.get(begin..self.at.saturating_sub(1)).map(Self::from)
    }
    /// `SELECT a, b + 1 FROM t` and nothing more: all rows of `t`. What is taken, each a column or
    /// something that is calculated, and from where.
    pub(super) fn copied(&mut self) -> Option<(Vec<Option<String>>, String)> {
        if !self.accept(&["SELECT"]) || self.any("DISTINCT") {
            return None;
        }
        let begin = self.at;
        while self.at < self.words.len() && self.peek() != "FROM" {
            if self.peek() == "(" {
                self.skip_brackets();
            } else {
                self.at += 1;
            }
        }
        let taken = Self::from(self.words.get(begin..self.at)?);
        self.accept(&["FROM"]).then_some(())?;
        let from = self.name()?;
        let plain = |mut part: Self| {
            let name = part.name()?;
            (part.at == part.words.len()).then_some(name)
        };
        let whole = self.at == self.words.len();
        whole.then(|| (taken.parts().into_iter().map(plain).collect(), from))
    }
    fn skip_brackets(&mut self) {
        let mut depth = 0usize;
        while let Some(word) = self.words.get(self.at) {
            match word.upper.as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
    /// What is left, cut at the commas that are in no brackets.
    pub(super) fn parts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut part = Vec::new();
        let mut depth = 0usize;
        for word in self.words.get(self.at..).unwrap_or_default() {
            match word.upper.as_str() {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    parts.push(Self::from(&part));
                    part.clear();
                    continue;
                }
                _ => {}
            }
            part.push(word.clone());
        }
        parts.push(Self::from(&part));
        parts
    }
    /// What is left, as text with blanks between the words.
    pub(super) fn rest(&self) -> String {
        let words: Vec<&str> =
            self.words.get(self.at..).unwrap_or_default().iter().map(|w| w.text.as_str()).collect();
        words.join(" ")
    }
}

fn unquoted(text: &str) -> String {
    let text = text.trim_start_matches(['u', 'U']).trim_start_matches('&');
    let Some(quote) = text.chars().next() else { return String::new() };
    let close = if quote == '[' { ']' } else { quote };
    let inner = text.strip_prefix(quote).unwrap_or(text);
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    inner.replace(&format!("{close}{close}"), &close.to_string())
}
