//! Invented people and systems, with fixed ids so that a failing test reads well.

use contracts::{AccountId, Actor, ActorKind, Role};
use uuid::Uuid;

fn actor(
    n: u128,
    name: &str,
    kind: ActorKind,
    role: Role,
    agency: Option<&str>,
    client: &str,
) -> Actor {
    Actor {
        subject: AccountId(Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0000 + n,
        )),
        name: name.to_owned(),
        kind,
        roles: vec![role],
        agency: agency.map(str::to_owned),
        client: Some(client.to_owned()),
        limits: contracts::Limits::default(),
        proof: contracts::Proof::default(),
        mandate: None,
        acting: Vec::new(),
        predecessors: Vec::new(),
    }
}

/// The agency of [`officer`], [`specialist`], [`leader`].
pub const AGENCY: &str = "H05.21";
/// The agency of [`officer2`].
pub const AGENCY2: &str = "H05.22";

/// Công dân.
pub fn citizen() -> Actor {
    actor(
        1,
        "Nguyễn Văn An",
        ActorKind::Applicant,
        Role::Citizen,
        None,
        "portal",
    )
}

/// Another citizen.
pub fn citizen2() -> Actor {
    actor(
        2,
        "Trần Thị Bình",
        ActorKind::Applicant,
        Role::Citizen,
        None,
        "portal",
    )
}

/// Cán bộ một cửa.
pub fn officer() -> Actor {
    actor(
        3,
        "Lê Thị Cúc",
        ActorKind::Officer,
        Role::OneStopOfficer,
        Some(AGENCY),
        "portal",
    )
}

/// Cán bộ một cửa of another agency.
pub fn officer2() -> Actor {
    actor(
        4,
        "Phạm Văn Dũng",
        ActorKind::Officer,
        Role::OneStopOfficer,
        Some(AGENCY2),
        "portal",
    )
}

/// Chuyên viên.
pub fn specialist() -> Actor {
    actor(
        5,
        "Hoàng Thị Em",
        ActorKind::Officer,
        Role::Specialist,
        Some(AGENCY),
        "portal",
    )
}

/// Lãnh đạo.
pub fn leader() -> Actor {
    actor(
        6,
        "Vũ Văn Giang",
        ActorKind::Officer,
        Role::Leader,
        Some(AGENCY),
        "portal",
    )
}

/// A specialist of another agency.
pub fn specialist2() -> Actor {
    actor(
        7,
        "Đỗ Văn Hải",
        ActorKind::Officer,
        Role::Specialist,
        Some(AGENCY2),
        "portal",
    )
}

/// A leader of another agency.
pub fn leader2() -> Actor {
    actor(
        8,
        "Bùi Thị Hoa",
        ActorKind::Officer,
        Role::Leader,
        Some(AGENCY2),
        "portal",
    )
}

/// Quản trị đơn vị.
pub fn agency_admin() -> Actor {
    actor(
        9,
        "Ngô Văn Khánh",
        ActorKind::Officer,
        Role::AgencyAdmin,
        Some(AGENCY),
        "portal",
    )
}

/// Quản trị cấp tỉnh.
pub fn admin() -> Actor {
    actor(
        10,
        "Đặng Thị Lan",
        ActorKind::Officer,
        Role::ProvinceAdmin,
        None,
        "portal",
    )
}

/// A postal operator's system.
pub fn post_office() -> Actor {
    actor(
        11,
        "Bưu điện",
        ActorKind::Client,
        Role::PostOffice,
        None,
        "postoffice",
    )
}

/// Another postal operator's system.
pub fn post_office2() -> Actor {
    actor(
        12,
        "Bưu chính khác",
        ActorKind::Client,
        Role::PostOffice,
        None,
        "otherpost",
    )
}

/// A third-party system.
pub fn integrator() -> Actor {
    actor(
        13,
        "Phần mềm tích hợp",
        ActorKind::Client,
        Role::Integrator,
        None,
        "integrator",
    )
}
