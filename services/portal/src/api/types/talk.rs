//! Fees, messages and papers of a dossier.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What is to be paid.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fees {
    #[serde(default)]
    pub(crate) items: Vec<Owed>,
    /// Published fees to choose from.
    #[serde(default)]
    pub(crate) published: Vec<contracts::Fee>,
    /// VND still to be paid.
    #[serde(default)]
    pub(crate) open: i64,
}

/// One obligation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Owed {
    pub(crate) no: u32,
    pub(crate) title: String,
    pub(crate) amount: i64,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) paid: Option<Paid>,
    #[serde(default)]
    pub(crate) exempt: Option<Exempt>,
    #[serde(default)]
    pub(crate) refunded: Option<Refunded>,
    /// What went back, in order.
    #[serde(default)]
    pub(crate) refunds: Vec<RefundPart>,
    /// VND that were paid and have not gone back.
    #[serde(default)]
    pub(crate) left: i64,
    #[serde(default)]
    pub(crate) transfer: Option<Transfer>,
}

/// A payment.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Paid {
    pub(crate) at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) receipt: Option<String>,
}

/// An exemption.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exempt {
    pub(crate) reason: String,
    pub(crate) legal_basis: String,
}

/// A refund.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Refunded {
    pub(crate) at: DateTime<Utc>,
    pub(crate) reason: String,
}

/// Money that went back.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RefundPart {
    pub(crate) at: DateTime<Utc>,
    pub(crate) amount: i64,
    pub(crate) reason: String,
}

/// How to pay by transfer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transfer {
    pub(crate) bank_bin: String,
    pub(crate) account: String,
    pub(crate) account_name: String,
    pub(crate) content: String,
    /// Text of the `VietQR` code.
    pub(crate) qr: String,
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) at: DateTime<Utc>,
    /// `agency` or `applicant`.
    pub(crate) from: String,
    pub(crate) author: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) files: Vec<MessageFile>,
}

/// A file of a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageFile {
    pub(crate) file_id: String,
    pub(crate) name: String,
    pub(crate) size: i64,
}

/// The papers of a dossier.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Papers {
    #[serde(default)]
    pub(crate) components: Vec<Paper>,
}

/// One component.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Paper {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) versions: Vec<Version>,
    #[serde(default)]
    pub(crate) originals: Vec<Original>,
}

/// One version of a paper.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    pub(crate) version: u32,
    #[serde(default)]
    pub(crate) replaced: bool,
    pub(crate) file_id: String,
    pub(crate) name: String,
    pub(crate) size: i64,
    #[serde(default)]
    pub(crate) at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) reused: bool,
    #[serde(default)]
    pub(crate) preview: bool,
    #[serde(default)]
    pub(crate) removed_at: Option<DateTime<Utc>>,
    pub(crate) retention: Retention,
}

/// How long it is kept.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Retention {
    #[serde(default)]
    pub(crate) years: Option<u32>,
    #[serde(default)]
    pub(crate) until: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) held: bool,
}

/// What ends with its retention.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetentionNotice {
    pub(crate) class: String,
    pub(crate) dossier_id: String,
    #[serde(default)]
    pub(crate) number: Option<String>,
    pub(crate) version: i64,
    #[serde(default)]
    pub(crate) procedure_name: String,
    pub(crate) due_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) hold: Option<RetentionHold>,
}

/// What holds it back.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RetentionHold {
    #[serde(default)]
    pub(crate) ground: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
}

/// Originals with the agency.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Original {
    pub(crate) no: u32,
    pub(crate) count: u32,
    #[serde(default)]
    pub(crate) note: Option<String>,
    pub(crate) kept_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) returned_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) receiver_name: Option<String>,
}

/// A result of one's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnDocument {
    pub(crate) file_id: String,
    pub(crate) name: String,
    pub(crate) size: i64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) dossier_id: String,
    pub(crate) procedure: String,
    #[serde(default)]
    pub(crate) agency: String,
}

/// What the payment platform reported.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentReport {
    pub(crate) transaction_id: String,
    pub(crate) reference: String,
    pub(crate) amount: i64,
    pub(crate) reported_at: DateTime<Utc>,
    pub(crate) outcome: String,
    #[serde(default)]
    pub(crate) dossier_id: Option<String>,
}
