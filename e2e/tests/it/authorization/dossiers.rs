//! Dossiers, their forms, journals and files; the public look-up.

use super::world::{Thing, World};
use super::{Kind, Resource};
use contracts::Role;

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listDossiers", Kind::List),
        ("fileDossier", Kind::Create),
        ("getDossier", Kind::One),
        ("getAccessLog", Kind::One),
        ("getJournal", Kind::One),
        ("getForm", Kind::One),
        ("receiveDossier", Kind::Command),
        ("requestSupplement", Kind::Command),
        ("supplementDossier", Kind::Command),
        ("refuseDossier", Kind::Command),
        ("withdrawDossier", Kind::Command),
        ("startHandling", Kind::Command),
        ("proposeResult", Kind::Command),
        ("sendBack", Kind::Command),
        ("approveResult", Kind::Command),
        ("requestPayment", Kind::Command),
        ("confirmPayment", Kind::Command),
        ("stopDossier", Kind::Command),
        ("handOverResult", Kind::Command),
        ("acknowledgeDossier", Kind::Command),
        ("restrictDossier", Kind::One),
        ("liftDossierRestriction", Kind::One),
        ("fileDossierGroup", Kind::Create),
        ("apologise", Kind::Command),
        ("reopenDossier", Kind::Command),
        ("correctResult", Kind::Command),
        ("listAlarms", Kind::List),
        ("dossierReport", Kind::Own),
        ("dossierRegister", Kind::Own),
        ("uploadFile", Kind::Create),
        ("downloadFile", Kind::One),
        ("listPapers", Kind::One),
        ("keepOriginals", Kind::One),
        ("returnOriginals", Kind::One),
        ("listDossierRetentionNotices", Kind::List),
        ("holdDossierRetention", Kind::One),
        ("liftDossierRetention", Kind::One),
        ("listDocuments", Kind::List),
        ("getFileLimits", Kind::Own),
        ("listFees", Kind::One),
        ("askFee", Kind::One),
        ("payFee", Kind::One),
        ("exemptFee", Kind::One),
        ("refundFee", Kind::One),
        ("getFeeReceipt", Kind::One),
        ("listPayments", Kind::List),
        ("listMessages", Kind::One),
        ("writeMessage", Kind::One),
        // Signed by the payment platform in place of a token: without its secret nothing is taken.
        ("reportPayment", Kind::Open),
        ("trackDossier", Kind::Open),
    ],
    id: |world| &world.dossier,
};

/// Dossiers that were filed together.
pub(super) const GROUPS: Resource = Resource {
    entries: &[("getDossierGroup", Kind::One)],
    id: |world| &world.group,
};

/// Dossiers at a step, and those of its own agency whose step it is not.
pub(super) fn steps(world: &World) -> [(&Thing, &'static [Role]); 2] {
    [
        // Just filed: it lies at the one-stop desk.
        (
            &world.fresh,
            &[Role::Specialist, Role::Leader, Role::AgencyAdmin],
        ),
        // Returned: nobody's step any more, but that a leader may correct the agency's error.
        (
            &world.finished,
            &[Role::OneStopOfficer, Role::Specialist, Role::AgencyAdmin],
        ),
    ]
}
