//! Marketing of a listing: channels, campaigns with their costs, and the materials made for them.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, open_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                closed_list(
                    "marketing_campaign_status",
                    &["PLANNED", "RUNNING", "PAUSED", "COMPLETED", "CANCELED"],
                ),
                closed_list(
                    "marketing_material_kind",
                    &[
                        "PHOTO",
                        "VIDEO",
                        "VIRTUAL_TOUR",
                        "FLOOR_PLAN",
                        "BROCHURE",
                        "FLYER",
                        "POST",
                        "OTHER",
                    ],
                ),
                open_list("marketing_channels").unique("code", "code").sql(),
                campaigns().sql(),
                materials().sql(),
                CHANNELS.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE marketing_materials, marketing_campaigns, marketing_channels",
                "DROP DOMAIN marketing_material_kind, marketing_campaign_status",
            ],
        )
        .await
    }
}

fn campaigns() -> Table {
    Table::new("marketing_campaigns")
        .columns(
            "listing_id uuid NOT NULL,
            marketing_channel_id uuid NOT NULL,
            name text NOT NULL,
            status marketing_campaign_status NOT NULL DEFAULT 'PLANNED',
            starts_on date,
            ends_on date,
            budget_amount numeric(14, 2),
            spent_amount numeric(14, 2) NOT NULL DEFAULT 0,
            impressions integer NOT NULL DEFAULT 0,
            clicks integer NOT NULL DEFAULT 0,
            inquiries integer NOT NULL DEFAULT 0,
            notes text",
        )
        .lengths(&[("name", 200), ("notes", 4000)])
        .not_negative(&["budget_amount", "spent_amount", "impressions", "clicks", "inquiries"])
        .check("ends_on_range", "ends_on >= starts_on")
        .references(&[("listing_id", "listings"), ("marketing_channel_id", "marketing_channels")])
        .index("listing", "listing_id, created_at, id")
        .index("marketing_channel", "marketing_channel_id")
}

fn materials() -> Table {
    Table::new("marketing_materials")
        .columns(
            "listing_id uuid NOT NULL,
            marketing_channel_id uuid,
            marketing_campaign_id uuid,
            kind marketing_material_kind NOT NULL,
            title text NOT NULL,
            description text,
            media_url text,
            sort_order integer NOT NULL DEFAULT 0,
            published_at timestamptz",
        )
        .lengths(&[("title", 200), ("description", 4000), ("media_url", 2000)])
        .not_negative(&["sort_order"])
        .references(&[
            ("listing_id", "listings"),
            ("marketing_channel_id", "marketing_channels"),
            ("marketing_campaign_id", "marketing_campaigns"),
        ])
        .index("listing", "listing_id, sort_order, id")
        .index("marketing_channel", "marketing_channel_id")
        .index("marketing_campaign", "marketing_campaign_id, sort_order, id")
}

const CHANNELS: &str = "
INSERT INTO marketing_channels (code, name, description) VALUES
    ('DIRECT_MAIL', 'Direct mail', 'Letters and postcards.'),
    ('EMAIL', 'E-mail', 'Messages to people who asked for them.'),
    ('LISTING_PORTAL', 'Listing portal', 'Web sites that show listings to buyers.'),
    ('MLS', 'Multiple listing service', 'Shared with the brokers of a market.'),
    ('OPEN_HOUSE', 'Open house', 'Visits without an appointment.'),
    ('PRINT', 'Print', 'Newspapers and magazines.'),
    ('SIGNAGE', 'Signage', 'Signs at the property and nearby.'),
    ('SOCIAL_MEDIA', 'Social media', 'Posts and advertisements on social networks.'),
    ('WEBSITE', 'Web site', 'A site of the listing itself.')";
