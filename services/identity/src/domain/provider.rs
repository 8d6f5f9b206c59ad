//! National identity providers (VNeID, VNConnect): what they say of a person, and when it is believed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// A provider, as it is configured.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Short name in addresses and tokens, e.g. `vneid`.
    pub id: String,
    /// On the button.
    pub name_vi: String,
    /// On the button, in English.
    pub name_en: String,
    /// `iss` of its id tokens.
    pub issuer: String,
    /// Where browsers go. A path is one of our own: the stand-in.
    pub authorization_endpoint: String,
    /// Where codes become tokens.
    pub token_endpoint: String,
    /// Who signed in.
    pub userinfo_endpoint: String,
    /// Its keys.
    pub jwks_uri: String,
    /// Who we are there. The secret is in `provider_secrets`.
    pub client_id: String,
    /// Scopes.
    #[serde(default = "openid")]
    pub scope: String,
    /// `acr_values` of the request, e.g. `LoA1`; empty: none.
    #[serde(default)]
    pub acr_values: String,
    /// Whether it takes PKCE.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// Whether the secret goes in the form, not by HTTP Basic.
    #[serde(default)]
    pub secret_in_form: bool,
    /// Names of what it tells.
    #[serde(default)]
    pub claims: Names,
    /// Levels of its own that mean two factors.
    #[serde(default)]
    pub multi_factor: Vec<String>,
    /// Whether somebody who comes for the first time gets an account.
    #[serde(default = "yes")]
    pub creates_accounts: bool,
    /// Whether it is known to heed `prompt=login`: then a sign-in whose `auth_time` it does not tell counts as a proof of this moment.
    #[serde(default)]
    pub fresh_by_prompt: bool,
}

/// How the provider names what we read in its userinfo; those of VNConnect unless configured otherwise. Empty: it does not tell that.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Whom it is about: the `sub` of the id token again. Empty: it does not say, and the id token alone does.
    pub subject: String,
    /// Số định danh cá nhân.
    pub number: String,
    /// Full name. Needed for a new account only.
    pub name: String,
    /// Kind of account: `1` is a person. Empty: all are.
    pub kind: String,
    /// Tax code of an organisation.
    pub tax_code: String,
    /// Level of assurance.
    pub loa: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            number: "SoDinhDanh".to_owned(),
            name: "HoTen".to_owned(),
            kind: "LoaiTaiKhoan".to_owned(),
            tax_code: "MaSoThue".to_owned(),
            loa: "loAs".to_owned(),
        }
    }
}

impl Names {
    /// Whether userinfo is about whom the id token names (OpenID Connect Core §5.3.2): `sub` must be the same where it is there, and so
    /// must what the provider is configured to say it in.
    pub(crate) fn is_about(&self, info: &Value, sub: &str) -> bool {
        let same = |name: &str| match info.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(told)) => Some(told == sub),
            Some(Value::Number(told)) => Some(told.to_string() == sub),
            Some(_) => Some(false),
        };
        same("sub") != Some(false) && (self.subject.is_empty() || same(&self.subject) == Some(true))
    }
}

