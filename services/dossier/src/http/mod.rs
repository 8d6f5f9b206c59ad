//! The HTTP face: one file a resource.

pub(crate) mod alarms;
pub(crate) mod asked;
pub(crate) mod clock;
pub(crate) mod commands;
pub(crate) mod desk;
pub(crate) mod dossiers;
pub(crate) mod fee_receipt;
pub(crate) mod fees;
pub(crate) mod files;
pub(crate) mod forms;
pub(crate) mod groups;
pub(crate) mod incidents;
pub(crate) mod journal;
pub(crate) mod messages;
pub(crate) mod out;
pub(crate) mod papers;
pub(crate) mod payments;
pub(crate) mod register;
pub(crate) mod reports;
pub(crate) mod restriction;
pub(crate) mod retention;
pub(crate) mod tracking;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub(crate) fn configure(cfg: &mut ServiceConfig<'_>) {
    durable::operations::configure(cfg, "dossier");
    cfg.service(files::upload)
        // Before the file of any id.
        .service(papers::limits)
        .service(files::download)
        .service(dossiers::file_dossier)
        .service(dossiers::list_dossiers)
        .service(dossiers::get_dossier)
        .service(journal::get_journal)
        .service(journal::get_access_log)
        .service(forms::get_form)
        .service(tracking::track)
        .service(papers::list_papers)
        .service(papers::keep_originals)
        .service(papers::return_originals)
        .service(papers::list_documents)
        .service(retention::list_notices)
        .service(retention::hold_back)
        .service(retention::let_go)
        .service(fees::list_fees)
        .service(fees::ask_fee)
        .service(fees::pay_fee)
        .service(fees::exempt_fee)
        .service(fees::refund_fee)
        .service(fee_receipt::get_fee_receipt)
        .service(payments::report_payment)
        .service(payments::list_payments)
        .service(messages::list_messages)
        .service(messages::write_message)
        .service(commands::supplement)
        .service(commands::withdraw)
        .service(commands::start_handling)
        .service(commands::propose)
        .service(commands::send_back)
        .service(commands::approve)
        .service(desk::receive)
        .service(desk::request_supplement)
        .service(desk::refuse)
        .service(desk::request_payment)
        .service(desk::confirm_payment)
        .service(desk::stop)
        .service(desk::hand_over)
        .service(clock::apologise)
        .service(clock::reopen)
        .service(clock::correct)
        .service(clock::acknowledge)
        .service(restriction::restrict)
        .service(restriction::lift)
        .service(groups::file_group)
        .service(groups::get_group)
        .service(alarms::list_alarms)
        .service(reports::dossier_report)
        .service(register::dossier_register)
        .service(incidents::announce)
        .service(incidents::list_incidents)
        .service(incidents::end);
}
