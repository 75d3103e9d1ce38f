//! What MagDS can do, as operations: one list, a line an operation.

mod first;
mod making;
mod project;
mod project_set;
mod shown;
mod source;
mod source_look;
mod source_set;

pub(crate) use first::make_first_project;

use crate::shelf::Shelf;
use mag_contract::{Manifest, Wiring};
use std::sync::Arc;

macro_rules! operations {
    ($($operation:ty => $function:path;)*) => {
        pub(crate) fn declare(manifest: Manifest) -> Manifest {
            manifest$(.operation::<$operation>())*
        }
        pub(crate) fn bind(wiring: &mut Wiring, shelf: &Arc<Shelf>) {
            $({
                let shelf = shelf.clone();
                wiring.operation::<$operation, _, _>(move |input, call| {
                    $function(shelf.clone(), input, call)
                });
            })*
        }
    };
}

operations! {
    project::Create => project::create;
    project::List => project::list;
    project::Show => project::show;
    project_set::Set => project_set::set;
    project::Delete => project::delete;
    source::Create => source::create;
    source::Connect => source::connect;
    source_look::List => source_look::list;
    source_look::Show => source_look::show;
    source_look::Test => source_look::test;
    source_look::Inspect => source_look::inspect;
    source_look::Slow => source_look::slow;
    source_look::Extensions => source_look::extensions;
    source_set::Refresh => source_set::refresh;
    source_set::Set => source_set::set;
    source_set::Extend => source_set::extend;
    source::Detach => source::detach;
    source::Delete => source::delete;
}
