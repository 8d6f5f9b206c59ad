//! Lists: `{ "items": […], "next": "<cursor>" }`, keyset paging, at most 100 a page, in an order that is stated.

use crate::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use contracts::problem::shared;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Paging parameters. Flatten-free on purpose: lists have their own query struct with these two fields, and call
/// [`limit`].
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    pub limit: Option<u32>,
    /// Cursor from the page before.
    pub cursor: Option<String>,
}

/// The largest page.
pub const MAX_LIMIT: u32 = 100;
/// The page size when none is asked for.
pub const DEFAULT_LIMIT: u32 = 20;

/// Checks a page size.
///
/// # Errors
/// `query.invalid` when it is outside 1–100.
pub fn limit(asked: Option<u32>) -> Result<u64, Problem> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        n @ 1..=MAX_LIMIT => Ok(u64::from(n)),
        _ => Err(Problem::new(shared::QUERY_INVALID).field(
            "limit",
            shared::FIELD_INVALID,
            "Số dòng mỗi trang từ 1 đến 100",
            "The page size is from 1 to 100",
        )),
    }
}

/// Writes a cursor: the key of the last item shown.
pub fn encode_cursor(key: &impl Serialize) -> String {
    B64.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads a cursor.
///
/// # Errors
/// `query.cursor` when it is not one of ours.
pub fn decode_cursor<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    B64.decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .filter(|key| crate::http::nul(key).is_none())
        .and_then(|key| serde_json::from_value(key).ok())
        .ok_or_else(|| Problem::new(shared::CURSOR_INVALID))
}

impl<T> Page<T> {
    /// Cuts a page from rows that were read with `limit + 1`, and makes the cursor from the last item kept.
    pub fn cut<K: Serialize>(mut rows: Vec<T>, limit: u64, key: impl FnOnce(&T) -> K) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more {
            rows.last().map(|last| encode_cursor(&key(last)))
        } else {
            None
        };
        Self { items: rows, next }
    }

    /// Maps the items, keeping the cursor.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_points_to_the_next() {
        let page = Page::cut(vec![1, 2, 3], 2, |n| *n);
        assert_eq!(page.items, [1, 2]);
        let key: i32 = decode_cursor(page.next.as_deref().expect("more")).expect("cursor");
        assert_eq!(key, 2);
        assert!(Page::cut(vec![1, 2], 2, |n| *n).next.is_none());
        assert!(decode_cursor::<i32>("💥").is_err());
        assert!(limit(Some(0)).is_err() && limit(Some(101)).is_err() && limit(Some(100)).is_ok());
    }
}
