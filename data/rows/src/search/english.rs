//! English words as their stems, by the rules of the English stemmer of the Snowball project
//! ("Porter 2"), and the words that are too common to be looked for: what PostgreSQL's `english`
//! makes of plain words.
//! Never: a dictionary, spelling, another language.

/// Left out of texts and of questions.
const COMMON: &[&str] = &[
    "a",
    "about",
    "above",
    "after",
    "again",
    "against",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "did",
    "do",
    "does",
    "doing",
    "don",
    "down",
    "during",
    "each",
    "few",
    "for",
    "from",
    "further",
    "had",
    "has",
    "have",
    "having",
    "he",
    "her",
    "here",
    "hers",
    "herself",
    "him",
    "himself",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "itself",
    "just",
    "me",
    "more",
    "most",
    "my",
    "myself",
    "no",
    "nor",
    "not",
    "now",
    "of",
    "off",
    "on",
    "once",
    "only",
    "or",
    "other",
    "our",
    "ours",
    "ourselves",
    "out",
    "over",
    "own",
    "s",
    "same",
    "she",
    "should",
    "so",
    "some",
    "such",
    "t",
    "than",
    "that",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "until",
    "up",
    "very",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "why",
    "will",
    "with",
    "you",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

/// Words whose stem no rule finds.
const IRREGULAR: &[(&str, &str)] = &[
    ("skis", "ski"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("idly", "idl"),
    ("gently", "gentl"),
    ("ugly", "ugli"),
    ("early", "earli"),
    ("only", "onli"),
    ("singly", "singl"),
    ("sky", "sky"),
    ("news", "news"),
    ("howe", "howe"),
    ("atlas", "atlas"),
    ("cosmos", "cosmos"),
    ("bias", "bias"),
    ("andes", "andes"),
];

/// Words that are their own stem once a plural is off.
const WHOLE: &[&str] =
    &["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"];

pub(super) fn is_common(word: &str) -> bool {
    COMMON.binary_search(&word).is_ok()
}

/// The stem of a word in lower case. Words with other letters than the English ones are taken as
/// they are.
pub(super) fn stem(word: &str) -> String {
    let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'' || b.is_ascii_digit());
    if word.len() <= 2 || !plain {
        return word.to_owned();
    }
    if let Some((_, stem)) = IRREGULAR.iter().find(|(known, _)| *known == word) {
        return (*stem).to_owned();
    }
    let mut stem = Stem::new(word);
    stem.plural();
    if WHOLE.contains(&stem.text().as_str()) {
        return stem.text();
    }
    stem.past();
    stem.last_y();
    stem.longer();
    stem.shorter();
    stem.shortest();
    stem.last_letter();
    stem.text().replace('Y', "y")
}

/// A word on its way; `Y` is a `y` that stands for a consonant.
struct Stem {
    word: Vec<u8>,
    /// Where the first and the second region begin: an ending is cut only inside of one.
    first: usize,
    second: usize,
}

fn is_vowel(c: u8) -> bool {
    matches!(c, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Behind the first consonant that follows a vowel.
fn region(word: &[u8], from: usize) -> usize {
    let rest = word.get(from..).unwrap_or_default();
    let after = rest.windows(2).position(|pair| is_vowel(pair[0]) && !is_vowel(pair[1]));
    after.map_or(word.len(), |at| from + at + 2)
}

impl Stem {
    fn new(word: &str) -> Self {
        let mut word: Vec<u8> = word.trim_start_matches('\'').bytes().collect();
        for at in 0..word.len() {
            if word[at] == b'y' && (at == 0 || is_vowel(word[at - 1])) {
                word[at] = b'Y';
            }
        }
        let begins = |start: &str| word.starts_with(start.as_bytes()).then_some(start.len());
        let first = begins("gener").or_else(|| begins("commun")).or_else(|| begins("arsen"));
        let first = first.unwrap_or_else(|| region(&word, 0));
        let second = region(&word, first);
        Self { word, first, second }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.word).into_owned()
    }
    fn ends(&self, ending: &str) -> bool {
        self.word.ends_with(ending.as_bytes())
    }
    /// The longest of the endings that the word has.
    fn longest<'e>(&self, endings: impl IntoIterator<Item = &'e str>) -> Option<&'e str> {
        endings.into_iter().filter(|ending| self.ends(ending)).max_by_key(|ending| ending.len())
    }
    /// Where the ending begins.
    fn before(&self, ending: &str) -> usize {
        self.word.len() - ending.len()
    }
    fn in_first(&self, ending: &str) -> bool {
        self.before(ending) >= self.first
    }
    fn in_second(&self, ending: &str) -> bool {
        self.before(ending) >= self.second
    }
    fn put(&mut self, ending: &str, other: &str) {
        let at = self.before(ending);
        self.word.truncate(at);
        self.word.extend_from_slice(other.as_bytes());
    }
    fn has_vowel_before(&self, at: usize) -> bool {
        self.word[..at].iter().any(|c| is_vowel(*c))
    }
    /// It ends in a vowel between consonants, as `hop` does, or is a vowel and a consonant.
    fn ends_short(&self, len: usize) -> bool {
        match &self.word[..len] {
            [.., a, b, c] => {
                !is_vowel(*a) && is_vowel(*b) && !is_vowel(*c) && !matches!(c, b'w' | b'x' | b'Y')
            }
            [a, b] => is_vowel(*a) && !is_vowel(*b),
            _ => false,
        }
    }
    fn is_short(&self) -> bool {
        self.first >= self.word.len() && self.ends_short(self.word.len())
    }

    /// `'s`, and the endings of plurals.
    fn plural(&mut self) {
        if let Some(ending) = self.longest(["'", "'s", "'s'"]) {
            self.put(ending, "");
        }
        let Some(ending) = self.longest(["sses", "ied", "ies", "us", "ss", "s"]) else { return };
        let at = self.before(ending);
        match ending {
            "sses" => self.put("sses", "ss"),
            "ied" | "ies" => self.put(ending, if at > 1 { "i" } else { "ie" }),
            "s" if at > 0 && self.has_vowel_before(at - 1) => self.put("s", ""),
            _ => {}
        }
    }

    /// `-ed`, `-ing` and their adverbs.
    fn past(&mut self) {
        let endings = ["eed", "eedly", "ed", "edly", "ing", "ingly"];
        let Some(ending) = self.longest(endings) else { return };
        if ending.starts_with("eed") {
            if self.in_first(ending) {
                self.put(ending, "ee");
            }
            return;
        }
        if !self.has_vowel_before(self.before(ending)) {
            return;
        }
        self.put(ending, "");
        let doubled = ["bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"];
        if self.longest(["at", "bl", "iz"]).is_some() {
            self.word.push(b'e');
        } else if self.longest(doubled).is_some() {
            self.word.pop();
        } else if self.is_short() {
            self.word.push(b'e');
        }
    }

    /// A last `y` behind a consonant is an `i`.
    fn last_y(&mut self) {
        if let [_, .., before, last @ (b'y' | b'Y')] = &mut *self.word
            && !is_vowel(*before)
        {
            *last = b'i';
        }
    }

    fn longer(&mut self) {
        const ENDINGS: &[(&str, &str)] = &[
            ("tional", "tion"),
            ("enci", "ence"),
            ("anci", "ance"),
            ("abli", "able"),
            ("entli", "ent"),
            ("izer", "ize"),
            ("ization", "ize"),
            ("ational", "ate"),
            ("ation", "ate"),
            ("ator", "ate"),
            ("alism", "al"),
            ("aliti", "al"),
            ("alli", "al"),
            ("fulness", "ful"),
            ("ousli", "ous"),
            ("ousness", "ous"),
            ("iveness", "ive"),
            ("iviti", "ive"),
            ("biliti", "ble"),
            ("bli", "ble"),
            ("ogi", "og"),
            ("fulli", "ful"),
            ("lessli", "less"),
            ("li", ""),
        ];
        let Some(ending) = self.longest(ENDINGS.iter().map(|(ending, _)| *ending)) else { return };
        if !self.in_first(ending) {
            return;
        }
        let at = self.before(ending);
        let before = at.checked_sub(1).map(|before| self.word[before]);
        let fits = match ending {
            "ogi" => before == Some(b'l'),
            "li" => before.is_some_and(|c| b"cdeghkmnrt".contains(&c)),
            _ => true,
        };
        let other = ENDINGS.iter().find(|(known, _)| *known == ending).map_or("", |(_, o)| *o);
        if fits {
            self.put(ending, other);
        }
    }

    fn shorter(&mut self) {
        const ENDINGS: &[(&str, &str)] = &[
            ("tional", "tion"),
            ("ational", "ate"),
            ("alize", "al"),
            ("icate", "ic"),
            ("iciti", "ic"),
            ("ical", "ic"),
            ("ful", ""),
            ("ness", ""),
            ("ative", ""),
        ];
        let Some(ending) = self.longest(ENDINGS.iter().map(|(ending, _)| *ending)) else { return };
        let fits = self.in_first(ending) && (ending != "ative" || self.in_second(ending));
        let other = ENDINGS.iter().find(|(known, _)| *known == ending).map_or("", |(_, o)| *o);
        if fits {
            self.put(ending, other);
        }
    }

    fn shortest(&mut self) {
        let endings = [
            "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism",
            "ate", "iti", "ous", "ive", "ize", "ion",
        ];
        let Some(ending) = self.longest(endings) else { return };
        if !self.in_second(ending) {
            return;
        }
        let before = self.before(ending).checked_sub(1).map(|at| self.word[at]);
        if ending != "ion" || matches!(before, Some(b's' | b't')) {
            self.put(ending, "");
        }
    }

    fn last_letter(&mut self) {
        let short_before = |stem: &Self| stem.ends_short(stem.word.len() - 1);
        if self.ends("e") {
            if self.in_second("e") || (self.in_first("e") && !short_before(self)) {
                self.put("e", "");
            }
        } else if self.ends("ll") && self.in_second("l") {
            self.put("l", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMON, is_common, stem};

    #[test]
    fn words_become_the_stems_that_postgresql_gives_them() {
        for (word, wanted) in [
            ("cats", "cat"),
            ("running", "run"),
            ("ran", "ran"),
            ("hopping", "hop"),
            ("hoping", "hope"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("caresses", "caress"),
            ("gas", "gas"),
            ("this", "this"),
            ("kiwis", "kiwi"),
            ("agreed", "agre"),
            ("feed", "feed"),
            ("plastered", "plaster"),
            ("bled", "bled"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("troubled", "troubl"),
            ("sized", "size"),
            ("falling", "fall"),
            ("failing", "fail"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("say", "say"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("rational", "ration"),
            ("digitizer", "digit"),
            ("operator", "oper"),
            ("feudalism", "feudal"),
            ("decisiveness", "decis"),
            ("hopefulness", "hope"),
            ("callousness", "callous"),
            ("formality", "formal"),
            ("sensitivity", "sensit"),
            ("triplicate", "triplic"),
            ("formative", "format"),
            ("electrical", "electr"),
            ("goodness", "good"),
            ("revival", "reviv"),
            ("allowance", "allow"),
            ("inference", "infer"),
            ("adjustable", "adjust"),
            ("adoption", "adopt"),
            ("effective", "effect"),
            ("rate", "rate"),
            ("cease", "ceas"),
            ("controlling", "control"),
            ("rolled", "roll"),
            ("generously", "generous"),
            ("communication", "communic"),
            ("dying", "die"),
            ("news", "news"),
            ("database", "databas"),
            ("policies", "polici"),
            ("policy", "polici"),
            ("searching", "search"),
            ("quickly", "quick"),
            ("easily", "easili"),
            ("boys", "boy"),
            ("youth", "youth"),
            ("knack", "knack"),
            ("knightly", "knight"),
        ] {
            assert_eq!(stem(word), wanted, "{word}");
        }
    }

    #[test]
    fn common_words_are_in_order_and_are_left_out() {
        assert!(COMMON.is_sorted());
        assert!(is_common("the") && !is_common("cat"));
    }
}
