//! The socket that the desk asks before it performs an operation for somebody who is bound: an AI
//! agent, or whoever holds a permission in one project alone. Declared here because the board asks.
//! Never: asked for whoever holds the permission everywhere and is no agent.

use crate::actor::Actor;
use crate::fault::Fault;
use crate::operation::Spec;
use crate::socket::Socket;
use futures::future::BoxFuture;
use serde_json::Value as Json;
use std::time::Duration;

pub struct WardSocket;

impl Socket for WardSocket {
    type Port = dyn Ward;
    const NAME: &'static str = "auth.ward";
}

pub trait Ward: Send + Sync {
    /// Whether the permission is held in the project that the call is about. Asked when it is not
    /// held everywhere.
    fn holds(&self, wish: &Wish<'_>) -> Result<(), Fault>;
    /// May this agent make this call now? What is counted is counted here, once a call.
    fn admit<'a>(&'a self, wish: Wish<'a>) -> BoxFuture<'a, Result<(), Fault>>;
    /// A call that was admitted has ended so.
    fn done(&self, actor: &Actor, answer: &Json, took: Duration);
}

/// A call that somebody wants to make.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub actor: &'a Actor,
    pub spec: &'a Spec,
    pub input: &'a Json,
    pub door: &'static str,
    pub preview: bool,
}
