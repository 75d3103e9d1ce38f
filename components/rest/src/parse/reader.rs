//! A reader of short texts that remembers what it could have gone on with, so that a mistake is told
//! as `unexpected "x" expecting digit or ","`. The wording is the one that clients of the dialect
//! know, and some of them match it.

/// What was found where nothing fitted, and what would have fitted there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Miss {
    at: usize,
    met: Option<Met>,
    /// Said of something that was read and may not be there.
    unwanted: Vec<char>,
    expected: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Met {
    End,
    Char(char),
}

impl Miss {
    fn unknown(&self) -> bool {
        self.met.is_none() && self.unwanted.is_empty() && self.expected.is_empty()
    }

    /// The one that came further tells more; of two at the same place both are told.
    fn merged(mut self, other: Self) -> Self {
        if other.unknown() {
            return self;
        }
        if self.unknown() || other.at > self.at {
            return other;
        }
        if other.at < self.at {
            return self;
        }
        self.met = self.met.or(other.met);
        for unwanted in other.unwanted {
            if !self.unwanted.contains(&unwanted) {
                self.unwanted.push(unwanted);
            }
        }
        for expected in other.expected {
            if !self.expected.contains(&expected) {
                self.expected.push(expected);
            }
        }
        self
    }
}

pub(super) type Read<T> = Result<T, Miss>;

/// Brackets inside brackets: more is a mistake or an attack, and would cost the stack.
const DEPTH_MAX: usize = 100;

pub(super) struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
    /// What could have come here besides what was read last.
    also: Miss,
    /// Nobody asks what could have come: nearly every text is right, and remembering costs more than
    /// reading.
    forgets: bool,
}

/// A text that is none of what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// `"failed to parse order (id.up)" (line 1, column 4)`
    pub message: String,
    /// `unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"`
    pub details: String,
}

/// Reads all that `parser` takes; whether something may follow is the parser's to say. A text with a
/// mistake is read again, to tell it.
pub(super) fn read<T>(
    what: &str,
    shown: &str,
    text: &str,
    parser: impl Fn(&mut Reader) -> Read<T>,
) -> Result<T, Unreadable> {
    let text = text.chars().collect();
    let mut reader = Reader { text, at: 0, depth: 0, also: Miss::default(), forgets: true };
    if let Ok(read) = parser(&mut reader) {
        return Ok(read);
    }
    let text = reader.text;
    let mut reader = Reader { text, at: 0, depth: 0, also: Miss::default(), forgets: false };
    parser(&mut reader).map_err(|miss| reader.told(what, shown, &miss))
}

impl Reader {
    fn told(&self, what: &str, shown: &str, miss: &Miss) -> Unreadable {
        let (mut line, mut column) = (1, 1);
        for c in self.text.iter().take(miss.at) {
            match c {
                '\n' => (line, column) = (line + 1, 1),
                '\t' => column += 8 - (column - 1) % 8,
                _ => column += 1,
            }
        }
        let message =
            format!("\"failed to parse {what} ({shown})\" (line {line}, column {column})");
        Unreadable { message, details: explained(miss) }
    }

