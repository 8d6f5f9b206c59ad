//! A command as it comes in: who asks, for which dossier, at which version. The right to the command is in the type.

use super::dossiers::{Once, answer};
use crate::app::App;
use crate::app::commands::{Intent, by_person};
use crate::domain::CommandKind;
use crate::error::permit;
use crate::store::access::What;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use contracts::problem::shared;
use contracts::{Actor, DossierId, Language};
use kit::auth::SignedIn;
use kit::etag::IfMatch;
use kit::http::{IdempotencyKey, Path};
use kit::{FieldError, Problem};
use serde::Serialize;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use uuid::Uuid;

/// A command as a type.
pub(crate) trait Kind: 'static {
    /// Which.
    const KIND: CommandKind;
}

macro_rules! markers {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("[`CommandKind::", stringify!($name), "`].")]
        pub(crate) struct $name;
        impl Kind for $name {
            const KIND: CommandKind = CommandKind::$name;
        }
    )+};
}

markers!(
    Receive,
    RequestSupplement,
    Supplement,
    Refuse,
    Withdraw,
    StartHandling,
    Propose,
    SendBack,
    Approve,
    RequestPayment,
    ConfirmPayment,
    Stop,
    HandOver,
    Acknowledge,
    Apologise,
    Reopen,
    Correct,
);

/// A command of kind `K`, by someone who holds a right to it.
///
/// # Errors
/// 401 without a good token, or a fresh one where the command wants it; 403 without the right, 404 for what is no id, 412 for what is no version of ours.
pub(crate) struct Asked<K> {
    app: web::Data<App>,
    actor: Actor,
    id: DossierId,
    if_match: IfMatch,
    key: IdempotencyKey,
    language: Language,
    kind: PhantomData<K>,
}

impl<K: Kind> FromRequest for Asked<K> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(req, payload);
        let id = Path::<Uuid>::from_request(req, payload);
        let if_match = IfMatch::from_request(req, payload);
        let key = IdempotencyKey::from_request(req, payload);
        let language = kit::http::Language::of(req);
        let app = req.app_data::<web::Data<App>>().cloned();
        Box::pin(async move {
            let SignedIn(actor) = signed_in.await?;
            permit(&actor, K::KIND)?;
            let app = app.ok_or_else(|| Problem::internal(anyhow::anyhow!("no app data")))?;
            if K::KIND.wants_fresh_sign_in() {
                let now = app.rt.clock.now().timestamp();
                app.rt.tokens.step_up().check(&actor, now)?;
            }
            Ok(Self {
                app,
                actor,
                id: DossierId(id.await?.0),
                if_match: if_match.await?,
                key: key.await?,
                language,
                kind: PhantomData,
            })
        })
    }
}

impl<K: Kind> Asked<K> {
    /// Does it; answers with the dossier as it is then.
    pub(crate) async fn run(
        self,
        body: &impl Serialize,
        intent: Intent,
    ) -> Result<HttpResponse, Problem> {
        let Self {
            app,
            actor,
            id,
            if_match,
            key,
            language,
            kind: PhantomData,
        } = self;
        let version = if_match.required()?;
        let once = Once::new(
            &app,
            &actor,
            key.0,
            format!("{}:{id}", K::KIND.name()),
            body,
        )?;
        let app = &*app;
        once.run(app, async |tx| {
            let view = by_person(app, &tx, &actor, id, version, intent.clone()).await?;
            // The answer shows the dossier.
            let shown = What::Answer(K::KIND.name());
            durable::access::note(&tx, &app.rt, &actor, shown.of(&[id.0])).await?;
            answer(app, 200, &view, &actor, language, None)
        })
        .await
    }
}

/// Longest reasons and notes, characters.
const TEXT: usize = 4000;

/// Checks of texts in a command's body; what is wrong is gathered.
#[derive(Default)]
pub(crate) struct Texts {
    wrong: Vec<FieldError>,
}

impl Texts {
    /// A text that must say something.
    pub(crate) fn required(&mut self, pointer: impl Into<String>, given: &str) -> String {
        let (pointer, text) = (pointer.into(), clean(given));
        if text.is_empty() {
            self.wrong
                .push(FieldError::of(pointer, shared::FIELD_REQUIRED));
        } else if text.chars().count() > TEXT {
            self.wrong
                .push(FieldError::of(pointer, shared::FIELD_TOO_LONG));
        }
        text
    }

    /// A text that may be left out; an empty one is.
    pub(crate) fn optional(
        &mut self,
        pointer: impl Into<String>,
        given: Option<&str>,
    ) -> Option<String> {
        let given = given.filter(|g| !g.trim().is_empty())?;
        Some(self.required(pointer, given))
    }

    /// Notes a fault.
    pub(crate) fn refuse(&mut self, error: FieldError) {
        self.wrong.push(error);
    }

    /// Ends the checks.
    ///
    /// # Errors
    /// `body.invalid` with all that is wrong.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.wrong.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.wrong))
        }
    }
}

fn clean(given: &str) -> String {
    vn::text::clean(given).trim().to_owned()
}
