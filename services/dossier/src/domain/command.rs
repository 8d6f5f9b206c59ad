//! What may be asked of a dossier, and who may ask it.

use super::dossier::{Attachment, Dossier, HandOver, SupplementItem};
use chrono::{DateTime, NaiveDate, Utc};
use contracts::{Actor, Permission, Role};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A command with what it carries.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Check done, complete: give number, receipt and due date (tiếp nhận).
    Receive,
    /// Ask the applicant for what is missing, once and completely (form 02).
    RequestSupplement {
        /// What is missing.
        items: Vec<SupplementItem>,
        /// Why.
        reason: String,
        /// The rule that allows a second request.
        legal_basis: Option<String>,
    },
    /// The applicant answers the supplement request.
    Supplement {
        /// Further papers.
        attachments: Vec<Attachment>,
        /// Answers to add or replace.
        answers: Option<Map<String, Value>>,
        /// A word to the officer.
        note: Option<String>,
    },
    /// Refuse reception with a legal reason (form 03).
    Refuse {
        /// Why.
        reason: String,
    },
    /// The applicant takes the dossier back.
    Withdraw {
        /// Why, if said.
        reason: Option<String>,
    },
    /// A specialist takes it up.
    StartHandling,
    /// A specialist proposes a result.
    Propose {
        /// The result file.
        file: Attachment,
        /// A note to the leader and the applicant; of a refusal the legal reason.
        note: Option<String>,
        /// The result is a refusal (từ chối giải quyết sau thẩm định).
        refusal: bool,
    },
    /// A leader gives it back to the specialist.
    SendBack {
        /// Why.
        reason: String,
    },
    /// A leader approves what was proposed.
    Approve {
        /// A note.
        note: Option<String>,
    },
    /// A fee or tax must be paid first.
    RequestPayment {
        /// VND.
        amount: i64,
        /// For what.
        reason: String,
    },
    /// The payment has come in.
    ConfirmPayment {
        /// A note, e.g. the receipt's number.
        note: Option<String>,
    },
    /// Handling ends without a result (form 05).
    Stop {
        /// Why.
        reason: String,
    },
    /// The result is handed over at the counter.
    HandOver {
        /// Who took it.
        receiver: HandOver,
    },
    /// The post office delivered the result.
    PostDelivered,
    /// The post office brought the result back: it waits at the counter from now on.
    PostReturned,
    /// The result will be late: apology and a new date (form 04), in time and once.
    Apologise {
        /// Why.
        reason: String,
        /// The new day.
        due_on: NaiveDate,
    },
    /// What was ended goes on, by special right.
    Reopen {
        /// Why.
        reason: String,
        /// The rule that allows it.
        legal_basis: String,
    },
    /// The agency corrects its own error: the result is taken back and made again, at no cost (NĐ 61/2018 art. 21).
    Correct {
        /// What was wrong.
        reason: String,
    },
    /// The agency has seen a linked dossier (NĐ 301/2026 art. 5).
    Acknowledge,
    /// What it waited for is there: a linked dossier goes to its agency.
    HandOn,
    /// What it waited for will not come.
    StopLinked {
        /// Which one.
        reason: String,
    },
    /// The time of an announced incident is given back (NĐ 301/2026 art. 6).
    GiveTimeBack {
        /// The incident.
        incident: Uuid,
        /// What it was.
        title: String,
        /// When the clocks stopped.
        from: DateTime<Utc>,
        /// When they went on.
        to: DateTime<Utc>,
    },
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal),+ $(,)?) => {
        /// A command without what it carries. `File` is here for journal and events; it has no state to apply to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum CommandKind { $($(#[$doc])* $kind),+ }

        impl CommandKind {
            /// Every kind.
            pub(crate) const ALL: &'static [CommandKind] = &[$(CommandKind::$kind),+];

            /// The name in URLs, events and the journal.
            pub(crate) fn name(self) -> &'static str {
                match self { $(CommandKind::$kind => $name),+ }
            }

            /// The inverse of [`CommandKind::name`].
            pub(crate) fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|k| k.name() == name)
            }
        }
    };
}

