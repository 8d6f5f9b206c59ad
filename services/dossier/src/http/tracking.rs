//! Public look-up by number: code and state, nothing that names a person (TT 01/2018/TT-VPCP art. 16(2)(d)).

use super::out::StatusOut;
use crate::app::App;
use crate::error::{Error, code};
use crate::store::dossiers;
use actix_web::{get, web};
use kit::http::{Json, Path};
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

/// Longest number.
const LENGTH: usize = 50;

/// What the public may know.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackingOut {
    #[schema(example = "H05.21-261116-0001")]
    number: String,
    status: StatusOut,
}

/// The state of a dossier by its number.
#[utoipa::path(
    get, path = "/api/v1/tracking/{number}", tag = "tracking", operation_id = "trackDossier",
    summary = "Tra cứu hồ sơ · Look a dossier up",
    description = "Public: code and state only, whoever asks.",
    params(("number" = String, Path, description = "Dossier number (mã số hồ sơ)", example = "H05.21-261116-0001")),
    responses(
        (status = 200, description = "Number and state", body = TrackingOut),
        (status = "4XX", description = "No such number", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/tracking/{number}")]
pub(crate) async fn track(
    app: web::Data<App>,
    language: kit::http::Language,
    number: Path<String>,
) -> Result<Json<TrackingOut>, Problem> {
    let number = number.0.trim().to_owned();
    let unknown = || Problem::new(code::TRACKING_NOT_FOUND);
    if number.is_empty() || number.len() > LENGTH || !number.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(unknown());
    }
    let status = dossiers::status_of(app.db.read(), &number)
        .await
        .map_err(Error::from)?
        .ok_or_else(unknown)?;
    Ok(Json(TrackingOut {
        number,
        status: StatusOut::new(status, language.0),
    }))
}
