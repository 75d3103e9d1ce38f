//! Sockets: places on the board where one part offers an ability to the others. A part reads a
//! socket through a jack, which always yields what is plugged in *now*.

use crate::codes;
use crate::fault::Fault;
use arc_swap::ArcSwapOption;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Sockets are declared once, next to the trait they carry.
pub trait Socket: 'static {
    type Port: ?Sized + Send + Sync + 'static;
    const NAME: &'static str;
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketKey(pub &'static str);

impl SocketKey {
    pub fn of<S: Socket>() -> Self {
        Self(S::NAME)
    }
}

impl fmt::Debug for SocketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl fmt::Display for SocketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A live view of a socket: a swap of the other part needs no restart of this one.
pub struct Jack<S: Socket>(Arc<Cell<S::Port>>);

impl<S: Socket> Clone for Jack<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Socket> Jack<S> {
    /// Take it for one piece of work and let it go: an old incarnation drains while it is held.
    pub fn get(&self) -> Result<Arc<S::Port>, Unplugged> {
        match self.0.held.load().as_ref() {
            Some(held) => Ok(held.port.clone()),
            None => Err(Unplugged(SocketKey::of::<S>())),
        }
    }
    /// A jack that leads nowhere.
    pub fn empty() -> Self {
        Self(Arc::default())
    }
}

/// An empty socket is an answer, never a hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing is plugged into socket `{0}` right now")]
pub struct Unplugged(pub SocketKey);

impl From<Unplugged> for Fault {
    fn from(unplugged: Unplugged) -> Self {
        Self::new(codes::UNPLUGGED, unplugged.to_string())
            .hint("`mobo list` shows which parts are plugged in, and how they are")
    }
}

struct Held<P: ?Sized> {
    serial: u64,
    port: Arc<P>,
}

struct Cell<P: ?Sized> {
    held: ArcSwapOption<Held<P>>,
}

impl<P: ?Sized> Default for Cell<P> {
    fn default() -> Self {
        Self { held: ArcSwapOption::empty() }
    }
}

trait AnyCell: Send + Sync {
    fn unplug(&self, serial: u64);
    fn is_held(&self) -> bool;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<P: ?Sized + Send + Sync + 'static> AnyCell for Cell<P> {
    fn unplug(&self, serial: u64) {
        let held = self.held.load();
        if held.as_ref().is_some_and(|h| h.serial == serial) {
            self.held.compare_and_swap(&held, None);
        }
    }
    fn is_held(&self) -> bool {
        self.held.load().is_some()
    }
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// What a part will put into a socket, once it is ready.
pub struct Plug {
    pub socket: SocketKey,
    commit: Box<dyn FnOnce(u64) + Send>,
}

/// All sockets of one board. The kernel owns it; parts see jacks.
#[derive(Clone, Default)]
pub struct Backplane(Arc<Mutex<BTreeMap<SocketKey, Arc<dyn AnyCell>>>>);

impl Backplane {
    pub fn jack<S: Socket>(&self) -> Jack<S> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = cells
            .entry(SocketKey::of::<S>())
            .or_insert_with(|| Arc::new(Cell::<S::Port>::default()))
            .clone();
        drop(cells);
        // Two socket types of one name would be a mistake of the contract: the second leads nowhere.
        cell.into_any().downcast::<Cell<S::Port>>().map_or_else(|_| Jack::empty(), Jack)
    }
    pub fn plug<S: Socket>(&self, port: Arc<S::Port>) -> Plug {
        let cell = self.jack::<S>().0;
        let commit = move |serial| cell.held.store(Some(Arc::new(Held { serial, port })));
        Plug { socket: SocketKey::of::<S>(), commit: Box::new(commit) }
    }
    /// Replace what the sockets hold, after the newcomer is ready.
    pub fn commit(&self, serial: u64, plugs: Vec<Plug>) {
        for plug in plugs {
            (plug.commit)(serial);
        }
    }
    /// Take away only what this incarnation plugged, never what replaced it.
    pub fn unplug(&self, serial: u64, keys: &[SocketKey]) {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(cell) = cells.get(key) {
                cell.unplug(serial);
            }
        }
    }
    pub fn is_held(&self, key: SocketKey) -> bool {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.get(&key).is_some_and(|cell| cell.is_held())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Greeting;
    impl Socket for Greeting {
        type Port = str;
        const NAME: &'static str = "greeting";
    }

    #[test]
    fn a_jack_yields_what_is_plugged_in_now() {
        let board = Backplane::default();
        let jack = board.jack::<Greeting>();
        assert_eq!(jack.get(), Err(Unplugged(SocketKey("greeting"))));
        board.commit(1, vec![board.plug::<Greeting>("one".into())]);
        assert_eq!(&*jack.get().unwrap(), "one");
        board.commit(2, vec![board.plug::<Greeting>("two".into())]);
        board.unplug(1, &[SocketKey::of::<Greeting>()]);
        assert_eq!(&*jack.get().unwrap(), "two", "the old incarnation takes only its own away");
        board.unplug(2, &[SocketKey::of::<Greeting>()]);
        assert!(jack.get().is_err());
    }
}
