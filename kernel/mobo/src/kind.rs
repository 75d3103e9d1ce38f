//! A component type without its type parameter: what a seat holds, so that parts of any kind sit
//! in one list.

use futures::FutureExt;
use futures::future::BoxFuture;
use mag_contract::doctor::Ailment;
use mag_contract::life::panic_text;
use mag_contract::wiring::{Harness, Wired};
use mag_contract::{Component, Fault, Life, Manifest, OnChange, Settings, Wiring, codes};
use mag_settings::{Loaded, SettingError};
use std::any::Any;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Settings of some part, checked and typed.
pub type AnySettings = Arc<dyn Any + Send + Sync>;

type Run = Box<dyn FnOnce(Life) -> BoxFuture<'static, Result<(), Fault>> + Send>;

/// A part that is assembled and has passed its self-test.
pub struct Ready {
    pub wired: Wired,
    pub run: Run,
}

/// Said by the assembly when it has come so far.
pub type Reached = Arc<dyn Fn() + Send + Sync>;

pub trait Kind: Send + Sync {
    fn type_name(&self) -> &'static str;
    /// The section of the settings, described for the loader.
    fn section(&self, name: &str, about: &str) -> mag_settings::Section;
    fn read(&self, loaded: &Loaded, name: &str) -> Result<AnySettings, Vec<SettingError>>;
    fn manifest(&self, settings: &AnySettings) -> Result<Manifest, Fault>;
    fn on_change(&self, old: &AnySettings, new: &AnySettings) -> OnChange;
    fn ailments(&self) -> Vec<Arc<dyn Ailment>>;
    /// Assemble and self-test; `assembled` is called between the two.
    fn build(
        &self,
        settings: AnySettings,
        harness: Harness,
        assembled: Reached,
    ) -> BoxFuture<'static, Result<Ready, Fault>>;
}

pub fn of<C: Component>() -> Arc<dyn Kind> {
    Arc::new(Of::<C>(PhantomData))
}

struct Of<C>(PhantomData<fn() -> C>);

impl<C: Component> Kind for Of<C> {
    fn type_name(&self) -> &'static str {
        std::any::type_name::<C>()
    }
    fn section(&self, name: &str, about: &str) -> mag_settings::Section {
        mag_settings::Section::of::<C::Settings>(name, about)
    }
    fn read(&self, loaded: &Loaded, name: &str) -> Result<AnySettings, Vec<SettingError>> {
        Ok(Arc::new(loaded.section::<C::Settings>(name)?))
    }
    fn manifest(&self, settings: &AnySettings) -> Result<Manifest, Fault> {
        let settings = typed::<C::Settings>(settings)?;
        // Called by the kernel itself, which no part may take down.
        std::panic::catch_unwind(AssertUnwindSafe(|| C::manifest(&settings))).map_err(|panic| {
            let message = format!("its manifest panicked: {}", panic_text(&*panic));
            Fault::new(codes::PANICKED, message)
        })
    }
    fn on_change(&self, old: &AnySettings, new: &AnySettings) -> OnChange {
        match (typed::<C::Settings>(old), typed::<C::Settings>(new)) {
            (Ok(old), Ok(new)) => {
                std::panic::catch_unwind(AssertUnwindSafe(|| C::on_change(&old, &new)))
                    .unwrap_or(OnChange::Reboot)
            }
            _ => OnChange::Reboot,
        }
    }
    fn ailments(&self) -> Vec<Arc<dyn Ailment>> {
        C::ailments()
    }
    fn build(
        &self,
        settings: AnySettings,
        harness: Harness,
        assembled: Reached,
    ) -> BoxFuture<'static, Result<Ready, Fault>> {
        async move {
            let settings = typed::<C::Settings>(&settings)?;
            let mut wiring = Wiring::new(harness);
            let part = C::assemble((*settings).clone(), &mut wiring).await?;
            assembled();
            part.self_test().await.map_err(|fault| {
                let message = format!("the self-test said: {}", fault.message());
                Fault::new(codes::SELF_TEST, message)
                    .hint(fault.hint_text().unwrap_or("look at the part's log").to_owned())
                    .because(fault)
            })?;
            let wired = wiring.finish()?;
            let run: Run = Box::new(move |life| part.run(life).boxed());
            Ok(Ready { wired, run })
        }
        .boxed()
    }
}

fn typed<T: Settings>(settings: &AnySettings) -> Result<Arc<T>, Fault> {
    settings
        .clone()
        .downcast::<T>()
        .map_err(|_| Fault::new(codes::BUG, "the settings of a part have another part's type"))
}
