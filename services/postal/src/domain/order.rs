//! When a dossier's progress opens or cancels a postal order (đơn trả kết quả).

use contracts::events::{DossierChanged, ShipmentState};
use contracts::{DossierStatus, ReturnMethod};

/// What to do about the result's shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Open one.
    Open,
    /// Cancel the one that still waits at the agency.
    Cancel,
    /// Nothing.
    Nothing,
}

/// Decides on one event. `seen` is the newest dossier version already acted on, `shipment` the state of the result's shipment.
///
/// A shipment that the post already holds is never cancelled from here: the item is on the road, and what becomes of
/// it is for the operator to report. One order per dossier and direction: a cancelled one is not opened again.
pub fn decide(
    event: &DossierChanged,
    seen: Option<i64>,
    shipment: Option<ShipmentState>,
) -> Decision {
    if seen.is_some_and(|seen| seen >= event.version) {
        return Decision::Nothing;
    }
    let wanted =
        event.status == DossierStatus::Done && event.return_way.method == ReturnMethod::Post;
    match (wanted, shipment) {
        (true, None) => Decision::Open,
        (false, Some(ShipmentState::Ready)) => Decision::Cancel,
        (true, Some(_)) | (false, None | Some(_)) => Decision::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use contracts::{AccountId, Contact, DossierId, Language, ReturnWay};
    use uuid::Uuid;

    fn event(version: i64, status: DossierStatus, method: ReturnMethod) -> DossierChanged {
        DossierChanged {
            dossier_id: DossierId(Uuid::nil()),
            version,
            number: Some("H05.21-261116-0001".to_owned()),
            command: "any".to_owned(),
            from: None,
            status,
            step: "any".to_owned(),
            at: DateTime::UNIX_EPOCH,
            due_at: None,
            reason: None,
            owner: AccountId(Uuid::nil()),
            contact: Contact {
                name: "An".to_owned(),
                phone: None,
                email: None,
                language: Language::Vi,
            },
            agency_code: "H05.21".to_owned(),
            agency_name: "Trung tâm".to_owned(),
            procedure_code: "1.001193".to_owned(),
            procedure_name: "Đăng ký khai sinh".to_owned(),
            return_way: ReturnWay {
                method,
                receiver_name: None,
                receiver_phone: None,
                address: None,
            },
            earlier_due_at: None,
            refusal: false,
            restricted: false,
        }
    }

    #[test]
    fn only_a_ready_result_by_post_opens_an_order() {
        for status in DossierStatus::ALL.iter().copied() {
            for method in [ReturnMethod::Post, ReturnMethod::Counter] {
                let expected = if status == DossierStatus::Done && method == ReturnMethod::Post {
                    Decision::Open
                } else {
                    Decision::Nothing
                };
                assert_eq!(decide(&event(5, status, method), None, None), expected);
            }
        }
    }

    #[test]
    fn an_order_that_still_waits_is_cancelled_when_the_result_goes_another_way() {
        for status in [
            DossierStatus::Withdrawn,
            DossierStatus::Stopped,
            DossierStatus::Returned,
        ] {
            let e = event(8, status, ReturnMethod::Post);
            assert_eq!(
                decide(&e, Some(7), Some(ShipmentState::Ready)),
                Decision::Cancel
            );
            for gone in [
                ShipmentState::HandedToPost,
                ShipmentState::InTransit,
                ShipmentState::Invited,
                ShipmentState::Delivered,
                ShipmentState::ReturnedToAgency,
                ShipmentState::Lost,
                ShipmentState::Damaged,
                ShipmentState::Cancelled,
            ] {
                assert_eq!(decide(&e, Some(7), Some(gone)), Decision::Nothing);
            }
        }
    }

    #[test]
    fn an_old_event_changes_nothing() {
        let late = event(7, DossierStatus::Done, ReturnMethod::Post);
        assert_eq!(decide(&late, Some(8), None), Decision::Nothing);
        assert_eq!(decide(&late, Some(7), None), Decision::Nothing);
    }
}
