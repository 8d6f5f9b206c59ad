//! Pure rules: who may manage whom, what a client may ask for, what a proof proves.

pub(crate) mod account;
pub(crate) mod client;
pub(crate) mod machine;
pub(crate) mod params;
pub(crate) mod request;
pub(crate) mod second_factor;
pub(crate) mod secret;
