//! A record shop: eleven tables of a shape that many people know, with as many rows as they know it
//! with. The rows are made here, the same at each run.

use crate::dice::Dice;
use std::fmt::Write;

/// How the tables and columns are written: as they are told on SQLite, or in small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Camel,
    Snake,
}

impl Names {
    pub(crate) fn of(self, name: &str) -> String {
        if self == Self::Camel {
            return name.to_owned();
        }
        let mut snake = String::new();
        for (n, c) in name.chars().enumerate() {
            if c.is_ascii_uppercase() && n > 0 {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        snake
    }
    pub(crate) fn engine(self) -> &'static str {
        match self {
            Self::Camel => "SQLite",
            Self::Snake => "PostgreSQL",
        }
    }
}

/// The tables in an order in which they can be filled, each with its rows.
pub(crate) const COUNTS: [(&str, u64); 11] = [
    ("Genre", 25),
    ("MediaType", 5),
    ("Artist", 275),
    ("Album", 347),
    ("Track", 3503),
    ("Employee", 8),
    ("Customer", 59),
    ("Invoice", 412),
    ("InvoiceLine", 2240),
    ("Playlist", 18),
    ("PlaylistTrack", 8715),
];

/// Column, type, and what it refers to.
type Column = (&'static str, &'static str, &'static str);

fn columns(table: &str) -> &'static [Column] {
    match table {
        "Genre" | "MediaType" | "Artist" | "Playlist" => &[("Name", "VARCHAR(120)", "")],
        "Album" => {
            &[("Title", "VARCHAR(160) NOT NULL", ""), ("ArtistId", "INTEGER NOT NULL", "Artist")]
        }
        "Track" => &[
            ("Name", "VARCHAR(200) NOT NULL", ""),
            ("AlbumId", "INTEGER", "Album"),
            ("MediaTypeId", "INTEGER NOT NULL", "MediaType"),
            ("GenreId", "INTEGER", "Genre"),
            ("Composer", "VARCHAR(220)", ""),
            ("Milliseconds", "INTEGER NOT NULL", ""),
            ("Bytes", "INTEGER", ""),
            ("UnitPrice", "NUMERIC(10,2) NOT NULL", ""),
        ],
        "Employee" => &[
            ("LastName", "VARCHAR(20) NOT NULL", ""),
            ("FirstName", "VARCHAR(20) NOT NULL", ""),
            ("ReportsTo", "INTEGER", "Employee"),
            ("HireDate", "TIMESTAMP", ""),
            ("Email", "VARCHAR(60)", ""),
        ],
        "Customer" => &[
            ("FirstName", "VARCHAR(40) NOT NULL", ""),
            ("LastName", "VARCHAR(20) NOT NULL", ""),
            ("Country", "VARCHAR(40)", ""),
            ("Email", "VARCHAR(60) NOT NULL", ""),
            ("SupportRepId", "INTEGER", "Employee"),
        ],
        "Invoice" => &[
            ("CustomerId", "INTEGER NOT NULL", "Customer"),
            ("InvoiceDate", "TIMESTAMP NOT NULL", ""),
            ("BillingCity", "VARCHAR(40)", ""),
            ("Total", "NUMERIC(10,2) NOT NULL", ""),
        ],
        "InvoiceLine" => &[
            ("InvoiceId", "INTEGER NOT NULL", "Invoice"),
            ("TrackId", "INTEGER NOT NULL", "Track"),
            ("UnitPrice", "NUMERIC(10,2) NOT NULL", ""),
            ("Quantity", "INTEGER NOT NULL", ""),
        ],
        _ => &[
            ("PlaylistId", "INTEGER NOT NULL", "Playlist"),
            ("TrackId", "INTEGER NOT NULL", "Track"),
        ],
    }
}

/// Everything from nothing, for either engine.
pub(crate) fn script(names: Names) -> String {
    let mut out = String::from("BEGIN;\n");
    let mut dice = Dice(0x5eed_5409);
    for (table, rows) in COUNTS {
        structure(&mut out, names, table);
        fill(&mut out, names, table, rows, &mut dice);
    }
    out.push_str("COMMIT;\n");
    out
}

fn structure(out: &mut String, names: Names, table: &str) {
    let mut parts = Vec::new();
    let pairs = table == "PlaylistTrack";
    if !pairs {
        parts.push(format!("{} INTEGER NOT NULL PRIMARY KEY", names.of(&format!("{table}Id"))));
    }
    for (column, ty, of) in columns(table) {
        let column = names.of(column);
        let mut part = format!("{column} {ty}");
        if !of.is_empty() {
            let key = names.of(&format!("{of}Id"));
            let _ = write!(part, " REFERENCES {} ({key})", names.of(of));
        }
        parts.push(part);
    }
    if pairs {
        let keys = [names.of("PlaylistId"), names.of("TrackId")];
        parts.push(format!("PRIMARY KEY ({})", keys.join(", ")));
    }
    let table_name = names.of(table);
    let _ = writeln!(out, "CREATE TABLE {table_name} (\n  {}\n);", parts.join(",\n  "));
    for (column, _, of) in columns(table) {
        if !of.is_empty() && !pairs {
            let column = names.of(column);
            let _ =
                writeln!(out, "CREATE INDEX ifk_{table_name}_{column} ON {table_name} ({column});");
        }
    }
}

fn fill(out: &mut String, names: Names, table: &str, rows: u64, dice: &mut Dice) {
    let _ = writeln!(out, "INSERT INTO {} VALUES", names.of(table));
    for n in 1..=rows {
        let mut values = Vec::new();
        if table == "PlaylistTrack" {
            // Each pair once: the tracks of a list follow each other.
            let lists = count("Playlist");
            values.push((n % lists + 1).to_string());
            values.push((n / lists + 1).to_string());
        } else {
            values.push(n.to_string());
            values.extend(columns(table).iter().map(|column| value(column, n, dice)));
        }
        let end = if n == rows { ";" } else { "," };
        let _ = writeln!(out, "({}){end}", values.join(", "));
    }
}

fn value((column, ty, of): &Column, n: u64, dice: &mut Dice) -> String {
    if !of.is_empty() {
        // The first of a tree has nobody above; of others one in some is not known.
        let own_tree = *of == "Employee";
        let known = if own_tree { (n - 1).min(count(of)) } else { count(of) };
        let optional = !ty.contains("NOT NULL");
        if known == 0 || (optional && dice.throw(20) == 0) {
            return "NULL".into();
        }
        return (dice.throw(known) + 1).to_string();
    }
    match *column {
        "Milliseconds" => (dice.throw(400_000) + 60_000).to_string(),
        "Bytes" => (dice.throw(9_000_000) + 1_000_000).to_string(),
        "UnitPrice" => ["0.99", "1.99"][usize::from(dice.throw(10) == 0)].into(),
        "Quantity" => "1".into(),
        "Total" => format!("{}.{:02}", dice.throw(25), dice.throw(100)),
        "HireDate" | "InvoiceDate" => {
            format!(
                "'20{:02}-{:02}-{:02} 00:00:00'",
                9 + dice.throw(5),
                1 + dice.throw(12),
                1 + dice.throw(28)
            )
        }
        "Email" => format!("'somebody{n}@example.com'"),
        "Country" | "BillingCity" if dice.throw(15) == 0 => "NULL".into(),
        "Composer" if dice.throw(4) == 0 => "NULL".into(),
        // What breaks a careless reader: quotes, letters of all kinds, and nothing at all.
        _ => match dice.throw(12) {
            0 => format!("'{column} d''Été n° {n}'"),
            1 => format!("'{column} \u{97f3}\u{697d} {n}'"),
            _ => format!("'{column} {n}'"),
        },
    }
}

fn count(table: &str) -> u64 {
    COUNTS.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows)
}
