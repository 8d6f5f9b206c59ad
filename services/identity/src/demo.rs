//! The suite's own clients, and the demonstration accounts.

use crate::app::keys::{Signer, ensure_signing_key};
use crate::app::passwords::Hasher;
use crate::app::tokens;
use crate::domain::account::{Account, kind_of};
use crate::domain::client::{Client, Grant};
use crate::store::setting::DEMO;
use crate::{Config, store};
use anyhow::Context as _;
use contracts::{AccountId, ActorKind, Role};
use durable::Db;
use kit::Runtime;
use sea_orm::DbErr;

/// Password of every demonstration account.
const PASSWORD: &str = "motcua-demo";
/// Secret of every demonstration client.
const SECRET: &str = "motcua-demo-secret";
/// Life of a token made by [`demo_token`], seconds.
const TOKEN_SECONDS: u32 = 600;

struct Person {
    login: &'static str,
    name: &'static str,
    roles: &'static [Role],
    agency: Option<&'static str>,
    phone: &'static str,
    identity_number: Option<&'static str>,
}

const fn citizen(
    login: &'static str,
    name: &'static str,
    phone: &'static str,
    identity_number: &'static str,
) -> Person {
    Person {
        login,
        name,
        roles: &[Role::Citizen],
        agency: None,
        phone,
        identity_number: Some(identity_number),
    }
}

const fn officer(
    login: &'static str,
    name: &'static str,
    roles: &'static [Role],
    agency: &'static str,
    phone: &'static str,
) -> Person {
    Person {
        login,
        name,
        roles,
        agency: Some(agency),
        phone,
        identity_number: None,
    }
}

/// Fictitious people. Yên Thế is `H05.21`, Bắc Giang ward `H05.22`, the province's own centre `H05.01`.
const PEOPLE: [Person; 12] = [
    citizen("citizen", "Nguyễn Văn An", "+84912345678", "024090000001"),
    citizen("citizen2", "Trần Thị Bình", "+84987654321", "024192000002"),
    Person {
        roles: &[Role::Business],
        ..citizen(
            "household",
            "Hộ kinh doanh Lê Văn Cường",
            "+84903111222",
            "024085000003",
        )
    },
    officer(
        "officer",
        "Phạm Thị Dung",
        &[Role::OneStopOfficer],
        "H05.21",
        "+84904000001",
    ),
    officer(
        "specialist",
        "Hoàng Văn Em",
        &[Role::Specialist],
        "H05.21",
        "+84904000002",
    ),
    officer(
        "leader",
        "Vũ Thị Giang",
        &[Role::Leader],
        "H05.21",
        "+84904000003",
    ),
    officer(
        "officer2",
        "Đặng Văn Hải",
        &[Role::OneStopOfficer],
        "H05.22",
        "+84904000004",
    ),
    officer(
        "officer3",
        "Bùi Thị Hạnh",
        &[Role::OneStopOfficer],
        "H05.01",
        "+84904000005",
    ),
    officer(
        "specialist3",
        "Đỗ Văn Khánh",
        &[Role::Specialist],
        "H05.01",
        "+84904000006",
    ),
    officer(
        "leader3",
        "Ngô Thị Lan",
        &[Role::Leader],
        "H05.01",
        "+84904000007",
    ),
    officer(
        "agencyadmin",
        "Dương Văn Minh",
        &[Role::AgencyAdmin],
        "H05.21",
        "+84904000008",
    ),
    Person {
        agency: None,
        ..officer(
            "admin",
            "Lý Thị Nga",
            &[Role::ProvinceAdmin],
            "",
            "+84904000009",
        )
    },
];

/// Machine clients of the demonstration: id, name, role.
const MACHINES: [(&str, &str, Role); 2] = [
    (
        "postoffice",
        "Bưu điện (hệ thống minh họa)",
        Role::PostOffice,
    ),
    ("integrator", "Hệ thống kết nối minh họa", Role::Integrator),
];

