//! The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1).

use super::client::{Client, Grant};
use super::params::Params;
use super::secret::is_challenge;
use contracts::{AccountId, Assurance, Language};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A request that may be answered with a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    /// Space separated, only what we know, in our order.
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) prompt: Prompt,
    /// The client wants the person asked whether to let it in (`prompt=consent`), whatever else they have just done.
    #[serde(default)]
    pub(crate) consent: bool,
    /// Seconds since the password was given that are still fresh enough; zero: a new sign-in, whatever there is.
    pub(crate) max_age: Option<i64>,
    /// How surely the person must have proved who they are: the least of the `acr_values` that we know.
    #[serde(default)]
    pub(crate) assurance: Assurance,
    /// What to write into the login field.
    pub(crate) login_hint: Option<String>,
    /// Whom the client takes to be signed in: nobody else will do.
    #[serde(default)]
    pub(crate) hint: Option<Hint>,
    /// The language of the pages, where the client names one that we speak.
    #[serde(default)]
    pub(crate) language: Option<Language>,
    /// The mandate by which the person wants to act for somebody else.
    #[serde(default)]
    pub(crate) acting_for: Option<Uuid>,
    /// The person wants to choose another password (`action=change_password`, a parameter of ours): asked for once both factors are proved.
    #[serde(default)]
    pub(crate) change_password: bool,
    /// The code of a device that waits: then nobody is redirected, and the person is asked whether to let it in.
    #[serde(default)]
    pub(crate) device: Option<String>,
}

/// An `id_token_hint` that was found to be good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hint {
    pub(crate) token: String,
    /// Whom it is about.
    pub(crate) sub: AccountId,
}

/// Whether the person must be, or must not be, asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Prompt {
    /// Ask when not signed in.
    #[default]
    Auto,
    /// Never ask.
    None,
    /// Always ask.
    Login,
}

/// A refusal that is told to the client by redirect: `error` of RFC 6749 §4.1.2.1 and a description for its developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

/// The scopes we know, in the order they are written.
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", "phone"];

/// What a request consists of.
const PARAMETERS: [&str; 19] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "ui_locales",
    "id_token_hint",
    "login_hint",
    "acting_for",
    "action",
    "request",
    "request_uri",
];

/// Longer values of `state` and `nonce` are refused, characters.
const OPAQUE_LIMIT: usize = 1024;

fn denied(error: &'static str, description: &'static str) -> Denied {
    Denied { error, description }
}

impl AuthorizationRequest {
    /// Reads a request whose client and redirect URI are known to be good. What `id_token_hint` says is for whoever has the keys.
    ///
    /// # Errors
    /// See [`Denied`].
    pub(crate) fn read(
        client: &Client,
        redirect_uri: &str,
        params: &Params,
    ) -> Result<Self, Denied> {
        let invalid = |text| denied("invalid_request", text);
        if params.get("request").is_some() {
            return Err(denied(
                "request_not_supported",
                "request objects are not supported",
            ));
        }
        if params.get("request_uri").is_some() {
            return Err(denied(
                "request_uri_not_supported",
                "request_uri is not supported",
            ));
        }
        match params.get("response_type") {
            None => return Err(invalid("response_type is missing")),
            Some("code") => {}
            Some(_) => {
                return Err(denied(
                    "unsupported_response_type",
                    "only response_type=code is supported",
                ));
            }
        }
        if params
            .get("response_mode")
            .is_some_and(|mode| mode != "query")
        {
            return Err(invalid("only response_mode=query is supported"));
        }
        if !client.may(Grant::AuthorizationCode) {
            return Err(denied(
                "unauthorized_client",
                "this client may not use the code flow",
            ));
        }
        let challenge = params
            .get("code_challenge")
            .ok_or_else(|| invalid("code_challenge is required (PKCE)"))?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(invalid("code_challenge_method must be S256"));
        }
        if !is_challenge(challenge) {
            return Err(invalid("code_challenge must be 43 characters of base64url"));
        }
        let opaque = |name| match params.get(name) {
            Some(value) if value.chars().count() > OPAQUE_LIMIT => {
                Err(invalid("state and nonce are limited to 1024 characters"))
            }
            other => Ok(other.map(str::to_owned)),
        };
        let (prompt, consent) = prompts(params.get("prompt").unwrap_or(""))?;
        let change_password = match params.get("action") {
            None => false,
            Some("change_password") => true,
            Some(_) => return Err(invalid("action must be change_password")),
        };
        let max_age = params
            .get("max_age")
            .map(str::parse::<u32>)
            .transpose()
            .map_err(|_not_a_number| invalid("max_age must be a number of seconds"))?;
        let acting_for = params
            .get("acting_for")
            .map(str::parse::<Uuid>)
            .transpose()
            .map_err(|_no_id| invalid("acting_for must be the id of a mandate"))?;
        Ok(Self {
            client: client.id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            scope: known_scopes(params.get("scope").unwrap_or("")),
            state: opaque("state")?,
            nonce: opaque("nonce")?,
            challenge: challenge.to_owned(),
            prompt,
            consent,
            max_age: max_age.map(i64::from),
            assurance: assurance(params.get("acr_values").unwrap_or("")),
            login_hint: params
                .get("login_hint")
                .filter(|hint| hint.chars().count() <= 64)
                .map(str::to_owned),
            hint: None,
            language: language(params),
            acting_for,
            change_password,
            device: None,
        })
    }
}

