//! What is asked in one go, and its answers: statements are prepared, bound and run with one `Sync`
//! behind them all, and read up to the server's "ready".

use super::{Who, Wire};
use crate::error::{Failure, Said};
use crate::statements::Prepared;
use crate::types;
use bytes::Buf;
use fallible_iterator::FallibleIterator;
use mag_query::Filling;
use mag_sql::Form;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{DataRowBody, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use std::io;
use std::sync::Arc;

/// One statement of an exchange. Arguments travel as text; the server knows their types.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) sql: &'a str,
    pub(crate) arguments: Arguments<'a>,
    /// Zero is no bound.
    pub(crate) rows_max: i32,
    /// Kept by name for the next time.
    pub(crate) keep: bool,
    /// All columns come as text; else those of a known statement come in binary where that wins.
    pub(crate) as_text: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled<'a> {
    pub(crate) form: &'a Form,
    pub(crate) filling: &'a Filling,
}

#[derive(Clone, Debug)]
pub(crate) enum Arguments<'a> {
    Texts(Vec<Option<String>>),
    /// The values of a plan, in the order in which its statement has them.
    Values(Filled<'a>),
}

impl<'a> Ask<'a> {
    pub(crate) fn new(sql: &'a str) -> Self {
        Self::with(sql, Vec::new())
    }
    pub(crate) fn with(sql: &'a str, arguments: Vec<Option<String>>) -> Self {
        let arguments = Arguments::Texts(arguments);
        Self { sql, arguments, rows_max: 0, keep: true, as_text: true }
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

/// What takes rows as they come.
pub(crate) trait Rows {
    /// The cells of a row, each with its length before it.
    fn take(&mut self, reply: &Reply, cells: &[u8]) -> io::Result<()>;
    /// Bytes in memory.
    fn held(&self) -> usize;
}

/// Where the rows of a statement go, when not into its reply.
pub(crate) type Sink<'s> = Option<&'s mut (dyn Rows + Send)>;

/// The sinks of the statements from one on.
struct Sinks<'a, 's> {
    from: usize,
    each: &'a mut [Sink<'s>],
}

impl<'s> Sinks<'_, 's> {
    const fn none() -> Self {
        Sinks { from: 0, each: &mut [] }
    }
    fn of(&mut self, at: usize) -> Option<&mut (dyn Rows + Send + 's)> {
        self.each.get_mut(at.checked_sub(self.from)?)?.as_deref_mut()
    }
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

/// What was answered of pieces that are transactions by themselves.
pub(crate) struct Apart {
    pub(crate) answers: Vec<Result<Vec<Reply>, Box<Said>>>,
    /// Why there are fewer answers than pieces.
    pub(crate) broke: Option<Failure>,
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

impl Wire {
    /// Sends all of them with one `Sync` and reads all answers. Outside an open transaction they
    /// are one transaction; after an error nothing of them has happened.
    pub(crate) async fn exchange(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Reply>, Failure> {
        self.exchange_into(asks, None).await
    }

    /// As `exchange`; the rows of the last statement go where they are wanted, as they come.
    pub(crate) async fn exchange_into(
        &mut self,
        asks: &[Ask<'_>],
        sink: Sink<'_>,
    ) -> Result<Vec<Reply>, Failure> {
        let from = asks.len().saturating_sub(1);
        self.go(asks, Sinks { from, each: &mut [sink] }).await
    }

    /// As `exchange`; the rows of each statement go where they are wanted.
    pub(crate) async fn exchange_each(
        &mut self,
        asks: &[Ask<'_>],
        sinks: &mut [Sink<'_>],
    ) -> Result<Vec<Reply>, Failure> {
        self.go(asks, Sinks { from: 0, each: sinks }).await
    }

    /// Sends pieces of work in one go, of which each is a transaction by itself: one that fails takes
    /// none of the others along. The rows of the last statement of each go where they are wanted.
    /// When the line breaks nobody knows what becomes of those that have no answer yet.
    pub(crate) async fn exchange_apart(
        &mut self,
        pieces: &[Vec<Ask<'_>>],
        sinks: &mut [Sink<'_>],
    ) -> Result<Apart, Failure> {
        let swept = self.put_before()?;
        let mut sent = Vec::with_capacity(pieces.len());
        for asks in pieces {
            sent.push(asks.iter().map(|ask| self.put(ask)).collect::<io::Result<Vec<_>>>()?);
            self.sync();
        }
        let mut answers = Vec::with_capacity(pieces.len());
        let broke = async {
            self.flush().await?;
            self.collect_before(&swept).await?;
            for (sent, each) in sent.iter().zip(sinks.chunks_mut(1)) {
                let from = sent.len().saturating_sub(1);
                answers.push(match self.collect(sent, Sinks { from, each }).await {
                    Ok(replies) => Ok(replies),
                    Err(Failure::Said { said, .. }) if !self.spoiled => Err(said),
                    Err(failure) => return Err(failure),
                });
            }
            Ok(())
        };
        let broke = broke.await.err();
        Ok(Apart { answers, broke })
    }

    async fn go(&mut self, asks: &[Ask<'_>], sinks: Sinks<'_, '_>) -> Result<Vec<Reply>, Failure> {
        let swept = self.put_before()?;
        let mut sent = Vec::with_capacity(asks.len());
        for ask in asks {
            sent.push(self.put(ask)?);
        }
        self.sync();
        self.flush().await?;
        self.collect_before(&swept).await?;
        self.collect(&sent, sinks).await
    }

    /// What goes ahead of an exchange: traces of the work before are taken away, and how
    /// transactions begin is told.
    fn put_before(&mut self) -> io::Result<Vec<Sent>> {
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
        Ok(swept)
    }

    async fn collect_before(&mut self, swept: &[Sent]) -> Result<(), Failure> {
        if swept.is_empty() {
            return Ok(());
        }
        match self.collect(swept, Sinks::none()).await {
            Ok(_) => {
                if std::mem::take(&mut self.worn) {
                    self.know_who(&Who::Nobody);
                }
                self.manner = self.wanted;
            }
            Err(Failure::Broken(error)) => return Err(error.into()),
            // What follows was sent already and has an answer of its own, which counts. The
            // connection is not lent again.
            Err(Failure::Said { .. }) => self.unfit = true,
        }
        Ok(())
    }

    /// A script in the simple protocol: one transaction unless it says otherwise.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<Vec<Reply>, Failure> {
        frontend::query(sql, &mut self.output)?;
        self.owed += 1;
        self.flush().await?;
        self.collect(&[], Sinks::none()).await
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
        let (name, out) = (&*sent.prepared.name, &mut self.output);
        let forms = sent.prepared.binary.iter().map(|binary| i16::from(*binary));
        let bound = match &ask.arguments {
            Arguments::Texts(texts) => frontend::bind(
                "",
                name,
                [],
                texts,
                |text, out| match text {
                    None => Ok(IsNull::Yes),
                    Some(text) => {
                        out.extend_from_slice(text.as_bytes());
                        Ok(IsNull::No)
                    }
                },
                forms,
                out,
            ),
            Arguments::Values(Filled { form, filling }) => frontend::bind(
                "",
                name,
                [],
                form.values(filling, &[]),
                |value, out| Ok(types::write_argument(&value, out)),
                forms,
                out,
            ),
        };
        bound.map_err(|e| match e {
            frontend::BindError::Conversion(e) => io::Error::other(e),
            frontend::BindError::Serialization(e) => e,
        })?;
        frontend::execute("", ask.rows_max, &mut self.output)?;
        Ok(sent)
    }

    /// Reads up to the server's "ready", and keeps what was prepared on the way.
    async fn collect(
        &mut self,
        sent: &[Sent],
        mut sinks: Sinks<'_, '_>,
    ) -> Result<Vec<Reply>, Failure> {
        let mut replies: Vec<Reply> = Vec::with_capacity(sent.len().max(1));
        let mut reply = begin(sent.first());
        let mut refused = None;
        let mut bytes = 0_usize;
        loop {
            let at = replies.len();
            let message = match sinks.of(at) {
                None => self.next().await?,
                Some(into) => {
                    // Read where they lie: a row by itself is never in need of more than a look.
                    while let Some(length) = self.whole_row() {
                        let taken = into.take(&reply, &self.input[7..length]);
                        taken.inspect_err(|_| self.spoiled = true)?;
                        self.input.advance(length);
                        self.bound_held(into.held(), at)?;
                    }
                    match self.next().await? {
                        Message::DataRow(row) => {
                            let taken = into.take(&reply, row.buffer());
                            taken.inspect_err(|_| self.spoiled = true)?;
                            self.bound_held(into.held(), at)?;
                            continue;
                        }
                        other => other,
                    }
                }
            };
            match message {
                Message::RowDescription(body) => {
                    reply.fields = fields_of(&body)?;
                    self.keep(sent.get(at), &reply.fields);
                }
                Message::NoData => self.keep(sent.get(at), &Arc::default()),
                Message::DataRow(row) => {
                    bytes += row.buffer().len();
                    self.bound_held(bytes, at)?;
                    reply.rows.push(row);
                }
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

    fn bound_held(&mut self, bytes: usize, at: usize) -> Result<(), Failure> {
        if bytes <= self.answer_max {
            return Ok(());
        }
        self.spoiled = true;
        Err(Failure::Said { said: Box::new(too_large(self.answer_max)), at })
    }

    fn keep(&mut self, sent: Option<&Sent>, fields: &Arc<[Field]>) {
        if let Some(Sent { prepared, fresh: Some(Some(sql)) }) = sent {
            self.statements.keep(sql, Prepared::known(prepared.name.clone(), fields.clone()));
        }
    }
}

fn too_large(bytes: usize) -> Said {
    Said {
        state: "54000".into(),
        message: format!("the answer is larger than {bytes} bytes"),
        hint: Some("ask for fewer rows or columns, or copy the table out".into()),
        ..Said::default()
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
