//! The way to a running board: HTTP over the local socket of its data folder. Whoever may open the
//! socket owns the installation, so no token is needed.

use crate::run_folder;
use crate::trouble::{Done, Trouble};
use bytes::{Buf, Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mag_contract::operation::Consent;
use mag_contract::{Fault, codes};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::Instant;

/// One call, as it goes over the wire.
pub(crate) struct Wish<'a> {
    pub(crate) operation: &'a str,
    pub(crate) input: &'a Json,
    pub(crate) preview: bool,
    pub(crate) consent: Consent,
}

/// What comes back before the answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Step(Json),
    Item(Json),
}

/// A board that is starting or restarting answers within this time.
const BOOTS_WITHIN: Duration = Duration::from_secs(3);
/// One that said that it is ready has lost its console when it is silent for so long.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// One line of a stream; the board's answers are bounded far below.
const LINE_MAX: usize = 64 * 1024 * 1024;

pub(crate) struct Client {
    data: PathBuf,
}

impl Client {
    pub(crate) fn new(data: &Path) -> Self {
        Self { data: data.to_path_buf() }
    }

    async fn connect(&self) -> Done<http1::SendRequest<Full<Bytes>>> {
        let began = Instant::now();
        loop {
            let socket = run_folder::socket(&self.data);
            match reach(&socket).await {
                Ok(stream) => {
                    let (sender, connection) =
                        http1::handshake(TokioIo::new(stream)).await.map_err(|e| self.lost(e))?;
                    tokio::task::spawn_local(async move {
                        // Its end is seen by whoever waits for the answer.
                        let _ = connection.await;
                    });
                    return Ok(sender);
                }
                Err(_) if mag_mobo::lock::running(&self.data).is_none() => {
                    return Err(crate::trouble::no_board(&self.data).into());
                }
                Err(e) => {
                    let ready = run_folder::ready(&self.data).is_some();
                    let patience = if ready { ANSWERS_WITHIN } else { BOOTS_WITHIN };
                    if began.elapsed() > patience {
                        return Err(self.silent(&socket, e));
                    }
                    tokio::time::sleep(TRY_AGAIN).await;
                }
            }
        }
    }
    fn silent(&self, socket: &Path, e: std::io::Error) -> Trouble {
        let who = mag_mobo::lock::running(&self.data).flatten();
        let who = who.map_or(String::new(), |pid| format!(" (process {pid})"));
        let message = match e.kind() {
            std::io::ErrorKind::PermissionDenied => {
                format!(
                    "the board{who} belongs to another user: {} cannot be opened",
                    socket.display()
                )
            }
            _ => format!("a board runs{who}, but nothing answers at {}", socket.display()),
        };
        let code = match e.kind() {
            std::io::ErrorKind::PermissionDenied => codes::DENIED,
            _ => codes::UNPLUGGED,
        };
        let hint = "it may still boot, or its console is stopped; `mobo logs` shows what it does, `mobo shutdown` still ends it";
        Fault::new(code, message).hint(hint).because(e).into()
    }
    fn lost(&self, e: impl std::error::Error + Send + Sync + 'static) -> Trouble {
        Fault::new(codes::UNPLUGGED, "the board broke off before it had answered")
            .hint("`mobo status` tells whether it still runs, `mobo logs` what happened")
            .because(e)
            .into()
    }

    /// Calls, hands over what comes on the way, and gives the answer. `heard` says `false` to end
    /// the call. Dropping the future takes the call back.
    pub(crate) async fn call(
        &self,
        wish: &Wish<'_>,
        mut heard: impl FnMut(Piece) -> bool,
    ) -> Done<Json> {
        let mut sender = self.connect().await?;
        let request = request(wish)?;
        let response = sender.send_request(request).await.map_err(|e| self.lost(e))?;
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (status, streams) = (response.status(), kind.starts_with(STREAM));
        let mut body = response.into_body();
        if !streams {
            let whole = whole(&mut body).await.map_err(|e| self.lost(e))?;
            let json = serde_json::from_slice(&whole).unwrap_or(Json::Null);
            return match status.is_success() {
                true => Ok(json),
                false if json.is_object() => Err(Trouble::Problem(json)),
                false => Err(Fault::new(codes::BUG, format!("the board answered {status}")).into()),
            };
        }
        let mut lines = Lines::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| self.lost(e))?;
            let Ok(data) = frame.into_data() else { continue };
            lines.push(&data)?;
            while let Some(line) = lines.next() {
                match read(&line)? {
                    Line::Answer(answer) => return Ok(answer),
                    Line::Problem(problem) => return Err(Trouble::Problem(problem)),
                    Line::Piece(piece) => {
                        if !heard(piece) {
                            return Ok(Json::Null);
                        }
                    }
                    Line::Other => {}
                }
            }
        }
        Err(self.lost(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)))
    }
}