impl AuthorizationRequest {
    /// The sign-in that lets a device in.
    pub(crate) fn of_device(client: &Client, scope: &str, user_code: &str) -> Self {
        Self {
            client: client.id.clone(),
            redirect_uri: String::new(),
            scope: scope.to_owned(),
            state: None,
            nonce: None,
            challenge: String::new(),
            prompt: Prompt::Auto,
            consent: false,
            max_age: None,
            assurance: Assurance::default(),
            login_hint: None,
            hint: None,
            language: None,
            acting_for: None,
            change_password: false,
            device: Some(user_code.to_owned()),
        }
    }

    /// The request again, as a path: for a page that is left by a link. Nobody is asked once more for what was just given.
    pub(crate) fn again(&self) -> String {
        if let Some(code) = &self.device {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("user_code", code)
                .finish();
            return format!("/oauth2/device?{query}");
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &self.scope)
            .append_pair("code_challenge", &self.challenge)
            .append_pair("code_challenge_method", "S256");
        for (name, value) in [("state", &self.state), ("nonce", &self.nonce)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some(mandate) = self.acting_for {
            query.append_pair("acting_for", &mandate.to_string());
        }
        if self.assurance > Assurance::SingleFactor {
            query.append_pair("acr_values", self.assurance.name());
        }
        if let Some(hint) = &self.hint {
            query.append_pair("id_token_hint", &hint.token);
        }
        if let Some(language) = self.language {
            let tag = match language {
                Language::Vi => "vi",
                Language::En => "en",
            };
            query.append_pair("ui_locales", tag);
        }
        // That question is still to come.
        if self.consent {
            query.append_pair("prompt", "consent");
        }
        format!("/oauth2/authorize?{}", query.finish())
    }
}

/// A request that came by POST, as a path. Only what a request consists of: a password that somebody posts here comes into no address.
pub(crate) fn by_get(params: &Params) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in PARAMETERS {
        if let Some(value) = params.get(name) {
            query.append_pair(name, value);
        }
    }
    format!("/oauth2/authorize?{}", query.finish())
}

/// Whether the person must be asked to sign in, and whether to let the client in (OpenID Connect Core §3.1.2.1).
fn prompts(asked: &str) -> Result<(Prompt, bool), Denied> {
    let words: Vec<&str> = asked.split(' ').filter(|word| !word.is_empty()).collect();
    let (mut prompt, mut consent) = (Prompt::Auto, false);
    for word in &words {
        match *word {
            "none" if words.len() == 1 => prompt = Prompt::None,
            "none" => return Err(denied("invalid_request", "prompt=none stands alone")),
            // One chooses another account by signing in to it.
            "login" | "select_account" => prompt = Prompt::Login,
            "consent" => consent = true,
            _ => {
                return Err(denied(
                    "invalid_request",
                    "prompt must be none, login, consent or select_account",
                ));
            }
        }
    }
    Ok((prompt, consent))
}

/// The first language among `ui_locales` that we speak.
pub(crate) fn language(params: &Params) -> Option<Language> {
    let mut tags = params.get("ui_locales")?.split(' ');
    tags.find_map(|tag| {
        let primary = tag.split('-').next().unwrap_or("");
        match primary.to_ascii_lowercase().as_str() {
            "vi" => Some(Language::Vi),
            "en" => Some(Language::En),
            _ => None,
        }
    })
}

/// The least of the values that we know: no code is given for less. None of them: whatever there is.
fn assurance(acr_values: &str) -> Assurance {
    let wished = |a: &Assurance| acr_values.split(' ').any(|v| v == a.name());
    Assurance::ALL.into_iter().find(wished).unwrap_or_default()
}

/// The scopes we know among those asked for; others are left out (RFC 6749 §3.3).
pub(crate) fn known_scopes(asked: &str) -> String {
    let asked: Vec<&str> = asked.split(' ').collect();
    let known: Vec<&str> = SCOPES.into_iter().filter(|s| asked.contains(s)).collect();
    known.join(" ")
}