kinds! {
    /// Nộp hồ sơ.
    File = "file",
    /// Tiếp nhận.
    Receive = "receive",
    /// Yêu cầu bổ sung.
    RequestSupplement = "request-supplement",
    /// Bổ sung.
    Supplement = "supplement",
    /// Từ chối tiếp nhận.
    Refuse = "refuse",
    /// Rút hồ sơ.
    Withdraw = "withdraw",
    /// Thụ lý.
    StartHandling = "start-handling",
    /// Trình kết quả.
    Propose = "propose",
    /// Trả lại để xử lý thêm.
    SendBack = "send-back",
    /// Phê duyệt.
    Approve = "approve",
    /// Yêu cầu nộp phí, lệ phí, thuế.
    RequestPayment = "request-payment",
    /// Xác nhận đã nộp.
    ConfirmPayment = "confirm-payment",
    /// Dừng xử lý.
    Stop = "stop",
    /// Trả kết quả tại quầy.
    HandOver = "hand-over",
    /// Bưu điện đã phát.
    PostDelivered = "post-delivered",
    /// Bưu điện chuyển hoàn.
    PostReturned = "post-returned",
    /// Xin lỗi và hẹn lại ngày trả kết quả.
    Apologise = "apologise",
    /// Mở lại hồ sơ.
    Reopen = "reopen",
    /// Đính chính sai sót của cơ quan.
    Correct = "correct",
    /// Xác nhận nhận hồ sơ liên thông.
    Acknowledge = "acknowledge",
    /// Chuyển hồ sơ liên thông.
    HandOn = "hand-on",
    /// Dừng hồ sơ liên thông.
    StopLinked = "stop-linked",
    /// Bù thời gian sự cố.
    GiveTimeBack = "give-time-back",
}

impl CommandKind {
    /// What the command is called on the timeline that citizens read.
    pub(crate) fn title_vi(self) -> &'static str {
        match self {
            Self::File => "Nộp hồ sơ",
            Self::Receive => "Tiếp nhận hồ sơ",
            Self::RequestSupplement => "Yêu cầu bổ sung",
            Self::Supplement => "Bổ sung hồ sơ",
            Self::Refuse => "Từ chối tiếp nhận",
            Self::Withdraw => "Rút hồ sơ",
            Self::StartHandling => "Thụ lý hồ sơ",
            Self::Propose => "Trình kết quả",
            Self::SendBack => "Trả lại để xử lý thêm",
            Self::Approve => "Phê duyệt kết quả",
            Self::RequestPayment => "Yêu cầu nộp phí, lệ phí",
            Self::ConfirmPayment => "Xác nhận đã nộp phí, lệ phí",
            Self::Stop => "Dừng xử lý",
            Self::HandOver => "Trả kết quả tại quầy",
            Self::PostDelivered => "Bưu điện đã phát kết quả",
            Self::PostReturned => "Bưu điện chuyển hoàn kết quả",
            Self::Apologise => "Xin lỗi và hẹn lại ngày trả kết quả",
            Self::Reopen => "Mở lại hồ sơ",
            Self::Correct => "Đính chính sai sót của cơ quan",
            Self::Acknowledge => "Xác nhận nhận hồ sơ liên thông",
            Self::HandOn => "Chuyển hồ sơ liên thông",
            Self::StopLinked => "Dừng hồ sơ liên thông",
            Self::GiveTimeBack => "Bù thời gian sự cố",
        }
    }

    /// Whether it is done only by somebody who proved lately who they are: it signs for the agency.
    pub(crate) fn wants_fresh_sign_in(self) -> bool {
        matches!(self, Self::Approve)
    }

    /// The rights of which one is enough. None: only the suite itself does it.
    pub(crate) fn rights(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::File => &[P::DossierFile, P::DossierReceive],
            Self::Acknowledge
            | Self::Receive
            | Self::Refuse
            | Self::RequestPayment
            | Self::ConfirmPayment
            | Self::Stop => &[P::DossierReceive],
            Self::RequestSupplement => &[P::DossierReceive, P::DossierHandle],
            Self::Supplement | Self::Withdraw => &[P::DossierOwn, P::DossierReceive],
            Self::StartHandling | Self::Propose => &[P::DossierHandle],
            Self::SendBack | Self::Approve => &[P::DossierApprove],
            Self::HandOver => &[P::DossierHandOver],
            Self::Apologise => &[P::DossierReceive, P::DossierApprove],
            Self::Reopen | Self::Correct => &[P::DossierReopen],
            Self::PostDelivered
            | Self::PostReturned
            | Self::GiveTimeBack
            | Self::HandOn
            | Self::StopLinked => &[],
        }
    }
}

impl Command {
    /// The kind.
    pub(crate) fn kind(&self) -> CommandKind {
        match self {
            Self::Receive => CommandKind::Receive,
            Self::RequestSupplement { .. } => CommandKind::RequestSupplement,
            Self::Supplement { .. } => CommandKind::Supplement,
            Self::Refuse { .. } => CommandKind::Refuse,
            Self::Withdraw { .. } => CommandKind::Withdraw,
            Self::StartHandling => CommandKind::StartHandling,
            Self::Propose { .. } => CommandKind::Propose,
            Self::SendBack { .. } => CommandKind::SendBack,
            Self::Approve { .. } => CommandKind::Approve,
            Self::RequestPayment { .. } => CommandKind::RequestPayment,
            Self::ConfirmPayment { .. } => CommandKind::ConfirmPayment,
            Self::Stop { .. } => CommandKind::Stop,
            Self::HandOver { .. } => CommandKind::HandOver,
            Self::PostDelivered => CommandKind::PostDelivered,
            Self::PostReturned => CommandKind::PostReturned,
            Self::Apologise { .. } => CommandKind::Apologise,
            Self::Reopen { .. } => CommandKind::Reopen,
            Self::Correct { .. } => CommandKind::Correct,
            Self::GiveTimeBack { .. } => CommandKind::GiveTimeBack,
            Self::Acknowledge => CommandKind::Acknowledge,
            Self::HandOn => CommandKind::HandOn,
            Self::StopLinked { .. } => CommandKind::StopLinked,
        }
    }
}

