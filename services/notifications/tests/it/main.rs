//! The notification service over HTTP, its consumers and its ways out, on whichever database the environment asks for.

mod inbox;
mod sending;
mod smtp;
mod world;
