//! Roles held for a time: what the journal says, and that four eyes stay four.

use super::*;
use contracts::Acting;
use serde_json::Value;

/// A specialist who holds the leader's role for a time, in the name of somebody or in an acting position.
fn acting(world: &World, n: u128, principal: Option<&Actor>) -> Actor {
    Actor {
        subject: AccountId(Uuid::from_u128(n)),
        roles: vec![Role::Specialist, Role::Leader],
        acting: vec![Acting {
            role: Role::Leader,
            principal: principal.map(|p| p.subject),
            principal_name: principal.map(|p| p.name.clone()),
        }],
        ..world.specialist.clone()
    }
}

fn proposed_by(world: &World, who: &Actor) -> Dossier {
    let received = world.done(&world.new_dossier(), Command::Receive);
    let handling = world.done(&received, Command::StartHandling);
    let done = world.try_at(&handling, propose(), By::Person(who), now());
    done.expect("open").dossier
}

#[test]
fn the_journal_names_the_one_in_whose_name_it_was_done() {
    let world = World::new();
    let proposed = proposed_by(&world, &world.specialist);
    for (by, on_behalf) in [
        (acting(&world, 7, Some(&world.leader)), Some("Leader 4")),
        (acting(&world, 7, None), None),
    ] {
        let approve = Command::Approve { note: None };
        let taken = world.try_at(&proposed, approve, By::Person(&by), now());
        let entry = taken.expect("open").entry;
        assert_eq!(
            (entry.actor_id, entry.actor_role.as_str()),
            (Some(by.subject), "leader")
        );
        let data: Value = serde_json::from_str(&entry.data).expect("JSON");
        assert_eq!(data["acting"], true);
        assert_eq!(data["onBehalfOf"].as_str(), on_behalf);
    }
    // A role of one's own is used as that.
    let by = acting(&world, 7, Some(&world.leader));
    let received = world.done(&world.new_dossier(), Command::Receive);
    let taken = world.try_at(&received, Command::StartHandling, By::Person(&by), now());
    let entry = taken.expect("open").entry;
    assert_eq!(
        (entry.actor_role.as_str(), entry.data.as_str()),
        ("specialist", "{}")
    );
}

#[test]
fn who_proposed_does_not_approve_through_a_delegate() {
    let world = World::new();
    let both = Actor {
        roles: vec![Role::Specialist, Role::Leader],
        ..world.specialist.clone()
    };
    let proposed = proposed_by(&world, &both);
    let approve = Command::Approve { note: None };
    let delegate = acting(&world, 7, Some(&both));
    let refusal = world.try_at(&proposed, approve.clone(), By::Person(&delegate), now());
    assert_eq!(refusal.expect_err("four eyes").why, Why::SamePerson);
    let other = acting(&world, 7, Some(&world.leader));
    assert!(
        world
            .try_at(&proposed, approve, By::Person(&other), now())
            .is_ok()
    );
}
