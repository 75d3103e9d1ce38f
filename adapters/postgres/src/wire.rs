//! One connection, as messages: what is asked goes out in one flush and ends in one `Sync`, and
//! what is answered comes back in the same order. The server skips everything after an error up to
//! the `Sync`, so a statement never runs when what was to prepare it (role, claims, read-only) has
//! failed: this is why the messages are written here and not by a driver that puts a `Sync` after
//! each of them.
//! Never: a decision about who may ask what.

mod exchange;
mod who;

use crate::error::{Said, off_protocol};
use crate::statements::Statements;
use bytes::{Buf, BytesMut};
pub(crate) use exchange::{Apart, Arguments, Ask, Field, Filled, Manner, Reply, Rows, Sink};
use postgres_protocol::message::backend::Message;
use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::Instant;
pub(crate) use who::Who;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// Notifications that wait to be read. They all mean "read the structure again": the oldest may go.
const TOLD_MAX: usize = 64;
/// Room for the first read; grows with the answers, and shrinks when the connection comes home.
const ROOM: usize = 16 * 1024;
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
    /// It could not be made as it is to be for the next one.
    unfit: bool,
    /// Someone's own functions have run: they may have left settings, locks, temporary tables.
    worn: bool,
    /// What the session was last told to begin its transactions with.
    manner: Option<Manner>,
    wanted: Option<Manner>,
    who: Who,
    /// Bytes of rows that one exchange may bring into memory.
    answer_max: usize,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) channel: String,
    pub(crate) payload: String,
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
            unfit: false,
            worn: false,
            manner: Some(Manner::PLAIN),
            wanted: None,
            who: Who::Nobody,
            answer_max: usize::MAX,
        }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
    /// Nothing is under way and no transaction is open: someone else may use it.
    pub(crate) fn at_rest(&self) -> bool {
        self.owed == 0
            && self.status == b'I'
            && !self.spoiled
            && !self.unfit
            && self.output.is_empty()
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
    /// A larger answer ends the connection: the server would go on sending it.
    pub(crate) fn bound_answers(&mut self, bytes: usize) {
        self.answer_max = bytes;
    }
    pub(crate) fn wear(&mut self) {
        self.worn = true;
        self.forget_who();
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

    /// The length of the message at the front when it is a row and is there whole.
    fn whole_row(&self) -> Option<usize> {
        let (head, _) = self.input.split_first_chunk::<5>()?;
        let [tag, length @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?.checked_add(1)?;
        (tag == b'D' && length >= 7 && self.input.len() >= length).then_some(length)
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
        // Room for an answer in one read: what was read already makes room again.
        if self.input.capacity() - self.input.len() < ROOM / 2 {
            self.input.reserve(ROOM);
        }
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
