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
        /// Hash of what the source said last, for what comes from one.
        pub source_hash: Option<String>,
        /// Date of the file in which the source no longer had it.
        pub gone_since: Option<chrono::NaiveDate>,
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
        /// Last day in force; before the first one when it never was.
        pub effective_to: Option<chrono::NaiveDate>,
        /// False: this version says that the procedure is withdrawn.
        pub active: bool,
        pub written_by: Option<String>,
        pub published_by: Option<String>,
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
        pub successor: Option<String>,
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
        pub parent_code: Option<String>,
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

pub(super) mod draft {
    use sea_orm::entity::prelude::*;

    /// What somebody writes; `writers` are the accounts that did.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "procedure_draft")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub procedure_id: Uuid,
        pub base_version: i64,
        pub revision: i64,
        pub state: String,
        pub code: String,
        pub name: String,
        #[sea_orm(column_type = "Text")]
        pub content: String,
        pub note: String,
        pub source: String,
        pub agency: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub writers: String,
        pub written_by: String,
        pub published_by: Option<String>,
        pub effective_from: Option<chrono::NaiveDate>,
        pub created_at: chrono::DateTime<chrono::Utc>,
        pub updated_at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod journal {
    use sea_orm::entity::prelude::*;

    /// One step of a person or an import, never changed once written.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "procedure_journal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub procedure_id: Uuid,
        pub draft_id: Option<Uuid>,
        pub action: String,
        pub state: String,
        pub version: Option<i64>,
        pub actor_id: Option<String>,
        pub actor_name: String,
        #[sea_orm(column_type = "Text")]
        pub note: String,
        pub at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod import_run {
    use sea_orm::entity::prelude::*;

    /// A finished import.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_run")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub kind: String,
        pub file_date: Option<chrono::NaiveDate>,
        pub by_name: String,
        #[sea_orm(column_type = "Text")]
        pub summary: String,
        pub at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod field {
    use sea_orm::entity::prelude::*;

    /// A field in one period; the key is `code@first day`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "field")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub code: String,
        pub name: String,
        pub valid_from: Option<chrono::NaiveDate>,
        pub valid_to: Option<chrono::NaiveDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod calendar_day {
    use sea_orm::entity::prelude::*;

    /// A holiday, or a day worked instead of another.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "calendar_day")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: chrono::NaiveDate,
        pub day_use: String,
        pub kind: String,
        pub name: String,
        pub certainty: String,
        pub source: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod commune_mapping {
    use sea_orm::entity::prelude::*;

    /// One line of the official mapping of 2025-07-01.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "commune_mapping")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub old_code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub new_code: String,
        pub relation: String,
        pub note: String,
        pub district: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod agency_version {
    use sea_orm::entity::prelude::*;

    /// What an agency was, version by version.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        #[sea_orm(column_type = "Text")]
        pub content: String,
        pub at: chrono::DateTime<chrono::Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod reference_item {
    use sea_orm::entity::prelude::*;

    /// A subject or a result in one period; the key is `code@first day`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reference_item")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub code: String,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        pub valid_from: Option<chrono::NaiveDate>,
        pub valid_to: Option<chrono::NaiveDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod source {
    use sea_orm::entity::prelude::*;

    /// The line of the source that a content was read from, as it came, gzip.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "procedure_source")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub procedure_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub content_hash: String,
        pub line: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
