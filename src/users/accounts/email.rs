//! `User.email`: the address by which a user signs in, once it is proven.

use async_trait::async_trait;
use loaders::{Arguments, BatchResolver, FieldError, Output, Parents, ResolveContext, Value};

use crate::users::outputs::one_per_parent;

/// The resolver; who may see it is the contract's `@requires`.
pub(super) struct Email;

#[async_trait]
impl BatchResolver for Email {
    fn needs(&self) -> &'static [&'static str] {
        &["id"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let mut statement = context.statement();
        let keys = statement.keys();
        let sql = format!(
            "SELECT p.ord, email FROM unnest({keys}) WITH ORDINALITY AS p(key, ord)
             JOIN user_authentication ON user_id = p.key AND email_verified_at IS NOT NULL"
        );
        let rows = statement.rows(sql, parents.ids()).await?;
        one_per_parent(parents.len(), &rows, |row| Ok(Output::Leaf(Value::String(row.try_get(1)?))))
    }
}
