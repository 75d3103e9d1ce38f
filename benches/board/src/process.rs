//! From exec to the first healthy answer, memory when idle, size of the binary; beside PocketBase.

use crate::sample::Sample;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// So many later boots; the first one, on an empty folder, is told apart.
const BOOTS: usize = 15;
/// A server that is silent for so long is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// The command line for a data folder and a port.
type Arguments = Box<dyn Fn(&Path, u16) -> Vec<String>>;

struct Server {
    name: &'static str,
    binary: PathBuf,
    port: u16,
    path: &'static str,
    arguments: Arguments,
}

pub(crate) fn run() {
    println!("\n## process (exec to first healthy answer over HTTP; resident memory 2 s later)");
    let mobo = beside("mobo");
    if mobo.exists() {
        measure(&Server {
            name: "mobo",
            binary: mobo,
            port: 18_471,
            path: "/readyz",
            arguments: Box::new(|data, port| {
                let data = data.display().to_string();
                ["boot", "--data", &data, "--set", &format!("gate.port={port}"), "--quiet"]
                    .map(str::to_owned)
                    .to_vec()
            }),
        });
    } else {
        println!("mobo        skipped: {} is not built", mobo.display());
    }
    match mag_kit::peers::pocketbase(&beside("bench-peers")) {
        Ok(binary) => measure(&Server {
            name: "pocketbase",
            binary,
            port: 18_472,
            path: "/api/health",
            arguments: Box::new(|data, port| {
                let (data, at) =
                    (format!("--dir={}", data.display()), format!("--http=127.0.0.1:{port}"));
                vec!["serve".into(), data, at]
            }),
        }),
        Err(why) => println!("pocketbase  skipped: {why}"),
    }
}

fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.with_file_name(name)
}

fn measure(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let size = std::fs::metadata(&server.binary).map_or(0, |m| m.len());
    let mut later = Sample::default();
    let mut first = Duration::ZERO;
    let mut memory = 0;
    for boot in 0..=BOOTS {
        let began = Instant::now();
        let mut child = Command::new(&server.binary)
            .args((server.arguments)(&data, server.port))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let Some(took) = healthy(server, began) else {
            println!("{:<11} never answered", server.name);
            end(&mut child);
            return;
        };
        match boot {
            0 => first = took,
            _ => later.add(took),
        }
        if boot == BOOTS {
            std::thread::sleep(Duration::from_secs(2));
            memory = resident(child.id());
        }
        end(&mut child);
    }
    println!(
        "{:<11} first boot {first:>8.1?}  later {}  idle {:.1} MB  binary {:.1} MB",
        server.name,
        later.shown(),
        mb(memory),
        mb(size)
    );
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn healthy(server: &Server, began: Instant) -> Option<Duration> {
    while began.elapsed() < PATIENCE {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", server.port)) {
            let request = format!(
                "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                server.path
            );
            let mut answer = [0; 12];
            if stream.write_all(request.as_bytes()).is_ok()
                && stream.read_exact(&mut answer).is_ok()
                && &answer[9..] == b"200"
            {
                return Some(began.elapsed());
            }
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    None
}

fn resident(pid: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|p| p.parse().ok()).unwrap_or(0);
    pages * 4096
}

fn end(child: &mut Child) {
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if child.try_wait().ok().flatten().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
}
