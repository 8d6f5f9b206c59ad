//! Who calls: people made up for the occasion, with good tokens signed by the suite's own key.

use super::tokens;
use super::world::World;
use contracts::{AccountId, Actor, ActorKind, Role};

/// Where the world's dossiers are, and where strangers sit.
const HERE: &str = "H05.21";
const ELSEWHERE: &str = "H05.22";

fn person(role: Role, agency: &str, world: &World) -> Actor {
    let now = world.running.suite.rt.clock.now();
    let kind = match role {
        Role::Citizen | Role::Business => ActorKind::Applicant,
        Role::Integrator | Role::PostOffice => ActorKind::Client,
        Role::OneStopOfficer
        | Role::Specialist
        | Role::Leader
        | Role::RestrictedOfficer
        | Role::AgencyAdmin
        | Role::ProvinceAdmin => ActorKind::Officer,
    };
    let officer = kind == ActorKind::Officer && role != Role::ProvinceAdmin;
    Actor {
        subject: AccountId(kit::Ids.uuid(now)),
        name: format!("{role:?}"),
        kind,
        roles: vec![role],
        agency: officer.then(|| agency.to_owned()),
        client: Some(
            if kind == ActorKind::Client {
                "another"
            } else {
                "portal"
            }
            .to_owned(),
        ),
        limits: contracts::Limits::default(),
        proof: contracts::Proof::default(),
        mandate: None,
        acting: Vec::new(),
        predecessors: Vec::new(),
    }
}

/// Each role, somewhere else.
pub(super) fn strangers(world: &World) -> Vec<(Role, String)> {
    Role::ALL
        .iter()
        .map(|role| (*role, tokens::good(world, &person(*role, ELSEWHERE, world))))
        .collect()
}

/// Somebody of this role in the agency of the world's dossiers.
pub(super) fn colleague(world: &World, role: Role) -> String {
    tokens::good(world, &person(role, HERE, world))
}
