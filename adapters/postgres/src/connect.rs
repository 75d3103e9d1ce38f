//! Where a PostgreSQL is and how it is entered: addresses, the handshake, passwords, cancelling.
//! Never: a password in an error or a log; a connection that is less safe than was asked for.

mod address;

use crate::error::{Said, broken_line, not_reached, off_protocol};
use crate::statements::Statements;
use crate::tls::{self, TlsMode};
use crate::wire::{Stream, Wire};
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use mag_adapter::EngineError;
use mag_contract::secret::Secret;
use postgres_protocol::authentication::{md5_hash, sasl};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use rustix::net::sockopt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// One database of one server, and as whom it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub place: Place,
    pub user: String,
    pub password: Option<Secret<String>>,
    pub database: String,
    pub tls: TlsMode,
    /// The certificates that are trusted, in PEM; the machine's own when absent.
    pub root_certificate: Option<PathBuf>,
    pub application_name: String,
    /// How long a connection may take, all in all.
    pub connect_within: Duration,
    /// A pooler that gives each transaction another server process: nothing may be kept there.
    pub pooler: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Tcp {
        host: String,
        port: u16,
    },
    /// The folder that holds the server's socket.
    Socket {
        folder: PathBuf,
        port: u16,
    },
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Socket { folder, port } => write!(f, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

/// A server in the same data centre answers in milliseconds; one across the world within a second.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const PORT: u16 = 5432;
impl Target {
    /// A server on this machine, over its socket.
    pub fn socket(folder: impl Into<PathBuf>, user: &str, database: &str) -> Self {
        Self {
            place: Place::Socket { folder: folder.into(), port: PORT },
            user: user.into(),
            password: None,
            database: database.into(),
            tls: TlsMode::Disable,
            root_certificate: None,
            application_name: "magflock".into(),
            connect_within: CONNECT_WITHIN,
            pooler: false,
        }
    }

    /// Opens a connection and enters. Bounded in time as a whole.
    pub(crate) async fn connect(&self, statements_max: usize) -> Result<Wire, EngineError> {
        let statements = if self.pooler { 0 } else { statements_max };
        match timeout(self.connect_within, self.enter(statements)).await {
            Ok(entered) => entered,
            Err(_) => Err(not_reached(
                &self.place.to_string(),
                format!("no answer within {:?}", self.connect_within),
            )),
        }
    }

    async fn enter(&self, statements_max: usize) -> Result<Wire, EngineError> {
        let stream = self.reach().await?;
        let mut wire = Wire::new(stream, Statements::new(statements_max));
        let started = self.start(&mut wire).await;
        started.map_err(|refused| match refused {
            Refused::Said(said) => said.into(),
            Refused::Broken(e) => broken_line(&e),
            Refused::Cannot(what) => EngineError::unsupported(what),
            Refused::NoPassword => EngineError::of_state("28P01", "PostgreSQL asks for a password")
                .hint("put it into the address or into a secret file"),
        })?;
        Ok(wire)
    }

    /// A stream on which the server listens for its own protocol, encrypted as was asked.
    async fn reach(&self) -> Result<Box<dyn Stream>, EngineError> {
        let place = self.place.to_string();
        match &self.place {
            Place::Socket { .. } => {
                let stream = UnixStream::connect(&place).await;
                Ok(Box::new(stream.map_err(|e| not_reached(&place, e))?))
            }
            Place::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await;
                let stream = stream.map_err(|e| not_reached(&place, e))?;
                // Each exchange is one write: waiting for more would only cost time.
                stream.set_nodelay(true).map_err(|e| not_reached(&place, e))?;
                notice_silence(&stream).map_err(|e| not_reached(&place, e))?;
                self.encrypt(stream, host).await
            }
        }
    }

    async fn encrypt(
        &self,
        mut stream: TcpStream,
        host: &str,
    ) -> Result<Box<dyn Stream>, EngineError> {
        if self.tls == TlsMode::Disable {
            return Ok(Box::new(stream));
        }
        let mut ask = BytesMut::new();
        frontend::ssl_request(&mut ask);
        let answer = async {
            stream.write_all(&ask).await?;
            stream.read_u8().await
        };
        match answer.await.map_err(|e| not_reached(&self.place.to_string(), e))? {
            b'S' => {
                let config = tls::config(self.tls, self.root_certificate.as_deref())?;
                tls::encrypt(stream, host, config).await
            }
            _ if self.tls == TlsMode::Prefer => Ok(Box::new(stream)),
            _ => Err(EngineError::of_state("08001", "PostgreSQL does not offer encryption").hint(
                "switch `ssl` on in the server, or say `sslmode=disable` when the way is safe",
            )),
        }
    }

    async fn start(&self, wire: &mut Wire) -> Result<(), Refused> {
        let mut parameters = vec![
            ("user", self.user.as_str()),
            ("database", self.database.as_str()),
            ("application_name", self.application_name.as_str()),
            ("client_encoding", "UTF8"),
            // The text forms that values are read and written in.
            ("DateStyle", "ISO, MDY"),
            ("TimeZone", "UTC"),
        ];
        // A pooler refuses a connection with settings that it does not follow; they are defaults.
        if !self.pooler {
            parameters.extend([
                ("IntervalStyle", "postgres"),
                ("extra_float_digits", "1"),
                ("bytea_output", "hex"),
            ]);
        }
        frontend::startup_message(parameters, wire.out())?;
        wire.owe();
        wire.flush().await?;
        self.prove(wire).await?;
        loop {
            match wire.next().await? {
                Message::BackendKeyData(key) => {
                    (wire.process, wire.secret) = (key.process_id(), key.secret_key());
                }
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(body) => {
                    return Err(Refused::said(Said::read(body.fields())));
                }
                _ => {}
            }
        }
    }

    /// Answers whatever proof the server asks for.
    async fn prove(&self, wire: &mut Wire) -> Result<(), Refused> {
        let password =
            || self.password.as_ref().map(|p| p.expose().as_bytes()).ok_or(Refused::NoPassword);
        loop {
            match wire.next().await? {
                Message::AuthenticationOk => return Ok(()),
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(password()?, wire.out())?;
                    wire.flush().await?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(self.user.as_bytes(), password()?, body.salt());
                    frontend::password_message(hash.as_bytes(), wire.out())?;
                    wire.flush().await?;
                }
                Message::AuthenticationSasl(body) => {
                    let known = body.mechanisms().any(|name| Ok(name == sasl::SCRAM_SHA_256))?;
                    if !known {
                        return Err(Refused::Cannot(
                            "the server asks for a proof that is not SCRAM-SHA-256",
                        ));
                    }
                    scram(wire, password()?).await?;
                }
                Message::ErrorResponse(body) => {
                    return Err(Refused::said(Said::read(body.fields())));
                }
                _ => {
                    return Err(Refused::Cannot(
                        "the server asks for a proof that is neither a password nor SCRAM",
                    ));
                }
            }
        }
    }

    /// Asks the server to stop what a connection is doing, and waits until it has heard.
    pub(crate) async fn cancel(&self, process: i32, secret: i32) -> Result<(), EngineError> {
        let cancelling = async {
            let mut stream = self.reach().await?;
            let mut ask = BytesMut::new();
            frontend::cancel_request(process, secret, &mut ask);
            let heard = async {
                stream.write_all(&ask).await?;
                stream.flush().await?;
                // The server says nothing and hangs up.
                stream.read(&mut [0_u8; 1]).await
            };
            heard.await.map(drop).map_err(|e| broken_line(&e))
        };
        match timeout(self.connect_within, cancelling).await {
            Ok(done) => done,
            Err(_) => Err(not_reached(&self.place.to_string(), "no answer to a cancellation")),
        }
    }
}

