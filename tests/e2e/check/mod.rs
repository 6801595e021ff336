//! `stack-test check`.

mod config;
mod openapi;
mod routes;
