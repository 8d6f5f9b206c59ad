//! Filing linked dossiers (nộp hồ sơ liên thông): one form, one applicant, several procedures, all filed or none.
//!
//! Which procedures is in the address (`tt`, once for each), so that the page can be shown again and shared.

use super::filing::{self, Group, agency_field};
use super::filing_fields::{PAPERS, field_of, labelled};
use super::filing_parts::{self, Return, Who};
use super::papers as own_papers;
use super::procedures::may_file;
use crate::api::types::{NewDossier, NewGroup, NewMember, Procedure};
use crate::api::{ApiError, ProcedureQuery, Refusal};
use crate::ctx::Ctx;
use crate::error::{PageError, see_other};
use crate::form::Submission;
use crate::i18n::Tr;
use crate::shell::{Page, Section, html};
use crate::view::{Errors, Field};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post};
use askama::Template;
use futures_util::future::{join, join_all};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most dossiers filed together, as the API has it.
const MOST: usize = 10;
/// Procedures offered for a search.
const FOUND: u32 = 10;
const PAGE: &str = "/nop-lien-thong";

#[derive(Template)]
#[template(path = "filing_group.html")]
struct GroupFiling {
    page: Page,
    errors: Vec<(String, String)>,
    problem: String,
    key: String,
    action: String,
    q: String,
    /// Where each leads, and its name.
    found: Vec<(String, String)>,
    members: Vec<Member>,
    form_limits: String,
    who: Who,
    back: Return,
}

struct Member {
    n: usize,
    id: String,
    name: String,
    /// The page without it.
    without: String,
    /// Why there is no desk to choose; empty when there is one.
    no_desk: &'static str,
    agency: Field,
    /// Which one it waits for; the first waits for none.
    after: Option<Field>,
    groups: Vec<Group>,
}

/// What the address asks for.
struct Asked {
    procedures: Vec<String>,
    q: String,
}

impl Asked {
    /// Each procedure once, in the order given.
    fn of(req: &HttpRequest) -> Self {
        let mut out = Self {
            procedures: Vec::new(),
            q: String::new(),
        };
        for (name, value) in url::form_urlencoded::parse(req.query_string().as_bytes()) {
            match name.as_ref() {
                "tt" if value.parse::<Uuid>().is_ok() => {
                    let value = value.into_owned();
                    if out.procedures.len() < MOST && !out.procedures.contains(&value) {
                        out.procedures.push(value);
                    }
                }
                "q" => out.q = value.trim().chars().take(200).collect(),
                _ => {}
            }
        }
        out
    }
}

/// The page for these procedures.
fn address<'a>(procedures: impl Iterator<Item = &'a str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for id in procedures {
        query.append_pair("tt", id);
    }
    format!("{PAGE}?{}", query.finish())
}

/// Names of the fields of one dossier begin so.
fn prefix(n: usize) -> String {
    format!("m{n}.")
}

#[get("/nop-lien-thong")]
pub(super) async fn blank(ctx: Ctx, req: HttpRequest) -> Result<HttpResponse, PageError> {
    if ctx.signed_in()?.officer {
        return Ok(see_other("/thu-tuc"));
    }
    let asked = Asked::of(&req);
    let (procedures, me) = join(chosen(&ctx, &asked), ctx.api().me()).await;
    let form = Submission {
        fields: filing::known(&ctx, me)?,
        ..Submission::default()
    };
    let nothing = Errors::default();
    show(&ctx, StatusCode::OK, procedures?, &asked.q, &form, nothing).await
}

/// The procedures that the address names and that may be filed.
async fn chosen(ctx: &Ctx, asked: &Asked) -> Result<Vec<Procedure>, PageError> {
    let ids = asked.procedures.iter();
    let found = join_all(ids.map(|id| ctx.api().procedure_for_form(id))).await;
    let mut out = Vec::new();
    for procedure in found {
        let procedure = procedure.map_err(|e| ctx.refuse(e))?;
        if may_file(&procedure) {
            out.push(procedure);
        }
    }
    Ok(out)
}

