//! The records that tests write: for each writable type inputs that are taken, and one that the
//! database refuses.

use serde_json::json;

use super::Record;

pub(super) fn records() -> Vec<Record> {
    vec![
        Record {
            type_name: "PropertyIdentifier",
            plural: "PropertyIdentifiers",
            create: |at, n| json!({ "propertyId": at.property, "kind": "INTERNAL", "issuingSystem": "Ours", "jurisdiction": "Lucas", "value": format!("N-{n}") }),
            change: json!({ "value": "Other", "issuingSystem": "Theirs" }),
            optional: "jurisdiction",
            required: "value",
            refused: (json!({ "value": "n-0" }), "TAKEN", "value"),
        },
        Record {
            type_name: "PropertyFeature",
            plural: "PropertyFeatures",
            create: |at, n| json!({ "propertyId": at.property, "featureTypeId": at.feature_types[n], "numberValue": "12.5000" }),
            change: json!({ "numberValue": "13.2500" }),
            optional: "textValue",
            required: "",
            refused: (json!({ "textValue": "both" }), "INVALID", ""),
        },
        Record {
            type_name: "PropertyAmenity",
            plural: "PropertyAmenities",
            create: |at, n| json!({ "propertyId": at.property, "amenityId": at.amenities[n], "details": "é \"x\" \\" }),
            change: json!({ "details": "Newly tiled" }),
            optional: "details",
            required: "",
            refused: (json!({ "details": "x".repeat(1001) }), "TOO_LONG", "details"),
        },
        Record {
            type_name: "PropertyCondition",
            plural: "PropertyConditions",
            create: |at, n| json!({ "propertyId": at.property, "component": "ROOF", "rating": "C3", "inspectedOn": "2024-02-29", "inspectedById": at.user, "notes": format!("Note {n}"), "estimatedRepairCost": "1200.50" }),
            change: json!({ "rating": "C4", "inspectedOn": "2024-03-01" }),
            optional: "inspectedById",
            required: "inspectedOn",
            refused: (
                json!({ "estimatedRepairCost": "-0.01" }),
                "OUT_OF_RANGE",
                "estimatedRepairCost",
            ),
        },
        Record {
            type_name: "PropertyImprovement",
            plural: "PropertyImprovements",
            create: |at, n| json!({ "propertyId": at.property, "kind": "REMODEL", "title": format!("Kitchen {n}"), "startedOn": "2024-01-01", "completedOn": "2024-05-01" }),
            change: json!({ "title": "Bathroom", "component": "BATHROOMS", "cost": "10.00" }),
            optional: "startedOn",
            required: "component",
            refused: (json!({ "completedOn": "2023-12-31" }), "OUT_OF_RANGE", "completedOn"),
        },
        Record {
            type_name: "PropertyMaintenanceRecord",
            plural: "PropertyMaintenanceRecords",
            create: |at, n| json!({ "propertyId": at.property, "component": "GROUNDS", "title": format!("Mown {n}"), "performedOn": "2024-01-01", "nextDueOn": "2024-02-01" }),
            change: json!({ "providerName": "Green & Sons" }),
            optional: "nextDueOn",
            required: "title",
            refused: (json!({ "nextDueOn": "2024-01-01" }), "OUT_OF_RANGE", "nextDueOn"),
        },
        Record {
            type_name: "MarketingCampaign",
            plural: "MarketingCampaigns",
            create: |at, n| json!({ "listingId": at.listing, "marketingChannelId": at.channel, "name": format!("Spring {n}"), "budgetAmount": "99.99", "clicks": n }),
            change: json!({ "status": "RUNNING", "spentAmount": "5.00" }),
            optional: "budgetAmount",
            required: "status",
            refused: (json!({ "name": "" }), "TOO_LONG", "name"),
        },
        Record {
            type_name: "MarketingMaterial",
            plural: "MarketingMaterials",
            create: |at, n| json!({ "listingId": at.listing, "kind": "PHOTO", "title": format!("Front {n}"), "sortOrder": n, "publishedAt": "2024-01-02T03:04:05.123456Z" }),
            change: json!({ "kind": "VIDEO", "marketingChannelId": null }),
            optional: "publishedAt",
            required: "sortOrder",
            refused: (json!({ "sortOrder": -1 }), "OUT_OF_RANGE", "sortOrder"),
        },
    ]
}
