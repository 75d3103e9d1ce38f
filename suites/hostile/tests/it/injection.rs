//! sqlmap, the scanner that people use, against values and names: it finds nothing. That it can find
//! something is seen on a small server that puts what it is asked into its SQL.

use crate::house::{Engine, PREFIX, installation, open};
use mag_kit::peers;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How much is tried, from 1 to 5: `1` in every run, deeper by hand.
const LEVEL: &str = "MAG_KIT_SQLMAP_LEVEL";
/// How much harm a try may do, from 1 to 3: `3` puts OR into writes, which then change every row.
const RISK: &str = "MAG_KIT_SQLMAP_RISK";

fn set(name: &str, usual: &str, most: u8) -> String {
    let given = std::env::var(name).unwrap_or_else(|_| usual.into());
    let fits = given.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
    assert!(fits, "{name} is a number from 1 to {most}, and not `{given}`");
    given
}

/// The script, below the folder of what is built; why not, when it cannot be had.
fn sqlmap() -> Result<PathBuf, String> {
    let built = Path::new(env!("CARGO_BIN_EXE_suite-hostile"));
    let target = built.parent().and_then(Path::parent).ok_or("nothing is built here")?;
    let folder = target.join("peers/sqlmap");
    peers::from_pypi("sqlmap", &folder)?;
    Ok(folder.join("sqlmap/sqlmap.py"))
}

/// `*` marks what is tried, in the address, a header or the body.
struct Scan<'s> {
    what: &'s str,
    url: String,
    method: &'s str,
    headers: Vec<String>,
    body: Option<&'s str>,
    engine: &'s str,
    /// So many seconds more than the other answers are a sign that SQL has waited.
    lags: &'s str,
}

impl Scan<'_> {
    fn begin(&self, script: &Path, output: &Path) -> Child {
        let level = set(LEVEL, "1", 5);
        let risk = set(RISK, if level == "1" { "1" } else { "2" }, 3);
        let mut command = Command::new("python3");
        command.arg(script).args(["--batch", "--flush-session", "--disable-coloring"]);
        command.args([
            "--level",
            &level,
            "--risk",
            &risk,
            "--time-sec",
            self.lags,
            "--retries",
            "3",
        ]);
        command.args(["--dbms", self.engine, "--technique", "BEUSTQ", "--ignore-code", "*"]);
        command.args(["--method", self.method, "-u", &self.url]);
        command.arg("--output-dir").arg(output);
        for header in &self.headers {
            command.args(["-H", header]);
        }
        if let Some(body) = self.body {
            command.args(["--data", body]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }
}

/// What the scanner has said, and how many places it has found.
fn findings(child: Child) -> (String, usize) {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = said.lines().filter(|line| line.trim_start().starts_with("Type: ")).count();
    (said, found)
}

fn scans<'s>(base: &str, key: &str, engine: Engine) -> Vec<Scan<'s>> {
    let dbms = match engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let scan = |what, method, url: &str, headers: &[&str], body| Scan {
        what,
        url: format!("{base}{PREFIX}{url}"),
        method,
        headers: std::iter::once(format!("apikey: {key}"))
            .chain(headers.iter().map(|header| (*header).to_owned()))
            .collect(),
        body,
        engine: dbms,
        // A busy machine lags by itself.
        lags: "10",
    };
    let json = "Content-Type: application/json";
    let mut all = vec![
        scan(
            "values",
            "GET",
            "/films?title=eq.Ran*&year=gt.1900*&id=in.(1*,2)&limit=5*&or=(id.eq.1*,title.like.R*)",
            &[],
            None,
        ),
        scan("names in select and order", "GET", "/films?select=id,title*&order=id*", &[], None),
        scan("names of filters and tables", "GET", "/films*?year*=gt.1900", &[], None),
        scan(
            "embeds and paths",
            "GET",
            "/films?select=id,d:directors*(name*),details->>minutes*&directors.name*=eq.x",
            &[],
            None,
        ),
        scan(
            "on_conflict, columns and a body",
            "POST",
            "/films?on_conflict=id*&columns=id,title*",
            &[json, "Prefer: resolution=merge-duplicates,return=minimal"],
            Some(r#"[{"id":7000,"title":"Ran*"}]"#),
        ),
        scan(
            "headers",
            "GET",
            "/films?select=id",
            &["Range: 0-4*", "Prefer: count=exact, timezone=UTC*", "Accept-Profile: public*"],
            None,
        ),
    ];
    if engine == Engine::Postgres {
        all.push(scan("a function", "GET", "/rpc/add_them*?a=1*&b=2*", &[], None));
        let body = Some(r#"{"a":1*,"b*":2}"#);
        all.push(scan("a function with a body", "POST", "/rpc/add_them*", &[json], body));
    }
    all
}

fn finds_nothing(engine: Engine) {
    let script = match sqlmap() {
        Ok(script) => script,
        Err(why) => return eprintln!("skipped: sqlmap: {why}"),
    };
    let here = installation();
    let Some(house) = open(&here, engine) else { return };
    let output = here.folder().join("sqlmap");
    let scans = scans(&house.board.url(), &house.key, engine);
    // Two at a time: they wait for answers more than they work.
    for pair in scans.chunks(2) {
        let running: Vec<Child> = pair.iter().map(|scan| scan.begin(&script, &output)).collect();
        for (scan, child) in pair.iter().zip(running) {
            let (said, found) = findings(child);
            assert_eq!(found, 0, "{} on {engine:?}:\n{said}", scan.what);
            assert!(
                said.contains("do not appear to be injectable"),
                "{} on {engine:?} was not tried to its end:\n{said}",
                scan.what
            );
        }
    }
    let films = here.json(&["rows:read", "films", "--project", "cinema", "--limit", "3"]);
    assert!(films.to_string().contains("title"), "the tables are as they were: {films}");
    assert!(!here.printed().contains("panicked"), "{}", here.printed());
}

#[test]
fn a_scanner_finds_nothing_on_sqlite() {
    finds_nothing(Engine::Sqlite);
}

#[test]
fn a_scanner_finds_nothing_on_postgresql() {
    finds_nothing(Engine::Postgres);
}

/// A server as one must not write it.
const CARELESS: &str = r#"
import http.server, sqlite3, urllib.parse
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript("CREATE TABLE films(id INTEGER, title TEXT); INSERT INTO films VALUES (1,'Ran'),(2,'Ikiru')")
class Careless(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        try:
            rows, status = str(db.execute("SELECT * FROM films WHERE id = " + asked["id"][0]).fetchall()), 200
        except Exception as error:
            rows, status = str(error), 400
        self.send_response(status)
        self.end_headers()
        self.wfile.write(rows.encode())
    def log_message(self, *words):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Careless)
print(server.server_port, flush=True)
server.serve_forever()
"#;

#[test]
fn the_scanner_finds_what_is_there_to_find() {
    let script = match sqlmap() {
        Ok(script) => script,
        Err(why) => return eprintln!("skipped: sqlmap: {why}"),
    };
    let here = installation();
    let mut careless =
        Command::new("python3").args(["-c", CARELESS]).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(careless.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let scan = Scan {
        what: "a careless server",
        url: format!("http://127.0.0.1:{}/films?id=1*", port.trim()),
        method: "GET",
        headers: vec![],
        body: None,
        engine: "SQLite",
        lags: "2",
    };
    let (said, found) = findings(scan.begin(&script, &here.folder().join("sqlmap")));
    let _ = careless.kill();
    let _ = careless.wait();
    assert!(found > 0, "{said}");
}
