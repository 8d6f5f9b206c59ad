//! The tables as the object mapper sees them. Private to the store: what leaves it are domain types or these rows read-only.

pub mod shipment {
    use sea_orm::entity::prelude::*;

    /// One postal order for the result of one dossier.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shipment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub dossier_id: Uuid,
        pub direction: String,
        pub dossier_number: String,
        pub agency_code: String,
        pub agency_name: String,
        pub operator: String,
        pub owner: Uuid,
        #[sea_orm(column_type = "Text")]
        pub receiver_sealed: String,
        #[sea_orm(column_type = "Text")]
        pub contact_sealed: String,
        pub restricted: bool,
        pub state: String,
        pub item_number: Option<String>,
        pub manifest_id: Option<Uuid>,
        pub attempts: i64,
        pub invitations: i64,
        pub created_at: DateTimeUtc,
        pub handed_over_at: Option<DateTimeUtc>,
        pub expected_by: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
        #[sea_orm(column_type = "Text", nullable)]
        pub received_by_sealed: Option<String>,
        pub version: i64,
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod post_event {
    use sea_orm::entity::prelude::*;

    /// One report, kept whatever we think of it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub source: String,
        pub event_id: String,
        pub shipment_id: Uuid,
        pub code: String,
        pub operator_code: String,
        pub occurred_at: DateTimeUtc,
        pub received_at: DateTimeUtc,
        pub place: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub receiver_sealed: Option<String>,
        pub corrects: Option<String>,
        pub content_hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod manifest {
    use sea_orm::entity::prelude::*;

    /// A signed hand-over record (biên bản giao nhận).
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "manifest")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub operator: String,
        pub number: String,
        pub agency_code: String,
        pub agency_name: String,
        pub signed_by: String,
        pub agency_signed_by: Option<String>,
        pub signed_at: DateTimeUtc,
        pub created_at: DateTimeUtc,
        pub item_count: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod province {
    use sea_orm::entity::prelude::*;

    /// The communes of one province, to write addresses in words.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "province")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
        pub version: i64,
        #[sea_orm(column_type = "Text")]
        pub communes: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
