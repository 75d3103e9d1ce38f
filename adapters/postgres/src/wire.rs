//! One connection, as messages: what is asked goes out in one flush and ends in one `Sync`, and
//! what is answered comes back in the same order. The server skips everything after an error up to
//! the `Sync`, so a statement never runs when what was to prepare it (role, claims, read-only) has
//! failed: this is why the messages are written here and not by a driver that puts a `Sync` after
//! each of them.
//! Never: a decision about who may ask what.

use crate::error::{Failure, Said, off_protocol};
use crate::statements::{Prepared, Statements};
use bytes::{Buf, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{DataRowBody, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::Instant;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// Notifications that wait to be read. They all mean "read the structure again": the oldest may go.
const TOLD_MAX: usize = 64;
/// Room for the first read; grows with the answers, and shrinks when the connection comes home.
const ROOM: usize = 8 * 1024;
/// A buffer that has grown beyond this is given back when the connection rests.
const ROOM_KEPT: usize = 256 * 1024;

pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    input: BytesMut,
    output: BytesMut,
    pub(crate) process: i32,
    pub(crate) secret: i32,
    parameters: HashMap<String, String>,
    /// `Sync`s that the server has not answered yet.
    owed: u32,
    /// What the server said last: `I` idle, `T` in a transaction, `E` in a failed one.
    status: u8,
    told: VecDeque<Told>,
    pub(crate) statements: Statements,
    pub(crate) born: Instant,
    pub(crate) rested: Instant,
    /// A message could not be read to its end: nothing more can be asked.
    spoiled: bool,
    /// Someone's own functions have run: they may have left settings, locks, temporary tables.
    worn: bool,
    /// What the session was last told to begin its transactions with.
    manner: Option<Manner>,
    wanted: Option<Manner>,
}

/// How transactions of a session begin. It says nothing of who asks, so it may outlast one of them,
/// and is told again only when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) read_only: bool,
    pub(crate) timeout_ms: u128,
}

impl Manner {
    /// As a session is born.
    pub(crate) const PLAIN: Self = Self { read_only: false, timeout_ms: 0 };
    const TEXT: &'static str = "SELECT set_config('default_transaction_read_only', $1, false), \
        set_config('statement_timeout', $2, false)";

    fn ask(self) -> Ask<'static> {
        let read_only = if self.read_only { "on" } else { "off" };
        Ask::with(Self::TEXT, vec![Some(read_only.into()), Some(self.timeout_ms.to_string())])
    }
}

/// Takes away what a transaction may leave behind in its session. Sent ahead of the next exchange,
/// in the same flush: nobody waits for it.
const SWEEP: [&str; 4] = [
    "RESET ALL",
    "SELECT set_config('role', 'none', false), pg_advisory_unlock_all()",
    "UNLISTEN *",
    "DISCARD TEMP",
];

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) channel: String,
    pub(crate) payload: String,
}

/// One statement of an exchange. Arguments travel as text; the server knows their types.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) sql: &'a str,
    pub(crate) arguments: Vec<Option<String>>,
    /// Zero is no bound.
    pub(crate) rows_max: i32,
    /// Kept by name for the next time.
    pub(crate) keep: bool,
    /// All columns come as text; else those of a known statement come in binary where that wins.
    pub(crate) as_text: bool,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(sql: &'a str) -> Self {
        Self { sql, arguments: Vec::new(), rows_max: 0, keep: true, as_text: true }
    }
    pub(crate) fn with(sql: &'a str, arguments: Vec<Option<String>>) -> Self {
        Self { arguments, ..Self::new(sql) }
    }
    /// Asked once: it is not worth a name.
    pub(crate) fn once(sql: &'a str) -> Self {
        Self { keep: false, ..Self::new(sql) }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) fields: Arc<[Field]>,
    /// Whether the cells of a field are in binary form; all are text when empty.
    pub(crate) binary: Arc<[bool]>,
    pub(crate) rows: Vec<DataRowBody>,
    /// `INSERT 0 5`
    pub(crate) tag: String,
    /// There were more rows than were asked for.
    pub(crate) cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Arc<str>,
    pub(crate) oid: u32,
    pub(crate) table: u32,
    pub(crate) column: i16,
}

