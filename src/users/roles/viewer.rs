//! `Query.viewer`: who is asking, the roles that count for him now, and what they say.

use async_graphql::Name;
use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use loaders::{
    Arguments, BatchResolver, FieldError, Output, Parents, Registry, ResolveContext, Value,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::can::failed;
use crate::access::RequestContext;

/// Binds the root field and the viewer's own.
pub(super) fn bind(registry: &mut Registry) {
    registry
        .resolver("Query", "viewer", Viewer)
        .resolver("Viewer", "user", User)
        .resolver("Viewer", "session", Session)
        .resolver("Viewer", "roles", Roles)
        .resolver("Viewer", "permissions", Permissions);
}

/// The object whose fields are resolved one by one.
struct Viewer;

struct User;

struct Session;

struct Roles;

struct Permissions;

/// The same for each parent: there is one viewer in a request.
fn for_each(parents: &Parents, output: Output) -> Vec<Output> {
    vec![output; parents.len()]
}

#[async_trait]
impl BatchResolver for Viewer {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        _: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        Ok(for_each(parents, Output::Object { type_name: "Viewer", fields: Vec::new() }))
    }
}

#[async_trait]
impl BatchResolver for User {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        Ok(for_each(parents, entity("User", context.viewer().id())))
    }
}

#[async_trait]
impl BatchResolver for Session {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let session = context.context::<RequestContext>().and_then(|request| request.session);
        Ok(for_each(parents, entity("UserSession", session)))
    }
}

#[async_trait]
impl BatchResolver for Roles {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let Some(viewer) = context.viewer().id() else {
            return Ok(for_each(parents, Output::List(Vec::new())));
        };
        let mut statement = context.statement();
        let viewer = statement.id(viewer);
        let sql = format!(
            "SELECT id FROM user_roles
             WHERE user_id = {viewer} AND revoked_at IS NULL AND starts_at <= now()
                 AND (ends_at IS NULL OR ends_at > now())
             ORDER BY starts_at, id"
        );
        let rows = statement.rows(sql, &[]).await?;
        let roles = rows.iter().map(|row| {
            let id: Uuid = row.try_get(0).map_err(failed)?;
            Ok(entity("RoleAssignment", Some(id)))
        });
        Ok(for_each(parents, Output::List(roles.collect::<Result<_, FieldError>>()?)))
    }
}

#[async_trait]
impl BatchResolver for Permissions {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let Some(viewer) = context.viewer().id() else {
            return Ok(for_each(parents, Output::List(Vec::new())));
        };
        let mut statement = context.statement();
        let viewer = statement.id(viewer);
        let sql = format!(
            "SELECT p.id, e.effect::text, e.scope_id, e.role_path[cardinality(e.role_path)],
                 e.assignment_id, e.valid_until
             FROM effective_permissions({viewer}) e JOIN permissions p ON p.name = e.permission
             ORDER BY p.name, e.scope_id NULLS FIRST, e.effect, e.assignment_id,
                 cardinality(e.role_path), e.role_permission_id"
        );
        let rows = statement.rows(sql, &[]).await?;
        let said = rows.iter().map(|row| permission(row).map_err(failed));
        Ok(for_each(parents, Output::List(said.collect::<Result<_, _>>()?)))
    }
}

fn permission(row: &Row) -> Result<Output, tokio_postgres::Error> {
    let effect: &str = row.try_get(1)?;
    let until: Option<DateTime<Utc>> = row.try_get(5)?;
    let until = until.map_or(Output::Null, |until| {
        Output::Leaf(Value::from(until.to_rfc3339_opts(SecondsFormat::Micros, true)))
    });
    let fields = vec![
        ("permission", entity("Permission", row.try_get(0)?)),
        ("effect", Output::Leaf(Value::Enum(Name::new(effect)))),
        ("firm", entity("Firm", row.try_get(2)?)),
        ("role", entity("Role", row.try_get(3)?)),
        ("assignment", entity("RoleAssignment", row.try_get(4)?)),
        ("validUntil", until),
    ];
    Ok(Output::Object { type_name: "ViewerPermission", fields })
}

/// A row, or nothing.
pub(super) fn entity(type_name: &'static str, id: Option<Uuid>) -> Output {
    id.map_or(Output::Null, |id| Output::Entity { type_name, id })
}
