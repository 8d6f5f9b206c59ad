//! The identity service over HTTP, on the database that the environment asks for.

mod accounts;
mod demo;
mod flow;
mod grants;
mod limits;
mod pages;
mod world;
