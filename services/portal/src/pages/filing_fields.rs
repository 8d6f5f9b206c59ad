//! Which field of a filing form an error of the API stands for, and what it is called.

use crate::i18n::Tr;

/// The section of papers, for an error that no single picker stands for.
pub(super) const PAPERS: &str = "s4";
/// The section of the way of return.
pub(super) const RETURN: &str = "s5";

/// Which field of the form a JSON Pointer into the request stands for.
pub(super) fn field_of(pointer: &str, attached: &[(String, String)]) -> Option<String> {
    let known = match pointer {
        "/agencyCode" => "agencyCode",
        "/supportAgencyCode" => "supportAgencyCode",
        "/kiosk" => "kiosk",
        "/applicant/kind" => "kind",
        "/applicant/name" => "name",
        "/applicant/identityNumber" => "identityNumber",
        "/applicant/taxCode" => "taxCode",
        "/applicant/phone" => "phone",
        "/applicant/email" => "email",
        "/applicant/address/provinceCode" => "provinceCode",
        "/applicant/address/communeCode" | "/applicant/address" => "communeCode",
        "/applicant/address/street" => "street",
        "/return/receiverName" => "returnReceiverName",
        "/return/receiverPhone" => "returnReceiverPhone",
        "/return/address/provinceCode" => "returnProvinceCode",
        "/return/address/communeCode" | "/return/address" => "returnCommuneCode",
        "/return/address/street" => "returnStreet",
        "/channel" => "channel",
        "/minutes" | "/minutes/number" => "minutesNumber",
        "/minutes/signedAt" => "minutesSignedAt",
        "/compared" => "compared",
        "/representative/name" => "representativeName",
        "/representative/identityNumber" => "representativeIdentityNumber",
        "/representative/phone" => "representativePhone",
        "/representative/validTo" => "representativeValidTo",
        "/representative/fileId" => "file-authorisation",
        "/attachments" => PAPERS,
        _ if pointer.starts_with("/return") => RETURN,
        _ if pointer.starts_with("/answers") => "notes",
        _ => {
            let n: usize = pointer
                .strip_prefix("/attachments/")?
                .split('/')
                .next()?
                .parse()
                .ok()?;
            return attached.get(n).map(|(slot, _)| format!("file-{slot}"));
        }
    };
    Some(known.to_owned())
}

/// Says of which field each error is, for those whose text does not.
pub(super) fn labelled(t: Tr, errors: Vec<(String, String)>) -> Vec<(String, String)> {
    errors
        .into_iter()
        .map(|(field, text)| {
            let label = match field.as_str() {
                "agencyCode" => t.agency_label(),
                "supportAgencyCode" => t.support_label(),
                "kiosk" => t.kiosk_label(),
                "kind" => t.kind_label(),
                "name" => t.name_label(),
                "identityNumber" => t.identity_label(),
                "taxCode" => t.tax_label(),
                "phone" => t.phone_label(),
                "email" => t.email_label(),
                "provinceCode" => t.province_label(),
                "communeCode" => t.commune_label(),
                "street" => t.street_label(),
                "notes" => t.notes_label(),
                "channel" => t.channel_label(),
                "minutesNumber" => t.minutes_number_label(),
                "minutesSignedAt" => t.minutes_signed_label(),
                "representativeName" => t.representative_name_label(),
                "representativeIdentityNumber" | "representativePhone" => t.representative_label(),
                "representativeValidTo" => t.authorisation_valid_label(),
                "file-authorisation" => t.authorisation_label(),
                "returnReceiverName" => t.receiver_name_label(),
                "returnReceiverPhone" => t.receiver_phone_label(),
                "returnProvinceCode" => t.return_province_label(),
                "returnCommuneCode" => t.return_commune_label(),
                "returnStreet" => t.return_street_label(),
                _ => return (field, text),
            };
            let text = format!("{label}: {text}");
            (field, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_fields() {
        let attached = [
            ("c-1".to_owned(), "f-1".to_owned()),
            ("c-2".to_owned(), "f-2".to_owned()),
        ];
        let field = |pointer| field_of(pointer, &attached);
        assert_eq!(
            field("/applicant/identityNumber").as_deref(),
            Some("identityNumber")
        );
        assert_eq!(field("/attachments/1/fileId").as_deref(), Some("file-c-2"));
        assert_eq!(field("/attachments").as_deref(), Some(PAPERS));
        assert_eq!(field("/answers/x").as_deref(), Some("notes"));
        assert_eq!(
            field("/return/address").as_deref(),
            Some("returnCommuneCode")
        );
        assert_eq!(field("/attachments/9/fileId"), None);
        assert_eq!(field("/somethingNew"), None);
    }
}