impl Reply {
    /// How many rows the statement has read or touched.
    pub(crate) fn affected(&self) -> u64 {
        self.tag.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
    }
    /// The cells of a row that was asked for as text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Vec<Option<&str>>> {
        self.rows.iter().map(|row| {
            let mut cells = Vec::with_capacity(self.fields.len());
            let mut ranges = row.ranges();
            while let Ok(Some(range)) = ranges.next() {
                let bytes = range.and_then(|range| row.buffer().get(range));
                cells.push(bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()));
            }
            cells
        })
    }
    pub(crate) fn first_text(&self) -> Option<String> {
        self.texts().next()?.first().copied().flatten().map(str::to_owned)
    }
}

impl Wire {
    pub(crate) fn new(stream: Box<dyn Stream>, statements: Statements) -> Self {
        let now = Instant::now();
        Self {
            stream,
            input: BytesMut::with_capacity(ROOM),
            output: BytesMut::with_capacity(ROOM),
            process: 0,
            secret: 0,
            parameters: HashMap::new(),
            owed: 0,
            status: b'I',
            told: VecDeque::new(),
            statements,
            born: now,
            rested: now,
            spoiled: false,
            worn: false,
            manner: Some(Manner::PLAIN),
            wanted: None,
        }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
    /// Nothing is under way and no transaction is open: someone else may use it.
    pub(crate) fn at_rest(&self) -> bool {
        self.owed == 0 && self.status == b'I' && !self.spoiled && self.output.is_empty()
    }
    /// The server is still working on something that was asked.
    pub(crate) fn at_work(&self) -> bool {
        self.owed > 0 && !self.spoiled
    }
    pub(crate) fn in_transaction(&self) -> bool {
        self.status != b'I'
    }
    /// Looks, without waiting, whether the server has ended the connection.
    pub(crate) fn ended(&mut self) -> bool {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match self.poll_fill(&mut context) {
            Poll::Pending => false,
            // A notice or a changed setting may lie there; a last word may, too.
            Poll::Ready(Ok(())) => self.take_idle_messages().is_err(),
            Poll::Ready(Err(_)) => true,
        }
    }
    /// How the transactions that follow are to begin.
    pub(crate) fn want(&mut self, manner: Manner) {
        self.wanted = Some(manner);
    }
    pub(crate) fn wear(&mut self) {
        self.worn = true;
    }
    pub(crate) fn rest(&mut self) {
        self.rested = Instant::now();
        if self.input.capacity() > ROOM_KEPT && self.input.is_empty() {
            self.input = BytesMut::with_capacity(ROOM);
        }
        if self.output.capacity() > ROOM_KEPT {
            self.output = BytesMut::with_capacity(ROOM);
        }
    }

    /// Sends all of them with one `Sync` and reads all answers. Outside an open transaction they
    /// are one transaction; after an error nothing of them has happened.
    pub(crate) async fn exchange(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Reply>, Failure> {
        for name in self.statements.leaving() {
            frontend::close(b'S', &name, &mut self.output)?;
        }
        let mut swept = Vec::new();
        if !self.in_transaction() {
            if self.worn {
                for text in SWEEP {
                    swept.push(self.put(&Ask::new(text))?);
                }
                self.manner = None;
            }
            if let Some(wanted) = self.wanted.filter(|wanted| self.manner != Some(*wanted)) {
                swept.push(self.put(&wanted.ask())?);
                self.manner = None;
            }
            if !swept.is_empty() {
                // By itself: it is no part of the transaction that follows.
                self.sync();
            }
        }
        let mut sent = Vec::with_capacity(asks.len());
        for ask in asks {
            sent.push(self.put(ask)?);
        }
        self.sync();
        self.flush().await?;
        if !swept.is_empty() {
            self.collect(&swept).await?;
            self.worn = false;
            self.manner = self.wanted;
        }
        self.collect(&sent).await
    }

    /// A script in the simple protocol: one transaction unless it says otherwise.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<Vec<Reply>, Failure> {
        frontend::query(sql, &mut self.output)?;
        self.owed += 1;
        self.flush().await?;
        self.collect(&[]).await
    }

    /// Asks the server what columns each of the statements would give, without running any. One
    /// that it refuses has none.
    pub(crate) async fn describe_each(
        &mut self,
        statements: &[&str],
    ) -> io::Result<Vec<Option<Arc<[Field]>>>> {
        for sql in statements {
            frontend::parse("", sql, [], &mut self.output)?;
            frontend::describe(b'S', "", &mut self.output)?;
            self.sync();
        }
        self.flush().await?;
        let mut described = Vec::with_capacity(statements.len());
        let mut fields = None;
        while described.len() < statements.len() {
            match self.next().await? {
                Message::RowDescription(body) => fields = Some(fields_of(&body)?),
                Message::ReadyForQuery(_) => described.push(fields.take()),
                Message::ErrorResponse(_) => fields = None,
                _ => {}
            }
        }
        Ok(described)
    }

    fn sync(&mut self) {
        frontend::sync(&mut self.output);
        self.owed += 1;
    }

    fn put(&mut self, ask: &Ask<'_>) -> io::Result<Sent> {
        let known = if ask.keep { self.statements.find(ask.sql) } else { None };
        let sent = match known {
            Some(mut prepared) => {
                if ask.as_text {
                    prepared.binary = Arc::default();
                }
                Sent { prepared, fresh: None }
            }
            None => {
                let name = if ask.keep { self.statements.new_name() } else { String::new() };
                frontend::parse(&name, ask.sql, [], &mut self.output)?;
                frontend::describe(b'S', &name, &mut self.output)?;
                let kept = (!name.is_empty()).then(|| ask.sql.to_owned());
                Sent { prepared: Prepared::unknown(name), fresh: Some(kept) }
            }
        };
        let bound = frontend::bind(
            "",
            &sent.prepared.name,
            [],
            &ask.arguments,
            |argument, out| match argument {
                None => Ok(IsNull::Yes),
                Some(text) => {
                    out.extend_from_slice(text.as_bytes());
                    Ok(IsNull::No)
                }
            },
            sent.prepared.binary.iter().map(|binary| i16::from(*binary)),
            &mut self.output,
        );
        bound.map_err(|e| match e {
            frontend::BindError::Conversion(e) => io::Error::other(e),
            frontend::BindError::Serialization(e) => e,
        })?;
        frontend::execute("", ask.rows_max, &mut self.output)?;
        Ok(sent)
    }

    /// Reads up to the server's "ready", and keeps what was prepared on the way.
    async fn collect(&mut self, sent: &[Sent]) -> Result<Vec<Reply>, Failure> {
        let mut replies: Vec<Reply> = Vec::with_capacity(sent.len().max(1));
        let mut reply = begin(sent.first());
        let mut refused = None;
        loop {
            let at = replies.len();
            match self.next().await? {
                Message::RowDescription(body) => {
                    reply.fields = fields_of(&body)?;
                    self.keep(sent.get(at), &reply.fields);
                }
                Message::NoData => self.keep(sent.get(at), &Arc::default()),
                Message::DataRow(row) => reply.rows.push(row),
                Message::CommandComplete(body) => {
                    reply.tag = body.tag()?.to_owned();
                    let next = begin(sent.get(at + 1));
                    replies.push(std::mem::replace(&mut reply, next));
                }
                Message::EmptyQueryResponse => {
                    let next = begin(sent.get(at + 1));
                    replies.push(std::mem::replace(&mut reply, next));
                }
                Message::PortalSuspended => {
                    reply.cut = true;
                    let next = begin(sent.get(at + 1));
                    replies.push(std::mem::replace(&mut reply, next));
                }
                Message::ErrorResponse(body) => {
                    let said = Box::new(Said::read(body.fields()));
                    if said.is_fatal() {
                        self.spoiled = true;
                        return Err(Failure::Said { said, at });
                    }
                    refused.get_or_insert(Failure::Said { said, at });
                }
                // Nobody here has rows to send, and the server would wait for them for ever. In the
                // middle of other statements the two cannot be brought in step again.
                Message::CopyInResponse(_) => {
                    self.spoiled = true;
                    let message = "rows cannot be copied in with a statement".to_owned();
                    let hint = Some("use INSERT, or load a file".to_owned());
                    let state = "0A000".to_owned();
                    let said = Box::new(Said { state, message, hint, ..Said::default() });
                    return Err(Failure::Said { said, at });
                }
                Message::ReadyForQuery(_) => break,
                _ => {}
            }
        }
        if let Some(failure) = refused {
            if let Failure::Said { said, at } = &failure
                && said.statement_is_stale()
                && let Some(stale) = sent.get(*at)
            {
                self.statements.forget(&stale.prepared.name);
            }
            return Err(failure);
        }
        Ok(replies)
    }

    fn keep(&mut self, sent: Option<&Sent>, fields: &Arc<[Field]>) {
        if let Some(Sent { prepared, fresh: Some(Some(sql)) }) = sent {
            self.statements.keep(sql, Prepared::known(prepared.name.clone(), fields.clone()));
        }
    }

    /// The next message that is an answer. What the server says of its own accord is put aside.
    pub(crate) async fn next(&mut self) -> io::Result<Message> {
        loop {
            while let Some(message) = Message::parse(&mut self.input).inspect_err(|_| {
                self.spoiled = true;
            })? {
                if let Some(answer) = self.sort(message)? {
                    return Ok(answer);
                }
            }
            let filled = poll_fn(|context| self.poll_fill(context)).await;
            filled.inspect_err(|_| self.spoiled = true)?;
        }
    }

    fn sort(&mut self, message: Message) -> io::Result<Option<Message>> {
        match message {
            Message::NoticeResponse(body) => {
                let said = Said::read(body.fields());
                tracing::debug!(state = said.state, "PostgreSQL notes: {}", said.message);
            }
            Message::ParameterStatus(body) => {
                self.parameters.insert(body.name()?.to_owned(), body.value()?.to_owned());
            }
            Message::NotificationResponse(body) => {
                if self.told.len() == TOLD_MAX {
                    self.told.pop_front();
                }
                let (channel, payload) = (body.channel()?.to_owned(), body.message()?.to_owned());
                self.told.push_back(Told { channel, payload });
            }
            Message::ReadyForQuery(body) => {
                self.status = body.status();
                self.owed = self.owed.saturating_sub(1);
                return Ok(Some(Message::ReadyForQuery(body)));
            }
            answer => return Ok(Some(answer)),
        }
        Ok(None)
    }

    /// What lies in the buffer while nothing was asked.
    fn take_idle_messages(&mut self) -> io::Result<()> {
        while let Some(message) = Message::parse(&mut self.input)? {
            if self.sort(message)?.is_some() {
                return Err(off_protocol("an answer that nobody asked for"));
            }
        }
        Ok(())
    }

    /// Waits for the next notification.
    pub(crate) async fn listen(&mut self) -> io::Result<Told> {
        loop {
            self.take_idle_messages()?;
            if let Some(told) = self.told.pop_front() {
                return Ok(told);
            }
            poll_fn(|context| self.poll_fill(context)).await?;
        }
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let read = pin!(self.stream.read_buf(&mut self.input));
        match read.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
        }
    }