    fn here(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }
    fn met(&self, at: usize) -> Met {
        self.text.get(at).map_or(Met::End, |c| Met::Char(*c))
    }
    fn miss(&mut self, expected: &'static [&'static str]) -> Miss {
        if self.forgets {
            return Miss::default();
        }
        let own = Miss {
            at: self.at,
            met: Some(self.met(self.at)),
            unwanted: Vec::new(),
            expected: expected.to_vec(),
        };
        std::mem::take(&mut self.also).merged(own)
    }
    fn step(&mut self, by: usize) {
        self.at += by;
        self.also = Miss { at: self.at, ..Miss::default() };
    }

    /// One character of a kind; `expected` is how a mistake calls it.
    pub(super) fn one(
        &mut self,
        expected: &'static [&'static str],
        fits: impl Fn(char) -> bool,
    ) -> Read<char> {
        match self.here() {
            Some(c) if fits(c) => {
                self.step(1);
                Ok(c)
            }
            _ => Err(self.miss(expected)),
        }
    }
    /// `quoted` is the character as a mistake shows it: `"."`.
    pub(super) fn char(&mut self, c: char, quoted: &'static [&'static str]) -> Read<char> {
        self.one(quoted, |given| given == c)
    }

    /// A word; `quoted` is the word as a mistake shows it. When only its beginning is there, that
    /// counts as read.
    pub(super) fn word(&mut self, word: &str, quoted: &'static [&'static str]) -> Read<()> {
        let mut length = 0;
        for c in word.chars() {
            if self.text.get(self.at + length) != Some(&c) {
                if length == 0 {
                    return Err(self.miss(quoted));
                }
                let met = Some(self.met(self.at + length));
                let expected = if self.forgets { Vec::new() } else { quoted.to_vec() };
                let miss = Miss { at: self.at, met, unwanted: Vec::new(), expected };
                self.at += length;
                return Err(miss);
            }
            length += 1;
        }
        self.step(length);
        Ok(())
    }

    /// Nothing read when it fails, so that another way may be tried.
    pub(super) fn attempt<T>(&mut self, parser: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let (at, also) = (self.at, self.also.clone());
        parser(self).map_err(|miss| {
            self.at = at;
            self.also = also.clone();
            also.merged(miss)
        })
    }

    /// The first that reads something, or the second when the first read nothing.
    pub(super) fn either<T>(
        &mut self,
        first: impl FnOnce(&mut Self) -> Read<T>,
        second: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<T> {
        let at = self.at;
        let also = self.also.clone();
        let missed = match first(self) {
            Ok(value) => return Ok(value),
            Err(miss) if self.at != at => return Err(miss),
            Err(miss) => miss,
        };
        self.also = also;
        match second(self) {
            Ok(value) => {
                if self.at == at {
                    self.also = missed.merged(std::mem::take(&mut self.also));
                }
                Ok(value)
            }
            Err(miss) if self.at == at => Err(missed.merged(miss)),
            Err(miss) => Err(miss),
        }
    }

    pub(super) fn maybe<T>(
        &mut self,
        parser: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<Option<T>> {
        self.either(|r| parser(r).map(Some), |_| Ok(None))
    }

    pub(super) fn many<T>(&mut self, mut parser: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut all = Vec::new();
        loop {
            let at = self.at;
            match self.maybe(&mut parser)? {
                // What reads nothing would be read for ever.
                Some(_) if self.at == at => return Ok(all),
                Some(one) => all.push(one),
                None => return Ok(all),
            }
        }
    }

    /// Characters of a kind that need no name; at least `least` of them.
    pub(super) fn text(
        &mut self,
        least: usize,
        expected: &'static [&'static str],
        fits: impl Fn(char) -> bool,
    ) -> Read<String> {
        let mut text = String::new();
        while let Some(c) = self.here().filter(|c| fits(*c)) {
            text.push(c);
            self.step(1);
        }
        if text.chars().count() < least {
            return Err(self.miss(expected));
        }
        self.also = self.miss(expected);
        Ok(text)
    }

    pub(super) fn sep_by1<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Read<T>,
        mut separator: impl FnMut(&mut Self) -> Read<()>,
    ) -> Read<Vec<T>> {
        let mut all = vec![item(self)?];
        let more = self.many(|r| {
            separator(r)?;
            item(r)
        })?;
        all.extend(more);
        Ok(all)
    }

    /// Calls a parser by one name in mistakes.
    pub(super) fn called<T>(
        &mut self,
        name: &'static str,
        parser: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<T> {
        let before = std::mem::replace(&mut self.also, Miss { at: self.at, ..Miss::default() });
        let at = self.at;
        match parser(self) {
            Ok(value) => {
                if self.at == at {
                    let mut also = std::mem::take(&mut self.also);
                    if !also.unknown() {
                        also.expected = vec![name];
                    }
                    self.also = before.merged(also);
                }
                Ok(value)
            }
            Err(miss) if self.at == at && self.forgets => Err(miss),
            Err(mut miss) if self.at == at => {
                miss.expected = vec![name];
                Err(before.merged(miss))
            }
            Err(miss) => Err(miss),
        }
    }

    /// Whether it comes next, without reading it.
    pub(super) fn ahead(&mut self, word: &str, quoted: &'static [&'static str]) -> Read<()> {
        let at = self.at;
        let also = self.also.clone();
        let found = self.word(word, quoted);
        self.at = at;
        self.also = also;
        found
    }

    pub(super) fn end(&mut self) -> Read<()> {
        match self.here() {
            None => Ok(()),
            Some(c) => {
                let own = Miss {
                    at: self.at,
                    met: None,
                    unwanted: vec![c],
                    expected: vec!["end of input"],
                };
                Err(std::mem::take(&mut self.also).merged(own))
            }
        }
    }

    /// Fails when a character that fits comes next; the mistake is told behind it.
    pub(super) fn not_followed_by(&mut self, fits: impl Fn(char) -> bool) -> Read<()> {
        match self.here().filter(|c| fits(*c)) {
            None => Ok(()),
            Some(c) => {
                Err(Miss { at: self.at + 1, met: None, unwanted: vec![c], expected: Vec::new() })
            }
        }
    }

    /// Nothing of all that could have come is there.
    pub(super) fn fail<T>(&mut self) -> Read<T> {
        Err(std::mem::take(&mut self.also))
    }

    /// Around what may hold itself.
    pub(super) fn deeper<T>(&mut self, parser: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= DEPTH_MAX {
            let mut miss = self.miss(&[]);
            miss.expected = vec!["fewer brackets inside each other"];
            // As if read: no other way is tried.
            self.at += 1;
            return Err(miss);
        }
        self.depth += 1;
        let result = parser(self);
        self.depth -= 1;
        result
    }
}

