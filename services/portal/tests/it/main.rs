//! The pages over a real server; the gateway is played by a mock that records what it was asked.

mod account;
mod citizen;
mod officer;
mod public;
mod world;