    /// Writes what was put. Takes in answers meanwhile: a server that cannot get rid of its answers
    /// stops reading, and both would wait for each other.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let flushed = poll_fn(|context| {
            while !self.output.is_empty() {
                match Pin::new(&mut self.stream).poll_write(context, &self.output) {
                    Poll::Ready(Ok(0)) => {
                        return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                    }
                    Poll::Ready(Ok(written)) => self.output.advance(written),
                    Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                    Poll::Pending => match self.poll_fill(context) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                        Poll::Pending => return Poll::Pending,
                    },
                }
            }
            Pin::new(&mut self.stream).poll_flush(context)
        })
        .await;
        flushed.inspect_err(|_| self.spoiled = true)
    }

    /// The buffer in which messages are put before they are flushed.
    pub(crate) fn out(&mut self) -> &mut BytesMut {
        &mut self.output
    }
    /// Counts a `Sync` or a query that was put by hand.
    pub(crate) fn owe(&mut self) {
        self.owed += 1;
    }
}

struct Sent {
    prepared: Prepared,
    /// It was prepared in this exchange; with its text when it is to be kept.
    fresh: Option<Option<String>>,
}

fn begin(sent: Option<&Sent>) -> Reply {
    match sent {
        Some(sent) => Reply {
            fields: sent.prepared.fields.clone(),
            binary: sent.prepared.binary.clone(),
            ..Reply::default()
        },
        None => Reply::default(),
    }
}

fn fields_of(body: &RowDescriptionBody) -> io::Result<Arc<[Field]>> {
    let fields = body.fields().map(|field| {
        Ok(Field {
            name: Arc::from(field.name()),
            oid: field.type_oid(),
            table: field.table_oid(),
            column: field.column_id(),
        })
    });
    Ok(fields.collect::<Vec<_>>()?.into())
}
