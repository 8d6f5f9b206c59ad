//! The OpenID Provider.

use super::{Kind, Resource};

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("getProviderMetadata", Kind::Open),
        ("getKeySet", Kind::Open),
        ("issueToken", Kind::Open),
        ("revokeToken", Kind::Open),
        ("introspectToken", Kind::Open),
        ("authorizeDevice", Kind::Open),
        ("getUserInfo", Kind::Own),
    ],
    id: |world| &world.account,
};
