//! Public look-up by number: code and state, nothing that names a person (TT 01/2018/TT-VPCP art. 16(2)(d)).

use super::out::StatusOut;
use crate::app::App;
use crate::error::{Error, code};
use crate::store::dossiers;
use actix_web::{HttpRequest, get, web};
use contracts::problem::shared;
use kit::http::{Json, Path};
use kit::{Problem, ProblemBody};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Longest number.
const LENGTH: usize = 50;
/// The window of the limit, seconds.
const HOUR: i64 = 3600;

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
        (status = 429, description = "Too many different numbers within an hour, or too many requests; see Retry-After", body = ProblemBody, content_type = "application/problem+json", headers(("Retry-After" = i64, description = "Seconds to wait"))),
    ),
    security(()),
)]
#[get("/api/v1/tracking/{number}")]
pub(crate) async fn track(
    app: web::Data<App>,
    language: kit::http::Language,
    request: HttpRequest,
    number: Path<String>,
) -> Result<Json<TrackingOut>, Problem> {
    let number = number.0.trim().to_owned();
    let unknown = || Problem::new(code::TRACKING_NOT_FOUND);
    if number.is_empty() || number.len() > LENGTH || !number.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(unknown());
    }
    not_walking(&app, &request, &number).await?;
    let status = dossiers::status_of(app.db.read(), &number)
        .await
        .map_err(Error::from)?
        .ok_or_else(unknown)?;
    Ok(Json(TrackingOut {
        number,
        status: StatusOut::new(status, language.0),
    }))
}

/// Numbers follow one another, so whoever counts up could read the day of a desk. A person looks a few dossiers up, again and again:
/// only *different* numbers count, per place that asks, across replicas.
///
/// # Errors
/// 429 with `Retry-After`, whether the number exists or not.
async fn not_walking(app: &App, request: &HttpRequest, number: &str) -> Result<(), Problem> {
    let place = kit::http::place(kit::origin::address(request));
    // Neither addresses nor numbers lie in the cache in clear.
    let asked = app.rt.sealer.lookup_hash(&format!("{place} {number}"));
    let place = app.rt.sealer.lookup_hash(&place);
    let now = app.rt.clock.now().timestamp();
    let slot = now.div_euclid(HOUR);
    let (cache, hour) = (&app.rt.cache, Duration::from_secs(3600));
    let asked = format!("dossier:tracked:{asked}:{slot}");
    if cache.get(&asked).await.is_some() {
        return Ok(());
    }
    let place = format!("dossier:tracking:{place}");
    if cache.hits(&place, slot, hour).await <= app.config.tracking.numbers_per_hour {
        // Only what was answered may be asked again: else whoever is refused would ask twice.
        cache.set(&asked, b"1", hour).await;
        return Ok(());
    }
    let left = u64::try_from(HOUR - now.rem_euclid(HOUR)).unwrap_or(1);
    Err(Problem::new(shared::RATE_LIMITED).retry_after(left))
}
