INSERT INTO marketing_campaigns (listing_id, marketing_channel_id, name, budget_amount)
SELECT listings.id, marketing_channels.id, 'Spring', 500 FROM listings, marketing_channels
WHERE standard_status = 'PENDING' AND code = 'PRINT';
INSERT INTO marketing_materials (listing_id, marketing_campaign_id, kind, title)
SELECT listing_id, id, 'FLYER', 'A home with a porch' FROM marketing_campaigns;
