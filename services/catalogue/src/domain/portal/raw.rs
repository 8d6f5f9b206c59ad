//! The national portal's JSON as it comes: everything may be missing, null or of another type. Only what we use is named.

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer as _};

/// One line of the file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Line {
    #[serde(default, deserialize_with = "text")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) code: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "optional")]
    pub(super) detail: Option<Detail>,
}

/// The procedure itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Detail {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    #[serde(deserialize_with = "text")]
    pub(super) code: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) state: String,
    #[serde(deserialize_with = "list")]
    pub(super) execution_steps: Vec<Step>,
    #[serde(deserialize_with = "list")]
    pub(super) execution_methods: Vec<Method>,
    #[serde(deserialize_with = "list")]
    pub(super) execution_cases: Vec<Case>,
    #[serde(deserialize_with = "list")]
    pub(super) cases: Vec<ServiceCase>,
    #[serde(deserialize_with = "list")]
    pub(super) categories_details: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) subject_types_details: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) results_details: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) legal_basises_details: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) service_groups_details: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) departments_executing: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) departments_authority: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) departments_authorized: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) departments_coordinating: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) unit_groups_executing: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) unit_groups_authority: Vec<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) unit_groups_coordinating: Vec<Coded>,
    #[serde(deserialize_with = "text")]
    pub(super) executing_agencies: String,
    #[serde(deserialize_with = "text")]
    pub(super) delegated_agencies: String,
    #[serde(deserialize_with = "text")]
    pub(super) authorized_agencies: String,
    #[serde(deserialize_with = "text")]
    pub(super) coordinating_agencies: String,
    #[serde(deserialize_with = "text")]
    pub(super) dossier_receiving_addresses: String,
    #[serde(deserialize_with = "text")]
    pub(super) requirements_and_conditions: String,
    #[serde(deserialize_with = "text")]
    pub(super) keywords: String,
    #[serde(deserialize_with = "text")]
    pub(super) note: String,
    #[serde(deserialize_with = "text")]
    pub(super) decision_no: String,
    #[serde(deserialize_with = "text")]
    pub(super) department_promulgate_code: String,
    #[serde(deserialize_with = "text")]
    pub(super) department_promulgate_name: String,
    #[serde(deserialize_with = "optional")]
    pub(super) procedure_proposal: Option<Proposal>,
    #[serde(deserialize_with = "flag")]
    pub(super) is_full_process: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_internal: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_ward: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_province: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_ministry: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_other_agency: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_vertical: bool,
    #[serde(deserialize_with = "said")]
    pub(super) is_non_territorial: Option<bool>,
    // The portal has no word for these five; our own export has.
    #[serde(deserialize_with = "said")]
    pub(super) is_postal: Option<bool>,
    #[serde(deserialize_with = "said")]
    pub(super) is_kiosk: Option<bool>,
    #[serde(deserialize_with = "said")]
    pub(super) is_immediate_result: Option<bool>,
    #[serde(deserialize_with = "said")]
    pub(super) has_financial_duty: Option<bool>,
    #[serde(deserialize_with = "said")]
    pub(super) is_restricted: Option<bool>,
    #[serde(deserialize_with = "flag")]
    pub(super) is_offline_only: bool,
    #[serde(deserialize_with = "list")]
    pub(super) returning_methods: Vec<Returning>,
}

/// A code and a name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coded {
    #[serde(deserialize_with = "text")]
    pub(super) code: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
}

/// A step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) description: String,
}

/// A way of filing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Method {
    #[serde(deserialize_with = "text")]
    pub(super) submission_method: String,
    /// Number, or words.
    #[serde(deserialize_with = "text")]
    pub(super) processing_time: String,
    #[serde(deserialize_with = "text")]
    pub(super) processing_time_unit: String,
    #[serde(deserialize_with = "text")]
    pub(super) description: String,
    #[serde(deserialize_with = "list")]
    pub(super) fees: Vec<Fee>,
}

/// A fee row.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Fee {
    #[serde(rename = "type", deserialize_with = "text")]
    pub(super) kind: String,
    /// Integer, or nothing.
    #[serde(deserialize_with = "text")]
    pub(super) value: String,
    #[serde(deserialize_with = "text")]
    pub(super) currency_name: String,
    #[serde(deserialize_with = "optional")]
    pub(super) currency: Option<Coded>,
    #[serde(deserialize_with = "text")]
    pub(super) description: String,
}

