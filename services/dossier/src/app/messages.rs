//! Officer and citizen write to each other on the dossier. The journal says that and when, and carries a hash of what; the words
//! themselves rest sealed beside it.

use super::App;
use super::acts::{self, Said};
use crate::domain::Attachment;
use crate::domain::act::Act;
use crate::domain::journal::sha256_hex;
use crate::error::{Error, code};
use crate::store::files::{self, Kind};
use crate::store::messages::{self, Content, Message};
use chrono::SubsecRound as _;
use contracts::{Actor, ActorKind, DossierId, FileId};
use durable::Tx;
use kit::{FieldError, Problem};
use serde_json::json;

/// Most messages of one dossier.
pub(crate) const MOST: u64 = 500;

/// Writes a message and says so in the journal.
///
/// # Errors
/// Not found, not open to this person, files that are not the writer's own, or too many messages.
pub(crate) async fn write(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    id: DossierId,
    text: &str,
    attached: &[FileId],
) -> Result<Message, Error> {
    let act = match actor.kind {
        ActorKind::Officer => Act::MessageApplicant,
        ActorKind::Applicant | ActorKind::Client => Act::MessageAgency,
    };
    let mut wrong = Vec::new();
    let files = own_files(app, tx, actor, attached, &mut wrong).await?;
    let content = Content {
        text: text.to_owned(),
        files,
    };
    let message_id = app.rt.ids.uuid(app.rt.clock.now());
    let said = Said {
        reason: None,
        data: json!({
            "message": message_id,
            "sha256": sha256_hex(text.as_bytes()),
            "files": attached,
        }),
    };
    let dossier = acts::by_person(app, tx, (actor, act), id, None, |_, _| {
        // Only now: whoever may not know of the dossier learns nothing of files either.
        if wrong.is_empty() {
            Ok(said)
        } else {
            Err(Problem::invalid(wrong).into())
        }
    })
    .await?;
    if messages::count(&**tx, id).await? >= MOST {
        return Err(Problem::new(code::MESSAGE_TOO_MANY).into());
    }
    let message = Message {
        id: message_id,
        dossier: id,
        seq: dossier.version,
        at: app.rt.clock.now().trunc_subsecs(6),
        author: actor.subject,
        author_name: actor.name.clone(),
        by_agency: act == Act::MessageApplicant,
        content,
    };
    for file in &message.content.files {
        files::attach(tx, id, file.file_id, Kind::Message, message.at).await?;
    }
    messages::insert(tx, &app.rt, &message).await?;
    Ok(message)
}

/// Uploads of the writer, in the order named.
async fn own_files(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    named: &[FileId],
    wrong: &mut Vec<FieldError>,
) -> Result<Vec<Attachment>, Error> {
    let found = files::own(tx, &app.rt, actor, named).await?;
    let mut out: Vec<Attachment> = Vec::new();
    for (n, id) in named.iter().enumerate() {
        let known = found.iter().find(|f| f.id == *id).cloned();
        let usable = known
            .ok_or(code::FILE_UNKNOWN)
            .and_then(files::StoredFile::usable);
        match usable {
            Err(why) => wrong.push(FieldError::of(format!("/fileIds/{n}"), why)),
            Ok(_) if out.iter().any(|a| a.file_id == *id) => {}
            Ok(file) => out.push(attachment(file)),
        }
    }
    Ok(out)
}

/// A file as it is kept beside what it is attached to.
pub(crate) fn attachment(file: files::StoredFile) -> Attachment {
    Attachment {
        component_id: None,
        file_id: file.id,
        name: file.name,
        size: file.size,
        media_type: file.media_type,
        at: None,
        reused_from: None,
    }
}
