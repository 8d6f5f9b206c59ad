//! Migrations, oldest first. One that has shipped is never edited.

use sea_orm_migration::MigrationTrait;

mod m0001_accounts;
mod m0002_grants;
mod m0003_revocations;
mod m0004_machine_clients;
mod m0010_second_factor;
mod m0020_devices;
mod m0021_mandates;
mod m0022_providers;
mod m0045_personal_data;
mod m0046_assignments;
mod m0047_passkeys;
mod m0048_expiry_notice;
mod m0049_agency_successions;
mod m0050_temporary_password;
mod m0075_sign_in_proofs;

/// All of them.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_accounts::Migration),
        Box::new(m0002_grants::Migration),
        Box::new(m0003_revocations::Migration),
        Box::new(m0004_machine_clients::Migration),
        Box::new(m0010_second_factor::Migration),
        Box::new(m0020_devices::Migration),
        Box::new(m0021_mandates::Migration),
        Box::new(m0022_providers::Migration),
        Box::new(m0045_personal_data::Migration),
        Box::new(m0046_assignments::Migration),
        Box::new(m0047_passkeys::Migration),
        Box::new(m0048_expiry_notice::Migration),
        Box::new(m0049_agency_successions::Migration),
        Box::new(m0050_temporary_password::Migration),
        Box::new(m0075_sign_in_proofs::Migration),
    ]
}