/// Whether a space separated list holds this scope.
pub(crate) fn has_scope(scope: &str, one: &str) -> bool {
    scope.split(' ').any(|s| s == one)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=s&nonce=n&scope=profile+openid+admin";

    fn read(query: &str) -> Result<AuthorizationRequest, Denied> {
        let client = Client {
            id: "portal".into(),
            name: "P".into(),
            secret_hash: None,
            redirect_uris: vec![],
            post_logout_uris: vec![],
            loopback: false,
            grants: vec![Grant::AuthorizationCode],
            account: None,
        };
        AuthorizationRequest::read(
            &client,
            "http://x/cb",
            &Params::parse(query.as_bytes()).expect("params"),
        )
    }

    #[test]
    fn a_good_request_keeps_what_it_needs() {
        let request = read(GOOD).expect("good");
        assert_eq!(request.scope, "openid profile");
        assert_eq!(
            (request.state.as_deref(), request.nonce.as_deref()),
            (Some("s"), Some("n"))
        );
        assert_eq!(request.prompt, Prompt::Auto);
    }

    #[test]
    fn every_flaw_has_its_error() {
        for (query, error) in [
            (
                GOOD.replace("response_type=code", "response_type=token"),
                "unsupported_response_type",
            ),
            (GOOD.replace("response_type=code", "x=y"), "invalid_request"),
            (GOOD.replace("S256", "plain"), "invalid_request"),
            (
                GOOD.replace("&code_challenge_method=S256", ""),
                "invalid_request",
            ),
            (GOOD.replace("stw-cM", "stw-c"), "invalid_request"),
            (GOOD.replace("code_challenge=", "y="), "invalid_request"),
            (format!("{GOOD}&response_mode=fragment"), "invalid_request"),
            (format!("{GOOD}&request=x"), "request_not_supported"),
            (format!("{GOOD}&prompt=what"), "invalid_request"),
            (format!("{GOOD}&prompt=none+login"), "invalid_request"),
            (format!("{GOOD}&prompt=login+what"), "invalid_request"),
            (format!("{GOOD}&max_age=-1"), "invalid_request"),
            (format!("{GOOD}&acting_for=me"), "invalid_request"),
            (format!("{GOOD}&action=what"), "invalid_request"),
            (
                GOOD.replace("state=s", &format!("state={}", "s".repeat(1025))),
                "invalid_request",
            ),
        ] {
            assert_eq!(read(&query).expect_err(&query).error, error, "{query}");
        }
    }

    #[test]
    fn prompt_is_a_list() {
        for (asked, prompt, consent) in [
            ("", Prompt::Auto, false),
            ("none", Prompt::None, false),
            ("login", Prompt::Login, false),
            ("select_account", Prompt::Login, false),
            ("consent", Prompt::Auto, true),
            ("consent+login", Prompt::Login, true),
            ("login++select_account", Prompt::Login, false),
        ] {
            let request = read(&format!("{GOOD}&prompt={asked}")).expect(asked);
            assert_eq!(
                (request.prompt, request.consent),
                (prompt, consent),
                "{asked}"
            );
        }
    }

    #[test]
    fn the_first_language_that_we_speak() {
        for (asked, language) in [
            ("", None),
            ("fr", None),
            ("fr+en-GB+vi", Some(Language::En)),
            ("VI-VN+en", Some(Language::Vi)),
        ] {
            let request = read(&format!("{GOOD}&ui_locales={asked}")).expect(asked);
            assert_eq!(request.language, language, "{asked}");
        }
    }

    #[test]
    fn again_asks_for_the_same_but_for_what_was_given() {
        let asked = "&acr_values=phr&ui_locales=en&acting_for=01932f4c-0000-7000-8000-000000000001";
        let given = "&prompt=login+consent&max_age=60&action=change_password";
        let mut first = read(&format!("{GOOD}{asked}{given}")).expect("good");
        first.hint = Some(Hint {
            token: "x.y.z".into(),
            sub: AccountId(Uuid::nil()),
        });
        let path = first.again();
        let (_, query) = path.split_once('?').expect("a query");
        let hint = Params::parse(query.as_bytes()).expect("params");
        assert_eq!(hint.get("id_token_hint"), Some("x.y.z"));
        let again = read(query).expect("good");
        let wanted = AuthorizationRequest {
            prompt: Prompt::Auto,
            max_age: None,
            change_password: false,
            hint: None,
            ..first
        };
        assert_eq!(again, wanted);
    }

    #[test]
    fn by_post_nothing_but_the_request_goes_on() {
        let posted = format!("{GOOD}&login=citizen&password=secret&form=x");
        let path = by_get(&Params::parse(posted.as_bytes()).expect("params"));
        let (_, query) = path.split_once('?').expect("a query");
        assert_eq!(read(query), read(GOOD));
        assert!(
            !path.contains("secret") && !path.contains("citizen"),
            "{path}"
        );
    }
}
