//! Identifiers: `UUIDv7` inside, one type per thing so that they cannot be mixed up. People see the dossier number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

id! {
    /// A person, officer or client known to the identity service (`sub` of a token).
    AccountId,
    /// A dossier (hồ sơ thủ tục hành chính).
    DossierId,
    /// An uploaded file or a result file.
    FileId,
    /// One notice to one recipient.
    NotificationId,
    /// A procedure (thủ tục hành chính). The national portal's own id; the code is not unique.
    ProcedureId,
    /// One postal order (bưu gửi trả kết quả).
    ShipmentId,
}