impl Provider {
    /// Looks whether all is configured that a sign-in needs.
    ///
    /// # Errors
    /// What is not, by the name of the setting.
    pub(crate) fn check(&self) -> Result<(), String> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        if self.id.is_empty() || !self.id.bytes().all(plain) {
            return Err("id is not of lower-case letters, digits, - and _".to_owned());
        }
        for (setting, text) in [
            ("name_vi", &self.name_vi),
            ("name_en", &self.name_en),
            ("issuer", &self.issuer),
            ("client_id", &self.client_id),
        ] {
            if text.trim().is_empty() {
                return Err(format!("{setting} is empty"));
            }
        }
        for (setting, at) in [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("userinfo_endpoint", &self.userinfo_endpoint),
            ("jwks_uri", &self.jwks_uri),
        ] {
            let ours = at.starts_with('/');
            let theirs = Url::parse(at).is_ok_and(|u| matches!(u.scheme(), "https" | "http"));
            if !ours && !theirs {
                return Err(format!("{setting} is no address: {at:?}"));
            }
        }
        if !self.scope.split_whitespace().any(|one| one == "openid") {
            return Err("scope has no openid, without which there is no id token".to_owned());
        }
        let Names {
            number, name, loa, ..
        } = &self.claims;
        if number.is_empty() {
            return Err("claims.number is empty, by which people are found".to_owned());
        }
        if name.is_empty() && self.creates_accounts {
            return Err(
                "claims.name is empty: a new account has a name (or set creates_accounts=false)"
                    .to_owned(),
            );
        }
        if loa.is_empty() && !self.multi_factor.is_empty() {
            return Err("claims.loa is empty, and multi_factor names levels".to_owned());
        }
        Ok(())
    }

    /// What we call from server to server, but for the paths of our own.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = Url> {
        [
            &self.token_endpoint,
            &self.userinfo_endpoint,
            &self.jwks_uri,
        ]
        .into_iter()
        .filter_map(|at| Url::parse(at).ok())
    }
}

fn openid() -> String {
    "openid".to_owned()
}

fn yes() -> bool {
    true
}

/// The claims of its id token that are checked.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct IdToken {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Audience,
    #[serde(default)]
    pub(crate) azp: Option<String>,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    #[serde(default)]
    pub(crate) nonce: Option<String>,
    /// When the person proved who it is; providers need not say so.
    #[serde(default)]
    pub(crate) auth_time: Option<i64>,
    /// To which access token it belongs; providers need not say so.
    #[serde(default)]
    pub(crate) at_hash: Option<String>,
}

/// One or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Many(Vec<String>),
}

/// How far its clock may differ, seconds.
const LEEWAY: i64 = 60;
/// An id token is used at once; an older one is somebody else's, seconds.
const OLDEST: i64 = 600;

impl IdToken {
    /// Whether it is about this sign-in (OpenID Connect Core §3.1.3.7). The signature was checked before.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check(
        &self,
        provider: &Provider,
        nonce: &str,
        now: i64,
    ) -> Result<(), &'static str> {
        if self.iss != provider.issuer {
            return Err("another issuer");
        }
        let ours = |name: &String| *name == provider.client_id;
        let good = match &self.aud {
            Audience::One(one) => ours(one) && self.azp.as_ref().is_none_or(ours),
            // Several parties: it must say that it was given to us.
            Audience::Many(many) => {
                many.iter().any(ours) && self.azp.as_ref().map_or(many.len() == 1, ours)
            }
        };
        if !good {
            return Err("not for us");
        }
        if self.exp.saturating_add(LEEWAY) <= now {
            return Err("expired");
        }
        if self.iat.saturating_sub(LEEWAY) > now || self.iat < now.saturating_sub(OLDEST) {
            return Err("of another time");
        }
        if self
            .auth_time
            .is_some_and(|at| at.saturating_sub(LEEWAY) > now || at < now.saturating_sub(OLDEST))
        {
            return Err("proved at another time");
        }
        if self.nonce.as_deref() != Some(nonce) {
            return Err("of another sign-in");
        }
        Ok(())
    }

    /// When the person proved who it is, unix seconds. `None`: the provider does not say, and may have a session of its own.
    pub(crate) fn proved(&self, provider: &Provider, now: i64) -> Option<i64> {
        let told = self.auth_time.map(|at| at.min(now));
        told.or_else(|| provider.fresh_by_prompt.then_some(now))
    }
}

/// A party that the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Số định danh of a person, or tax code of an organisation.
    pub(crate) number: String,
    /// A person, else an organisation.
    pub(crate) person: bool,
    /// For a new account.
    pub(crate) name: Option<String>,
    /// Its own level of assurance, e.g. `LoA2`.
    pub(crate) loa: String,
}

