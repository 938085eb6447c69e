//! `UserSession.address`: where a session was used last, without the length of its network.

use async_trait::async_trait;
use loaders::{Arguments, BatchResolver, FieldError, Output, Parents, ResolveContext, Value};

use crate::users::outputs::one_per_parent;

/// The resolver.
pub(super) struct SessionAddress;

#[async_trait]
impl BatchResolver for SessionAddress {
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
            "SELECT p.ord, host(address) FROM unnest({keys}) WITH ORDINALITY AS p(key, ord)
             JOIN user_sessions ON user_sessions.id = p.key"
        );
        let rows = statement.rows(sql, parents.ids()).await?;
        one_per_parent(parents.len(), &rows, |row| Ok(Output::Leaf(Value::String(row.try_get(1)?))))
    }
}
