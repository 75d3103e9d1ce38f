//! How a database is: sizes, what is swept and what is not, indexes that nobody reads, what runs now.
//! Never: a row of data; of a statement that runs only the first words are told.

use crate::engine::Postgres;
use crate::error::Failure;
use crate::pool::bounded;
use crate::wire::{Ask, Reply, Wire};
use mag_adapter::EngineError;
use mag_ports::survey::{
    Connections, CostlyStatement, IndexSurvey, RunningStatement, Survey, TableSurvey,
};
use std::time::Duration;

/// Sizes of thousands of tables are asked of the file system one by one.
const WITHIN: Duration = Duration::from_secs(30);

const SIZE: &str = "SELECT pg_database_size(current_database()), \
     (SELECT CASE WHEN blks_hit + blks_read = 0 THEN NULL \
       ELSE round(blks_hit::numeric / (blks_hit + blks_read), 4) END \
      FROM pg_stat_database WHERE datname = current_database())";

/// What a table would take with its rows side by side, by the width that ANALYZE has measured; 24
/// bytes are a row's head, 4 its place in the page.
const TABLES: &str = "SELECT n.nspname, c.relname, \
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END, \
       pg_table_size(c.oid), pg_indexes_size(c.oid), s.n_dead_tup, \
       CASE WHEN c.relpages > 8 AND w.width IS NOT NULL THEN round(greatest(0, 1 - \
         (c.reltuples * (w.width + 28) / 8168) / c.relpages)::numeric, 3) END, \
       s.seq_scan, s.idx_scan, \
       CASE WHEN s.seq_tup_read > 100000 AND s.seq_scan > 50 \
              AND s.seq_scan > 10 * coalesce(s.idx_scan, 0) \
         THEN 'it is mostly read whole: ' || s.seq_scan || ' times, by an index ' \
           || coalesce(s.idx_scan, 0) || ' times' \
         WHEN b.columns IS NOT NULL \
         THEN 'no index begins with the foreign key column ' || b.columns END \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
       LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid \
       LEFT JOIN LATERAL (SELECT sum(t.stawidth * (1 - t.stanullfrac)) AS width \
         FROM pg_statistic t WHERE t.starelid = c.oid) w ON has_table_privilege('pg_statistic', 'SELECT') \
       LEFT JOIN LATERAL (SELECT string_agg(DISTINCT a.attname, ', ') AS columns \
         FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
         WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_index i \
           WHERE i.indrelid = c.oid AND i.indkey[0] = k.conkey[1])) b ON true \
     WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname !~ '^pg_' \
       AND n.nspname NOT IN ('information_schema', 'magflock') \
     ORDER BY pg_total_relation_size(c.oid) DESC, 1, 2 LIMIT 500";

/// The same without the widths, which only a superuser may read.
const PLAIN_TABLES: &str = "SELECT n.nspname, c.relname, \
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END, \
       pg_table_size(c.oid), pg_indexes_size(c.oid), s.n_dead_tup, NULL, s.seq_scan, s.idx_scan, \
       CASE WHEN b.columns IS NOT NULL \
         THEN 'no index begins with the foreign key column ' || b.columns END \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
       LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid \
       LEFT JOIN LATERAL (SELECT string_agg(DISTINCT a.attname, ', ') AS columns \
         FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
         WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_index i \
           WHERE i.indrelid = c.oid AND i.indkey[0] = k.conkey[1])) b ON true \
     WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname !~ '^pg_' \
       AND n.nspname NOT IN ('information_schema', 'magflock') \
     ORDER BY pg_total_relation_size(c.oid) DESC, 1, 2 LIMIT 500";

const INDEXES: &str = "SELECT n.nspname, t.relname, c.relname, pg_relation_size(c.oid), s.idx_scan, \
       coalesce(s.idx_scan, 0) = 0 AND NOT i.indisunique AND NOT i.indisprimary \
         AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
       JOIN pg_namespace n ON n.oid = t.relnamespace \
       LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = c.oid \
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'magflock') \
     ORDER BY pg_relation_size(c.oid) DESC, 1, 2, 3 LIMIT 1000";

const CONNECTIONS: &str = "SELECT count(*), count(*) FILTER (WHERE state = 'active'), \
       count(*) FILTER (WHERE state = 'idle'), \
       count(*) FILTER (WHERE state LIKE 'idle in transaction%'), \
       current_setting('max_connections') \
     FROM pg_stat_activity WHERE datname = current_database()";

/// The first two words hold no value; the rest may.
const RUNNING: &str = "SELECT (extract(epoch FROM clock_timestamp() - coalesce(query_start, xact_start)) * 1000)::bigint, \
       coalesce(state, ''), wait_event_type || ': ' || wait_event, coalesce(application_name, ''), \
       coalesce(substring(btrim(query) FROM '^[A-Za-z]+( +[A-Za-z]+)?'), '') \
     FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
       AND (state = 'active' OR state LIKE 'idle in transaction%') \
     ORDER BY 1 DESC NULLS LAST LIMIT 20";