fn explained(miss: &Miss) -> String {
    let mut parts = Vec::new();
    if !miss.unwanted.is_empty() {
        let each: Vec<String> = miss.unwanted.iter().map(|c| char_shown(*c)).collect();
        let each: Vec<&str> = each.iter().map(String::as_str).collect();
        parts.push(format!("unexpected {}", listed(&each)));
    } else if let Some(met) = miss.met {
        parts.push(match met {
            Met::End => "unexpected end of input".to_owned(),
            Met::Char(c) => format!("unexpected {}", text_shown(c)),
        });
    }
    if !miss.expected.is_empty() {
        parts.push(format!("expecting {}", listed(&miss.expected)));
    }
    if parts.is_empty() {
        return "unknown parse error".into();
    }
    parts.join(" ")
}

/// `a, b or c`
fn listed(each: &[&str]) -> String {
    match each {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

fn char_shown(c: char) -> String {
    match c {
        '\'' => "'\\''".into(),
        '"' => "'\"'".into(),
        c => format!("'{}'", escaped(c)),
    }
}

fn text_shown(c: char) -> String {
    match c {
        '"' => "\"\\\"\"".into(),
        '\'' => "\"'\"".into(),
        c => format!("\"{}\"", escaped(c)),
    }
}

fn escaped(c: char) -> String {
    match c {
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        '\r' => "\\r".into(),
        '\x07' => "\\a".into(),
        '\x08' => "\\b".into(),
        '\x0c' => "\\f".into(),
        '\x0b' => "\\v".into(),
        '\x7f' => "\\DEL".into(),
        c if c.is_ascii() && !c.is_ascii_control() => c.to_string(),
        c => format!("\\{}", u32::from(c)),
    }
}
