//! A script becomes statements, by the rules of its engine. What is not whole is an error with its
//! line, before anything of it has run.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::lex::{Grammar, Kind, Lexer, Token};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub statements: Vec<Statement>,
}

/// To be sent alone, in a way that takes one statement only: should the engine ever read a text in
/// another way than it is read here, it then refuses what it would otherwise run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Without the semicolon at its end, and without comments before and behind it.
    pub text: String,
    /// Of its first word, counted from 1.
    pub line: usize,
    /// The rows behind `COPY ... FROM stdin`, each with its line feed.
    pub rows: Option<String>,
    /// A backslash escapes in every text of it: `standard_conforming_strings` was off.
    pub backslashes: bool,
}

/// A script is one migration or one dump in memory; a larger one is loaded with the engine's tools.
const BYTES_MAX: usize = 256 * 1024 * 1024;

impl Script {
    pub fn read(text: &str, dialect: &dyn Dialect) -> Result<Self, Error> {
        if text.len() > BYTES_MAX {
            return Err(Error::BadScript { line: 1, problem: "it is larger than 256 MiB".into() });
        }
        if let Some(at) = text.find('\0') {
            let problem = "it holds a zero byte, which no engine takes".into();
            return Err(Error::BadScript { line: line_of(text, at), problem });
        }
        Splitter::new(text, dialect.grammar()).split().map(|statements| Self { statements })
    }
}

struct Splitter<'a> {
    text: &'a str,
    grammar: Grammar,
    lexer: Lexer<'a>,
    found: Vec<Statement>,
    /// Of the statement that is being read.
    tokens: Vec<Token>,
    brackets: usize,
    body: Body,
    /// How far lines were counted.
    counted: (usize, usize),
}

