//! The engines that sources can be of, one line each: which card opens them, and how people name
//! their places. Nothing else here asks which engine it is.

use mag_base::Base;
use mag_contract::{Fault, Jack, Manifest, Unplugged, Wiring, codes};
use mag_ports::cluster::Cluster;
use mag_ports::driver::{Driver, PostgresDriver, SqliteDriver};
use mag_ports::{ClusterSocket, Place};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) struct Engine {
    pub(crate) name: &'static str,
    pub(crate) base: &'static Base,
    /// How an address of it begins. An engine of files has none.
    schemes: &'static [&'static str],
    /// Where a managed database of it is made.
    pub(crate) made: Made,
    driver: fn(&Cards) -> Result<Arc<dyn Driver>, Unplugged>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    InFile,
    InCluster,
}

static ENGINES: [Engine; 2] = [
    Engine {
        name: "sqlite",
        base: &mag_base::ON_SQLITE,
        schemes: &[],
        made: Made::InFile,
        driver: |cards| cards.sqlite.get(),
    },
    Engine {
        name: "postgres",
        base: &mag_base::ON_POSTGRES,
        schemes: &["postgres://", "postgresql://"],
        made: Made::InCluster,
        driver: |cards| cards.postgres.get(),
    },
];

pub(crate) fn named(name: &str) -> Result<&'static Engine, Fault> {
    ENGINES.iter().find(|engine| engine.name == name).ok_or_else(|| {
        let known = ENGINES.iter().map(|engine| engine.name);
        Fault::new(codes::NO_SUCH_NAME, format!("no engine is called `{name}`"))
            .hint(format!("there are {}", known.collect::<Vec<_>>().join(" and ")))
            .nearest(name, ENGINES.iter().map(|engine| engine.name))
    })
}

/// The engine of files, which is always at hand.
pub(crate) fn embedded() -> &'static Engine {
    &ENGINES[0]
}

/// Which engine an address is of, and what it says.
pub(crate) fn of_address(address: &str) -> Result<(&'static Engine, Place), Fault> {
    let known = |engine: &&Engine| engine.schemes.iter().any(|scheme| address.starts_with(scheme));
    if let Some(engine) = ENGINES.iter().find(known) {
        return Ok((engine, Place::Url(mag_contract::Secret::new(address.to_owned()))));
    }
    let path = ["sqlite://", "sqlite:", "file://", "file:"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
        .unwrap_or(address);
    if path.is_empty() || path.contains("://") {
        return Err(Fault::new(codes::BAD_INPUT, "no engine has addresses of this kind")
            .hint("write the path of a file, or postgres://user:password@host:5432/database"));
    }
    Ok((embedded(), Place::File(PathBuf::from(path))))
}

/// The cards as they are plugged in now.
#[derive(Clone)]
pub(crate) struct Cards {
    sqlite: Jack<SqliteDriver>,
    postgres: Jack<PostgresDriver>,
    cluster: Jack<ClusterSocket>,
}

impl Cards {
    pub(crate) fn declare(manifest: Manifest) -> Manifest {
        manifest.uses::<SqliteDriver>().uses::<PostgresDriver>().uses::<ClusterSocket>()
    }
    pub(crate) fn of(wiring: &mut Wiring) -> Self {
        Self { sqlite: wiring.socket(), postgres: wiring.socket(), cluster: wiring.socket() }
    }
    pub(crate) fn driver(&self, engine: &Engine) -> Result<Arc<dyn Driver>, Fault> {
        (engine.driver)(self).map_err(|unplugged| {
            let name = engine.name;
            Fault::new(codes::UNPLUGGED, format!("the card of engine `{name}` is not plugged in"))
                .because(unplugged)
                .hint(format!("`mobo plug {name}` plugs it in"))
        })
    }
    pub(crate) fn cluster(&self) -> Result<Arc<dyn Cluster>, Fault> {
        self.cluster.get().map_err(|unplugged| {
            Fault::new(codes::UNPLUGGED, "there is no local PostgreSQL to make a database in")
                .because(unplugged)
                .hint("plug in the local server with `mobo plug postgresql`, or connect a database of your own with `mobo source:connect`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::of_address;
    use mag_ports::Place;

    #[test]
    fn an_address_says_of_which_engine_it_is() {
        let check = |address: &str| match of_address(address) {
            Ok((engine, Place::File(path))) => format!("{} {}", engine.name, path.display()),
            Ok((engine, Place::Url(_))) => format!("{} url", engine.name),
            Err(fault) => fault.code().id.to_owned(),
        };
        assert_eq!(check("postgres://a@b/c"), "postgres url");
        assert_eq!(check("postgresql://a@b/c"), "postgres url");
        assert_eq!(check("/data/shop.db"), "sqlite /data/shop.db");
        assert_eq!(check("sqlite:/data/shop.db"), "sqlite /data/shop.db");
        assert_eq!(check("mysql://a@b/c"), "MF1002");
        assert_eq!(check(""), "MF1002");
    }
}
