//! Refusals in PostgreSQL's words, with the rule and the values that broke it.

use crate::world::World;

const LIBRARY: &str = "
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  author_id INTEGER NOT NULL CONSTRAINT books_author REFERENCES authors(id),
  title TEXT,
  year INTEGER CHECK (year > 0),
  CONSTRAINT one_title UNIQUE (author_id, title)
);
CREATE TABLE loans (book_id INTEGER REFERENCES books ON DELETE RESTRICT);
INSERT INTO authors VALUES (1, 'Le Guin'), (2, 'Lem');
INSERT INTO books VALUES (1, 1, 'The Dispossessed', 1974), (2, 2, 'Solaris', 1961);
INSERT INTO loans VALUES (2);";

#[tokio::test]
async fn a_refusal_names_the_rule_and_the_values() {
    let world = World::new(LIBRARY).await;
    for (line, wanted) in [
        (
            r#"insert authors {"id":1,"name":"x"}"#,
            "23505 duplicate key value violates unique constraint \"authors_pkey\" | Key (id)=(1) already exists.",
        ),
        (
            r#"insert authors [{"name":"a"},{"name":"Lem"}]"#,
            "23505 duplicate key value violates unique constraint \"authors_name_key\" | Key (name)=(Lem) already exists.",
        ),
        (
            r#"insert books {"author_id":1,"title":"The Dispossessed"}"#,
            "23505 duplicate key value violates unique constraint \"one_title\" | Key (author_id, title)=(1, The Dispossessed) already exists.",
        ),
        (
            r#"insert authors {"id":5}"#,
            "23502 null value in column \"name\" of relation \"authors\" violates not-null constraint",
        ),
        (
            r#"insert books {"author_id":1,"year":-1}"#,
            "23514 new row for relation \"books\" violates check constraint \"books_year_check\"",
        ),
        (
            r#"insert books {"author_id":77}"#,
            "23503 insert or update on table \"books\" violates foreign key constraint \"books_author\" | Key (author_id)=(77) is not present in table \"authors\".",
        ),
        (
            r#"update books?id=eq.1 {"author_id":78}"#,
            "23503 insert or update on table \"books\" violates foreign key constraint \"books_author\" | Key (author_id)=(78) is not present in table \"authors\".",
        ),
        (
            "delete authors?id=eq.1",
            "23503 update or delete on table \"authors\" violates foreign key constraint \"books_author\" on table \"books\" | Key (id)=(1) is still referenced from table \"books\".",
        ),
        (
            "delete books?id=eq.2",
            "23503 update or delete on table \"books\" violates foreign key constraint \"loans_book_id_fkey\" on table \"loans\" | Key (id)=(2) is still referenced from table \"loans\".",
        ),
    ] {
        assert_eq!(world.say(line).await, wanted, "{line}");
    }
    assert_eq!((world.count("authors").await, world.count("books").await), (2, 2));
    // Nothing of the search for a culprit is left.
    assert_eq!(world.say("delete loans?book_id=eq.2").await, "[]");
    assert_eq!(world.say("delete books?id=eq.2").await, "[]");
}

#[tokio::test]
async fn a_table_that_has_gone_is_told_by_its_name() {
    let world =
        World::new("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INT);").await;
    let line = "read a?select=id";
    assert_eq!(world.say(line).await, "[]");
    mag_adapter::Engine::console(&*world.engine, crate::world::script("DROP TABLE a"))
        .await
        .unwrap();
    assert_eq!(world.say(line).await, "42P01 relation \"a\" does not exist");
}
