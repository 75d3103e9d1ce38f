//! A script as its statements. Cut at semicolons outside of texts, comments and the bodies of
//! functions; the words themselves are the server's to understand.

use mag_adapter::EngineError;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

pub(super) fn tokens(sql: &str) -> Result<Vec<Token>, EngineError> {
    Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().map_err(|e| {
        EngineError::of_state("42601", format!("the text cannot be read as SQL: {}", e.message))
    })
}

pub(super) fn is_space(token: &Token) -> bool {
    match token {
        // A comment inside a statement is nothing to the server, so it is nothing to us.
        Token::Whitespace(
            Whitespace::Space
            | Whitespace::Tab
            | Whitespace::Newline
            | Whitespace::SingleLineComment { .. }
            | Whitespace::MultiLineComment(_),
        ) => true,
        _ => false,
    }
}

/// The text of each statement, without those that are empty.
pub(super) fn split(sql: &str) -> Result<Vec<String>, EngineError> {
    let located = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location();
    let located = located.map_err(|e| {
        EngineError::of_state("42601", format!("the text cannot be read as SQL: {}", e.message))
    })?;
    let places = Places::of(sql);
    let mut statements = Vec::new();
    let mut from = 0;
    let mut empty = true;
    let mut body = Body::default();
    for token in &located {
        if token.token == Token::SemiColon && body.depth == 0 {
            let at = places.of_point(token.span.start.line, token.span.start.column);
            if !empty {
                statements.push(sql.get(from..at).unwrap_or_default().trim().to_owned());
            }
            from = at + 1;
            empty = true;
            body = Body::default();
            continue;
        }
        if !is_space(&token.token) && token.token != Token::EOF {
            empty = false;
            body.meet(&token.token);
        }
    }
    if !empty {
        statements.push(sql.get(from..).unwrap_or_default().trim().to_owned());
    }
    Ok(statements)
}

/// `BEGIN ATOMIC ... END` of a function in SQL has semicolons of its own.
#[derive(Default)]
struct Body {
    depth: u32,
    after_begin: bool,
}

impl Body {
    fn meet(&mut self, token: &Token) {
        let Token::Word(word) = token else {
            self.after_begin = false;
            return;
        };
        let plain = word.quote_style.is_none();
        let is = |text: &str| plain && word.value.eq_ignore_ascii_case(text);
        if self.after_begin && is("atomic") {
            self.depth = 1;
        } else if self.depth > 0 && is("case") {
            self.depth += 1;
        } else if self.depth > 0 && is("end") {
            self.depth -= 1;
        }
        self.after_begin = is("begin");
    }
}

/// Where each line of the text begins.
struct Places<'a> {
    sql: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(sql: &'a str) -> Self {
        let ends = sql.match_indices('\n').map(|(at, _)| at + 1);
        Self { sql, lines: std::iter::once(0).chain(ends).collect() }
    }
    /// Lines and columns are counted in characters from one.
    fn of_point(&self, line: u64, column: u64) -> usize {
        let number = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
        let begin = self.lines.get(number(line)).copied().unwrap_or(self.sql.len());
        let rest = self.sql.get(begin..).unwrap_or_default();
        let inside = rest.char_indices().nth(number(column)).map_or(rest.len(), |(at, _)| at);
        begin + inside
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_script_is_cut_at_the_semicolons_that_end_statements() {
        for (script, expected) in [
            ("select 1", vec!["select 1"]),
            ("select 1; ; -- nothing\n;select ';'", vec!["select 1", "select ';'"]),
            ("select $$a;b$$; select $x$;$x$;", vec!["select $$a;b$$", "select $x$;$x$"]),
            ("select E'\\';'; select 2", vec!["select E'\\';'", "select 2"]),
            ("select 'ä;', 'ö'; select 'ü'", vec!["select 'ä;', 'ö'", "select 'ü'"]),
            (
                "select /* ; /* ; */ ; */ 1; select 2",
                vec!["select /* ; /* ; */ ; */ 1", "select 2"],
            ),
            ("select \";\"; select 2", vec!["select \";\"", "select 2"]),
            (
                "create function f() returns int begin atomic select 1; select case when true then 2 end; end; select 3",
                vec![
                    "create function f() returns int begin atomic select 1; select case when true then 2 end; end",
                    "select 3",
                ],
            ),
            ("begin; end; select 1", vec!["begin", "end", "select 1"]),
            (" ;; ", vec![]),
        ] {
            assert_eq!(split(script).unwrap(), expected, "{script}");
        }
        assert!(split("select 'open").is_err());
    }

    #[test]
    fn all_that_postgresql_can_write_is_read() {
        for statement in [
            r#"select a @> b, a <@ b, a && b, a ?| b, a ?& b, a ? 'x', a #> b, a #>> b, a #- b, a || b"#,
            r#"select a ->> 'x' -> 1, a ~ 'x', a ~* 'x', a !~ 'x', a !~* 'x', a ~~ b, a !~~* b"#,
            r#"select a <-> b, a <#> b, a <=> b, a <+> b, a -|- b, a &< b, a |>> b, |/ 2, ||/ 8, @ -1, ~ 1"#,
            r#"select a @@ b, a @@@ b, a ^@ b, a ^ b, a # b, a << b, a <<= b, !! 'x'::tsquery, 5 !"#,
            r#"select E'\'' , B'101', X'1F', U&'d\0061t', U&"d\0061t", N'x', $1, $$x$$, $_a1$;$_a1$"#,
            r#"select a[1:2], a[:], array[1,2], row(1, 2), (a).b, 1.5e10, .5, 5., 1_000, 0x1F"#,
            r#"select x'1', interval '1 day', timestamp with time zone '2024-01-01', a::int[]"#,
            "select 'a'\n'b', \"x\"\"y\", \"ä ö\", 'it''s'",
            "select operator(pg_catalog.+)(1, 2), a operator(pg_catalog.=) b, f(a => 1, b := 2)",
            "select 1 /* a /* nested */ ; comment */ -- and; another\n + 2",
            "do $do$ begin raise notice 'x;%', 1; end $do$",
            "create rule r as on insert to t do instead nothing",
            "grant select (a, b) on t to \"some one\" with grant option",
            "copy t (a) from '/x' with (format csv, delimiter E'\\t', null '\\N')",
            "comment on column t.\"a;b\" is 'semi;colon'",
        ] {
            assert_eq!(split(&format!("{statement}; select 1")).unwrap(), [statement, "select 1"]);
        }
    }
}
