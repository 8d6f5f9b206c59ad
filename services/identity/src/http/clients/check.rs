//! What may stand in a client and in its change.

use super::{ClientIn, ClientPatch};
use crate::app::machines::{Change, New};
use crate::domain::account::Reach;
use crate::domain::client_keys::{self, Flaw};
use crate::domain::machine;
use crate::error::codes;
use chrono::{DateTime, Duration, Utc};
use contracts::Role;
use contracts::problem::shared;
use ipnet::IpNet;
use jsonwebtoken::jwk::JwkSet;
use kit::{FieldError, Problem};
use serde_json::Value;

/// Networks of one client at the most.
const MOST: usize = 20;
/// Requests a minute at the most.
const MOST_REQUESTS: u32 = 60_000;
/// How far ahead a client may expire, days.
const LONGEST_DAYS: i64 = 731;

/// Fields of one client, each checked.
#[derive(Default)]
struct Check(Vec<FieldError>);

impl Check {
    fn wrong(&mut self, pointer: &str, code: contracts::Code) {
        self.0.push(FieldError::of(pointer, code));
    }

    fn name(&mut self, text: &str) -> String {
        let clean = vn::text::clean(text);
        let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        if clean.is_empty() {
            self.wrong("/name", shared::FIELD_REQUIRED);
        } else if clean.chars().count() > 200 {
            self.wrong("/name", shared::FIELD_TOO_LONG);
        }
        clean
    }

    fn scopes(&mut self, role: Role, asked: &[String]) -> Vec<String> {
        let found = machine::scopes(role, asked);
        if found.is_none() {
            self.wrong("/scopes", shared::FIELD_INVALID);
        }
        found.unwrap_or_default()
    }

    fn networks(&mut self, asked: &[String]) -> Vec<IpNet> {
        if asked.len() > MOST {
            self.wrong("/networks", shared::FIELD_TOO_LONG);
            return Vec::new();
        }
        let mut found = Vec::new();
        for (n, text) in asked.iter().enumerate() {
            match machine::network(text) {
                Some(network) => found.push(network),
                None => self.wrong(&format!("/networks/{n}"), shared::FIELD_INVALID),
            }
        }
        found
    }

    fn expiry(&mut self, at: DateTime<Utc>, now: DateTime<Utc>) {
        if at <= now || at > now + Duration::days(LONGEST_DAYS) {
            self.wrong("/expiresAt", shared::FIELD_INVALID);
        }
    }

    fn quota(&mut self, quota: Option<u32>) {
        if quota.is_some_and(|q| !(1..=MOST_REQUESTS).contains(&q)) {
            self.wrong("/requestsPerMinute", shared::FIELD_INVALID);
        }
    }

    fn keys(&mut self, given: &Value) -> Option<JwkSet> {
        match client_keys::read(given) {
            Ok(keys) => Some(keys),
            Err(flaws) => {
                for (at, flaw) in flaws {
                    let code = match flaw {
                        Flaw::NotASet => shared::FIELD_INVALID,
                        Flaw::Missing => shared::FIELD_REQUIRED,
                        Flaw::TooMany => shared::FIELD_TOO_LONG,
                        Flaw::Secret => codes::KEY_SECRET,
                        Flaw::Unsupported => codes::KEY_UNSUPPORTED,
                        Flaw::SameId => codes::KEY_ID_TAKEN,
                    };
                    self.wrong(&format!("/jwks{at}"), code);
                }
                None
            }
        }
    }

    fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}

/// A new client, checked.
pub(super) fn checked(body: ClientIn, reach: &Reach, now: DateTime<Utc>) -> Result<New, Problem> {
    let mut check = Check::default();
    let name = check.name(&body.name);
    if !matches!(body.role, Role::Integrator | Role::PostOffice) {
        check.wrong("/role", codes::ROLES_INVALID);
    }
    let scopes = check.scopes(body.role, &body.scopes);
    let networks = check.networks(&body.networks);
    check.expiry(body.expires_at, now);
    check.quota(body.requests_per_minute);
    let jwks = body.jwks.and_then(|keys| check.keys(&keys));
    let agency = body.agency.and_then(|a| {
        let code = vn::agency::AgencyCode::parse(&a).ok();
        if code.is_none() {
            check.wrong("/agency", codes::AGENCY_INVALID);
        }
        code.map(|code| code.as_str().to_owned())
    });
    check.done()?;
    let agency = match reach {
        Reach::Province => agency,
        Reach::Agency(own) => {
            if body.role != Role::Integrator {
                return Err(Problem::new(codes::ROLE_NOT_ALLOWED));
            }
            if agency.as_ref().is_some_and(|a| a != own) {
                return Err(Problem::new(codes::AGENCY_NOT_ALLOWED));
            }
            Some(own.clone())
        }
    };
    Ok(New {
        name,
        role: body.role,
        agency,
        scopes,
        networks,
        expires_at: body.expires_at,
        jwks,
        quota: body.requests_per_minute,
        sandbox: body.sandbox,
    })
}

/// A change of a client that signs or not, checked.
pub(super) fn checked_change(
    body: ClientPatch,
    (role, signs): (Option<Role>, bool),
    now: DateTime<Utc>,
) -> Result<Change, Problem> {
    let mut check = Check::default();
    let name = body.name.map(|n| check.name(&n));
    let scopes = body
        .scopes
        .zip(role)
        .map(|(scopes, role)| check.scopes(role, &scopes));
    let networks = body.networks.map(|n| check.networks(&n));
    if let Some(at) = body.expires_at {
        check.expiry(at, now);
    }
    check.quota(body.requests_per_minute.flatten());
    let jwks = match body.jwks {
        None => None,
        Some(_) if !signs => {
            check.wrong("/jwks", codes::CLIENT_HAS_SECRET);
            None
        }
        Some(None) => {
            check.wrong("/jwks", shared::FIELD_REQUIRED);
            None
        }
        Some(Some(keys)) => check.keys(&keys),
    };
    check.done()?;
    Ok(Change {
        name,
        scopes,
        networks,
        expires_at: body.expires_at,
        quota: body.requests_per_minute,
        active: body.active,
        jwks,
    })
}
