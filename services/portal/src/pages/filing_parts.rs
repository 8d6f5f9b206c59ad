//! The parts of a filing form that are asked for once, however many dossiers are filed with it: for whom, and how the result comes back.

use super::places;
use crate::api::types::Named;
use crate::ctx::Ctx;
use crate::form::Submission;
use crate::i18n::Tr;
use crate::view::{ACCEPT, Errors, Field, FileField};
use askama::Template;
use futures_util::future::join3;

/// The picker of the authorisation.
pub(super) const AUTHORISATION: &str = "authorisation";

/// Applicant, who files for the applicant, and the answers.
#[derive(Template)]
#[template(path = "part/who.html")]
pub(super) struct Who {
    t: Tr,
    kind: Field,
    name: Field,
    identity_number: Field,
    tax_code: Field,
    phone: Field,
    email: Field,
    province: Field,
    commune: Field,
    street: Field,
    notes: Field,
    /// Name, identity number, phone and last day of who files for the applicant.
    representative: [Field; 4],
    authorisation: FileField,
}

/// The way of return.
#[derive(Template)]
#[template(path = "part/return_way.html")]
pub(super) struct Return {
    t: Tr,
    post: bool,
    receiver_name: Field,
    receiver_phone: Field,
    province: Field,
    commune: Field,
    street: Field,
}

/// Both.
pub(super) struct Parts {
    pub(super) who: Who,
    pub(super) back: Return,
    /// The lists of places cannot be had.
    pub(super) away: bool,
}

/// Builds them from what was typed.
pub(super) async fn build(ctx: &Ctx, form: &Submission, errors: &Errors) -> Parts {
    let t = ctx.t;
    let fields = &form.fields;
    let default = |name: &str| match fields.get(name) {
        "" if !fields.has(name) => ctx.app.settings.province_code.as_str(),
        chosen => chosen,
    };
    let (own, other) = (default("provinceCode"), default("returnProvinceCode"));
    let (provinces, communes, return_communes) = join3(
        places::provinces(ctx),
        places::communes(ctx, own),
        places::communes(ctx, other),
    )
    .await;
    let at = |field: &str| errors.at(field);
    let input =
        |name: &str, label: &str| Field::text(t, name, label, fields.get(name)).error(at(name));
    let select = |name: &str, label: &str, value: &str, list: &[Named]| {
        Field::select(t, name, label, value, places::options(ctx, list)).error(at(name))
    };
    let kinds = [
        ("citizen", t.kind_citizen()),
        ("business", t.kind_business()),
        ("organisation", t.kind_organisation()),
    ]
    .map(|(value, label)| (value.to_owned(), label.to_owned()));
    let kind = fields.get("kind");
    let who = Who {
        t,
        kind: Field::select(t, "kind", t.kind_label(), kind, kinds.to_vec()).error(at("kind")),
        name: input("name", t.name_label())
            .required()
            .autocomplete("name"),
        identity_number: input("identityNumber", t.identity_label())
            .hint(t.identity_hint())
            .numeric(),
        tax_code: input("taxCode", t.tax_label()).hint(t.tax_hint()),
        phone: input("phone", t.phone_label())
            .required()
            .input("tel")
            .autocomplete("tel"),
        email: input("email", t.email_label())
            .input("email")
            .hint(t.email_hint())
            .autocomplete("email"),
        province: select("provinceCode", t.province_label(), own, &provinces).required(),
        commune: select(
            "communeCode",
            t.commune_label(),
            fields.get("communeCode"),
            &communes,
        )
        .required(),
        street: input("street", t.street_label())
            .required()
            .autocomplete("street-address"),
        notes: Field::area(t, "notes", t.notes_label(), fields.get("notes"))
            .hint(t.notes_hint())
            .error(at("notes")),
        representative: [
            input("representativeName", t.representative_name_label()),
            input("representativeIdentityNumber", t.identity_label()).numeric(),
            input("representativePhone", t.phone_label()).input("tel"),
            input("representativeValidTo", t.authorisation_valid_label()).input("date"),
        ],
        authorisation: FileField {
            t,
            slot: AUTHORISATION.to_owned(),
            label: t.authorisation_label().to_owned(),
            hint: None,
            limits: t.file_limits(ctx.app.settings.max_file_bytes),
            required: false,
            error: errors
                .at("file-authorisation")
                .or_else(|| form.file_error(AUTHORISATION)),
            kept: form.file(AUTHORISATION),
            accept: ACCEPT,
            store: Vec::new(),
        },
    };
    let back = Return {
        t,
        post: fields.get("returnMethod") == "post",
        receiver_name: input("returnReceiverName", t.receiver_name_label()),
        receiver_phone: input("returnReceiverPhone", t.receiver_phone_label()).input("tel"),
        province: select(
            "returnProvinceCode",
            t.return_province_label(),
            other,
            &provinces,
        ),
        commune: select(
            "returnCommuneCode",
            t.return_commune_label(),
            fields.get("returnCommuneCode"),
            &return_communes,
        ),
        street: input("returnStreet", t.return_street_label()),
    };
    Parts {
        who,
        back,
        away: provinces.is_empty(),
    }
}