#[post("/nop-lien-thong")]
pub(super) async fn send(
    ctx: Ctx,
    req: HttpRequest,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    let asked = Asked::of(&req);
    let page = address(asked.procedures.iter().map(String::as_str));
    let mut form = Submission::read(&ctx, parts)
        .await
        .map_err(|e| super::inbox::back(e, &page))?;
    if ctx.signed_in()?.officer {
        return Ok(see_other("/thu-tuc"));
    }
    let procedures = chosen(&ctx, &asked)
        .await
        .map_err(|e| super::inbox::back(e, &page))?;
    let key = match form.fields.get("key").parse::<Uuid>() {
        Ok(key) => key.to_string(),
        Err(_not_ours) => filing::new_key(&ctx),
    };
    form.fields.set("key", key.clone());
    let t = ctx.t;
    let again = async |status, form: &Submission, errors| {
        show(&ctx, status, procedures.clone(), "", form, errors).await
    };
    if form.away {
        let errors = said(t.away_kept(), &form);
        return again(StatusCode::SERVICE_UNAVAILABLE, &form, errors).await;
    }
    if form.fields.has("refresh") {
        return again(StatusCode::OK, &form, said(t.communes_changed(), &form)).await;
    }
    if form.any_refused() {
        let errors = filing::upload_errors(&form);
        return again(StatusCode::UNPROCESSABLE_ENTITY, &form, errors).await;
    }
    let attached: Vec<Vec<(String, String)>> = procedures
        .iter()
        .enumerate()
        .map(|(n, procedure)| attached(procedure, n, &form))
        .collect();
    let members = procedures.iter().enumerate().zip(&attached);
    let group = NewGroup {
        members: members
            .map(|((n, procedure), files)| member(&ctx, procedure, n, &form, files))
            .collect(),
    };
    match ctx.api().file_group(&group, &key).await {
        Ok(filed) => {
            let first = filed.members.first().map(|m| m.dossier.id.as_str());
            Ok(see_other(&match first {
                Some(id) => format!("/ho-so/{id}?moi=1"),
                None => "/ho-so".to_owned(),
            }))
        }
        Err(ApiError::Away(cause)) => {
            tracing::warn!(cause, "linked dossiers not filed");
            let errors = said(t.away_kept(), &form);
            again(StatusCode::SERVICE_UNAVAILABLE, &form, errors).await
        }
        Err(ApiError::Refused(refusal)) if refusal.code == "idempotency.key-reused" => {
            form.fields.set("key", filing::new_key(&ctx));
            let errors = said(t.already_filed(), &form);
            again(StatusCode::CONFLICT, &form, errors).await
        }
        Err(ApiError::Refused(refusal)) if !matches!(refusal.status, 401 | 403 | 404) => {
            let errors = errors_of(t, &refusal, &procedures, &attached, &form);
            let status =
                StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            again(status, &form, errors).await
        }
        Err(refused) => Err(PageError::of(refused, &page)),
    }
}

fn said(problem: &str, form: &Submission) -> Errors {
    Errors {
        problem: problem.to_owned(),
        ..filing::upload_errors(form)
    }
}

/// Pickers of one dossier that have a file: name of the picker, file.
fn attached(procedure: &Procedure, n: usize, form: &Submission) -> Vec<(String, String)> {
    filing::papers(procedure)
        .into_iter()
        .map(|(id, _)| format!("{}{id}", prefix(n)))
        .filter_map(|slot| {
            let file = form.file(&slot)?.id;
            Some((slot, file))
        })
        .collect()
}

