//! The frame that SQLite asks for around a table that is built anew: references switched off outside
//! of the transaction, and on again behind it. Whoever runs such a script as one transaction of their
//! own leaves the frame away and does what it says.
//! Never: a frame that is not whole, or that holds what no transaction can.

use crate::dialect::Dialect;
use crate::lex::tokens;
use crate::script::{Script, Statement};
use std::ops::Range;

pub const OPEN: [&str; 2] = ["PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"];
pub const CLOSE: [&str; 2] = ["COMMIT", "PRAGMA foreign_keys = ON"];

/// As many words as tell which statement it is.
const HEAD: usize = 4;

impl Script {
    /// The statements within the frame; nothing when there is none around all of them.
    pub fn framed(&self, dialect: &dyn Dialect) -> Option<Range<usize>> {
        let count = self.statements.len();
        if !dialect.rebuilds() || count < OPEN.len() + CLOSE.len() {
            return None;
        }
        let words = |at: usize| head(&self.statements[at], dialect);
        let switch = |at: usize, values: [&str; 3]| {
            let [pragma, name, sign, value] = &words(at)[..] else { return false };
            pragma == "PRAGMA"
                && name == "FOREIGN_KEYS"
                && sign == "="
                && values.contains(&value.as_str())
        };
        let begins = |at: usize| words(at).first().is_some_and(|w| w == "BEGIN");
        let ends =
            |at: usize| matches!(words(at).first().map(String::as_str), Some("COMMIT" | "END"));
        let whole = switch(0, ["OFF", "0", "FALSE"])
            && begins(1)
            && ends(count - 2)
            && switch(count - 1, ["ON", "1", "TRUE"]);
        let inner = OPEN.len()..count - CLOSE.len();
        let alone = |at: usize| {
            let words = words(at);
            dialect.alone(&words.iter().map(String::as_str).collect::<Vec<_>>()).is_some()
        };
        (whole && !inner.clone().any(alone)).then_some(inner)
    }
}

fn head(statement: &Statement, dialect: &dyn Dialect) -> Vec<String> {
    let found = tokens(&statement.text, dialect.grammar(), statement.backslashes);
    let text =
        |token: &crate::lex::Token| statement.text[token.start..token.end].to_ascii_uppercase();
    found.iter().take(HEAD).map(text).collect()
}

#[cfg(test)]
mod tests {
    use crate::{POSTGRES, SQLITE, Script};

    fn check(sql: &str, expected: Option<usize>) {
        let script = Script::read(sql, &SQLITE).unwrap();
        assert_eq!(script.framed(&SQLITE).map(|inner| inner.len()), expected, "{sql}");
    }

    #[test]
    fn a_frame_is_one_only_around_all_of_a_script() {
        let inner = "CREATE TABLE a (b); DROP TABLE c;";
        check(
            &format!("PRAGMA foreign_keys=OFF; BEGIN; {inner} COMMIT; PRAGMA foreign_keys=ON"),
            Some(2),
        );
        check(
            &format!(
                "pragma foreign_keys = 0; begin immediate; {inner} end; PRAGMA foreign_keys = 1;"
            ),
            Some(2),
        );
        for other in [
            format!("PRAGMA foreign_keys = OFF; BEGIN; {inner} COMMIT;"),
            format!("BEGIN; {inner} COMMIT; PRAGMA foreign_keys = ON"),
            format!("PRAGMA foreign_keys = OFF; {inner} PRAGMA foreign_keys = ON"),
            format!(
                "PRAGMA foreign_keys = OFF; BEGIN; {inner} COMMIT; {inner} PRAGMA foreign_keys = ON"
            ),
            format!(
                "PRAGMA foreign_keys = OFF; BEGIN; {inner} COMMIT; BEGIN; {inner} COMMIT; PRAGMA foreign_keys = ON"
            ),
            format!(
                "PRAGMA foreign_keys = OFF; BEGIN; {inner} VACUUM; COMMIT; PRAGMA foreign_keys = ON"
            ),
            format!("PRAGMA foreign_keys = ON; BEGIN; {inner} COMMIT; PRAGMA foreign_keys = OFF"),
            inner.to_owned(),
        ] {
            check(&other, None);
        }
        let script = "PRAGMA foreign_keys=OFF; BEGIN; SELECT 1; COMMIT; PRAGMA foreign_keys=ON";
        assert_eq!(Script::read(script, &POSTGRES).unwrap().framed(&POSTGRES), None);
    }
}
