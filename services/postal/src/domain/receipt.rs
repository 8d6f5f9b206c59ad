//! Who took the item and how that was proved (QĐ 45/2016 art. 10, TT 17/2017 art. 5).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The paper that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum IdentityKind {
    /// Thẻ căn cước / căn cước công dân, 12 digits.
    Cccd,
    /// Chứng minh nhân dân cũ, 9 digits.
    Cmnd,
    /// Hộ chiếu.
    Passport,
}

/// In what quality the person took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Relation {
    /// The addressee.
    #[serde(rename = "self")]
    Addressee,
    /// Người được ủy quyền; needs the authorisation.
    Authorised,
}

/// Proof of delivery as kept: the identity number is already masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Name of the person.
    pub name: String,
    /// Paper shown.
    pub identity_kind: Option<IdentityKind>,
    /// All but the last four characters are stars.
    pub identity_number_masked: Option<String>,
    /// Whether the number was well formed when it was reported.
    pub identity_valid: bool,
    /// In what quality.
    pub relation: Option<Relation>,
    /// Number or text of the authorisation (giấy ủy quyền).
    pub authorisation: Option<String>,
}

/// What is missing in a proof of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofGap {
    /// No name, or neither identity paper nor authorisation.
    Missing,
    /// The identity number is not possible.
    Identity,
    /// Another person without authorisation.
    Authorisation,
}

impl Receipt {
    /// Checks that the law's proof is there.
    ///
    /// # Errors
    /// The first gap found.
    pub fn check(&self) -> Result<(), ProofGap> {
        if self.name.trim().is_empty() {
            return Err(ProofGap::Missing);
        }
        let authorised = self
            .authorisation
            .as_deref()
            .is_some_and(|a| !a.trim().is_empty());
        if self.relation == Some(Relation::Authorised) && !authorised {
            return Err(ProofGap::Authorisation);
        }
        match (self.identity_kind, &self.identity_number_masked) {
            (Some(_), Some(_)) if self.identity_valid => Ok(()),
            (Some(_), Some(_)) => Err(ProofGap::Identity),
            (None, _) | (_, None) if authorised => Ok(()),
            (None, _) | (_, None) => Err(ProofGap::Missing),
        }
    }
}

/// Whether a number can be of this kind of paper.
pub fn identity_valid(kind: IdentityKind, number: &str) -> bool {
    match kind {
        IdentityKind::Cccd => vn::cccd::Cccd::parse(number).is_ok(),
        IdentityKind::Cmnd => number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit()),
        IdentityKind::Passport => {
            (6..=12).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric())
        }
    }
}

/// Keeps the last four characters: enough to tell two papers apart, too little to misuse.
pub fn mask(number: &str) -> String {
    let count = number.chars().count();
    let shown = if count > 8 { 4 } else { 2.min(count / 2) };
    number
        .chars()
        .enumerate()
        .map(|(i, c)| if i + shown < count { '*' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            name: "Nguyễn Văn An".to_owned(),
            identity_kind: Some(IdentityKind::Cccd),
            identity_number_masked: Some("********0011".to_owned()),
            identity_valid: true,
            relation: Some(Relation::Addressee),
            authorisation: None,
        }
    }

    #[test]
    fn a_shown_paper_or_an_authorisation_is_proof() {
        assert_eq!(receipt().check(), Ok(()));
        let by_paper = Receipt {
            identity_kind: None,
            identity_number_masked: None,
            relation: Some(Relation::Authorised),
            authorisation: Some("GUQ 12/2026".to_owned()),
            ..receipt()
        };
        assert_eq!(by_paper.check(), Ok(()));
    }

    #[test]
    fn without_paper_name_or_authorisation_it_is_not() {
        let nothing = Receipt {
            identity_kind: None,
            identity_number_masked: None,
            ..receipt()
        };
        assert_eq!(nothing.check(), Err(ProofGap::Missing));
        let nameless = Receipt {
            name: "  ".to_owned(),
            ..receipt()
        };
        assert_eq!(nameless.check(), Err(ProofGap::Missing));
        let other = Receipt {
            relation: Some(Relation::Authorised),
            ..receipt()
        };
        assert_eq!(other.check(), Err(ProofGap::Authorisation));
        let wrong = Receipt {
            identity_valid: false,
            ..receipt()
        };
        assert_eq!(wrong.check(), Err(ProofGap::Identity));
    }

    #[test]
    fn numbers_are_masked_but_for_the_end() {
        assert_eq!(mask("024090000011"), "********0011");
        assert_eq!(mask("C1234567"), "******67");
        assert_eq!(mask("1"), "*");
        assert_eq!(mask(""), "");
    }
}
