//! Temporary passwords: made here, sent to identity once and shown once. They are in no log and no address.

use super::accounts::PATH;
use crate::api::types::ManagedAccount;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::shell::{Page, Section, ok};
use actix_web::HttpResponse;
use askama::Template;
use std::time::Duration;
use uuid::Uuid;

/// Letters and digits that are not taken for one another when they are read aloud or copied by hand: no `i`, `l`, `o`, `0`, `1`.
const SIGNS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// So many of them: 99 bits.
const LENGTH: usize = 20;
/// As many letters at least, so that what identity calls a common word with figures cannot come out.
const LETTERS: usize = 8;
/// How long a form that has made its account is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// A password to be read aloud: five groups of four.
pub(super) fn readable(random: impl Fn() -> [u8; 32]) -> String {
    loop {
        let mut signs: Vec<char> = Vec::new();
        while signs.len() < LENGTH {
            // Five bits name a sign; there are 31, and the 32nd number is thrown away: a remainder would favour some.
            signs.extend(
                random()
                    .iter()
                    .filter_map(|byte| SIGNS.get(usize::from(byte & 31)))
                    .map(|sign| char::from(*sign)),
            );
        }
        signs.truncate(LENGTH);
        if signs.iter().filter(|sign| sign.is_alphabetic()).count() >= LETTERS {
            let groups: Vec<String> = signs
                .chunks(4)
                .map(|group| group.iter().collect())
                .collect();
            return groups.join("-");
        }
    }
}

/// A new one.
pub(super) fn fresh(ctx: &Ctx) -> String {
    readable(|| ctx.app.rt.ids.bytes())
}

/// The key of a form for a new account, and the password that goes with it. Both lie sealed in the form: the API answers a key that it
/// knows with what it said before and does not compare passwords, so a form that is sent again must send, and show, the same one.
pub(super) struct Offer {
    pub(super) key: Uuid,
    pub(super) password: String,
}

impl Offer {
    pub(super) fn new(ctx: &Ctx) -> Self {
        Self {
            key: ctx.app.rt.ids.uuid(ctx.app.rt.clock.now()),
            password: fresh(ctx),
        }
    }

    /// The one of a form; a new one when it holds none of this session.
    pub(super) fn of(ctx: &Ctx, fields: &Fields) -> Self {
        let opened = ctx
            .app
            .rt
            .sealer
            .open_about(fields.get("key"), &about(ctx))
            .ok();
        opened
            .as_deref()
            .and_then(|plain| plain.split_once(' '))
            .and_then(|(key, password)| {
                Some(Self {
                    key: key.parse().ok()?,
                    password: password.to_owned(),
                })
            })
            .unwrap_or_else(|| Self::new(ctx))
    }

    /// As the form holds it.
    pub(super) fn sealed(&self, ctx: &Ctx) -> String {
        let plain = format!("{} {}", self.key, self.password);
        let rt = &ctx.app.rt;
        rt.sealer.seal_about(rt.ids, &plain, &about(ctx))
    }

    /// The account that the form has made already.
    pub(super) async fn made(&self, ctx: &Ctx) -> Option<Uuid> {
        let kept = ctx.app.rt.cache.get(&self.mark(ctx)).await?;
        std::str::from_utf8(&kept).ok()?.parse().ok()
    }

    /// Remembers that the form has made its account: its password is not shown again.
    pub(super) async fn remember(&self, ctx: &Ctx, account: Uuid) {
        let value = account.to_string();
        ctx.app
            .rt
            .cache
            .set(&self.mark(ctx), value.as_bytes(), REMEMBERED)
            .await;
    }

    fn mark(&self, ctx: &Ctx) -> String {
        let hash = ctx.app.rt.sealer.lookup_hash(&self.key.to_string());
        format!("portal:account-made:{hash}")
    }
}

/// What the sealed text belongs to: no other session opens it.
fn about(ctx: &Ctx) -> String {
    let csrf = ctx.session.as_ref().map_or("", |s| s.csrf.as_str());
    format!("portal:new-account:{csrf}")
}

#[derive(Template)]
#[template(path = "account_password.html")]
struct Once {
    page: Page,
    name: String,
    login: String,
    password: String,
    /// By when the person must have signed in.
    within: String,
    href: String,
}

/// Shows a password that was just set.
pub(super) fn once(
    ctx: &Ctx,
    account: ManagedAccount,
    password: String,
) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let href = format!("{PATH}/{}", account.id);
    let within = match &account.temporary_password_until {
        Some(until) => t.sign_in_within(
            format::days_between(&ctx.app.rt.clock.now(), until),
            &format::time(until),
        ),
        None => t.password_choose().to_owned(),
    };
    // `no-store`, as every page.
    ok(&Once {
        page: Page::new(ctx, Section::Admin, t.password_title()).at(&href),
        name: account.name,
        login: account.login,
        password,
        within,
        href,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::collections::BTreeSet;

    #[test]
    fn passwords_are_readable_and_differ() {
        let ids = kit::Ids;
        let all: BTreeSet<String> = (0..500).map(|_| readable(|| ids.bytes())).collect();
        assert_eq!(all.len(), 500);
        for password in all {
            let groups: Vec<&str> = password.split('-').collect();
            assert_eq!(groups.len(), 5, "{password}");
            for group in groups {
                assert!(
                    group.len() == 4 && group.bytes().all(|b| SIGNS.contains(&b)),
                    "{password}"
                );
            }
            let letters = password.chars().filter(|c| c.is_alphabetic()).count();
            assert!(letters >= LETTERS, "{password}");
        }
    }

    #[test]
    fn what_names_no_sign_and_what_is_figures_alone_is_drawn_again() {
        // First nothing but the number without a sign, then the digit 9, then letters.
        let draws = Cell::new(0_u8);
        let password = readable(|| {
            draws.set(draws.get() + 1);
            match draws.get() {
                1 => [31; 32],
                2 => [30; 32],
                _ => std::array::from_fn(|at| u8::try_from(at % 23).unwrap_or_default()),
            }
        });
        assert_eq!(password, "abcd-efgh-jkmn-pqrs-tuvw");
        assert_eq!(draws.get(), 3);
    }
}
