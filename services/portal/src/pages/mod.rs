//! The pages, one file a subject: what is read from the API, and the template it goes into.

mod access;
mod account;
mod accounts;
mod accounts_one;
mod accounts_password;
mod acting;
mod catalogue;
mod clock;
mod dossiers;
mod download;
mod fees;
mod filing;
mod filing_fields;
mod filing_group;
mod filing_parts;
mod home;
mod inbox;
mod messages;
mod my_account;
mod my_data;
mod papers;
mod payments;
mod places;
mod post;
mod procedures;
mod retention;
mod tracking;
mod work;
mod work_actions;

use crate::error::PageError;
use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;

/// Registers every page.
pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(home::home)
        .service(home::css)
        .service(home::robots)
        .service(procedures::list)
        .service(procedures::one)
        .service(filing::blank)
        .service(filing::send)
        .service(filing_group::blank)
        .service(filing_group::send)
        .service(dossiers::list)
        .service(access::readers)
        .service(dossiers::withdraw_form)
        .service(dossiers::do_withdraw)
        .service(dossiers::send_supplement)
        .service(download::citizen_form)
        .service(download::citizen_file)
        .service(papers::documents)
        .service(papers::for_citizen)
        .service(fees::for_citizen)
        .service(messages::for_citizen)
        .service(messages::citizen_writes)
        .service(dossiers::one)
        .service(tracking::look_up)
        .service(inbox::list)
        .service(inbox::mark_read)
        .service(my_account::show)
        .service(my_account::end)
        .service(my_data::show)
        .service(my_data::ask)
        .service(work::list)
        .service(post::list)
        .service(clock::clock)
        .service(clock::incidents)
        .service(clock::announce)
        .service(clock::end)
        .service(retention::notices)
        .service(retention::hold_back)
        .service(retention::let_go)
        .service(catalogue::list)
        .service(catalogue::quality)
        .service(catalogue::one)
        .service(catalogue::step)
        .service(catalogue::withdraw)
        .service(accounts::list)
        .service(accounts::blank)
        .service(accounts::create)
        .service(accounts_one::one)
        .service(accounts_one::save)
        .service(accounts_one::act)
        .service(download::officer_form)
        .service(download::officer_file)
        .service(download::citizen_receipt)
        .service(download::officer_receipt)
        .service(download::register)
        .service(work::one)
        .service(payments::list)
        .service(papers::for_officer)
        .service(papers::keep_originals)
        .service(papers::give_back)
        .service(fees::for_officer)
        .service(fees::ask)
        .service(fees::change)
        .service(messages::for_officer)
        .service(messages::officer_writes)
        .service(work_actions::act)
        .service(account::sign_in)
        .service(account::callback)
        .service(account::sign_out)
        .service(acting::show);
}

/// Any other address.
pub(crate) async fn nowhere() -> Result<HttpResponse, PageError> {
    Err(PageError::NotFound)
}

/// A link to the same list further on.
fn further(path: &str, query: &[(&str, &str)], cursor: &str) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        out.append_pair(name, value);
    }
    out.append_pair("tiep", cursor);
    format!("{path}?{}", out.finish())
}
