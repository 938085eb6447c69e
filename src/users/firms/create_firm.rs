//! `createFirm`: an attorney founds a firm and runs it from then on.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{ErrorCode, FieldError, Mutation, Payload, WriteContext, WriteError};
use uuid::Uuid;

use super::membership::join;

/// The mutation.
pub(super) struct CreateFirm;

const IS_ATTORNEY: &str = "SELECT FROM users WHERE id = $1 AND user_type = 'ATTORNEY'";

const CREATE: &str = "
    INSERT INTO firms (name, kind, description, website_url, street_address, unit_number, city,
        state_or_province, postal_code, country)
    VALUES ($1, $2::text, $3, $4, $5, $6, $7, $8, $9, coalesce($10, 'US'))
    RETURNING id";

#[async_trait]
impl Mutation for CreateFirm {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let may = write.require("firm.manage").is_ok();
        if !may && write.query_opt(IS_ATTORNEY, &[&viewer]).await?.is_none() {
            let message = "only attorneys, and those with `firm.manage`, make firms";
            return Err(FieldError::new(ErrorCode::Forbidden, message).into());
        }
        let text = |field| input.text(field);
        let row = write
            .query_one(
                CREATE,
                &[
                    &text("name"),
                    &text("kind"),
                    &text("description"),
                    &text("websiteUrl"),
                    &text("streetAddress"),
                    &text("unitNumber"),
                    &text("city"),
                    &text("stateOrProvince"),
                    &text("postalCode"),
                    &text("country"),
                ],
            )
            .await?;
        let firm: Uuid = row.try_get(0)?;
        join(write, (firm, viewer), text("title"), true, viewer).await?;
        Ok(Payload::new().entity("firm", "Firm", firm))
    }
}
