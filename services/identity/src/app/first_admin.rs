//! The administrator whom nobody can create through the API: the first one, and the one who locked himself out. For who holds the
//! database and the sealing secret, at a shell.

use super::accounts;
use super::passwords::Hasher;
use crate::domain::account::{Account, fold_login, kind_of};
use crate::domain::second_factor::recovery_code;
use crate::{Config, store};
use anyhow::{Context as _, bail, ensure};
use chrono::Duration;
use contracts::{AccountId, Role};
use durable::Db;
use kit::Runtime;

/// Random bytes of a temporary password: 80 bits, as 16 letters and digits.
const BYTES: usize = 10;

/// What to do for somebody.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// Login, 3–64 characters of `a–z 0–9 . _ @ -`.
    pub login: String,
    /// Full name of a new one.
    pub name: Option<String>,
    /// The account is there: it gets a temporary password, is opened again, and loses its second factor.
    pub reset: bool,
}

/// Creates a province administrator (quản trị cấp tỉnh), or lets one in again, and returns the temporary password: good for one sign-in
/// within `temporary_password_days`, in which the person chooses another and, unless configured otherwise, sets up a second factor.
///
/// # Errors
/// A login that is not valid, is taken (without `reset`) or is no administrator's (with it); the database's.
pub async fn create_admin(
    config: &Config,
    db: &Db,
    rt: &Runtime,
    who: Administrator,
) -> anyhow::Result<String> {
    let login = fold_login(&who.login)
        .context("a login has 3–64 characters of a–z, 0–9, dot, underscore, @, hyphen")?;
    let name = vn::text::clean(who.name.as_deref().unwrap_or(""));
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(
        who.reset || (1..=200).contains(&name.chars().count()),
        "a name of 1–200 characters is needed"
    );
    let roles = vec![Role::ProvinceAdmin];
    let kind = kind_of(&roles, None).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    let password = recovery_code(rt.ids.bytes::<BYTES>().to_vec()).to_lowercase();
    let password_hash = Hasher::new(1, rt.ids)
        .await?
        .hash(&password, rt.ids)
        .await?;
    let now = rt.clock.now();
    let until = now + Duration::days(i64::from(config.temporary_password_days));
    let fresh = Account {
        id: AccountId(rt.ids.uuid(now)),
        login: login.clone(),
        password_hash: Some(password_hash),
        temporary_until: Some(until),
        name,
        kind,
        roles,
        agency: None,
        email: None,
        phone: None,
        identity_number: None,
        identity_hash: None,
        active: true,
        version: 1,
        created_at: now,
    };
    let reset = who.reset;
    let id = db
        .tx(|tx| {
            let fresh = fresh.clone();
            async move {
                let found = store::account::by_login(&*tx, &fresh.login).await?;
                let Some(mut account) = found else {
                    if reset {
                        return Ok(None);
                    }
                    store::account::insert(&*tx, &fresh, now).await?;
                    return Ok(Some(fresh.id));
                };
                if !reset || !account.roles.contains(&Role::ProvinceAdmin) {
                    return Ok(None);
                }
                account.password_hash = fresh.password_hash;
                account.temporary_until = fresh.temporary_until;
                account.active = true;
                account.version += 1;
                let id = account.id;
                if !store::account::save(&*tx, &account, now).await? {
                    return Ok(None);
                }
                store::passkey::remove_all(&*tx, id).await?;
                store::second_factor::remove(&*tx, id).await?;
                accounts::sign_out(&tx, id, account.version, now).await?;
                Ok::<_, sea_orm::DbErr>(Some(id))
            }
        })
        .await?;
    match (id, reset) {
        (Some(id), _) => {
            tracing::warn!(account = %id, reset, "a province administrator was let in from the command line");
            Ok(password)
        }
        (None, true) => bail!("{login}: no province administrator has this login"),
        (None, false) => {
            bail!("{login}: this login is taken; --reset lets a province administrator in again")
        }
    }
}
