//! Which futures may move from one thread to another: all, but on WebAssembly, where there is one thread and what stands
//! for an exchange belongs to JavaScript.

use std::pin::Pin;

/// A boxed future, so that [`Transport`](crate::Transport) is dyn compatible. On WebAssembly it is not `Send`.
#[cfg(not(target_family = "wasm"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A boxed future, so that [`Transport`](crate::Transport) is dyn compatible. On WebAssembly it is not `Send`.
#[cfg(target_family = "wasm")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// `Send`, but on WebAssembly, where every type is one.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send {}

/// `Send`, but on WebAssembly, where every type is one.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}

#[cfg(not(target_family = "wasm"))]
impl<T: Send + ?Sized> MaybeSend for T {}

#[cfg(target_family = "wasm")]
impl<T: ?Sized> MaybeSend for T {}