/// Where in a body of several statements the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// Of an SQL function: so many `BEGIN` and `CASE` are open.
    Atomic(usize),
    /// Of a trigger: it ends with `; END ;`.
    Trigger {
        begun: bool,
    },
    None,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, grammar: Grammar) -> Self {
        Self {
            text,
            grammar,
            lexer: Lexer::new(text, grammar, false),
            found: Vec::new(),
            tokens: Vec::new(),
            brackets: 0,
            body: Body::None,
            counted: (0, 1),
        }
    }

    fn split(mut self) -> Result<Vec<Statement>, Error> {
        loop {
            let token = self.lexer.token().map_err(|open| Error::BadScript {
                line: line_of(self.text, open.at),
                problem: format!("{} is opened here and never closed", open.what),
            })?;
            let Some(token) = token else { break };
            match &self.text[token.start..token.end] {
                ";" if self.ends() => {
                    self.finish()?;
                    continue;
                }
                "(" => self.brackets += 1,
                ")" => self.brackets = self.brackets.saturating_sub(1),
                "\\" if self.grammar.copy_rows => {
                    return Err(Error::BadScript {
                        line: line_of(self.text, token.start),
                        problem: "commands of psql (`\\...`) are not SQL".into(),
                    });
                }
                word if token.kind == Kind::Word => self.step(&word.to_ascii_uppercase()),
                _ => {}
            }
            self.tokens.push(token);
        }
        if self.unfinished() {
            let at = self.tokens.first().map_or(0, |t| t.start);
            let problem = "the statement that begins here has no end".into();
            return Err(Error::BadScript { line: line_of(self.text, at), problem });
        }
        self.finish()?;
        Ok(self.found)
    }

    fn unfinished(&self) -> bool {
        let open = self.grammar.brackets_hold && self.brackets > 0;
        open || match self.body {
            Body::Atomic(depth) => depth > 0,
            // The last semicolon may be missing, the END may not.
            Body::Trigger { begun } => begun && !self.after_end(),
            Body::None => false,
        }
    }

    /// Whether the semicolon that was just read ends the statement.
    fn ends(&self) -> bool {
        !self.unfinished()
    }

    /// The last words are `; END`.
    fn after_end(&self) -> bool {
        match &*self.tokens {
            [.., before, last] => {
                self.text_of(*before) == ";" && self.text_of(*last).eq_ignore_ascii_case("end")
            }
            _ => false,
        }
    }

    fn text_of(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    fn step(&mut self, word: &str) {
        match (self.body, word) {
            (Body::None, "TRIGGER") if self.grammar.trigger_bodies && self.begins_create() => {
                self.body = Body::Trigger { begun: false };
            }
            (Body::Trigger { begun: false }, "BEGIN") => self.body = Body::Trigger { begun: true },
            (Body::None, "BEGIN") if !self.grammar.trigger_bodies && self.makes_function() => {
                self.body = Body::Atomic(1);
            }
            (Body::Atomic(depth), "BEGIN" | "CASE") if depth > 0 => {
                self.body = Body::Atomic(depth + 1);
            }
            (Body::Atomic(depth), "END") => self.body = Body::Atomic(depth.saturating_sub(1)),
            _ => {}
        }
    }

    fn head(&self) -> impl Iterator<Item = String> + '_ {
        self.tokens.iter().map(|t| self.text_of(*t).to_ascii_uppercase())
    }
    /// `[EXPLAIN] CREATE [TEMP]`, and nothing else yet.
    fn begins_create(&self) -> bool {
        let mut head = self.head().filter(|w| w != "EXPLAIN" && w != "QUERY" && w != "PLAN");
        head.next().as_deref() == Some("CREATE")
            && head.all(|w| matches!(&*w, "TEMP" | "TEMPORARY"))
    }
    fn makes_function(&self) -> bool {
        let words: Vec<String> = self.head().take(4).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        matches!(
            &*words,
            ["CREATE", "FUNCTION" | "PROCEDURE", ..]
                | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE"]
        )
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.brackets = 0;
        self.body = Body::None;
        let tokens = std::mem::take(&mut self.tokens);
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Ok(()) };
        let line = self.line(first.start);
        let mut statement = Statement {
            text: self.text[first.start..last.end].to_owned(),
            line,
            rows: None,
            backslashes: self.lexer.backslashes,
        };
        let words: Vec<String> =
            tokens.iter().map(|t| self.text_of(*t).to_ascii_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if self.grammar.copy_rows {
            if takes_rows(&words) {
                statement.rows = Some(self.rows(line)?);
            }
            if let Some(on) = conforming(&words) {
                self.lexer.backslashes = !on;
            }
        }
        self.found.push(statement);
        Ok(())
    }

    /// The lines up to `\.`, which is left out.
    fn rows(&mut self, line: usize) -> Result<String, Error> {
        let from = self.lexer.position();
        // What is left of the line with the semicolon is no row.
        let begin = self.text[from..].find('\n').map_or(self.text.len(), |at| from + at + 1);
        let mut at = begin;
        for row in self.text[begin..].split_inclusive('\n') {
            if row.trim_end_matches(['\n', '\r']) == "\\." {
                let rows = self.text[begin..at].to_owned();
                self.lexer.skip_to(at + row.len());
                return Ok(rows);
            }
            at += row.len();
        }
        let problem = "the rows behind COPY do not end with a line `\\.`".into();
        Err(Error::BadScript { line, problem })
    }

    fn line(&mut self, at: usize) -> usize {
        let (from, line) = self.counted;
        let line = line + self.text.as_bytes()[from..at].iter().filter(|b| **b == b'\n').count();
        self.counted = (at, line);
        line
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

/// `COPY ... FROM STDIN ...`
fn takes_rows(words: &[&str]) -> bool {
    words.first() == Some(&"copy") && words.windows(2).any(|pair| pair == ["from", "stdin"])
}

/// `SET standard_conforming_strings = off`
fn conforming(words: &[&str]) -> Option<bool> {
    let rest = match words {
        ["set", "session" | "local", rest @ ..] | ["set", rest @ ..] => rest,
        ["reset", "standard_conforming_strings" | "all"] => return Some(true),
        _ => return None,
    };
    match rest {
        ["standard_conforming_strings", "=" | "to", value] => match value.trim_matches('\'') {
            "off" | "false" | "no" | "0" => Some(false),
            _ => Some(true),
        },
        _ => None,
    }
}
