//! `Viewer.can`: whether the viewer has a permission, everywhere or on one thing, and why.

use async_trait::async_trait;
use loaders::{
    Arguments, BatchResolver, ErrorCode, FieldError, Output, Parents, ResolveContext, Value,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::decision::{Rule, Verdict, decide};
use super::viewer::entity;

/// The resolver of `Viewer.can`.
pub(super) struct Can;

/// What is asked about.
struct Question<'a> {
    permission: &'a str,
    /// The permission's row.
    id: Uuid,
    rules: Vec<Rule>,
}

#[async_trait]
impl BatchResolver for Can {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let text = |name: &str| match arguments.get(name) {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let question = Question::ask(context, text("permission").unwrap_or_default()).await?;
        let decision = match text("on") {
            Some(id) => question.on(context, id).await?,
            None => {
                let allowed = context.viewer().permissions.allows(question.permission, None);
                question.answer(context, allowed, None, "everywhere")
            }
        };
        Ok(vec![decision; parents.len()])
    }
}

impl<'a> Question<'a> {
    /// Reads what the viewer's roles say.
    async fn ask(context: &ResolveContext<'_>, permission: &'a str) -> Result<Self, FieldError> {
        let mut statement = context.statement();
        let name = statement.text(permission);
        // Nobody has no id, and no roles.
        let viewer = context.viewer().id().map_or("NULL".to_owned(), |id| statement.id(id));
        let sql = format!(
            "SELECT p.id, e.role_permission_id, e.effect = 'ALLOW', e.scope_id, e.assignment_id, e.role_path
             FROM permissions p LEFT JOIN effective_permissions({viewer}) e ON e.permission = p.name
             WHERE p.name = {name}"
        );
        let rows = statement.rows(sql, &[]).await?;
        let Some(first) = rows.first() else {
            let message =
                format!("there is no permission `{permission}`: `permissions` lists them");
            return Err(FieldError::new(ErrorCode::BadUserInput, message));
        };
        let id = first.try_get(0).map_err(failed)?;
        let rules = rows.iter().filter_map(|row| rule(row).transpose());
        Ok(Self { permission, id, rules: rules.collect::<Result<_, _>>().map_err(failed)? })
    }

    /// What holds on one thing. What is hidden is answered like what does not exist.
    async fn on(&self, context: &ResolveContext<'_>, id: &str) -> Result<Output, FieldError> {
        let (type_name, uuid) = context.identified(id)?;
        let Some(allowed) = context.permitted(type_name, uuid, self.permission).await? else {
            let because = "there is nothing with this id, or it is hidden from you";
            return Ok(self.decision(false, because.to_owned(), None));
        };
        // A firm is a scope by itself; of other things the policy knows where they belong.
        let scope = (type_name == "Firm").then_some(uuid);
        Ok(self.answer(context, allowed, scope, "on this"))
    }

    /// The answer, with the rule that explains it if there is one.
    fn answer(
        &self,
        context: &ResolveContext<'_>,
        allowed: bool,
        scope: Option<Uuid>,
        place: &str,
    ) -> Output {
        let name = self.permission;
        let (because, rule) = match (allowed, decide(&self.rules, scope)) {
            (true, Verdict::Allowed(rule)) => {
                let place = if rule.scope.is_some() { "in this firm" } else { "everywhere" };
                (format!("a role of yours allows `{name}` {place}"), Some(rule))
            }
            (true, _) => {
                let rules =
                    "it is public, yours, you help with it, or you act for a firm that does";
                (rules.to_owned(), None)
            }
            (false, _) if context.viewer().id().is_none() => {
                ("nobody is signed in".to_owned(), None)
            }
            (false, Verdict::Denied(rule)) => {
                let outweighs = "which outweighs whatever allows it";
                (format!("a role of yours denies `{name}`, {outweighs}"), Some(rule))
            }
            (false, Verdict::Allowed(rule)) => {
                let but = "but not here, or not with what you are signed in with";
                (format!("a role of yours allows `{name}`, {but}"), Some(rule))
            }
            (false, Verdict::Missing) => {
                (format!("no role of yours allows `{name}` {place}"), None)
            }
        };
        self.decision(allowed, because, rule)
    }

    fn decision(&self, allowed: bool, because: String, rule: Option<&Rule>) -> Output {
        let missing = if allowed { None } else { Some(self.id) };
        let fields = vec![
            ("allowed", Output::Leaf(Value::from(allowed))),
            ("because", Output::Leaf(Value::from(because))),
            ("rule", entity("RolePermission", rule.map(|rule| rule.id))),
            ("role", entity("Role", rule.and_then(Rule::role))),
            ("assignment", entity("RoleAssignment", rule.map(|rule| rule.assignment))),
            ("firm", entity("Firm", rule.and_then(|rule| rule.scope))),
            ("missing", entity("Permission", missing)),
        ];
        Output::Object { type_name: "Decision", fields }
    }
}

/// What a row says; none where no role says anything.
fn rule(row: &Row) -> Result<Option<Rule>, tokio_postgres::Error> {
    let Some(id) = row.try_get(1)? else { return Ok(None) };
    Ok(Some(Rule {
        id,
        allows: row.try_get(2)?,
        scope: row.try_get(3)?,
        assignment: row.try_get(4)?,
        path: row.try_get(5)?,
    }))
}

/// A row of another form than the statement promised.
pub(super) fn failed(error: tokio_postgres::Error) -> FieldError {
    tracing::error!(error = &error as &dyn std::error::Error, "a resolver could not read its row");
    FieldError::new(ErrorCode::Internal, "the field could not be computed")
}
