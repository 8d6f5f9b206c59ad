//! The tables as sea-orm sees them. Private to the store.

pub(crate) mod dossier {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dossier")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) version: i64,
        pub(crate) owner: Option<Uuid>,
        pub(crate) number: Option<String>,
        pub(crate) status: String,
        pub(crate) step: String,
        pub(crate) process_id: String,
        pub(crate) process_version: i64,
        pub(crate) agency_code: String,
        pub(crate) agency_name: String,
        pub(crate) channel: String,
        pub(crate) procedure_id: Uuid,
        pub(crate) procedure_version: i64,
        pub(crate) submitted_at: ChronoDateTimeUtc,
        pub(crate) received_at: Option<ChronoDateTimeUtc>,
        pub(crate) due_at: Option<ChronoDateTimeUtc>,
        pub(crate) supplement_due_at: Option<ChronoDateTimeUtc>,
        pub(crate) check_due_at: Option<ChronoDateTimeUtc>,
        pub(crate) check_late: bool,
        pub(crate) ended_at: Option<ChronoDateTimeUtc>,
        pub(crate) outcome: Option<String>,
        pub(crate) first_outcome: Option<String>,
        pub(crate) alarm_at: Option<ChronoDateTimeUtc>,
        pub(crate) alarm_kind: Option<String>,
        pub(crate) receiving_agency: Option<String>,
        pub(crate) group_id: Option<Uuid>,
        pub(crate) assignee: Option<Uuid>,
        pub(crate) restricted: bool,
        pub(crate) identity_hash: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub(crate) search: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) personal: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) details: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Who takes or took part in handling a dossier of restricted access.
pub(crate) mod restricted_reader {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "restricted_reader")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) dossier_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod journal {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dossier_journal")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) dossier_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) seq: i64,
        pub(crate) at: ChronoDateTimeUtc,
        pub(crate) actor_id: Option<Uuid>,
        pub(crate) actor_name: String,
        pub(crate) actor_role: String,
        pub(crate) agency_code: Option<String>,
        pub(crate) command: String,
        pub(crate) from_status: Option<String>,
        pub(crate) to_status: String,
        pub(crate) step: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) reason: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub(crate) data: String,
        pub(crate) prev_hash: String,
        pub(crate) hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "file")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) uploader: Uuid,
        pub(crate) name: String,
        pub(crate) media_type: String,
        pub(crate) size: i64,
        pub(crate) sha256: String,
        pub(crate) uploaded_at: ChronoDateTimeUtc,
        pub(crate) attached_at: Option<ChronoDateTimeUtc>,
        pub(crate) removed_at: Option<ChronoDateTimeUtc>,
        pub(crate) gone_at: Option<ChronoDateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod dossier_file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dossier_file")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) file_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) dossier_id: Uuid,
        pub(crate) kind: String,
        pub(crate) removed_at: Option<ChronoDateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod process {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "process")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) version: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) definition: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod procedure_copy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "procedure_copy")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) procedure_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) version: i64,
        pub(crate) active: bool,
        #[sea_orm(column_type = "Text")]
        pub(crate) data: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod agency_copy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency_copy")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) code: String,
        pub(crate) version: i64,
        pub(crate) active: bool,
        #[sea_orm(column_type = "Text")]
        pub(crate) data: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod province_copy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "province_copy")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) code: String,
        pub(crate) version: i64,
        pub(crate) name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod commune_copy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "commune_copy")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) province_code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) period: i64,
        pub(crate) name: String,
        pub(crate) valid_from: Option<ChronoDate>,
        pub(crate) valid_to: Option<ChronoDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod shipment_copy {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shipment_copy")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) shipment_id: Uuid,
        pub(crate) dossier_id: Uuid,
        pub(crate) version: i64,
        pub(crate) state: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod alarm {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dossier_alarm")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) dossier_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) at: ChronoDateTimeUtc,
        pub(crate) raised_at: ChronoDateTimeUtc,
        pub(crate) due_at: Option<ChronoDateTimeUtc>,
        pub(crate) agency_code: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod incident {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "incident")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) version: i64,
        pub(crate) agency_code: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub(crate) title: String,
        pub(crate) started_at: ChronoDateTimeUtc,
        pub(crate) announced_at: ChronoDateTimeUtc,
        pub(crate) announced_by: Uuid,
        pub(crate) announced_by_name: String,
        pub(crate) expected_at: Option<ChronoDateTimeUtc>,
        pub(crate) ended_at: Option<ChronoDateTimeUtc>,
        pub(crate) ended_by: Option<Uuid>,
        pub(crate) ended_by_name: Option<String>,
        pub(crate) moved_to: Option<Uuid>,
        pub(crate) moved: i64,
        pub(crate) settled_at: Option<ChronoDateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod retention_notice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "retention_notice")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) class: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) dossier_id: Uuid,
        pub(crate) agency_code: String,
        pub(crate) noticed_at: ChronoDateTimeUtc,
        pub(crate) due_at: ChronoDateTimeUtc,
        pub(crate) carried_out_at: Option<ChronoDateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod retention_hold {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "retention_hold")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) dossier_id: Uuid,
        pub(crate) ground: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) reason: String,
        pub(crate) held_by: Uuid,
        pub(crate) held_by_name: String,
        pub(crate) held_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