/// Whether the dossier was handed in at this officer's agency for another one (phi địa giới).
fn handed_in_at(dossier: &Dossier, actor: &Actor) -> bool {
    let receiving = dossier.details.intake.receiving.as_ref();
    receiving.is_some_and(|agency| actor.serves(&agency.code))
}

/// Who acts: a person with a token, or the suite itself (a job, a postal event).
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    /// A person or a client.
    Person(&'a Actor),
    /// The suite.
    System,
}

impl By<'_> {
    /// Whether this party may give the command to this dossier at all, whatever its state: the coarse right, and either the
    /// owner or an officer of the handling agency. For a dossier filed at the counter by someone without an account, the
    /// one-stop officer acts for the applicant.
    pub(crate) fn may(&self, kind: CommandKind, dossier: &Dossier) -> bool {
        match self {
            Self::System => matches!(
                kind,
                CommandKind::Stop
                    | CommandKind::ConfirmPayment
                    | CommandKind::PostDelivered
                    | CommandKind::PostReturned
                    | CommandKind::GiveTimeBack
                    | CommandKind::HandOn
                    | CommandKind::StopLinked
            ),
            Self::Person(actor) => {
                let handles = actor.serves(&dossier.agency.code);
                let owns = dossier.owner == Some(actor.subject);
                kind.rights().iter().any(|right| {
                    actor.can(*right)
                        && match kind {
                            CommandKind::Supplement | CommandKind::Withdraw => {
                                if *right == Permission::DossierOwn {
                                    owns
                                } else {
                                    handles && dossier.owner.is_none()
                                }
                            }
                            CommandKind::File
                            | CommandKind::Receive
                            | CommandKind::RequestSupplement
                            | CommandKind::Refuse
                            | CommandKind::StartHandling
                            | CommandKind::Propose
                            | CommandKind::SendBack
                            | CommandKind::Approve
                            | CommandKind::RequestPayment
                            | CommandKind::ConfirmPayment
                            | CommandKind::Stop
                            | CommandKind::PostDelivered
                            | CommandKind::PostReturned
                            | CommandKind::Apologise
                            | CommandKind::Reopen
                            | CommandKind::Correct
                            | CommandKind::Acknowledge
                            | CommandKind::HandOn
                            | CommandKind::StopLinked
                            | CommandKind::GiveTimeBack => handles,
                            // Phi địa giới: it may be collected where it was handed in.
                            CommandKind::HandOver => handles || handed_in_at(dossier, actor),
                        }
                })
            }
        }
    }

    /// Whether this party holds a right. The suite holds none: what it may do is said in [`By::may`].
    pub(crate) fn can(&self, right: Permission) -> bool {
        match self {
            Self::System => false,
            Self::Person(actor) => actor.can(right),
        }
    }

    /// The role to write into the journal: the first that carries one of these rights.
    pub(crate) fn role_of(&self, rights: &[Permission]) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::Person(_) => self
                .used(rights)
                .and_then(|role| serde_json::to_value(role).ok())
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default(),
        }
    }

    /// The role that is used. Roles of one's own come before those held for a time.
    fn used(&self, rights: &[Permission]) -> Option<Role> {
        let Self::Person(actor) = self else {
            return None;
        };
        actor
            .roles
            .iter()
            .find(|role| rights.iter().any(|r| role.permissions().contains(r)))
            .or_else(|| actor.roles.first())
            .copied()
    }

    /// The further facts of the journal, with how the role was held when it was not one's own: `acting: true`, and `onBehalfOf` the
    /// one who delegated it (ủy quyền). Whoever acts by a mandate (thay mặt) is named there with whom it was done for.
    pub(crate) fn on_behalf(&self, rights: &[Permission], data: &Value) -> Value {
        let mut data = data.clone();
        if let (Self::Person(actor), Value::Object(members)) = (self, &mut data)
            && let Some(mandate) = &actor.mandate
        {
            members.insert(
                "mandate".to_owned(),
                json!({
                    "account": actor.subject,
                    "name": actor.name,
                    "ground": mandate.ground.name(),
                    "id": mandate.id,
                }),
            );
        }
        if let (Self::Person(actor), Some(role)) = (self, self.used(rights))
            && let Some(acting) = actor.acting_as(role)
        {
            let Value::Object(members) = &mut data else {
                return data;
            };
            members.insert("acting".to_owned(), Value::Bool(true));
            if let Some(name) = &acting.principal_name {
                members.insert("onBehalfOf".to_owned(), Value::String(name.clone()));
            }
        }
        data
    }
}
