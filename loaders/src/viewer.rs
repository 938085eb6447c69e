//! Who is asking, as policies and plans see it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::permissions::Permissions;

/// A value of the viewer that a policy may compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewerValue {
    /// An id.
    Uuid(Uuid),
    /// Several ids, compared with `= ANY(…)`.
    Uuids(Vec<Uuid>),
    /// Text.
    Text(String),
    /// Several texts, compared with `= ANY(…)`.
    Texts(Vec<String>),
}

/// Who is asking. The class chooses the text of the conditions, the values fill their parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewer {
    /// Viewers of one class share plans and prepared statements; policies branch on it.
    pub class: &'static str,
    /// Values by the name under which policies ask for them. `id` is who acts.
    pub values: HashMap<&'static str, ViewerValue>,
    /// What he may do beyond what is his own.
    pub permissions: Arc<Permissions>,
}

/// The class of viewers who are signed in.
const USER: &str = "user";

/// What the ids of the scopes in which a permission holds are called among a viewer's values.
pub(crate) const WITHIN: &str = "within:";

/// The same, of the scopes in which a permission that holds everywhere else does not.
pub(crate) const EXCEPT: &str = "except:";

impl Viewer {
    /// A viewer of this class without values of its own.
    pub fn of_class(class: &'static str) -> Self {
        Self { class, values: HashMap::new(), permissions: Arc::default() }
    }

    /// Somebody who is signed in: of class `user`.
    pub fn user(id: Uuid, permissions: Arc<Permissions>) -> Self {
        let values = HashMap::from([("id", ViewerValue::Uuid(id))]);
        Self { class: USER, values, permissions }
    }

    /// Who it is; none for nobody in particular.
    pub fn id(&self) -> Option<Uuid> {
        match self.values.get("id") {
            Some(ViewerValue::Uuid(id)) => Some(*id),
            _ => None,
        }
    }

    /// A value by the name that a policy has for it.
    pub(crate) fn value(&self, name: &str) -> Option<Cow<'_, ViewerValue>> {
        let ids = |ids: &[Uuid]| Some(Cow::Owned(ViewerValue::Uuids(ids.to_vec())));
        if let Some(permission) = name.strip_prefix(WITHIN) {
            return ids(self.permissions.within(permission));
        }
        if let Some(permission) = name.strip_prefix(EXCEPT) {
            return ids(self.permissions.except(permission));
        }
        self.values.get(name).map(Cow::Borrowed)
    }

    /// What of the viewer decides the text of statements: which values there are and of what form,
    /// and which permissions, not for which scopes.
    pub(crate) fn shape(&self) -> String {
        let form = |value: &ViewerValue| match value {
            ViewerValue::Uuid(_) => "uuid",
            ViewerValue::Uuids(_) => "uuids",
            ViewerValue::Text(_) => "text",
            ViewerValue::Texts(_) => "texts",
        };
        let mut values: Vec<String> =
            self.values.iter().map(|(name, value)| format!(" {name}:{}", form(value))).collect();
        values.sort_unstable();
        values.concat() + self.permissions.fingerprint()
    }
}
