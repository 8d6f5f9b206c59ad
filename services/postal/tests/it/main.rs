//! The postal service over HTTP and its consumers, on whichever database the environment asks for.

mod collect;
mod dossiers;
mod report;
mod rights;
mod world;