fn member(
    ctx: &Ctx,
    procedure: &Procedure,
    n: usize,
    form: &Submission,
    files: &[(String, String)],
) -> NewMember {
    let prefix = prefix(n);
    let plain: Vec<(String, String)> = files
        .iter()
        .map(|(slot, file)| {
            let id = slot.strip_prefix(&prefix).unwrap_or(slot);
            (id.to_owned(), file.clone())
        })
        .collect();
    let agency = format!("{prefix}agencyCode");
    NewMember {
        dossier: NewDossier {
            agency_code: form.fields.get(&agency).to_owned(),
            ..filing::dossier(ctx, procedure, form, &plain, false)
        },
        after: form.fields.get(&format!("{prefix}after")).parse().ok(),
    }
}

/// Each error at its field, once: what is asked for once is refused once for each dossier.
fn errors_of(
    t: Tr,
    refusal: &Refusal,
    procedures: &[Procedure],
    attached: &[Vec<(String, String)>],
    form: &Submission,
) -> Errors {
    let mut errors = Errors::of(refusal, |pointer| group_field(pointer, attached));
    for (n, procedure) in procedures.iter().enumerate() {
        let whole = format!("{}{PAPERS}", prefix(n));
        if !errors.fields.iter().any(|(field, _)| *field == whole) {
            continue;
        }
        // Each required paper without a file gets its own error, in place of the one for the list.
        let missing: Vec<(String, String)> = filing::papers(procedure)
            .into_iter()
            .map(|(id, paper)| (format!("{}{id}", prefix(n)), paper))
            .filter(|(slot, paper)| paper.required && form.file(slot).is_none())
            .map(|(slot, paper)| {
                let text = format!("{}: {}", t.field_missing(), paper.name);
                (format!("file-{slot}"), text)
            })
            .collect();
        if !missing.is_empty() {
            errors.fields.retain(|(field, _)| *field != whole);
            errors.fields.extend(missing);
        }
    }
    let mut seen = BTreeSet::new();
    errors.fields.retain(|error| seen.insert(error.clone()));
    errors
}

/// Which field of the form a JSON Pointer into the request stands for.
fn group_field(pointer: &str, attached: &[Vec<(String, String)>]) -> Option<String> {
    let rest = pointer.strip_prefix("/members/")?;
    let (n, rest) = rest.split_once('/')?;
    let n: usize = n.parse().ok()?;
    let files = attached.get(n)?;
    if rest == "after" {
        return Some(format!("{}after", prefix(n)));
    }
    let field = field_of(rest.strip_prefix("dossier")?, files)?;
    Some(match field.as_str() {
        "agencyCode" | PAPERS => format!("{}{field}", prefix(n)),
        _ => field,
    })
}

/// Shows the page, empty or again.
async fn show(
    ctx: &Ctx,
    status: StatusCode,
    procedures: Vec<Procedure>,
    q: &str,
    form: &Submission,
    mut errors: Errors,
) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let ids: Vec<&str> = procedures.iter().map(|p| p.id.as_str()).collect();
    let desks = join_all(ids.iter().map(|id| ctx.api().agencies(id)));
    let (desks, parts) = join(desks, filing_parts::build(ctx, form, &errors)).await;
    if parts.away || desks.iter().any(Result::is_err) {
        let problem = &mut errors.problem;
        *problem = format!("{problem} {}", t.lists_away()).trim().to_owned();
    }
    let store = own_papers::store(ctx).await;
    let mut members = Vec::new();
    for ((n, procedure), desks) in procedures.iter().enumerate().zip(desks) {
        let prefix = prefix(n);
        let desks = desks.map(|d| d.items);
        let no_desk = filing::no_desk(t, desks.as_deref().ok());
        let desks = desks.unwrap_or_default();
        let name = format!("{prefix}agencyCode");
        let groups = filing::groups(ctx, procedure, form, (&errors, &store), &prefix);
        let others = ids.iter().enumerate().filter(|(other, _)| *other != n);
        members.push(Member {
            n,
            id: procedure.id.clone(),
            name: procedure.name.clone(),
            without: address(others.map(|(_, id)| *id)),
            no_desk,
            agency: agency_field(ctx, &name, &desks, form, &errors),
            after: after_field(t, n, &procedures, form, &errors),
            groups,
        });
    }
    let action = address(ids.iter().copied());
    let page = GroupFiling {
        found: search(ctx, q, &ids).await,
        key: match form.fields.get("key") {
            "" => filing::new_key(ctx),
            key => key.to_owned(),
        },
        q: q.to_owned(),
        members,
        form_limits: t.form_limits(ctx.app.settings.max_form_bytes),
        who: parts.who,
        back: parts.back,
        page: Page::new(ctx, Section::Procedures, t.linked_title()).at(&action),
        action,
        errors: numbered(t, labelled(t, errors.fields)),
        problem: errors.problem,
    };
    html(status, &page)
}