/// A line that was cut without a word is found by the system, long before a statement's time is up:
/// after ten seconds of silence it asks, and it waits as long for what it sent to be received.
const SILENCE: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_secs(3);
const ASK_TIMES: u32 = 3;

fn notice_silence(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, SILENCE)?;
    sockopt::set_tcp_keepintvl(stream, ASK_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, ASK_TIMES)?;
    #[cfg(target_os = "linux")]
    sockopt::set_tcp_user_timeout(stream, u32::try_from(SILENCE.as_millis()).unwrap_or(u32::MAX))?;
    Ok(())
}

async fn scram(wire: &mut Wire, password: &[u8]) -> Result<(), Refused> {
    let mut proof = sasl::ScramSha256::new(password, sasl::ChannelBinding::unsupported());
    frontend::sasl_initial_response(sasl::SCRAM_SHA_256, proof.message(), wire.out())?;
    wire.flush().await?;
    loop {
        match wire.next().await? {
            Message::AuthenticationSaslContinue(body) => {
                proof.update(body.data())?;
                frontend::sasl_response(proof.message(), wire.out())?;
                wire.flush().await?;
            }
            // The server proves that it knows the password as well.
            Message::AuthenticationSaslFinal(body) => return Ok(proof.finish(body.data())?),
            Message::ErrorResponse(body) => return Err(Refused::said(Said::read(body.fields()))),
            _ => return Err(off_protocol("something else in the middle of a proof").into()),
        }
    }
}

enum Refused {
    Said(Box<Said>),
    Broken(io::Error),
    Cannot(&'static str),
    NoPassword,
}

impl Refused {
    fn said(said: Said) -> Self {
        Self::Said(Box::new(said))
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Box<Said>> for EngineError {
    fn from(said: Box<Said>) -> Self {
        (*said).into()
    }
}
