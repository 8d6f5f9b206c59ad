//! Shipments, hand-over records and what the post reports.

use super::{Kind, Resource};

pub(super) const RESOURCE: Resource = Resource {
    entries: &[
        ("listShipments", Kind::List),
        ("getShipment", Kind::One),
        ("getShipmentAccessLog", Kind::One),
        ("listManifests", Kind::List),
        ("createManifest", Kind::Report),
        ("reportShipmentEvents", Kind::Report),
    ],
    id: |world| &world.shipment,
};
