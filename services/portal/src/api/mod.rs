//! The typed client of the public API. Every call goes through the gateway, like any other client's.

mod account;
mod accounts;
mod talk;
pub(crate) mod types;

use crate::App;
use actix_web::web::Bytes;
use contracts::Language;
use kit::client::{Answer, Call, CallError, multipart};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use types::{
    Access, Agency, Alarm, Dossier, DossierItem, Doubts, Draft, DraftItem, Dropped, Field, Group,
    Incident, List, Manifests, Named, NewDossier, Notification, Procedure, ProcedureItem, Report,
    Shipment, Tracking, UploadedFile,
};
use url::Url;
use url::form_urlencoded::byte_serialize;

/// Uploads and downloads may take longer than a question.
const FILE_DEADLINE: Duration = Duration::from_secs(60);

/// Why the API gave no answer to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// It said no, and why.
    #[error("refused: {0:?}")]
    Refused(Box<Refusal>),
    /// It could not be asked, was overloaded, or broke.
    #[error("away: {0}")]
    Away(String),
}

/// A problem document (RFC 9457), in the language asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    /// HTTP status.
    #[serde(default)]
    pub(crate) status: u16,
    /// Stable code.
    #[serde(default)]
    pub(crate) code: String,
    /// Title of the code.
    #[serde(default)]
    pub(crate) title: String,
    /// What happened this time.
    #[serde(default)]
    pub(crate) detail: Option<String>,
    /// Wrong fields.
    #[serde(default)]
    pub(crate) errors: Vec<FieldProblem>,
}

/// One wrong field.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FieldProblem {
    /// JSON Pointer into the body we sent.
    #[serde(default)]
    pub(crate) pointer: String,
    /// Stable code.
    #[serde(default)]
    pub(crate) code: String,
    /// What is wrong.
    #[serde(default)]
    pub(crate) detail: String,
}

impl Refusal {
    /// The detail, or the title where there is none.
    pub(crate) fn text(&self) -> &str {
        self.detail
            .as_deref()
            .filter(|d| !d.is_empty())
            .unwrap_or(&self.title)
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused { status, body, .. } if status < 500 && status != 429 => {
                let mut refusal: Refusal = serde_json::from_slice(&body).unwrap_or_default();
                refusal.status = status;
                ApiError::Refused(Box::new(refusal))
            }
            CallError::Refused { status, .. } => ApiError::Away(format!("status {status}")),
            CallError::Unreachable(cause) => ApiError::Away(cause),
        }
    }
}

/// Answer of the token endpoint (RFC 6749 §5.1).
#[derive(Clone, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    #[serde(default)]
    pub(crate) id_token: Option<String>,
    /// Seconds.
    #[serde(default)]
    pub(crate) expires_in: Option<i64>,
}

/// Reference data is this fresh, seconds, before it is asked for again.
const REFERENCE_FRESH: i64 = 60;
/// And is kept this long for a time when the API is away.
const REFERENCE_KEPT: Duration = Duration::from_secs(1800);

/// Reference data in the cache.
#[derive(Deserialize, Serialize)]
struct Kept {
    /// Unix seconds.
    at: i64,
    body: Value,
}

type Answered<T> = Result<T, ApiError>;

/// The API as one person sees it: with a token or without, in a language.
#[derive(Clone, Copy)]
pub(crate) struct Api<'a> {
    pub(crate) app: &'a App,
    pub(crate) token: Option<&'a str>,
    pub(crate) language: Language,
    /// Where the browser is, as the gateway proved it to us: handed back, so that limits count people and not the portal.
    pub(crate) origin: Option<&'a str>,
}

/// What to look for among procedures.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct ProcedureQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) q: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<&'a str>,
    pub(crate) limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<&'a str>,
}

/// What to look for among dossiers.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct DossierQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) q: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overdue: Option<bool>,
    pub(crate) limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<&'a str>,
}