/// A case with its papers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Case {
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "list")]
    pub(super) profile_components: Vec<Component>,
}

/// A paper.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Component {
    #[serde(deserialize_with = "text")]
    pub(super) profile_component_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) code: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) original_qty: String,
    #[serde(deserialize_with = "text")]
    pub(super) copy_qty: String,
    #[serde(deserialize_with = "flag")]
    pub(super) required: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) has_electronic_form: bool,
    /// Ours: the portal's `source` beside a paper is empty in every record of July 2026.
    #[serde(deserialize_with = "optional")]
    pub(super) replacing_database: Option<Coded>,
    #[serde(deserialize_with = "list")]
    pub(super) attachments: Vec<Attachment>,
}

/// A form file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Attachment {
    #[serde(deserialize_with = "text")]
    pub(super) file_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) file_path: String,
}

/// An entry of the service list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ServiceCase {
    #[serde(deserialize_with = "optional")]
    pub(super) processing_day: Option<ProcessingDay>,
}

/// Its term.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProcessingDay {
    #[serde(deserialize_with = "text")]
    pub(super) qty: String,
    #[serde(rename = "type", deserialize_with = "text")]
    pub(super) unit: String,
}

/// The publishing decision.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Proposal {
    #[serde(deserialize_with = "text")]
    pub(super) proposal_number: String,
    #[serde(deserialize_with = "text")]
    pub(super) decision_number: String,
    /// Milliseconds since 1970, midnight in Vietnam.
    #[serde(deserialize_with = "text")]
    pub(super) decision_date: String,
}

/// How results come back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Returning {
    #[serde(rename = "type", deserialize_with = "text")]
    pub(super) kind: String,
    #[serde(deserialize_with = "list")]
    pub(super) value: Vec<String>,
}

/// A string, also from a number or a boolean; anything else is empty.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    struct Visitor;
    impl<'de> de::Visitor<'de> for Visitor {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("text")
        }
        fn visit_str<E>(self, v: &str) -> Result<String, E> {
            Ok(v.to_owned())
        }
        fn visit_string<E>(self, v: String) -> Result<String, E> {
            Ok(v)
        }
        fn visit_bool<E>(self, v: bool) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_i64<E>(self, v: i64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_u64<E>(self, v: u64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_f64<E>(self, v: f64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_unit<E>(self) -> Result<String, E> {
            Ok(String::new())
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
            while map
                .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
                .is_some()
            {}
            Ok(String::new())
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<String, A::Error> {
            while seq.next_element::<de::IgnoredAny>()?.is_some() {}
            Ok(String::new())
        }
    }
    d.deserialize_any(Visitor)
}

/// A boolean; anything else is false.
fn flag<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    Ok(text(d)? == "true")
}

/// A boolean that may not be there: yes and no are told from what nobody has said.
fn said<'de, D: Deserializer<'de>>(d: D) -> Result<Option<bool>, D::Error> {
    Ok(match text(d)?.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    })
}

/// An object that may be null or of another type.
fn optional<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Option<T>, D::Error> {
    Ok(Lenient::<T>::deserialize(d)?.0)
}

/// A list that may be null or of another type; elements that are null or do not fit are left out.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    struct Visitor<T>(std::marker::PhantomData<T>);
    impl<'de, T: DeserializeOwned> de::Visitor<'de> for Visitor<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut out = Vec::new();
            while let Some(element) = seq.next_element::<Lenient<T>>()? {
                out.extend(element.0);
            }
            Ok(out)
        }
        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
            while map
                .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
                .is_some()
            {}
            Ok(Vec::new())
        }
    }
    d.deserialize_any(Visitor(std::marker::PhantomData))
}

/// An object or string that fits, else `None`. Read in one pass: most of a file is inside lists.
struct Lenient<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: DeserializeOwned> de::Visitor<'de> for Visitor<T> {
            type Value = Lenient<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("anything")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Lenient<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|t| Lenient(Some(t)))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Lenient<T>, E> {
                let text: de::value::StrDeserializer<'_, E> = v.into_deserializer();
                Ok(Lenient(T::deserialize(text).ok()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Lenient<T>, A::Error> {
                while seq.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Lenient(None))
            }
            fn visit_unit<E>(self) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
        }
        d.deserialize_any(Visitor(std::marker::PhantomData))
    }
}
