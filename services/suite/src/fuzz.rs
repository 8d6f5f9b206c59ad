//! What each service reads from outside, for the fuzz targets of `e2e`: nobody else may import a service.

pub use ::catalogue::fuzz as catalogue;
pub use ::dossier::fuzz as dossier;
pub use ::gateway::fuzz as gateway;
pub use ::identity::fuzz as identity;
pub use ::portal::fuzz as portal;
