//! Which difference a repair explains.

use serde_json::{Value, json};
use xtask::drift::{Repair, text};

use super::{answer, drift_of, lines, only, reference, remove, repair, set};

#[test]
fn a_repair_explains_what_is_at_and_below_it() {
    let change = |upstream: &mut Value| {
        set(upstream, "/components/schemas/Role/required", json!(["id", "level"]));
        set(upstream, "/components/schemas/Role/properties/level/type", "string".into());
    };
    for pointer in [
        "#/components/schemas/Role",
        "#/components/schemas/Role/properties/level",
        "#/components/schemas/*/properties/level",
    ] {
        let report = drift_of(change, &[repair(pointer)]);
        assert_eq!(report.changes.len(), 2, "{pointer}");
        assert!(report.is_clean(), "{pointer}: {report:#?}");
    }
    for pointer in ["#/components/schemas/Role/properties/level/type", "#/components/schemas/Rol"] {
        let report = drift_of(change, &[repair(pointer)]);
        assert_eq!((report.unexplained().count(), report.stale_repairs.len()), (2, 1), "{pointer}");
    }
    let other = Repair { document: "tenants".into(), ..repair("#/components/schemas/Role") };
    let report = drift_of(change, &[other]);
    assert_eq!((report.unexplained().count(), report.stale_repairs.len()), (2, 0));
}

#[test]
fn a_wildcard_repairs_many_places() {
    let report = drift_of(
        |upstream| {
            for method in ["get", "post"] {
                let pointer = format!("/paths/~1roles~1v1/{method}/responses/202");
                set(upstream, &pointer, json!({}));
            }
            remove(upstream, "/paths/~1roles~1v1/get/parameters/0");
        },
        &[
            repair("#/paths/*/*/responses/202"),
            repair("#/paths/*/*/parameters/frontegg-tenant-id"),
            repair("#/paths/*/*/parameters/frontegg-user-id"),
        ],
    );
    assert_eq!(report.changes.len(), 3);
    assert_eq!(report.unexplained().count(), 0);
    assert_eq!(report.stale_repairs.len(), 1);
    assert_eq!(report.stale_repairs[0].repair, 2);
}

#[test]
fn a_repair_that_explains_nothing_is_stale() {
    let report = drift_of(
        |upstream| set(upstream, "/components/schemas/Role/properties/level/type", "string".into()),
        &[
            repair("#/components/schemas/Role"),
            repair("#/components/schemas/Role/properties/level"),
            repair("#/components/schemas/NewRole"),
            repair("#/components/schemas/Nothing/properties/level"),
        ],
    );
    assert_eq!(only(&report).explained_by, Some(1));
    let stale: Vec<_> = report.stale_repairs.iter().map(|stale| (stale.repair, stale.reason)).collect();
    assert_eq!(
        stale,
        [
            (0, "everything there is explained by more exact repairs"),
            (2, "nothing differs there: upstream has made it itself, or it is not needed"),
            (3, "points at nothing in the published document"),
        ]
    );
    let lines: Vec<_> =
        text(&report).lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines[3],
        "stale repair \"ours\" points at nothing in the published document #/components/schemas/Nothing/properties/level"
    );
}

#[test]
fn a_schema_taken_instead_of_another_is_the_place_s_affair() {
    // Upstream answers with the request schema, we with the right one. Both documents have both schemas.
    let change = |upstream: &mut Value| {
        set(upstream, "/paths/~1roles~1v1/post/responses/201", answer(&reference("NewRole")));
    };
    let report = drift_of(change, &[]);
    assert_eq!(
        lines(&report),
        [
            "Breaking POST /roles/v1 201.id: removed",
            "Breaking POST /roles/v1 201.kind: removed",
            "Breaking POST /roles/v1 201.parent: removed",
            "Compatible POST /roles/v1 201.name: added (string, required)",
        ]
    );
    let place = "#/paths/~1roles~1v1/post/responses/201";
    assert!(report.changes.iter().all(|change| change.pointer == format!("{place}/content/application~1json/schema")));
    assert!(drift_of(change, &[repair(place)]).is_clean());
    assert!(!drift_of(change, &[repair("#/components/schemas/NewRole")]).is_clean());
}

#[test]
fn a_repair_where_a_schema_is_used_does_not_cover_its_other_uses() {
    let change = |upstream: &mut Value| {
        set(upstream, "/components/schemas/Role/properties/level/type", "string".into());
    };
    let report = drift_of(change, &[repair("#/paths/~1roles~1v1/post/responses/201")]);
    assert_eq!((report.unexplained().count(), report.stale_repairs.len()), (1, 1));
}
