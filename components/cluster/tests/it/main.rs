//! The managed PostgreSQL with the machine's own programs: its first start, its ends, and all that
//! an earlier board may have left behind.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on shall panic where it stands, and owns its tasks"
)]

mod databases;
mod left;
mod life;
mod psql;

use mag_cluster::{ManagedPostgres, Settings};
use mag_contract::{Fault, Jack};
use mag_kit::{Bench, Live};
use mag_ports::driver::PostgresDriver;
use mag_ports::{Cluster, ClusterSocket, Connection, Place};
use psql::Psql;
use std::path::PathBuf;
use std::sync::Arc;

/// A board with the part on it and a driver beside it.
struct World {
    bench: Bench,
    part: Live,
    cluster: Jack<ClusterSocket>,
}

/// Nothing, when this machine has no PostgreSQL and none was asked for.
async fn world() -> Option<World> {
    mag_kit::postgres::programs()?;
    let bench = Bench::default();
    bench.plug::<PostgresDriver>(Arc::new(Psql));
    Some(boot(bench).await)
}

async fn boot(bench: Bench) -> World {
    let part = bench.start::<ManagedPostgres>(settings()).await.unwrap();
    let cluster = bench.backplane.jack::<ClusterSocket>();
    World { bench, part, cluster }
}

fn settings() -> Settings {
    let programs = mag_kit::postgres::programs();
    Settings { programs, shared_buffers_mib: 16, ..Settings::default() }
}

impl World {
    fn cluster(&self) -> Arc<dyn Cluster> {
        self.cluster.get().unwrap()
    }
    async fn create(&self, name: &str) -> Result<Connection, Fault> {
        self.cluster().create_database(name).await
    }
    async fn connection(&self, name: &str) -> Result<Connection, Fault> {
        self.cluster().connection(name).await
    }
    fn folder(&self) -> PathBuf {
        Self::folder_of(&self.bench)
    }
    /// The folder of the databases.
    fn folder_of(bench: &Bench) -> PathBuf {
        let base = bench.data_folder().join("postgresql");
        let entries = std::fs::read_dir(base).unwrap().flatten();
        let versions = entries.filter(|e| e.file_name().to_string_lossy().parse::<u32>().is_ok());
        let mut folders: Vec<PathBuf> = versions.map(|e| e.path()).collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.pop().unwrap()
    }
    /// The process that the server says it is.
    fn process(&self) -> i32 {
        let says = std::fs::read_to_string(self.folder().join("postmaster.pid")).unwrap();
        says.lines().next().unwrap().parse().unwrap()
    }
    /// Leaves in order; the installation stays.
    async fn leave(self) -> Bench {
        self.part.drain().await.unwrap();
        self.bench
    }
}

fn url(connection: &Connection) -> &str {
    match &connection.place {
        Place::Url(url) => url.expose(),
        Place::File(_) => panic!("a server is no file"),
    }
}

fn sql(connection: &Connection, text: &str) -> String {
    psql::run(url(connection), text).unwrap()
}
