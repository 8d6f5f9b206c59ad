use crate::{App, app, note, notes};
use contracts::AccountId;
use durable::sea_orm::DbErr;
use durable::{Answer, IdempotencyConflict, TxError, idempotent};
use serde_json::json;
use uuid::Uuid;

const ANNA: AccountId = AccountId(Uuid::from_u128(1));
const BINH: AccountId = AccountId(Uuid::from_u128(2));

#[derive(Debug, PartialEq, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Db(#[from] DbErr),
    #[error(transparent)]
    Reused(#[from] IdempotencyConflict),
    #[error("refused")]
    Refused,
}

impl TxError for Error {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Self::Db(error) => Some(error),
            Self::Reused(_) | Self::Refused => None,
        }
    }
}

/// Files something: the answer names what was filed.
async fn file(
    app: &App,
    actor: AccountId,
    key: Option<&str>,
    hash: &str,
    text: &str,
) -> Result<Answer, Error> {
    idempotent(
        &app.db,
        &app.rt,
        actor,
        key,
        "fileDossier",
        hash,
        |tx| async move {
            note(&tx, text).await?;
            if text == "refused" {
                return Err(Error::Refused);
            }
            Ok(Answer {
                status: 201,
                body: json!({ "text": text, "id": app.rt.ids.uuid(app.rt.clock.now()) }),
                etag: Some("\"1\"".to_owned()),
                location: Some("/api/v1/dossiers/1".to_owned()),
            })
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_gets_the_first_answer() {
    let (test, _, app) = app().await;
    let first = file(&app, ANNA, Some("k"), "h", "one")
        .await
        .expect("filed");
    let second = file(&app, ANNA, Some("k"), "h", "one")
        .await
        .expect("answered");
    assert_eq!(first, second);
    assert_eq!(notes(&test.db).await, ["one"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_used_for_another_body_is_refused() {
    let (test, _, app) = app().await;
    file(&app, ANNA, Some("k"), "h", "one")
        .await
        .expect("filed");
    let second = file(&app, ANNA, Some("k"), "other", "two").await;
    assert_eq!(second, Err(Error::Reused(IdempotencyConflict)));
    assert_eq!(notes(&test.db).await, ["one"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_two_people_are_two_keys_and_without_a_key_nothing_is_saved() {
    let (test, _, app) = app().await;
    file(&app, ANNA, Some("k"), "h", "anna")
        .await
        .expect("filed");
    file(&app, BINH, Some("k"), "h", "bình")
        .await
        .expect("filed");
    file(&app, ANNA, None, "h", "a").await.expect("filed");
    file(&app, ANNA, None, "h", "b").await.expect("filed");
    assert_eq!(notes(&test.db).await, ["anna", "bình", "a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_not_saved() {
    let (test, _, app) = app().await;
    assert_eq!(
        file(&app, ANNA, Some("k"), "h", "refused").await,
        Err(Error::Refused)
    );
    file(&app, ANNA, Some("k"), "h2", "right")
        .await
        .expect("the key is still free");
    assert_eq!(notes(&test.db).await, ["right"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_with_one_key_do_the_work_once() {
    let (test, _, app) = app().await;
    let all =
        futures_util::future::join_all((0..8).map(|_| file(&app, ANNA, Some("k"), "h", "once")))
            .await;
    let answers: Vec<Answer> = all
        .into_iter()
        .map(|answer| answer.expect("an answer"))
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(notes(&test.db).await, ["once"]);
}
