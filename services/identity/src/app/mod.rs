//! Use-cases: each opens its transaction, asks the domain, writes.

pub(crate) mod accounts;
pub(crate) mod assignments;
pub(crate) mod breached;
pub(crate) mod breaches;
pub(crate) mod clients;
pub(crate) mod data_requests;
pub(crate) mod devices;
pub(crate) mod first_admin;
pub(crate) mod grants;
pub(crate) mod introspection;
pub(crate) mod keys;
pub(crate) mod machines;
pub(crate) mod mandates;
pub(crate) mod passkeys;
pub(crate) mod passwords;
pub(crate) mod providers;
pub(crate) mod retention;
pub(crate) mod second_factor;
pub(crate) mod sign_in;
pub(crate) mod successions;
pub(crate) mod throttle;
pub(crate) mod tokens;
