//! Rows in bulk, as `COPY` streams them: out of a table or a query, and into a table. Bytes go
//! through as they are; nothing is held in memory but what is on its way.
//! Never: a row rule. Who copies is the owner of the database.

use crate::engine::Postgres;
use crate::error::{Failure, Said};
use crate::pool::{Lease, bounded};
use crate::run::quoted;
use crate::wire::Wire;
use bytes::Bytes;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use mag_adapter::EngineError;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    Text,
    Csv,
    /// Only for the same types on both sides; the fastest.
    Binary,
}

/// A table, and which of its columns; all when none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOf {
    pub schema: String,
    pub table: String,
    pub columns: Vec<String>,
    pub format: CopyFormat,
}

/// A server that sends nothing for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Sent at a time: large enough that a system call costs nothing beside it.
const CHUNK: usize = 64 * 1024;

impl CopyOf {
    fn text(&self, direction: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(column)).collect();
        let columns =
            if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
        let format = match self.format {
            CopyFormat::Text => "text",
            CopyFormat::Csv => "csv, HEADER true",
            CopyFormat::Binary => "binary",
        };
        let (schema, table) = (quoted(&self.schema), quoted(&self.table));
        format!("COPY {schema}.{table}{columns} {direction} WITH (FORMAT {format})")
    }
}

impl Postgres {
    /// The rows of a table, piece by piece. Letting go of the stream ends the copy.
    pub async fn copy_out(
        &self,
        what: &CopyOf,
    ) -> Result<BoxStream<'static, Result<Bytes, EngineError>>, EngineError> {
        let mut lease = self.primary().lease().await?;
        // Makes the session plain: no bound on the whole, for a large table takes its time. Each
        // piece has one.
        lease.exchange(&[]).await?;
        lease.begin_copy_out(&what.text("TO STDOUT")).await?;
        let target = self.primary().target().clone();
        let pieces = stream::unfold(Some(lease), move |lease| {
            let target = target.clone();
            async move {
                let mut lease = lease?;
                let piece = async { Ok(lease.next_copied().await?) };
                match bounded(&target, SILENCE_MAX, piece).await {
                    Ok(Some(piece)) => Some((Ok(piece), Some(lease))),
                    Ok(None) => {
                        Lease::end(lease);
                        None
                    }
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        Ok(pieces.boxed())
    }

    /// Copies rows into a table, all or none, and gives their number.
    pub async fn copy_in(
        &self,
        what: &CopyOf,
        pieces: impl Stream<Item = Result<Bytes, EngineError>> + Send + Unpin,
    ) -> Result<u64, EngineError> {
        let mut lease = self.primary().lease().await?;
        lease.exchange(&[]).await?;
        let copied = lease.copy_in(&what.text("FROM STDIN"), pieces).await;
        lease.end();
        copied
    }
}

impl Wire {
    async fn begin_copy_out(&mut self, sql: &str) -> Result<(), Failure> {
        frontend::query(sql, self.out())?;
        self.owe();
        self.flush().await?;
        loop {
            match self.next().await? {
                Message::CopyOutResponse(_) => return Ok(()),
                Message::ErrorResponse(body) => {
                    let said = Box::new(Said::read(body.fields()));
                    self.until_ready().await?;
                    return Err(Failure::Said { said, at: 0 });
                }
                _ => {}
            }
        }
    }

    async fn next_copied(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.next().await? {
                Message::CopyData(body) => return Ok(Some(body.into_bytes())),
                Message::ErrorResponse(body) => {
                    let said = Box::new(Said::read(body.fields()));
                    self.until_ready().await?;
                    return Err(Failure::Said { said, at: 0 });
                }
                Message::ReadyForQuery(_) => return Ok(None),
                _ => {}
            }
        }
    }

    /// A server that takes nothing for so long is gone.
    async fn flush_in_time(&mut self) -> Result<(), Failure> {
        match timeout(SILENCE_MAX, self.flush()).await {
            Ok(flushed) => Ok(flushed?),
            Err(_) => Err(Failure::Broken(io::ErrorKind::TimedOut.into())),
        }
    }

    async fn until_ready(&mut self) -> Result<(), Failure> {
        while !matches!(self.next().await?, Message::ReadyForQuery(_)) {}
        Ok(())
    }

    /// Also inside an open transaction.
    pub(crate) async fn copy_in(
        &mut self,
        sql: &str,
        mut pieces: impl Stream<Item = Result<Bytes, EngineError>> + Send + Unpin,
    ) -> Result<u64, EngineError> {
        frontend::query(sql, self.out()).map_err(Failure::from)?;
        self.owe();
        self.flush().await.map_err(Failure::from)?;
        let mut refused = None;
        loop {
            match self.next().await.map_err(Failure::from)? {
                Message::CopyInResponse(_) => break,
                Message::ErrorResponse(body) => {
                    let said = Box::new(Said::read(body.fields()));
                    self.until_ready().await?;
                    return Err(Failure::Said { said, at: 0 }.into());
                }
                _ => {}
            }
        }
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => {
                    let copied = frontend::CopyData::new(piece).map_err(Failure::from)?;
                    copied.write(self.out());
                    if self.out().len() >= CHUNK {
                        self.flush_in_time().await?;
                    }
                }
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        match &refused {
            Some(error) => {
                frontend::copy_fail(&error.message, self.out()).map_err(Failure::from)?
            }
            None => frontend::copy_done(self.out()),
        }
        self.flush_in_time().await?;
        let mut copied = 0;
        let mut said = None;
        loop {
            match self.next().await.map_err(Failure::from)? {
                Message::CommandComplete(body) => {
                    let tag = body.tag().unwrap_or_default();
                    copied = tag.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
                }
                Message::ErrorResponse(body) => said = Some(Box::new(Said::read(body.fields()))),
                Message::ReadyForQuery(_) => break,
                _ => {}
            }
        }
        match (refused, said) {
            (Some(error), _) => Err(error),
            (None, Some(said)) => Err(Failure::Said { said, at: 0 }.into()),
            (None, None) => Ok(copied),
        }
    }
}
