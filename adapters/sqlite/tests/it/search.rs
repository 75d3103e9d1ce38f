//! Search for words: the same answers with an index over words and without one, and an index is
//! used when it is there.

use crate::world::World;

const POSTS: &str = "
CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, body TEXT) STRICT;
INSERT INTO posts VALUES
  (1, 'Cats', 'The fat cat sat on a mat'),
  (2, 'Policies', 'Running databases need policies'),
  (3, 'Straße', 'Ärger mit dem Café'),
  (4, 'None', NULL),
  (5, 'snake_case', 'a_b and a b; cats, dogs & cat-fish'),
  (6, 'Empty', '');";
const INDEX: &str = "
CREATE VIRTUAL TABLE posts_words USING fts5(title, body, content='posts', content_rowid='id');
INSERT INTO posts_words (posts_words) VALUES ('rebuild');
CREATE TRIGGER posts_made AFTER INSERT ON posts BEGIN
  INSERT INTO posts_words (rowid, title, body) VALUES (new.id, new.title, new.body); END;
CREATE TRIGGER posts_gone AFTER DELETE ON posts BEGIN
  INSERT INTO posts_words (posts_words, rowid, title, body)
  VALUES ('delete', old.id, old.title, old.body); END;
CREATE TRIGGER posts_changed AFTER UPDATE ON posts BEGIN
  INSERT INTO posts_words (posts_words, rowid, title, body)
  VALUES ('delete', old.id, old.title, old.body);
  INSERT INTO posts_words (rowid, title, body) VALUES (new.id, new.title, new.body); END;";

/// A condition, and the ids of the rows that it finds.
const QUESTIONS: &[(&str, &str)] = &[
    ("body=fts.cat", "[1,5]"),
    ("body=fts(simple).ca:*", "[1,3,5]"),
    ("body=fts(simple).fat|dogs", "[1,5]"),
    ("body=fts(simple).!cat", "[2,3,6]"),
    ("body=not.fts(simple).cat", "[2,3,6]"),
    ("body=plfts(simple).fat cat", "[1]"),
    ("body=plfts(simple).Ärger", "[3]"),
    ("body=plfts(simple).cafe", "[]"),
    ("body=plfts(simple).a_b", "[5]"),
    ("body=phfts(simple).cat sat", "[1]"),
    ("body=phfts(simple).sat cat", "[]"),
    ("body=wfts(simple).cat -dogs", "[1]"),
    ("body=wfts(simple).\"fat cat\" or policies", "[1,2]"),
    ("body=plfts(simple).policy", "[]"),
    ("body=plfts(english).policy", "[2]"),
    ("body=plfts(english).the run of a database", "[2]"),
    ("body=fts(english).cats", "[1,5]"),
    ("body=plfts(english).the", "[]"),
    ("title=fts.cats", "[1]"),
    ("or=(body.fts.cat,title.fts.policies)", "[1,2,5]"),
    ("not.or=(body.fts.cat,title.fts.policies)", "[3,6]"),
];

async fn ids(world: &World, condition: &str) -> String {
    let said = world.say(&format!("read posts?select=id&{condition}&order=id")).await;
    said.replace("{\"id\":", "").replace('}', "")
}

#[tokio::test]
async fn words_are_found_alike_with_an_index_and_without() {
    let plain = World::new(POSTS).await;
    let indexed = World::new(&format!("{POSTS}{INDEX}")).await;
    for (condition, wanted) in QUESTIONS {
        assert_eq!(ids(&plain, condition).await, *wanted, "{condition}");
        assert_eq!(ids(&indexed, condition).await, *wanted, "{condition} with an index");
    }
}

#[tokio::test]
async fn an_index_is_asked_and_follows_what_is_written() {
    let world = World::new(&format!("{POSTS}{INDEX}")).await;
    let plan = world.plan("read posts?select=id&body=plfts.cat");
    let told = mag_adapter::Engine::explain(&*world.engine, plan, false).await.unwrap();
    assert!(told.contains("posts_words VIRTUAL TABLE INDEX"), "{told}");
    assert!(told.contains("SEARCH t0 USING INTEGER PRIMARY KEY"), "{told}");
    world.act(r#"insert posts {"id":7,"body":"another cat"}"#).await.unwrap();
    world.act(r#"update posts?id=eq.1 {"body":"a dog"}"#).await.unwrap();
    world.act("delete posts?body=plfts.dogs").await.unwrap();
    assert_eq!(ids(&world, "body=plfts.cat").await, "[7]");
    world.act(r#"update posts?body=plfts.dog {"title":"found"}"#).await.unwrap();
    assert_eq!(ids(&world, "title=eq.found").await, "[1]");
}

#[tokio::test]
async fn an_index_that_nobody_keeps_is_not_asked() {
    let stale =
        "CREATE VIRTUAL TABLE posts_words USING fts5(body, content='posts', content_rowid='id');";
    let world = World::new(&format!("{POSTS}{stale}")).await;
    assert_eq!(ids(&world, "body=plfts.cat").await, "[1,5]");
}

#[tokio::test]
async fn a_language_that_is_not_known_is_refused_by_its_name() {
    let world = World::new(POSTS).await;
    assert_eq!(
        ids(&world, "body=fts(klingon).cat").await,
        "42704 text search configuration \"klingon\" does not exist"
    );
}
