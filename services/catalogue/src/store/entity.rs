//! Rows. Private to the store: everything else sees domain types.
#![expect(
    unreachable_pub,
    reason = "DeriveEntityModel wants `pub struct Model` and writes pub items beside it"
)]

pub(super) mod procedure {
    use sea_orm::entity::prelude::*;

    /// A procedure and what its list entry shows (`summary`, JSON), so that the index starts without reading contents.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "procedure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub code: String,
        pub name: String,
        pub field_code: String,
        pub active: bool,
        pub version: i64,
        pub content_hash: String,
        pub source: String,
        #[sea_orm(column_type = "Text")]
        pub summary: String,
        pub updated_seq: i64,
        pub updated_at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod version {
    use sea_orm::entity::prelude::*;

    /// One version, never changed once written.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "procedure_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub procedure_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub decision_number: Option<String>,
        pub decision_date: Option<chrono::NaiveDate>,
        pub promulgator_code: String,
        pub promulgator_name: String,
        pub effective_from: Option<chrono::NaiveDate>,
        pub source: String,
        pub content_hash: String,
        #[sea_orm(column_type = "Text")]
        pub content: String,
        #[sea_orm(column_type = "Text")]
        pub warnings: String,
        #[sea_orm(column_type = "Text")]
        pub changed: String,
        pub created_at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod counter {
    use sea_orm::entity::prelude::*;

    /// One row: how many transactions have changed procedures. Raised inside each of them, so that its order is the order of commits.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "change_counter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub seq: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod province {
    use sea_orm::entity::prelude::*;

    /// A province in one period; the key is `code@first day`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "province")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub code: String,
        pub name: String,
        pub agency_code: Option<String>,
        pub valid_from: Option<chrono::NaiveDate>,
        pub valid_to: Option<chrono::NaiveDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod commune {
    use sea_orm::entity::prelude::*;

    /// A commune in one period; the key is `code@first day`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "commune")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub code: String,
        pub name: String,
        pub province_code: String,
        pub home_province_code: String,
        pub valid_from: Option<chrono::NaiveDate>,
        pub valid_to: Option<chrono::NaiveDate>,
        pub successors: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod units {
    use sea_orm::entity::prelude::*;

    /// The version of a province's list of communes, as last published.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "units")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub province_code: String,
        pub version: i64,
        pub content_hash: String,
        pub updated_at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod agency {
    use sea_orm::entity::prelude::*;

    /// An agency; `content` is the whole fact as JSON.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub version: i64,
        pub content_hash: String,
        pub level: String,
        pub reception: bool,
        pub province_code: String,
        #[sea_orm(column_type = "Text")]
        pub content: String,
        pub valid_from: Option<chrono::NaiveDate>,
        pub valid_to: Option<chrono::NaiveDate>,
        pub updated_at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