/// One path segment, percent-encoded.
fn segment(text: &str) -> String {
    byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

impl<'a> Api<'a> {
    fn url(self, path: &str) -> Answered<Url> {
        self.app
            .api_url()
            .ok_or_else(|| ApiError::Away("the gateway's address is not known".to_owned()))?
            .join(path)
            .map_err(|error| ApiError::Away(error.to_string()))
    }

    fn call(self, method: &str, path: &str) -> Answered<Call> {
        let mut call = self
            .app
            .rt
            .client
            .any(method, self.url(path)?)?
            .header("accept-language", self.tag());
        if let Some(origin) = self.origin {
            call = call.header(kit::origin::HEADER, origin);
        }
        Ok(match self.token {
            Some(token) => call.bearer(token),
            None => call,
        })
    }

    async fn get<T: DeserializeOwned>(self, path: &str) -> Answered<T> {
        Ok(self.call("GET", path)?.send_json().await?)
    }

    async fn find<T: DeserializeOwned>(self, path: &str, query: &impl Serialize) -> Answered<T> {
        Ok(self.call("GET", path)?.query(query).send_json().await?)
    }

    // Catalogue.

    /// Procedures that match.
    pub(crate) async fn procedures(
        self,
        query: &ProcedureQuery<'_>,
    ) -> Answered<List<ProcedureItem>> {
        self.find("/api/v1/procedures", query).await
    }

    /// One procedure.
    pub(crate) async fn procedure(self, id: &str) -> Answered<Procedure> {
        self.get(&format!("/api/v1/procedures/{}", segment(id)))
            .await
    }

    /// One procedure, for a form that must be shown again even while the API is away.
    pub(crate) async fn procedure_for_form(self, id: &str) -> Answered<Procedure> {
        self.reference(&format!("/api/v1/procedures/{}", segment(id)))
            .await
    }

    /// All fields.
    pub(crate) async fn fields(self) -> Answered<List<Field>> {
        self.reference("/api/v1/fields").await
    }

    /// Desks that accept a procedure.
    pub(crate) async fn agencies(self, procedure_id: &str) -> Answered<List<Agency>> {
        self.reference(&format!(
            "/api/v1/agencies?procedureId={}&limit=100",
            segment(procedure_id)
        ))
        .await
    }

    /// All provinces.
    pub(crate) async fn provinces(self) -> Answered<List<Named>> {
        self.reference("/api/v1/provinces").await
    }

    /// Communes of a province, valid today.
    pub(crate) async fn communes(self, province: &str) -> Answered<List<Named>> {
        self.reference(&format!("/api/v1/provinces/{}/communes", segment(province)))
            .await
    }

    /// Public reference data: asked for at most once a minute, and the last answer still serves while the API is away.
    async fn reference<T: DeserializeOwned>(self, path: &str) -> Answered<T> {
        let public = Api {
            token: None,
            ..self
        };
        let cache = &self.app.rt.cache;
        let now = self.app.rt.clock.now().timestamp();
        let key = format!("portal:reference:{}:{path}", self.tag());
        let kept: Option<Kept> = match cache.get(&key).await {
            Some(bytes) => serde_json::from_slice(&bytes).ok(),
            None => None,
        };
        let body = match kept {
            Some(kept) if now.saturating_sub(kept.at) < REFERENCE_FRESH => kept.body,
            kept => match (public.get::<Value>(path).await, kept) {
                (Ok(body), _) => {
                    let fresh = Kept { at: now, body };
                    if let Ok(bytes) = serde_json::to_vec(&fresh) {
                        cache.set(&key, &bytes, REFERENCE_KEPT).await;
                    }
                    fresh.body
                }
                (Err(ApiError::Away(cause)), Some(kept)) => {
                    tracing::warn!(cause, "older reference data shown");
                    kept.body
                }
                (Err(error), _) => return Err(error),
            },
        };
        serde_json::from_value(body)
            .map_err(|error| ApiError::Away(format!("answer not understood: {error}")))
    }

    fn tag(self) -> &'static str {
        match self.language {
            Language::Vi => "vi",
            Language::En => "en",
        }
    }

    // Editing of the catalogue.

    /// Drafts within one's reach.
    pub(crate) async fn drafts(
        self,
        state: &str,
        cursor: Option<&str>,
    ) -> Answered<List<DraftItem>> {
        let query: Vec<(&str, &str)> = [("state", Some(state)), ("cursor", cursor)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))
            .collect();
        self.find("/api/v1/procedure-drafts", &query).await
    }

    /// One draft.
    pub(crate) async fn draft(self, id: &str) -> Answered<Draft> {
        self.get(&format!("/api/v1/procedure-drafts/{}", segment(id)))
            .await
    }

    /// One step of a draft, at the revision that the person saw.
    pub(crate) async fn draft_step(
        self,
        id: &str,
        step: &str,
        revision: i64,
        body: &Value,
    ) -> Answered<()> {
        let path = format!("/api/v1/procedure-drafts/{}/{}", segment(id), segment(step));
        self.at_version(&path, revision, body).await
    }

    /// What the source has dropped.
    pub(crate) async fn dropped(self) -> Answered<List<Dropped>> {
        self.get("/api/v1/source-withdrawals?limit=100").await
    }

    /// Withdraws a procedure.
    pub(crate) async fn withdraw(self, id: &str, version: i64, reason: &str) -> Answered<()> {
        let path = format!("/api/v1/procedures/{}/withdraw", segment(id));
        let body = serde_json::json!({"reason": reason});
        self.at_version(&path, version, &body).await
    }

    async fn at_version(self, path: &str, version: i64, body: &Value) -> Answered<()> {
        self.call("POST", path)?
            .header("if-match", &format!("\"{version}\""))
            .json(body)
            .send()
            .await?
            .success()
            .await?;
        Ok(())
    }

    /// What is doubtful in the catalogue.
    pub(crate) async fn quality(self) -> Answered<Doubts> {
        self.get("/api/v1/quality-report?examples=10").await
    }

    // Dossiers.

    /// Uploads one file. The key makes a repeated form give the same file.
    pub(crate) async fn upload(
        self,
        name: &str,
        media_type: &str,
        content: Bytes,
        key: &str,
    ) -> Answered<UploadedFile> {
        let part = multipart::Part::stream(content).file_name(name.to_owned());
        let part = match part.mime_str(media_type) {
            Ok(part) => part,
            // A browser's odd media type says nothing that the content does not.
            Err(error) => return Err(ApiError::Away(format!("media type: {error}"))),
        };
        let form = multipart::Form::new().part("file", part);
        let call = self
            .call("POST", "/api/v1/files")?
            .header("idempotency-key", key);
        Ok(call
            .multipart(form)
            .deadline(FILE_DEADLINE)
            .send_json()
            .await?)
    }

    /// Files a dossier.
    pub(crate) async fn file(self, dossier: &NewDossier, key: &str) -> Answered<Dossier> {
        let call = self
            .call("POST", "/api/v1/dossiers")?
            .header("idempotency-key", key);
        Ok(call.json(dossier).send_json().await?)
    }

    /// Dossiers within one's scope.
    pub(crate) async fn dossiers(self, query: &DossierQuery<'_>) -> Answered<List<DossierItem>> {
        self.find("/api/v1/dossiers", query).await
    }

    /// One dossier.
    pub(crate) async fn dossier(self, id: &str) -> Answered<Dossier> {
        self.get(&format!("/api/v1/dossiers/{}", segment(id))).await
    }

    /// Dossiers that were filed together.
    pub(crate) async fn group(self, id: &str) -> Answered<Group> {
        self.get(&format!("/api/v1/dossier-groups/{}", segment(id)))
            .await
    }

    /// Does one command on the version that the person saw.
    pub(crate) async fn command(
        self,
        id: &str,
        command: &str,
        version: i64,
        key: Option<&str>,
        body: &Value,
    ) -> Answered<Dossier> {
        let path = format!("/api/v1/dossiers/{}/{}", segment(id), segment(command));
        let mut call = self
            .call("POST", &path)?
            .header("if-match", &format!("\"{version}\""));
        if let Some(key) = key {
            call = call.header("idempotency-key", key);
        }
        Ok(call.json(body).send_json().await?)
    }

    /// A file's content, unread.
    pub(crate) async fn file_content(self, id: &str, inline: bool) -> Answered<Answer> {
        let query = if inline { "?inline=true" } else { "" };
        self.download(&format!("/api/v1/files/{}{query}", segment(id)))
            .await
    }

    /// A statutory form as PDF, unread.
    pub(crate) async fn form(self, id: &str, form: &str) -> Answered<Answer> {
        self.download(&format!(
            "/api/v1/dossiers/{}/forms/{}.pdf",
            segment(id),
            segment(form)
        ))
        .await
    }

    pub(super) async fn download(self, path: &str) -> Answered<Answer> {
        Ok(self
            .call("GET", path)?
            .deadline(FILE_DEADLINE)
            .send()
            .await?
            .success()
            .await?)
    }

    // Dates kept.

    /// The counts of one's agency; without dates those of the present month.
    pub(crate) async fn report(
        self,
        from: Option<chrono::NaiveDate>,
        to: Option<chrono::NaiveDate>,
    ) -> Answered<Report> {
        let mut query = vec![];
        for (name, day) in [("from", from), ("to", to)] {
            if let Some(day) = day {
                query.push((name, day.to_string()));
            }
        }
        self.find("/api/v1/reports/dossiers", &query).await
    }

    /// Alarms of one's agency, newest first.
    pub(crate) async fn alarms(self, cursor: Option<&str>) -> Answered<List<Alarm>> {
        match cursor {
            Some(cursor) => {
                self.find("/api/v1/dossier-alarms", &[("cursor", cursor)])
                    .await
            }
            None => self.get("/api/v1/dossier-alarms").await,
        }
    }

    /// Incidents within one's reach.
    pub(crate) async fn incidents(self, cursor: Option<&str>) -> Answered<List<Incident>> {
        match cursor {
            Some(cursor) => self.find("/api/v1/incidents", &[("cursor", cursor)]).await,
            None => self.get("/api/v1/incidents").await,
        }
    }

    /// Announces an incident.
    pub(crate) async fn announce_incident(self, key: &str, body: &Value) -> Answered<Value> {
        let call = self
            .call("POST", "/api/v1/incidents")?
            .header("idempotency-key", key);
        Ok(call.json(body).send_json().await?)
    }

    /// Ends an incident now.
    pub(crate) async fn end_incident(self, id: &str, version: i64) -> Answered<Value> {
        let path = format!("/api/v1/incidents/{}/end", segment(id));
        let call = self
            .call("POST", &path)?
            .header("if-match", &format!("\"{version}\""));
        Ok(call.json(&serde_json::json!({})).send_json().await?)
    }

    /// The public look-up.
    pub(crate) async fn tracking(self, number: &str) -> Answered<Tracking> {
        self.get(&format!("/api/v1/tracking/{}", segment(number)))
            .await
    }

    // Who has read it.

    /// The access log of a dossier or shipment of one's own.
    pub(crate) async fn readers(
        self,
        kind: &str,
        id: &str,
        cursor: Option<&str>,
    ) -> Answered<List<Access>> {
        let path = format!("/api/v1/{kind}/{}/access-log", segment(id));
        match cursor {
            Some(cursor) => self.find(&path, &[("cursor", cursor)]).await,
            None => self.get(&path).await,
        }
    }

    // Post.

    /// The shipments of one dossier.
    pub(crate) async fn shipments_of(self, dossier_id: &str) -> Answered<List<Shipment>> {
        self.find("/api/v1/shipments", &[("dossierId", dossier_id)])
            .await
    }

    /// One shipment with its timeline.
    pub(crate) async fn shipment(self, id: &str) -> Answered<Shipment> {
        self.get(&format!("/api/v1/shipments/{}", segment(id)))
            .await
    }

    /// The hand-over list of one's agency.
    pub(crate) async fn manifests(self, cursor: Option<&str>) -> Answered<Manifests> {
        match cursor {
            Some(cursor) => {
                self.find("/api/v1/shipments/manifests", &[("cursor", cursor)])
                    .await
            }
            None => self.get("/api/v1/shipments/manifests").await,
        }
    }

    // Notices.

    /// The inbox, newest first.
    pub(crate) async fn notifications(
        self,
        unread: bool,
        cursor: Option<&str>,
    ) -> Answered<List<Notification>> {
        let mut query = vec![];
        if unread {
            query.push(("unread", "true"));
        }
        if let Some(cursor) = cursor {
            query.push(("cursor", cursor));
        }
        self.find("/api/v1/notifications", &query).await
    }

    /// Marks a notice as read.
    pub(crate) async fn mark_read(self, id: &str) -> Answered<()> {
        let call = self.call(
            "POST",
            &format!("/api/v1/notifications/{}/read", segment(id)),
        )?;
        call.send().await?.success().await?;
        Ok(())
    }

    // Identity.

    /// The token endpoint.
    pub(crate) async fn token(self, form: &[(&str, &str)]) -> Answered<Tokens> {
        Ok(self
            .call("POST", "/oauth2/token")?
            .form(&form)
            .send_json()
            .await?)
    }

    /// Revokes a token (RFC 7009).
    pub(crate) async fn revoke(self, form: &[(&str, &str)]) -> Answered<()> {
        self.call("POST", "/oauth2/revoke")?
            .form(&form)
            .send()
            .await?
            .success()
            .await?;
        Ok(())
    }
}
