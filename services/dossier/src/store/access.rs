//! What of a dossier is shown, for the access log: written for each read by an officer, shown to the owner.

use durable::access::Shown;
use uuid::Uuid;

/// What is shown, and in what operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A line of a list.
    List,
    /// A line of the book of a desk: a file with many of them leaves the system.
    Register,
    /// The dossier.
    Dossier,
    /// A file of it.
    File,
    /// A statutory form.
    Form,
    /// Its journal.
    Journal,
    /// What is to be paid for it.
    Fees,
    /// The receipt of one of its fees.
    FeeReceipt,
    /// Its papers.
    Papers,
    /// What was written about it.
    Messages,
    /// Its result, in the applicant's own store.
    Documents,
    /// That something of it will end.
    Retention,
    /// The dossier, as the answer of this command.
    Answer(&'static str),
}

impl What {
    /// As noted.
    pub(crate) fn of(self, subjects: &[Uuid]) -> Shown<'_> {
        let (what, operation) = match self {
            Self::List => ("list", "listDossiers"),
            Self::Register => ("export", "dossierRegister"),
            Self::Dossier => ("dossier", "getDossier"),
            Self::File => ("file", "downloadFile"),
            Self::Form => ("form", "getForm"),
            Self::Journal => ("journal", "getJournal"),
            Self::Fees => ("fees", "listFees"),
            Self::FeeReceipt => ("fees", "getFeeReceipt"),
            Self::Papers => ("papers", "listPapers"),
            Self::Messages => ("messages", "listMessages"),
            Self::Documents => ("list", "listDocuments"),
            Self::Retention => ("list", "listDossierRetentionNotices"),
            Self::Answer(command) => ("dossier", command),
        };
        Shown {
            what,
            operation,
            subjects,
        }
    }
}
