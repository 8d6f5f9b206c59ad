//! Requests of people about their data: filing, handling, and what granting one does.

use crate::App;
use crate::domain::account::{Account, Reach};
use crate::domain::data_request::{DataRequest, Refusal, Right, State, Terms};
use crate::error::{DataError, codes};
use crate::store;
use contracts::{AccountId, Actor, ActorKind};
use durable::Tx;
use durable::access::{self, Shown};
use uuid::Uuid;

/// What an administrator does with a request. Texts are sealed by [`change`].
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Answers the reception.
    Accept,
    /// Extends the term, with the reason.
    Extend(String),
    /// It is done; says what was done.
    Done(String),
    /// It is refused; says why.
    Refused(String),
}

impl App {
    pub(crate) fn data_terms(&self) -> Terms {
        let s = &self.settings;
        Terms {
            accept_working_days: i64::from(s.data_accept_working_days),
            access_days: i64::from(s.data_access_days),
            restrict_days: i64::from(s.data_restrict_days),
            erase_days: i64::from(s.data_erase_days),
        }
    }
}

/// Files a request of one's own. One at a time of each kind, so that a repeated request changes nothing.
pub(crate) async fn file(
    app: &App,
    by: &Actor,
    right: Right,
    agency: Option<String>,
    text: &str,
) -> Result<DataRequest, DataError> {
    if by.kind == ActorKind::Client {
        return Err(DataError::Refused(codes::DATA_REQUEST_PERSON));
    }
    let now = app.rt.clock.now();
    let (accept_by, due_at) = app.data_terms().clocks(right, now);
    let request = DataRequest {
        id: app.rt.ids.uuid(now),
        account: by.subject,
        agency,
        right,
        text: app.rt.sealer.seal(app.rt.ids, text),
        state: State::Received,
        received_at: now,
        accept_by,
        accepted_at: None,
        due_at,
        extension: None,
        closed_at: None,
        answer: None,
        handler: None,
        lifted_at: None,
        version: 1,
    };
    let filed = &request;
    app.db
        .tx(|tx| async move {
            // The account's row is the lock: two requests of one person at once take turns.
            store::account::touch(&*tx, filed.account).await?;
            if store::data_request::is_open(&*tx, filed.account, filed.right).await? {
                return Err(DataError::Refused(codes::DATA_REQUEST_OPEN));
            }
            store::data_request::insert(&*tx, filed).await?;
            Ok(())
        })
        .await?;
    tracing::info!(request = %request.id, right = right.as_str(), "data request received");
    Ok(request)
}

/// Takes a step with a request within reach.
pub(crate) async fn change(
    app: &App,
    by: &Actor,
    reach: &Reach,
    id: Uuid,
    version: i64,
    step: &Step,
) -> Result<DataRequest, DataError> {
    let now = app.rt.clock.now();
    let seal = |text: &str| app.rt.sealer.seal(app.rt.ids, text);
    let saved = app
        .db
        .tx(|tx| async move {
            let mut request = store::data_request::managed(&*tx, reach, id)
                .await?
                .ok_or(DataError::NotFound(codes::DATA_REQUEST_NOT_FOUND))?;
            if request.version != version {
                return Err(DataError::Stale(request.version));
            }
            let who = by.subject;
            match step {
                Step::Accept => request.accept(who, now),
                Step::Extend(reason) => request.extend(who, seal(reason), &app.data_terms(), now),
                Step::Done(answer) => request.close(who, State::Done, seal(answer), now),
                Step::Refused(why) => request.close(who, State::Refused, seal(why), now),
            }?;
            if !store::data_request::save(&*tx, &request).await? {
                return Err(DataError::Stale(request.version));
            }
            if request.state == State::Done && request.right == Right::Erase {
                erase_on_request(&tx, app, request.account).await?;
            }
            let shown = Shown {
                what: "data-request",
                operation: "changeDataRequest",
                subjects: &[request.account.0],
            };
            access::write(&tx, &app.rt, by, shown).await?;
            Ok(request)
        })
        .await?;
    tracing::info!(request = %id, by = %by.subject, state = saved.state.as_str(), "data request changed");
    Ok(saved)
}

/// The person takes a granted restriction back.
pub(crate) async fn lift(
    app: &App,
    account: AccountId,
    id: Uuid,
) -> Result<DataRequest, DataError> {
    let now = app.rt.clock.now();
    app.db
        .tx(|tx| async move {
            let mut request = store::data_request::own(&*tx, account, id)
                .await?
                .ok_or(DataError::NotFound(codes::DATA_REQUEST_NOT_FOUND))?;
            request.lift(now)?;
            if !store::data_request::save(&*tx, &request).await? {
                return Err(DataError::Stale(request.version));
            }
            Ok(request)
        })
        .await
}

async fn erase_on_request(tx: &Tx, app: &App, id: AccountId) -> Result<(), DataError> {
    let account = store::account::find(&**tx, id)
        .await?
        .ok_or(DataError::NotFound(codes::DATA_REQUEST_NOT_FOUND))?;
    if account.kind != ActorKind::Applicant {
        // What an officer decided stays attributable; the account is closed, not erased.
        return Err(DataError::Refused(codes::DATA_REQUEST_OFFICER));
    }
    erase(tx, app, account).await
}

/// Erases an account: what has no duty to be kept is emptied, the name and the login become a pseudonym, nobody signs in again, and
/// tokens die within seconds. Dossiers and what was done with them are records with a term of their own (Luật Lưu trữ) and stay.
pub(crate) async fn erase(tx: &Tx, app: &App, account: Account) -> Result<(), DataError> {
    let now = app.rt.clock.now();
    let id = account.id;
    let erased = Account {
        login: format!("{}{}", store::account::ERASED, id.0.simple()),
        password_hash: None,
        temporary_until: None,
        name: "(đã xóa)".to_owned(),
        email: None,
        phone: None,
        identity_number: None,
        identity_hash: None,
        active: false,
        version: account.version + 1,
        ..account
    };
    if !store::account::save(&**tx, &erased, now).await? {
        return Err(DataError::Stale(erased.version));
    }
    store::second_factor::remove(&**tx, id).await?;
    store::passkey::remove_all(&**tx, id).await?;
    store::mandate::forget(&**tx, id).await?;
    store::grant::end_all(&**tx, id, now).await?;
    store::revocation::put(&**tx, id, erased.version, now).await?;
    tracing::info!(account = %id, "account erased");
    Ok(())
}

impl From<Refusal> for DataError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(match refusal {
            Refusal::State => codes::DATA_REQUEST_STATE,
            Refusal::Own => codes::DATA_REQUEST_OWN,
        })
    }
}
