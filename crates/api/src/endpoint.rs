//! One row of the table of endpoints.

use axum::routing::MethodRouter;
use http::Method;

use crate::ApiState;
use crate::accepted_names::AcceptedNames;
use crate::auth::Permission;

/// One endpoint.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// The permission that a request needs.
    pub permission: Permission,
    /// The parameters and fields it reads; others are refused.
    pub accepted: AcceptedNames,
    serve: fn() -> MethodRouter<ApiState>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.permission)
    }
}

impl Endpoint {
    /// Adds parameters of the query: those with one value, and those with several.
    pub(crate) const fn query(mut self, one: &'static [&'static str], many: &'static [&'static str]) -> Self {
        (self.accepted.one, self.accepted.many) = (one, many);
        self
    }

    /// Adds fields of the body.
    pub(crate) const fn body(mut self, members: &'static [&'static str]) -> Self {
        self.accepted.body = members;
        self
    }

    /// Adds names of OpenAI's API that are known and not supported.
    pub(crate) const fn unsupported(mut self, names: &'static [&'static str]) -> Self {
        self.accepted.unsupported = names;
        self
    }

    pub(crate) fn handler(&self) -> MethodRouter<ApiState> {
        (self.serve)()
    }
}

/// An endpoint that reads.
pub(crate) const fn read(
    path: &'static str,
    permission: Permission,
    serve: fn() -> MethodRouter<ApiState>,
) -> Endpoint {
    Endpoint { method: Method::GET, path, permission, accepted: AcceptedNames::NONE, serve }
}

/// An endpoint that makes or changes something.
pub(crate) const fn write(
    path: &'static str,
    permission: Permission,
    serve: fn() -> MethodRouter<ApiState>,
) -> Endpoint {
    Endpoint { method: Method::POST, path, permission, accepted: AcceptedNames::NONE, serve }
}

/// An endpoint that removes something.
pub(crate) const fn remove(
    path: &'static str,
    permission: Permission,
    serve: fn() -> MethodRouter<ApiState>,
) -> Endpoint {
    Endpoint { method: Method::DELETE, path, permission, accepted: AcceptedNames::NONE, serve }
}
