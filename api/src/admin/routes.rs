//! Routes with a table of them, so that the OpenAPI document can be checked against what is really served.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::app::App;

/// Routes and their table.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<Arc<App>>,
    table: Vec<(Method, &'static str)>,
}

impl Routes {
    /// Adds a route for `GET`, and with it for `HEAD`.
    pub(crate) fn get<H: Handler<T, Arc<App>>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::GET, path, on(MethodFilter::GET, handler))
    }

    /// Adds a route for `POST`.
    pub(crate) fn post<H: Handler<T, Arc<App>>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::POST, path, on(MethodFilter::POST, handler))
    }

    /// Adds a route for `PUT`.
    pub(crate) fn put<H: Handler<T, Arc<App>>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::PUT, path, on(MethodFilter::PUT, handler))
    }

    /// Adds a route for `PATCH`.
    pub(crate) fn patch<H: Handler<T, Arc<App>>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::PATCH, path, on(MethodFilter::PATCH, handler))
    }

    /// Adds a route for `DELETE`.
    pub(crate) fn delete<H: Handler<T, Arc<App>>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add(Method::DELETE, path, on(MethodFilter::DELETE, handler))
    }

    /// What is routed where.
    pub(crate) fn into_parts(self) -> (Router<Arc<App>>, Vec<(Method, &'static str)>) {
        (self.router, self.table)
    }

    fn add(mut self, method: Method, path: &'static str, route: MethodRouter<Arc<App>>) -> Self {
        self.router = self.router.route(path, route);
        self.table.push((method, path));
        self
    }
}
