//! Who sees, and who writes, what is known of people and firms: the conditions that the policies
//! state.
//!
//! What a condition needs of other tables are ids by subqueries of their own, each computed once a
//! statement and only where a row did not pass before: a list of public owners asks for none.

use entity::users::{firms, professional_licenses, property_collaborators, users};
use loaders::RowScope;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, SimpleExpr};

/// The user to whom a row belongs.
const USER: &str = "user_id";

/// Whom `$1` meets in a firm or at a property. A function, because every list of owners asks this:
/// merely to make ready a subquery of that size takes longer than to read fifty public owners.
const MET: &str = "(SELECT users_met($1))::uuid[]";

/// Firms where `$1` works.
const FIRMS: &str = "SELECT firm_id FROM firm_memberships WHERE user_id = $1 AND ended_at IS NULL";

/// Who works in a firm that `$1` allows.
const STAFF: &str =
    "SELECT member.user_id FROM firm_memberships member WHERE member.ended_at IS NULL AND ($1)";

/// Properties that `$1` owns, or manages for their owner: himself, or for a firm that `$2` allows.
const MANAGED: &str = "SELECT id FROM properties WHERE owner_id = $1
    UNION ALL
    SELECT helper.property_id FROM property_collaborators helper
    WHERE helper.capability = 'MANAGE' AND helper.ended_at IS NULL
        AND (helper.ends_at IS NULL OR helper.ends_at > now())
        AND (helper.user_id = $1 OR helper.firm_id IS NOT NULL AND ($2))";

fn is_nobody(row: &RowScope<'_>) -> bool {
    row.class() == "anonymous"
}

fn own(row: &RowScope<'_>) -> SimpleExpr {
    row.column_is_viewers(Alias::new(USER), "id")
}

/// The column is one of the ids that the subquery gives for the viewer.
fn among(row: &RowScope<'_>, column: &str, subquery: &str) -> SimpleExpr {
    let ids = Expr::cust_with_exprs(format!("ARRAY({subquery})"), [row.viewer("id")]);
    row.column(Alias::new(column)).eq(PgFunc::any(ids))
}

/// The row belongs to somebody in a firm that the viewer runs.
fn runs_firm_of(row: &RowScope<'_>) -> SimpleExpr {
    let firms = row.permitted_for("firm.manage", Expr::cust("member.firm_id"));
    let staff = Expr::cust_with_exprs(format!("ARRAY({STAFF})"), [Expr::from(firms)]);
    row.column(Alias::new(USER)).eq(PgFunc::any(staff))
}

/// The property in this column is the viewer's to share with others.
fn manages(row: &RowScope<'_>, column: &str) -> SimpleExpr {
    let firms = row.permitted_for("property.manage", Expr::cust("helper.firm_id"));
    let ids = [row.viewer("id"), Expr::from(firms)];
    let managed = Expr::cust_with_exprs(format!("ARRAY({MANAGED})"), ids);
    row.column(Alias::new(column)).eq(PgFunc::any(managed))
}

/// Who is public, oneself, and whom one meets in a firm or at a property.
pub(super) fn users(row: &RowScope<'_>) -> Condition {
    let present = Condition::all().add(row.column(users::Column::DeletedAt).is_null());
    if row.has("user.read") {
        return present;
    }
    let public = row.column(users::Column::IsPublic);
    if is_nobody(row) {
        return present.add(public);
    }
    let met = Expr::cust_with_exprs(MET, [row.viewer("id")]);
    let seen = Condition::any()
        .add(public)
        .add(row.column_is_viewers(users::Column::Id, "id"))
        .add(row.column(users::Column::Id).eq(PgFunc::any(met)));
    present.add(seen)
}

/// What is one's own, and everybody's for those who read users.
pub(super) fn private(row: &RowScope<'_>) -> Condition {
    if row.has("user.read") { Condition::all() } else { Condition::all().add(own(row)) }
}

/// What belongs to a user is written by that user, and by those who manage users.
pub(super) fn owners(row: &RowScope<'_>) -> Condition {
    if row.has("user.manage") { Condition::all() } else { Condition::all().add(own(row)) }
}

/// Profiles: private, but to those who run a firm of that person.
pub(super) fn profiles(row: &RowScope<'_>) -> Condition {
    if row.has("user.read") {
        return Condition::all();
    }
    Condition::any().add(own(row)).add(runs_firm_of(row))
}

/// Changes of one's own profile.
pub(super) fn profile_changes(row: &RowScope<'_>) -> Condition {
    if row.has("user.read") {
        return Condition::all();
    }
    let own = among(row, "user_profile_id", "SELECT id FROM user_profiles WHERE user_id = $1");
    Condition::all().add(own)
}

/// Contact methods that were not deleted, private.
pub(super) fn contact_methods(row: &RowScope<'_>) -> Condition {
    private(row).add(row.column(Alias::new("deleted_at")).is_null())
}

