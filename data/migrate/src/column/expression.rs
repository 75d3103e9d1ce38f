//! An expression that somebody wrote, to be put between brackets: it must be one, and end where it
//! seems to end.

use crate::lex::{Kind, Lexer, POSTGRES, SQLITE};
use mag_contract::{Fault, codes};

/// Without comments around it.
pub(crate) fn expression(what: &str, text: &str) -> Result<String, Fault> {
    let refused =
        |why: String| Fault::new(codes::BAD_INPUT, format!("`{what}` is no expression: {why}"));
    let mut lexer = Lexer::new(text, SQLITE, false);
    let (mut begin, mut end, mut depth) = (None, 0, 0usize);
    loop {
        let token =
            lexer.token().map_err(|open| refused(format!("{} is never closed", open.what)))?;
        let Some(token) = token else { break };
        let sign = token.kind == Kind::Sign;
        match &text[token.start..token.end] {
            "(" if sign => depth += 1,
            ")" if sign && depth == 0 => {
                return Err(refused("a bracket is closed too often".into()));
            }
            ")" if sign => depth -= 1,
            ";" if sign => return Err(refused("it holds a `;`".into())),
            "," if sign && depth == 0 => return Err(refused("it holds a `,`".into())),
            _ => {}
        }
        begin.get_or_insert(token.start);
        end = token.end;
    }
    match begin {
        Some(begin) if depth == 0 => Ok(text[begin..end].to_owned()),
        Some(_) => Err(refused("a bracket is never closed".into())),
        None => Err(refused("it says nothing".into())),
    }
}

/// A type: words, and numbers in brackets behind them.
pub(super) fn type_name(text: &str) -> Result<String, Fault> {
    const CLAUSES: [&str; 12] = [
        "constraint",
        "primary",
        "not",
        "null",
        "unique",
        "check",
        "default",
        "collate",
        "references",
        "as",
        "generated",
        "autoincrement",
    ];
    let refused = || {
        let message = format!("`{}` is no type", text.trim());
        Fault::new(codes::NO_TYPE, message).hint(
            "a type is a word like `text` or `numeric(10,2)`; all else has an input of its own",
        )
    };
    let mut lexer = Lexer::new(text, POSTGRES, false);
    let (mut begin, mut end) = (None, 0);
    let (mut inside, mut closed) = (false, false);
    while let Some(token) = lexer.token().map_err(|_| refused())? {
        let written = &text[token.start..token.end];
        let fits = match token.kind {
            Kind::Word if inside => false,
            Kind::Word => !CLAUSES.contains(&written.to_ascii_lowercase().as_str()),
            Kind::Name => !inside && written.starts_with('"'),
            Kind::Number => inside,
            Kind::Sign => match written {
                "(" => !std::mem::replace(&mut inside, true) && !closed && begin.is_some(),
                ")" => {
                    std::mem::replace(&mut inside, false) && !std::mem::replace(&mut closed, true)
                }
                "," => inside,
                // `integer[]`, and PostgreSQL's `schema.type`.
                "[" | "]" | "." => !inside && begin.is_some(),
                _ => false,
            },
            Kind::Text => false,
        };
        if !fits {
            return Err(refused());
        }
        begin.get_or_insert(token.start);
        end = token.end;
    }
    match begin {
        Some(begin) if !inside => Ok(text[begin..end].to_owned()),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::{expression, type_name};

    #[test]
    fn nothing_gets_out_of_the_brackets_around_an_expression() {
        for text in ["1", "(a + 1) * 2", "'it''s) --'", "coalesce(a, 0)", "1 -- why"] {
            assert!(!expression("using", text).unwrap().contains("--") || text.contains('\''));
        }
        for text in ["", "-- nothing", "1) , b (2", "1; DROP TABLE t", "(1", "'open", "a, b"] {
            expression("using", text).unwrap_err();
        }
    }

    #[test]
    fn a_type_is_a_type_and_nothing_behind_it() {
        for text in [
            "text",
            "numeric(10, 2)",
            "double precision",
            "varchar(20)",
            "\"text[]\"",
            "integer[]",
            "app.mood",
        ] {
            assert_eq!(type_name(text).unwrap(), text);
        }
        for text in [
            "",
            "text not null",
            "text default 1",
            "int); drop table t",
            "text -- x\n check",
            "(5)",
            "int(5)(6)",
            "text, b int",
        ] {
            type_name(text).unwrap_err();
        }
    }
}
