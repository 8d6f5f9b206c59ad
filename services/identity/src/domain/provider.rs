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
}

/// How the provider names what we read; those of VNConnect unless configured otherwise.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Số định danh cá nhân.
    pub number: String,
    /// Full name.
    pub name: String,
    /// Kind of account: `1` is a person.
    pub kind: String,
    /// Tax code of an organisation.
    pub tax_code: String,
    /// Level of assurance.
    pub loa: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            number: "SoDinhDanh".to_owned(),
            name: "HoTen".to_owned(),
            kind: "LoaiTaiKhoan".to_owned(),
            tax_code: "MaSoThue".to_owned(),
            loa: "loAs".to_owned(),
        }
    }
}

impl Provider {
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
            .is_some_and(|at| at < now.saturating_sub(OLDEST))
        {
            return Err("proved at another time");
        }
        if self.nonce.as_deref() != Some(nonce) {
            return Err("of another sign-in");
        }
        Ok(())
    }
}

/// A party that the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Số định danh of a person, or tax code of an organisation.
    pub(crate) number: String,
    /// A person, else an organisation.
    pub(crate) person: bool,
    pub(crate) name: String,
    /// Its own level of assurance, e.g. `LoA2`.
    pub(crate) loa: String,
}

/// What userinfo says, read by the provider's names. `None`: no verified number, so nobody we could link.
pub(crate) fn read(names: &Names, info: &Value) -> Option<Verified> {
    let text = |name: &str| match info.get(name) {
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
    (!name.is_empty()).then_some(Verified {
        number,
        person,
        name,
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
            (json!({"nonce": "m"}), "of another sign-in"),
            (json!({"nonce": null}), "of another sign-in"),
        ] {
            assert_eq!(checked(change), Err(flaw));
        }
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
            json!({"HoTen": " "}),
        ] {
            let mut info = person.clone();
            for (name, value) in change.as_object().expect("changes") {
                info[name] = value.clone();
            }
            assert_eq!(read(info), None, "{change}");
        }
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
