//! Rows in bulk: many in one call, and whole tables as streams.

use crate::world::World;
use bytes::Bytes;
use futures::{StreamExt, stream};
use mag_postgres::{CopyFormat, CopyOf};

fn rows(count: usize, id: impl Fn(usize) -> usize) -> String {
    let rows = (0..count).map(|n| format!(r#"{{"id":{},"x":"a\tb\\ \n{n}","y":null}}"#, id(n)));
    format!("insert t [{}]", rows.collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn a_thousand_rows_go_in_at_once_all_or_none() {
    let Some(world) = World::new("CREATE TABLE t (id int PRIMARY KEY, x text, y int)").await else {
        return;
    };
    let answer = world.act(&rows(1000, |n| n)).await.unwrap();
    assert_eq!(answer.rows, 1000);
    assert_eq!(world.sql("SELECT count(*), max(id), count(y) FROM t"), "1000|999|0");
    assert_eq!(world.sql("SELECT x = E'a\\tb\\\\ \\n7' FROM t WHERE id = 7"), "t");
    let double = world.act(&rows(600, |n| 1000 + n % 599)).await.unwrap_err();
    assert_eq!(double.state.as_deref(), Some("23505"));
    assert_eq!(world.sql("SELECT count(*) FROM t"), "1000");
    assert_eq!(world.say("read t?select=id&id=eq.5").await, r#"[{"id":5}]"#);
}

#[tokio::test]
async fn a_table_is_copied_out_and_in_as_it_is() {
    let sql = "CREATE TABLE \"from\" (id int, x text);
        INSERT INTO \"from\" SELECT n, repeat('ä', 100) FROM generate_series(1, 5000) n;
        CREATE TABLE into_ (id int, x text)";
    let Some(world) = World::new(sql).await else { return };
    for format in [CopyFormat::Text, CopyFormat::Csv, CopyFormat::Binary] {
        let of = |table: &str| CopyOf {
            schema: "public".into(),
            table: table.into(),
            columns: vec!["x".into(), "id".into()],
            format,
        };
        let pieces = world.engine.copy_out(&of("from")).await.unwrap();
        let copied = world.engine.copy_in(&of("into_"), pieces).await.unwrap();
        assert_eq!(copied, 5000);
        let same = "SELECT count(*) FROM (TABLE \"from\" EXCEPT TABLE into_) d";
        assert_eq!(world.sql(same), "0");
        world.sql("TRUNCATE into_");
    }
    let half = stream::iter([
        Ok(Bytes::from_static(b"1\tx\n")),
        Err(mag_adapter::EngineError::broken("the file ended")),
    ]);
    let of = CopyOf {
        schema: "public".into(),
        table: "into_".into(),
        columns: vec![],
        format: CopyFormat::Text,
    };
    let refused = world.engine.copy_in(&of, half).await.unwrap_err();
    assert_eq!(refused.message, "the file ended");
    let wrong = stream::iter([Ok(Bytes::from_static(b"x\tx\n"))]);
    assert_eq!(world.engine.copy_in(&of, wrong).await.unwrap_err().state.as_deref(), Some("22P02"));
    assert_eq!(world.sql("SELECT count(*) FROM into_"), "0");
    let nowhere = CopyOf { table: "nowhere".into(), ..of };
    assert!(world.engine.copy_out(&nowhere).await.is_err());
    let mut stopped =
        world.engine.copy_out(&CopyOf { table: "from".into(), ..nowhere }).await.unwrap();
    assert!(stopped.next().await.unwrap().is_ok());
    drop(stopped);
    assert_eq!(world.say("read into_?select=id").await, "[]");
}