/// What userinfo says, read by the provider's names. `None`: no verified number, so nobody we could link.
pub(crate) fn read(names: &Names, info: &Value) -> Option<Verified> {
    let text = |name: &str| match info.get(name).filter(|_| !name.is_empty()) {
        Some(Value::String(text)) => vn::text::nfc(text.trim()),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let kind = text(&names.kind);
    let person = kind.is_empty() || kind == "1";
    let number = if person {
        let number = vn::cccd::Cccd::parse_any_place(&text(&names.number)).ok()?;
        number.as_str().to_owned()
    } else {
        let code = vn::mst::TaxCode::parse(&text(&names.tax_code)).ok()?;
        code.as_str().to_owned()
    };
    let name: String = text(&names.name).chars().take(200).collect();
    let loa: String = text(&names.loa).chars().take(32).collect();
    Some(Verified {
        number,
        person,
        name: Some(name).filter(|name| !name.is_empty()),
        loa,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn provider() -> Provider {
        serde_json::from_value(json!({
            "id": "vneid", "name_vi": "VNeID", "name_en": "VNeID", "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/a", "token_endpoint": "https://id.example/t",
            "userinfo_endpoint": "https://id.example/u", "jwks_uri": "https://id.example/k", "client_id": "motcua",
        }))
        .expect("a provider")
    }

    fn token() -> Value {
        json!({"iss": "https://id.example", "sub": "s", "aud": "motcua", "exp": 1300, "iat": 1000, "nonce": "n"})
    }

    #[test]
    fn an_id_token_is_believed_for_this_sign_in_only() {
        let checked = |change: Value| {
            let mut token = token();
            for (name, value) in change.as_object().expect("changes") {
                token[name] = value.clone();
            }
            let token: IdToken = serde_json::from_value(token).expect("claims");
            token.check(&provider(), "n", 1000)
        };
        assert_eq!(checked(json!({})), Ok(()));
        assert_eq!(checked(json!({"auth_time": 990})), Ok(()));
        assert_eq!(checked(json!({"auth_time": 1060})), Ok(()));
        assert_eq!(checked(json!({"aud": ["motcua"], "azp": "motcua"})), Ok(()));
        assert_eq!(
            checked(json!({"aud": ["other", "motcua"], "azp": "motcua"})),
            Ok(())
        );
        for (change, flaw) in [
            (json!({"iss": "https://id.example/"}), "another issuer"),
            (json!({"aud": "other"}), "not for us"),
            (json!({"aud": ["other", "motcua"]}), "not for us"),
            (json!({"azp": "other"}), "not for us"),
            (json!({"exp": 940}), "expired"),
            (json!({"iat": 1061}), "of another time"),
            (json!({"iat": 399}), "of another time"),
            (json!({"auth_time": 399}), "proved at another time"),
            (json!({"auth_time": 1061}), "proved at another time"),
            (json!({"nonce": "m"}), "of another sign-in"),
            (json!({"nonce": null}), "of another sign-in"),
        ] {
            assert_eq!(checked(change), Err(flaw));
        }
    }

    #[test]
    fn a_proof_of_which_nobody_says_when_is_of_no_time() {
        let proved = |auth_time: Value, fresh_by_prompt: bool| {
            let mut said = token();
            said["auth_time"] = auth_time;
            let said: IdToken = serde_json::from_value(said).expect("claims");
            let provider = Provider {
                fresh_by_prompt,
                ..provider()
            };
            said.proved(&provider, 1000)
        };
        for (auth_time, known, at) in [
            (json!(700), false, Some(700)),
            (json!(700), true, Some(700)),
            (json!(1030), false, Some(1000)),
            (json!(null), false, None),
            (json!(null), true, Some(1000)),
        ] {
            assert_eq!(proved(auth_time.clone(), known), at, "{auth_time} {known}");
        }
    }

    #[test]
    fn userinfo_is_about_whom_the_id_token_names() {
        let about = |subject: &str, info: Value| {
            let names = Names {
                subject: subject.to_owned(),
                ..Names::default()
            };
            names.is_about(&info, "7")
        };
        for (subject, info) in [
            ("sub", json!({"sub": "7"})),
            ("", json!({"sub": "7"})),
            ("", json!({"TechID": "8"})),
            ("", json!({"sub": null})),
            ("TechID", json!({"TechID": "7"})),
            ("TechID", json!({"TechID": 7, "sub": "7"})),
        ] {
            assert!(about(subject, info.clone()), "{subject}: {info}");
        }
        for (subject, info) in [
            ("sub", json!({})),
            ("sub", json!({"sub": null})),
            ("sub", json!({"sub": "8"})),
            ("sub", json!({"sub": ["7"]})),
            ("", json!({"sub": "8"})),
            ("TechID", json!({"sub": "7"})),
            ("TechID", json!({"TechID": "7", "sub": "8"})),
            ("TechID", json!({"TechID": "8", "sub": "7"})),
            ("sub", json!("sub")),
        ] {
            assert!(!about(subject, info.clone()), "{subject}: {info}");
        }
    }

    #[test]
    fn what_the_configuration_lacks_is_named() {
        assert_eq!(provider().check(), Ok(()));
        type Change = fn(&mut Provider);
        let lacks = |change: Change| {
            let mut provider = provider();
            change(&mut provider);
            provider.check().expect_err("something is lacking")
        };
        let changes: [(&str, Change); 8] = [
            ("id", |p| p.id = "VN eID".into()),
            ("issuer", |p| p.issuer.clear()),
            ("client_id", |p| p.client_id = " ".into()),
            ("jwks_uri", |p| p.jwks_uri = "id.example/keys".into()),
            ("scope", |p| p.scope = "profile".into()),
            ("claims.number", |p| p.claims.number.clear()),
            ("claims.name", |p| p.claims.name.clear()),
            ("claims.loa", |p| {
                p.claims.loa.clear();
                p.multi_factor = vec!["LoA2".into()];
            }),
        ];
        for (setting, change) in changes {
            let said = lacks(change);
            assert!(
                said.starts_with(&format!("{setting} ")),
                "{setting}: {said}"
            );
        }
        let mut nameless = provider();
        nameless.claims.name.clear();
        nameless.claims.subject.clear();
        nameless.creates_accounts = false;
        assert_eq!(nameless.check(), Ok(()));
    }

    #[test]
    fn only_a_verified_number_makes_somebody() {
        let read = |info: Value| read(&Names::default(), &info);
        let person = json!({"TechID": "t", "LoaiTaiKhoan": 1, "SoDinhDanh": "024090000001", "HoTen": "Nguyễn Văn An", "loAs": "LoA2"});
        let found = read(person.clone()).expect("a person");
        assert_eq!(
            (found.number.as_str(), found.person, found.loa.as_str()),
            ("024090000001", true, "LoA2")
        );
        for change in [
            json!({"SoDinhDanh": null}),
            json!({"SoDinhDanh": "123456789"}),
            json!({"SoDinhDanh": ["024090000001"]}),
        ] {
            let mut info = person.clone();
            for (name, value) in change.as_object().expect("changes") {
                info[name] = value.clone();
            }
            assert_eq!(read(info), None, "{change}");
        }
        // As VNConnect publishes its fields there is no name: it is needed for a new account only.
        let mut nameless = person.clone();
        nameless["HoTen"] = json!(" ");
        assert_eq!(read(nameless).expect("a person").name, None);
        let organisation =
            json!({"LoaiTaiKhoan": "2", "MaSoThue": "2400123458", "HoTen": "Công ty TNHH Hoa Sen"});
        let found = read(organisation).expect("an organisation");
        assert_eq!((found.number.as_str(), found.person), ("2400123458", false));
        assert_eq!(
            read(json!({"LoaiTaiKhoan": "2", "SoDinhDanh": "024090000001", "HoTen": "X"})),
            None
        );
        assert_eq!(read(json!("text")), None);
    }
}
