//! Strangers who have accounts. Where a service looks into the account of who asks before it looks for the thing, somebody made up for
//! the occasion is refused too early to prove anything.

use super::world::World;
use super::{Checks, Kind, Operation, not_there, same};
use contracts::Role;
use serde_json::json;

/// People of the demo world to whom nothing of this world belongs.
const KNOWN: [(&str, Role); 5] = [
    ("citizen2", Role::Citizen),
    ("household", Role::Business),
    ("officer2", Role::OneStopOfficer),
    ("officer3", Role::OneStopOfficer),
    ("specialist3", Role::Specialist),
];

/// Each thing by its id, as each of them: the answer is that for what is not there.
pub(super) async fn strangers(world: &World, operations: &[Operation], checks: &mut Checks) {
    let nothing = world.no_such_id();
    let by_id = |o: &&Operation| matches!(o.kind(), Kind::One | Kind::OneBut(_) | Kind::Command);
    for (login, role) in KNOWN {
        let token = world.token(login).await;
        let token = Some(token.as_str());
        for operation in operations.iter().filter(by_id) {
            for direct in [false, true] {
                let name = format!("{login} ({role:?}) {}", operation.name());
                let answer = world.call(operation, token, None, direct).await;
                let absent = world.call(operation, token, Some(&nothing), direct).await;
                checks.count("another's thing by its id, as somebody with an account");
                not_there(world, &name, &answer, &absent);
                if !operation.allows(role) {
                    assert_eq!(
                        (answer.status, answer.code()),
                        (403, "auth.forbidden"),
                        "{name}: {answer:?}"
                    );
                }
            }
        }
    }
}

/// An officer gives away a role that is not his: whether somebody of that login is there, he is not told.
pub(super) async fn logins(world: &World, operations: &[Operation], checks: &mut Checks) {
    let give = operations.iter().find(|o| o.id == "giveAssignment");
    let give = give.expect("an operation");
    let token = world.token("officer").await;
    for direct in [false, true] {
        let mut answers = Vec::new();
        for login in ["specialist", "nobody.here"] {
            let body = json!({"kind": "delegation", "login": login, "role": "leader",
                "until": world.in_days(7), "reason": "QĐ 12/QĐ-UBND"});
            let answer = world.ask(give, Some(&token), &body, direct).await;
            checks.count("a role that is not one's own: no login is told of");
            assert_eq!(
                (answer.status, answer.code()),
                (403, "assignment.not-held"),
                "{login}: {answer:?}"
            );
            answers.push(answer);
        }
        same("a role of others", &answers[0], &answers[1]);
    }
}
