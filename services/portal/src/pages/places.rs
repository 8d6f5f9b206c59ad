//! Names of provinces and communes, for forms and for addresses that hold codes.

use crate::api::types::{Agency, Named, PlainAddress};
use crate::ctx::Ctx;
use crate::format;

/// Options of a select, the first of them "choose".
pub(crate) fn options(ctx: &Ctx, list: &[Named]) -> Vec<(String, String)> {
    let first = (String::new(), ctx.t.choose().to_owned());
    std::iter::once(first)
        .chain(list.iter().map(|n| (n.code.clone(), n.name.clone())))
        .collect()
}

/// Options of the agencies that take dossiers; the first of them "choose", unless there is one only.
pub(crate) fn agencies(ctx: &Ctx, agencies: &[Agency]) -> Vec<(String, String)> {
    let open: Vec<&Agency> = agencies.iter().filter(|a| a.reception).collect();
    let label = |a: &Agency| match a.address.as_deref().filter(|x| !x.is_empty()) {
        Some(address) => format!("{} – {address}", a.name),
        None => a.name.clone(),
    };
    let first = (open.len() != 1).then(|| (String::new(), ctx.t.choose().to_owned()));
    first
        .into_iter()
        .chain(open.into_iter().map(|a| (a.code.clone(), label(a))))
        .collect()
}

/// All provinces; empty while they cannot be had.
pub(crate) async fn provinces(ctx: &Ctx) -> Vec<Named> {
    ctx.api()
        .provinces()
        .await
        .map(|l| l.items)
        .unwrap_or_default()
}

/// Communes of a province; empty while they cannot be had, or when there is no such province.
pub(crate) async fn communes(ctx: &Ctx, province: &str) -> Vec<Named> {
    if province.is_empty() {
        return Vec::new();
    }
    ctx.api()
        .communes(province)
        .await
        .map(|l| l.items)
        .unwrap_or_default()
}

/// An address in one line, with names.
pub(crate) async fn line(ctx: &Ctx, address: &PlainAddress) -> String {
    let (provinces, communes) =
        futures_util::future::join(provinces(ctx), communes(ctx, &address.province_code)).await;
    let name =
        |list: &[Named], code: &str| list.iter().find(|n| n.code == code).map(|n| n.name.clone());
    let commune = name(&communes, &address.commune_code);
    let province = name(&provinces, &address.province_code);
    format::address(address, commune.as_deref(), province.as_deref())
}
