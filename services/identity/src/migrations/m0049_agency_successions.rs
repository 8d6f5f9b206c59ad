//! Which agency took over the dossiers of which, from which day.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    date, string, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "identity_0049_agency_successions"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written that way; async_trait wants the same"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("agency_succession")
                    .col(uuid("id").primary_key())
                    .col(string("predecessor"))
                    .col(string("successor"))
                    .col(date("from_day"))
                    .col(text("reason"))
                    .col(uuid("created_by"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("ended_at"))
                    .col(uuid_null("ended_by"))
                    .to_owned(),
            )
            .await?;
        // What was taken back may be recorded again.
        let mut once = Index::create();
        once.name("agency_succession_once")
            .table("agency_succession")
            .col("successor")
            .col("predecessor")
            .unique()
            .and_where(Expr::col("ended_at").is_null());
        manager.create_index(once).await
    }
}
