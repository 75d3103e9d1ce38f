//! A full disk, and a disk that refuses: the answer says so, nothing acknowledged is lost, and the
//! next write goes through when there is room.

use crate::crash::{child, found, make};
use crate::world::{World, script, told};
use futures::future::join_all;
use mag_adapter::Engine;
use std::io::{BufRead, BufReader};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_is_got_over() {
    let world = World::with("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)", |settings| {
        mag_sqlite::Settings { bytes_max: Some(256 << 10), ..settings }
    })
    .await;
    let text = "x".repeat(2_000);
    let lines: Vec<String> =
        (1..400).map(|n| format!(r#"insert t {{"id":{n},"a":"{text}"}}"#)).collect();
    let answers = join_all(lines.iter().map(|line| world.act(line))).await;
    let kept = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!refused.is_empty());
    for error in refused {
        assert_eq!(told(error), "53100 the disk is full: nothing was written");
        assert_eq!(error.code.id, "MF8006");
    }
    assert_eq!(world.count("t").await, i64::try_from(kept).unwrap());
    assert_eq!(world.ask("PRAGMA integrity_check").await.unwrap().rows[0][0].as_str(), Some("ok"));
    world.engine.console(script("DELETE FROM t")).await.unwrap();
    world.act(r#"insert t {"id":1,"a":"small"}"#).await.unwrap();
    assert_eq!(world.count("t").await, 1);
}

/// The machine itself refuses to let a file grow, at any point of a commit.
#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_refuses_in_the_middle_loses_nothing_acknowledged() {
    for blocks in [200, 333, 512] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        make(&file).await;
        let limit = format!("trap '' XFSZ; ulimit -f {blocks};");
        let mut writer = child(&file, &limit).spawn().unwrap();
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        for line in BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some((_, key)) = line.split_once("kept ") {
                kept.push(key.to_owned());
            } else if let Some((_, state)) = line.split_once("refused ") {
                refused.push(state.to_owned());
            }
        }
        writer.wait().unwrap();
        assert!(!kept.is_empty() && !refused.is_empty(), "{} kept", kept.len());
        assert!(
            refused.iter().all(|state| ["53100", "58030"].contains(&state.as_str())),
            "{refused:?}"
        );
        let found = found(&file).await;
        let lost: Vec<&String> = kept.iter().filter(|key| !found.contains(*key)).collect();
        assert!(lost.is_empty(), "lost {} of {}", lost.len(), kept.len());
    }
}