/// Creates the demonstration accounts and clients where they are missing, and marks the instance as one with demo data. Accounts that
/// exist are left as they are.
///
/// # Errors
/// When the database cannot be used.
pub async fn seed_demo(db: &Db, rt: &Runtime) -> anyhow::Result<()> {
    ensure_signing_key(db, rt).await?;
    if store::setting::get(db.read(), DEMO).await?.is_some() {
        return Ok(());
    }
    let hasher = Hasher::new(2, rt.ids).await?;
    let now = rt.clock.now();
    let mut accounts = Vec::new();
    let mut clients = Vec::new();
    for person in &PEOPLE {
        let kind = kind_of(person.roles, person.agency)
            .map_err(|refusal| anyhow::anyhow!("{}: {refusal:?}", person.login))?;
        accounts.push(Account {
            id: AccountId(rt.ids.uuid(now)),
            login: person.login.to_owned(),
            password_hash: Some(hasher.hash(PASSWORD, rt.ids).await?),
            temporary_until: None,
            name: person.name.to_owned(),
            kind,
            roles: person.roles.to_vec(),
            agency: person.agency.map(str::to_owned),
            email: Some(
                rt.sealer
                    .seal(rt.ids, &format!("{}@example.vn", person.login)),
            ),
            phone: Some(rt.sealer.seal(rt.ids, person.phone)),
            identity_number: person.identity_number.map(|n| rt.sealer.seal(rt.ids, n)),
            identity_hash: person.identity_number.map(|n| rt.sealer.lookup_hash(n)),
            active: true,
            version: 1,
            created_at: now,
        });
    }
    let secret_hash = hasher.hash(SECRET, rt.ids).await?;
    for (id, name, role) in MACHINES {
        let account = AccountId(rt.ids.uuid(now));
        accounts.push(Account {
            id: account,
            login: id.to_owned(),
            password_hash: None,
            temporary_until: None,
            name: name.to_owned(),
            kind: ActorKind::Client,
            roles: vec![role],
            agency: None,
            email: None,
            phone: None,
            identity_number: None,
            identity_hash: None,
            active: true,
            version: 1,
            created_at: now,
        });
        clients.push(Client {
            id: id.to_owned(),
            name: name.to_owned(),
            secret_hash: Some(secret_hash.clone()),
            redirect_uris: Vec::new(),
            post_logout_uris: Vec::new(),
            loopback: false,
            grants: vec![Grant::ClientCredentials],
            account: Some(account),
        });
    }
    db.tx(|tx| {
        let (accounts, clients) = (accounts.clone(), clients.clone());
        async move {
            for account in &accounts {
                if store::account::by_login(&*tx, &account.login)
                    .await?
                    .is_none()
                {
                    store::account::insert(&*tx, account, now).await?;
                }
            }
            for mut client in clients {
                let account = store::account::by_login(&*tx, &client.id).await?;
                client.account = account.map(|a| a.id);
                store::client::put(&*tx, &client, now).await?;
            }
            store::setting::put(&*tx, DEMO, "true").await
        }
    })
    .await
    .context("demo accounts")?;
    Ok(())
}

/// An access token for a demonstration account or client, as its sign-in would give it.
///
/// # Errors
/// When the instance was not started with demo data, or there is no such account.
pub async fn demo_token(db: &Db, rt: &Runtime, login: &str) -> anyhow::Result<String> {
    anyhow::ensure!(
        store::setting::get(db.read(), DEMO).await?.as_deref() == Some("true"),
        "this instance was not started with demo data"
    );
    let known = PEOPLE.iter().map(|p| p.login).chain(MACHINES.map(|m| m.0));
    let account = match known.clone().find(|l| *l == login) {
        Some(login) => store::account::by_login(db.read(), login).await?,
        None => None,
    };
    let Some(account) = account.filter(|a| a.active) else {
        let all = known.collect::<Vec<_>>().join(", ");
        anyhow::bail!("there is no demo account {login:?}; there are: {all}");
    };
    let client = if account.kind == ActorKind::Client {
        account.login.as_str()
    } else {
        "cli"
    };
    let person = (account.kind != ActorKind::Client).then(|| (Some(rt.clock.now()), "pwd"));
    let held = crate::app::assignments::held(db.read(), account.id, rt.clock.now()).await?;
    let mut claims = tokens::access(rt, &account, client, TOKEN_SECONDS, person);
    tokens::assign(&mut claims, &held);
    let today = vn::worktime::local_date(rt.clock.now());
    crate::app::successions::claim(db.read(), &mut claims, today).await?;
    Signer::default()
        .keys(db, rt)
        .await?
        .sign("at+jwt", &claims)
}

/// Brings the clients of the suite's own front ends to what the settings say.
pub(crate) async fn own_clients(db: &Db, rt: &Runtime, config: &Config) -> anyhow::Result<()> {
    let issuer = rt.tokens.issuer().trim_end_matches('/');
    let or = |given: &[String], path: &str| {
        if given.is_empty() {
            vec![format!("{issuer}{path}")]
        } else {
            given.to_vec()
        }
    };
    let grants = vec![Grant::AuthorizationCode, Grant::RefreshToken];
    let portal = Client {
        id: "portal".to_owned(),
        name: "Cổng dịch vụ công Một Cửa".to_owned(),
        secret_hash: None,
        redirect_uris: or(&config.portal_redirect_uris, "/dang-nhap/callback"),
        post_logout_uris: or(&config.portal_post_logout_uris, "/"),
        loopback: false,
        grants: grants.clone(),
        account: None,
    };
    let cli = Client {
        id: "cli".to_owned(),
        name: "Một Cửa trên dòng lệnh".to_owned(),
        secret_hash: None,
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
        post_logout_uris: Vec::new(),
        loopback: true,
        grants,
        account: None,
    };
    let kiosk = Client {
        id: "kiosk".to_owned(),
        name: "Máy tra cứu tại bộ phận một cửa".to_owned(),
        secret_hash: None,
        redirect_uris: Vec::new(),
        post_logout_uris: Vec::new(),
        loopback: false,
        grants: vec![Grant::DeviceCode, Grant::RefreshToken],
        account: None,
    };
    let now = rt.clock.now();
    db.tx(|tx| {
        let (portal, cli, kiosk) = (portal.clone(), cli.clone(), kiosk.clone());
        async move {
            store::client::put(&*tx, &portal, now).await?;
            store::client::put(&*tx, &kiosk, now).await?;
            store::client::put(&*tx, &cli, now).await?;
            Ok::<_, DbErr>(())
        }
    })
    .await?;
    Ok(())
}