/// Licences: as profiles; those that count, of public attorneys, for everyone.
pub(super) fn licenses(row: &RowScope<'_>) -> Condition {
    use professional_licenses::Column;
    if row.has("user.read") || row.has("license.verify") {
        return Condition::all();
    }
    let attorneys = "EXISTS (SELECT FROM users holder
        WHERE holder.id = $1 AND holder.is_public AND holder.user_type = 'ATTORNEY')";
    let in_force = Condition::any()
        .add(row.column(Column::ExpiresOn).is_null())
        .add(row.column(Column::ExpiresOn).gte(Expr::cust("current_date")));
    let public = Condition::all()
        .add(row.column(Column::VerifiedAt).is_not_null())
        .add(row.column(Column::Status).eq("ACTIVE"))
        .add(in_force)
        .add(Expr::cust_with_exprs(attorneys, [row.column(Column::UserId)]));
    if is_nobody(row) {
        return public;
    }
    Condition::any().add(own(row)).add(runs_firm_of(row)).add(public)
}

/// The system's categories for everyone, a user's own for that user.
pub(super) fn categories(row: &RowScope<'_>) -> Condition {
    if row.has("user.read") {
        return Condition::all();
    }
    Condition::any().add(row.column(Alias::new(USER)).is_null()).add(own(row))
}

/// Who writes a category: whose it is, or those who manage the system's.
pub(super) fn category_writers(row: &RowScope<'_>) -> Condition {
    let writers = Condition::any().add(own(row));
    if row.has("preference.manage") {
        return writers.add(row.column(Alias::new(USER)).is_null());
    }
    writers
}

/// Who runs a firm.
pub(super) fn firm_writers(row: &RowScope<'_>) -> Condition {
    row.permitted("firm.manage", firms::Column::Id)
}

/// Who invites into a firm.
pub(super) fn firm_inviters(row: &RowScope<'_>) -> Condition {
    row.permitted("firm.invite", firms::Column::Id)
}

/// Memberships: one's own, and those of firms where one works or that one runs.
pub(super) fn memberships(row: &RowScope<'_>) -> Condition {
    if row.has("user.read") {
        return Condition::all();
    }
    membership_writers(row).add(among(row, "firm_id", FIRMS))
}

/// Who works there, and who runs the firm.
pub(super) fn membership_writers(row: &RowScope<'_>) -> Condition {
    Condition::any().add(own(row)).add(row.permitted("firm.manage", Alias::new("firm_id")))
}

/// Who helps with a property: for the helper, and for who shares it.
pub(super) fn collaborators(row: &RowScope<'_>) -> Condition {
    if row.has("property.manage") {
        return Condition::all();
    }
    Condition::any()
        .add(own(row))
        .add(among(row, "firm_id", FIRMS))
        .add(manages(row, "property_id"))
}

/// Who shares a property. A row says nothing for itself: a new one must not make its own writer.
pub(super) fn collaborator_writers(row: &RowScope<'_>) -> Condition {
    use property_collaborators::Column;
    if row.has("property.manage") {
        return Condition::all();
    }
    let firms = row.permitted_for("property.manage", Expr::cust("helper.firm_id"));
    let others = format!("ARRAY({MANAGED} AND helper.id <> $3)");
    let ids = [row.viewer("id"), Expr::from(firms), row.column(Column::Id)];
    let managed = Expr::cust_with_exprs(others, ids);
    Condition::all().add(row.column(Column::PropertyId).eq(PgFunc::any(managed)))
}

/// Invitations: for who sent them, who may invite there, and who is invited.
pub(super) fn invitations(row: &RowScope<'_>) -> Condition {
    let invited = "SELECT lower(email) FROM user_authentication
        WHERE user_id = $1 AND email_verified_at IS NOT NULL";
    let invited = Expr::cust_with_exprs(format!("ARRAY({invited})"), [row.viewer("id")]);
    let address = Expr::cust_with_exprs("lower($1)", [row.column(Alias::new("email"))]);
    Condition::any().add(invitation_writers(row)).add(address.eq(PgFunc::any(invited)))
}

/// Who may take an invitation back: who sent it, and who may invite there.
pub(super) fn invitation_writers(row: &RowScope<'_>) -> Condition {
    let of_firm = Condition::all()
        .add(row.column(Alias::new("firm_id")).is_not_null())
        .add(row.permitted("firm.invite", Alias::new("firm_id")));
    let of_property = if row.has("property.manage") {
        row.column(Alias::new("property_id")).is_not_null()
    } else {
        manages(row, "property_id")
    };
    Condition::any()
        .add(row.column_is_viewers(Alias::new("invited_by_id"), "id"))
        .add(of_firm)
        .add(of_property)
}
