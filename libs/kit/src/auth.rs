//! Who is calling, and may they? Tokens are checked at the gateway and again in each service, from the published key set
//! ([`crate::token`]).
//!
//! The coarse right is in the handler's argument type ([`Allowed`]); the fine one is `actor.scope()`, first argument of the query.

use crate::Problem;
use crate::runtime::Runtime;
use crate::token::{Claims, LEEWAY};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use contracts::permission::perm::Required;
use contracts::problem::shared;
use contracts::{Actor, ActorKind, Assurance};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

pub use contracts::permission::perm;

/// How fresh and how sure a sign-in must be for what weighs more: approving, rights given and taken, secrets, exports.
#[derive(Clone, Copy, Debug)]
pub struct StepUp {
    /// How long ago it may be, seconds.
    pub max_age: i64,
    /// How sure.
    pub assurance: Assurance,
}

impl Default for StepUp {
    fn default() -> Self {
        Self {
            max_age: 900,
            assurance: Assurance::SingleFactor,
        }
    }
}

impl StepUp {
    /// Lets a person through whose sign-in is fresh and sure enough. A machine client proves itself for each token and is let through.
    ///
    /// # Errors
    /// 401 `auth.step-up-required` with the challenge of RFC 9470 §3.
    pub fn check(&self, actor: &Actor, now: i64) -> Result<(), Problem> {
        let fresh = actor
            .proof
            .at
            .is_some_and(|at| now.saturating_sub(at) <= self.max_age.saturating_add(LEEWAY));
        if actor.kind == ActorKind::Client || (fresh && actor.proof.assurance >= self.assurance) {
            return Ok(());
        }
        let challenge = format!(
            "Bearer realm=\"motcua\", error=\"insufficient_user_authentication\", acr_values=\"{}\", max_age=\"{}\"",
            self.assurance.name(),
            self.max_age
        );
        Err(Problem::new(shared::STEP_UP)
            .extra("acrValues", self.assurance.name())
            .extra("maxAge", self.max_age)
            .challenge(challenge))
    }
}

/// The caller holds permission `P`.
///
/// # Errors
/// 401 without a good token, 403 `auth.forbidden` without the permission.
#[derive(Clone, Debug)]
pub struct Allowed<P>(pub Actor, PhantomData<P>);

impl<P> Allowed<P> {
    /// Who calls.
    pub fn actor(&self) -> &Actor {
        &self.0
    }
}

impl<P: Required> FromRequest for Allowed<P> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let actor = identify(&req)
                .await?
                .ok_or_else(|| Problem::new(shared::TOKEN_MISSING))?;
            if actor.can(P::PERMISSION) {
                Ok(Self(actor, PhantomData))
            } else {
                Err(Problem::new(shared::FORBIDDEN).extra("permission", P::PERMISSION.name()))
            }
        })
    }
}

/// As [`Allowed`], by a person who proved who they are lately and surely enough ([`StepUp`]).
///
/// # Errors
/// As [`Allowed`]; 401 `auth.step-up-required`.
#[derive(Clone, Debug)]
pub struct SteppedUp<P>(pub Actor, PhantomData<P>);

impl<P> SteppedUp<P> {
    /// Who calls.
    pub fn actor(&self) -> &Actor {
        &self.0
    }
}

impl<P: Required> FromRequest for SteppedUp<P> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let allowed = Allowed::<P>::from_request(req, payload);
        let rt = req.app_data::<web::Data<Runtime>>().cloned();
        Box::pin(async move {
            let Allowed(actor, kind) = allowed.await?;
            let rt =
                rt.ok_or_else(|| Problem::internal(anyhow::anyhow!("no runtime in app data")))?;
            let now = rt.clock.now().timestamp();
            rt.tokens.step_up().check(&actor, now)?;
            Ok(Self(actor, kind))
        })
    }
}

/// As [`SignedIn`], by a person who proved who they are lately and surely enough ([`StepUp`]).
///
/// # Errors
/// As [`SignedIn`]; 401 `auth.step-up-required`.
#[derive(Clone, Debug)]
pub struct SignedInLately(pub Actor);

impl FromRequest for SignedInLately {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(req, payload);
        let rt = req.app_data::<web::Data<Runtime>>().cloned();
        Box::pin(async move {
            let SignedIn(actor) = signed_in.await?;
            let rt =
                rt.ok_or_else(|| Problem::internal(anyhow::anyhow!("no runtime in app data")))?;
            rt.tokens
                .step_up()
                .check(&actor, rt.clock.now().timestamp())?;
            Ok(Self(actor))
        })
    }
}

/// Anyone with a good token.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Actor);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            identify(&req)
                .await?
                .map(Self)
                .ok_or_else(|| Problem::new(shared::TOKEN_MISSING))
        })
    }
}

/// A good token or none. A bad token is still refused.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<Actor>);

impl FromRequest for MaybeSignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { identify(&req).await.map(Self) })
    }
}

/// Anyone with a good token, and all that it says: for who must know more of it than who calls.
#[derive(Clone, Debug)]
pub struct Bearer(pub Claims);

impl FromRequest for Bearer {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let token = bearer(&req)?.ok_or_else(|| Problem::new(shared::TOKEN_MISSING))?;
            let rt = runtime(&req)?;
            let from = crate::origin::address(&req);
            rt.tokens.claims(token, from, rt).await.map(Self)
        })
    }
}

async fn identify(req: &HttpRequest) -> Result<Option<Actor>, Problem> {
    if let Some(actor) = req.extensions().get::<Actor>() {
        return Ok(Some(actor.clone()));
    }
    let Some(token) = bearer(req)? else {
        return Ok(None);
    };
    let rt = runtime(req)?;
    let from = crate::origin::address(req);
    let actor = rt.tokens.verify(token, from, rt).await?;
    req.extensions_mut().insert(actor.clone());
    Ok(Some(actor))
}

/// The token of the request, if it brings one.
fn bearer(req: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(value) = req.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|v| v.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Some(token.trim()))
        .ok_or_else(|| Problem::new(shared::TOKEN_INVALID))
}

fn runtime(req: &HttpRequest) -> Result<&Runtime, Problem> {
    req.app_data::<web::Data<Runtime>>()
        .map(|rt| &***rt)
        .ok_or_else(|| Problem::internal(anyhow::anyhow!("no runtime in app data")))
}
