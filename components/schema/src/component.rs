//! The component: it declares the operations and hands them what they work with.

use crate::hands::Hands;
use crate::settings::Settings;
use crate::{column, function, grant, migrate, policy, role, schema, sql};
use mag_contract::{Component, Fault, Life, Manifest, Wiring};
use mag_ports::StoreSocket;
use std::sync::Arc;

pub struct Schema;

/// Each operation with the function that answers it.
macro_rules! operations {
    ($($operation:path => $function:path;)*) => {
        fn declared(manifest: Manifest) -> Manifest {
            manifest$(.operation::<$operation>())*
        }
        fn answered(wiring: &mut Wiring, hands: &Arc<Hands>) {
            $(
                let own = hands.clone();
                wiring.operation::<$operation, _, _>(move |input, call| {
                    let hands = own.clone();
                    async move { $function(&hands, input, call).await }
                });
            )*
        }
    };
}

operations! {
    migrate::new::New => migrate::new::new;
    migrate::up::Up => migrate::up::up;
    migrate::down::Down => migrate::down::down;
    migrate::redo::Redo => migrate::redo::redo;
    migrate::status::Show => migrate::status::status;
    migrate::mark::Mark => migrate::mark::mark;
    migrate::check::Check => migrate::check::check;
    schema::show::Show => schema::show::show;
    schema::dump::Dump => schema::dump::dump;
    schema::diff::Differ => schema::diff::diff;
    schema::lint::Lint => schema::lint::lint;
    schema::seed::Seed => schema::seed::seed;
    column::Change => column::change;
    sql::Run => sql::run;
    policy::create::Create => policy::create::create;
    policy::list::List => policy::list::list;
    policy::drop::Drop => policy::drop::drop;
    policy::enable::Enable => policy::enable::enable;
    policy::enable::Disable => policy::enable::disable;
    policy::test::Test => policy::test::test;
    policy::explain::Explain => policy::explain::explain;
    policy::mask::Cover => policy::mask::mask;
    policy::mask::Uncover => policy::mask::unmask;
    function::create::Create => function::create::create;
    function::list::List => function::list::list;
    function::show::Show => function::show::show;
    function::drop::Drop => function::drop::drop;
    grant::Add => grant::add;
    grant::Remove => grant::remove;
    grant::List => grant::list;
    role::Create => role::create;
    role::Drop => role::drop;
    role::List => role::list;
    role::SetBudget => role::budget;
}

impl Component for Schema {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "structure and rules of sources: migrations, policies, advisors, SQL";
        declared(Manifest::new("schema", env!("CARGO_PKG_VERSION"), about).uses::<StoreSocket>())
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let store = wiring.socket::<StoreSocket>();
        let hands = Hands::new(store, wiring.clock(), wiring.bus(), wiring.data_folder(), settings);
        answered(wiring, &Arc::new(hands));
        Ok(Self)
    }

    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        // Calls under way belong to the desk and to whoever asked.
        life.draining().await;
        Ok(())
    }
}