const COUNTS_STATEMENTS: &str = "SELECT to_regclass(coalesce((SELECT quote_ident(n.nspname) || '.' \
       FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
       WHERE e.extname = 'pg_stat_statements'), 'no.') || 'pg_stat_statements')";

pub(crate) async fn survey(postgres: &Postgres) -> Result<Survey, EngineError> {
    let mut lease = postgres.primary().lease().await?;
    bounded(postgres.primary().target(), WITHIN, read(&mut lease)).await
}

async fn read(wire: &mut Wire) -> Result<Survey, EngineError> {
    let asks = [SIZE, INDEXES, CONNECTIONS, RUNNING, COUNTS_STATEMENTS].map(Ask::once);
    let replies = wire.exchange(&asks).await?;
    let [size, indexes, connections, running, counted] = replies.as_slice() else {
        return Err(EngineError::broken("the survey of the database came in pieces"));
    };
    let mut survey = Survey::default();
    if let Some(row) = size.texts().next()
        && let [bytes, hits] = row.as_slice()
    {
        survey.bytes = number(*bytes);
        survey.cache_hit_ratio = number(*hits);
    }
    survey.indexes = indexes.texts().filter_map(|row| index(&row)).collect();
    survey.connections = connections.texts().next().and_then(|row| connections_of(&row));
    survey.running = running.texts().filter_map(|row| running_of(&row)).collect();
    survey.tables = tables(wire).await?;
    if let Some(place) = counted.first_text() {
        // Enabled and not preloaded it refuses to be read.
        survey.costly = costly(wire, &place).await.unwrap_or_default();
    }
    Ok(survey)
}

async fn tables(wire: &mut Wire) -> Result<Vec<TableSurvey>, EngineError> {
    let replies = match wire.exchange(&[Ask::once(TABLES)]).await {
        Err(Failure::Said { said, .. }) if said.state == "42501" => {
            wire.exchange(&[Ask::once(PLAIN_TABLES)]).await?
        }
        told => told?,
    };
    Ok(replies.iter().flat_map(Reply::texts).filter_map(|row| table(&row)).collect())
}

async fn costly(wire: &mut Wire, place: &str) -> Result<Vec<CostlyStatement>, EngineError> {
    // The server has quoted the name itself.
    let text = format!(
        "SELECT left(query, 2000), calls, round(total_exec_time::numeric, 3), \
           round(mean_exec_time::numeric, 3), rows FROM {place} \
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         ORDER BY total_exec_time DESC LIMIT 20"
    );
    let replies = wire.exchange(&[Ask::once(&text)]).await?;
    let rows = replies.iter().flat_map(Reply::texts).filter_map(|row| {
        let [statement, calls, total, mean, rows] = row.as_slice() else { return None };
        Some(CostlyStatement {
            statement: (*statement)?.to_owned(),
            calls: number(*calls)?,
            total_ms: number(*total)?,
            mean_ms: number(*mean)?,
            rows: number(*rows)?,
        })
    });
    Ok(rows.collect())
}

fn number<T: std::str::FromStr>(cell: Option<&str>) -> Option<T> {
    cell?.parse().ok()
}

fn table(row: &[Option<&str>]) -> Option<TableSurvey> {
    let [schema, name, rows, bytes, index_bytes, dead, bloat, whole, by_index, missing] = row
    else {
        return None;
    };
    Some(TableSurvey {
        schema: (*schema)?.to_owned(),
        name: (*name)?.to_owned(),
        rows_estimate: number(*rows),
        bytes: number(*bytes),
        index_bytes: number(*index_bytes),
        dead_rows: number(*dead),
        bloat_ratio: number(*bloat),
        whole_reads: number(*whole),
        index_reads: number(*by_index),
        missing_index: missing.map(str::to_owned),
    })
}

fn index(row: &[Option<&str>]) -> Option<IndexSurvey> {
    let [schema, table, name, bytes, reads, unused] = row else { return None };
    Some(IndexSurvey {
        schema: (*schema)?.to_owned(),
        table: (*table)?.to_owned(),
        name: (*name)?.to_owned(),
        bytes: number(*bytes),
        reads: number(*reads),
        unused: *unused == Some("t"),
    })
}

fn connections_of(row: &[Option<&str>]) -> Option<Connections> {
    let [open, active, idle, waiting, max] = row else { return None };
    Some(Connections {
        open: number(*open)?,
        active: number(*active)?,
        idle: number(*idle)?,
        idle_in_transaction: number(*waiting)?,
        max: number(*max)?,
    })
}

fn running_of(row: &[Option<&str>]) -> Option<RunningStatement> {
    let [for_ms, state, waits_for, application, begins] = row else { return None };
    Some(RunningStatement {
        for_ms: number(*for_ms).unwrap_or(0),
        state: (*state)?.to_owned(),
        waits_for: waits_for.map(str::to_owned),
        application: (*application)?.to_owned(),
        begins: (*begins)?.to_owned(),
    })
}
