//! Pure rules: who may manage whom, what a client may ask for, what a proof proves.

pub(crate) mod account;
pub(crate) mod assignment;
pub(crate) mod breach;
pub(crate) mod client;
pub(crate) mod client_keys;
pub(crate) mod data_request;
pub(crate) mod device;
pub(crate) mod machine;
pub(crate) mod mandate;
pub(crate) mod params;
pub(crate) mod password;
pub(crate) mod provider;
pub(crate) mod purpose;
pub(crate) mod request;
pub(crate) mod second_factor;
pub(crate) mod secret;
pub(crate) mod succession;
