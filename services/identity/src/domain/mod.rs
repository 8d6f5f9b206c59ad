//! Pure rules: who may manage whom, what a client may ask for, what a proof proves.

pub(crate) mod account;
pub(crate) mod assignment;
pub(crate) mod breach;
pub(crate) mod client;
pub(crate) mod data_request;
pub(crate) mod machine;
pub(crate) mod params;
pub(crate) mod purpose;
pub(crate) mod request;
pub(crate) mod second_factor;
pub(crate) mod secret;