/// A path of a socket has at most 108 bytes; a longer one is reached through its folder.
async fn reach(socket: &Path) -> std::io::Result<UnixStream> {
    match UnixStream::connect(socket).await {
        Err(e) if e.kind() == std::io::ErrorKind::InvalidInput => {
            let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
                return Err(e);
            };
            use std::os::fd::AsRawFd;
            let held = std::fs::File::open(folder)?;
            let short = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd())).join(name);
            UnixStream::connect(short).await
        }
        other => other,
    }
}

const STREAM: &str = "application/x-ndjson";

fn request(wish: &Wish<'_>) -> Done<Request<Full<Bytes>>> {
    let preview = if wish.preview { "?preview=true" } else { "" };
    let target = format!("/admin/v1/operations/{}{preview}", wish.operation);
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, STREAM);
    match wish.consent {
        Consent::None => {}
        Consent::Yes => request = request.header("x-magflock-consent", "yes"),
        Consent::Destroy => request = request.header("x-magflock-consent", "destroy"),
    }
    let request = request.body(Full::new(Bytes::from(wish.input.to_string())));
    request.map_err(|e| {
        let message = format!("`{}` cannot be the name of an operation", wish.operation);
        Trouble::Fault(Fault::new(codes::NO_OPERATION, message).because(e))
    })
}

async fn whole(body: &mut Incoming) -> Result<Bytes, hyper::Error> {
    Ok(body.collect().await?.to_bytes())
}

#[derive(Debug, PartialEq)]
enum Line {
    Piece(Piece),
    Answer(Json),
    Problem(Json),
    /// From a newer board; it may be left out.
    Other,
}

fn read(line: &[u8]) -> Done<Line> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(Line::Other);
    }
    let mut json: Json = serde_json::from_slice(line).map_err(|e| {
        Fault::new(codes::BUG, "the board said something that is not JSON").because(e)
    })?;
    let mut take = |name: &str| json.get_mut(name).map(Json::take);
    Ok(match take("answer") {
        Some(answer) => Line::Answer(answer),
        None => match (take("problem"), take("item"), take("step")) {
            (Some(problem), _, _) => Line::Problem(problem),
            (_, Some(item), _) => Line::Piece(Piece::Item(item)),
            (_, _, Some(step)) => Line::Piece(Piece::Step(step)),
            (None, None, None) => Line::Other,
        },
    })
}

/// Bytes as they arrive, taken out line by line.
#[derive(Default)]
struct Lines(BytesMut);

impl Lines {
    fn push(&mut self, data: &[u8]) -> Done {
        if self.0.len() + data.len() > LINE_MAX {
            return Err(Fault::new(codes::BUG, "the board sent a line without an end").into());
        }
        self.0.extend_from_slice(data);
        Ok(())
    }
    fn next(&mut self) -> Option<Bytes> {
        let end = self.0.iter().position(|b| *b == b'\n')?;
        let line = self.0.split_to(end).freeze();
        self.0.advance(1);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_are_found_however_the_bytes_arrive() {
        let mut lines = Lines::default();
        lines.push(b"{\"item\":1}\n{\"ans").unwrap();
        assert_eq!(read(&lines.next().unwrap()).unwrap(), Line::Piece(Piece::Item(json!(1))));
        assert_eq!(lines.next(), None);
        lines.push(b"wer\":{\"good\":true}}\n\n").unwrap();
        assert_eq!(read(&lines.next().unwrap()).unwrap(), Line::Answer(json!({ "good": true })));
        assert_eq!(read(&lines.next().unwrap()).unwrap(), Line::Other);
    }

    #[test]
    fn a_wish_is_one_request_with_its_consent() {
        let input = json!({ "part": "gate" });
        let wish = Wish {
            operation: "component:stop",
            input: &input,
            preview: true,
            consent: Consent::Destroy,
        };
        let request = request(&wish).unwrap();
        assert_eq!(request.uri(), "/admin/v1/operations/component:stop?preview=true");
        assert_eq!(request.headers()["x-magflock-consent"], "destroy");
    }
}