/// Says of which dossier an error is, where each has the field.
fn numbered(t: Tr, errors: Vec<(String, String)>) -> Vec<(String, String)> {
    errors
        .into_iter()
        .map(|(field, text)| {
            let own = field
                .strip_prefix('m')
                .and_then(|rest| rest.split_once('.'));
            let label = match own {
                Some((_, "agencyCode")) => t.agency_label(),
                Some((_, "after")) => t.linked_after(),
                _ => return (field, text),
            };
            let n = own.and_then(|(n, _)| n.parse::<usize>().ok()).unwrap_or(0);
            (field, format!("{}. {label}: {text}", n + 1))
        })
        .collect()
}

/// Which of those before it a dossier waits for.
fn after_field(
    t: Tr,
    n: usize,
    procedures: &[Procedure],
    form: &Submission,
    errors: &Errors,
) -> Option<Field> {
    if n == 0 {
        return None;
    }
    let name = format!("{}after", prefix(n));
    let none = (String::new(), t.linked_after_none().to_owned());
    let before = procedures.iter().take(n).enumerate();
    let before = before.map(|(other, p)| (other.to_string(), format!("{}. {}", other + 1, p.name)));
    let options = std::iter::once(none).chain(before).collect();
    let chosen = form.fields.get(&name);
    let field = Field::select(t, name.clone(), t.linked_after(), chosen, options);
    Some(field.hint(t.linked_after_hint()).error(errors.at(&name)))
}

/// Procedures to add; nothing when nothing was asked for or cannot be had.
async fn search(ctx: &Ctx, q: &str, chosen: &[&str]) -> Vec<(String, String)> {
    if q.is_empty() || chosen.len() >= MOST {
        return Vec::new();
    }
    let query = ProcedureQuery {
        q: Some(q),
        field: None,
        level: None,
        limit: FOUND,
        cursor: None,
    };
    let found = match ctx.api().procedures(&query).await {
        Ok(found) => found.items,
        Err(error) => {
            tracing::warn!(%error, "procedures not found for a group");
            Vec::new()
        }
    };
    found
        .into_iter()
        .filter(|p| !chosen.contains(&p.id.as_str()))
        .map(|p| {
            let with = chosen.iter().copied().chain([p.id.as_str()]);
            (address(with), p.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_the_fields_of_their_dossier() {
        let attached = [vec![], vec![("m1.c-1".to_owned(), "f-1".to_owned())]];
        let field = |pointer| group_field(pointer, &attached);
        for (pointer, name) in [
            ("/members/1/dossier/agencyCode", "m1.agencyCode"),
            ("/members/1/dossier/attachments/0/fileId", "file-m1.c-1"),
            ("/members/0/dossier/attachments", "m0.s4"),
            ("/members/1/after", "m1.after"),
            ("/members/1/dossier/applicant/phone", "phone"),
        ] {
            assert_eq!(field(pointer).as_deref(), Some(name), "{pointer}");
        }
        for nowhere in [
            "/members",
            "/members/7/after",
            "/agencyCode",
            "/members/x/after",
        ] {
            assert_eq!(field(nowhere), None, "{nowhere}");
        }
    }
}
