//! What hangs from a list of rows: every child of a view at the same time, each for all rows.

use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use tokio_postgres::Row;
use uuid::Uuid;

use super::Run;
use super::data::{Child, Children, Connection, NONE, Page, Part, raw, uuid_at};
use crate::error::RequestError;
use crate::plan::types::{
    ChildPlan, ConnectionPlan, GroupsPlan, PageSize, RowsPlan, Statement, View,
};

impl Run<'_> {
    /// The children of a view for all these rows.
    pub(crate) async fn children(
        &self,
        view: &View,
        rows: &[Row],
    ) -> Result<Children, RequestError> {
        if view.children.is_empty() {
            return Ok(Vec::new());
        }
        try_join_all(view.children.iter().map(|child| self.child(child, rows))).await
    }

    /// Boxed, since a child has children.
    fn child<'r>(
        &'r self,
        plan: &'r ChildPlan,
        parents: &'r [Row],
    ) -> BoxFuture<'r, Result<Child, RequestError>> {
        async move {
            match plan {
                ChildPlan::ToOne { key_column, statement, view } => {
                    self.to_one(*key_column, statement, view, parents).await
                }
                ChildPlan::List { key_column, rows } => {
                    Ok(Child::List(self.page(rows, Some(&keys(parents, *key_column))).await?))
                }
                ChildPlan::Connection { key_column, plan } => Ok(Child::Connection(
                    self.connection(plan, Some(&keys(parents, *key_column))).await?,
                )),
                ChildPlan::Resolver { needs, plan } => self.outputs(needs, plan, parents).await,
            }
        }
        .boxed()
    }

    async fn to_one(
        &self,
        key_column: usize,
        statement: &Statement,
        view: &View,
        parents: &[Row],
    ) -> Result<Child, RequestError> {
        let wanted: Vec<Option<Uuid>> =
            parents.iter().map(|row| uuid_at(row, key_column)).collect();
        let mut distinct: Vec<Uuid> = wanted.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.is_empty() {
            return Ok(Child::ToOne {
                rows: Vec::new(),
                children: Vec::new(),
                of_parent: vec![NONE; parents.len()],
            });
        }
        let rows = self.query(statement, &distinct).await?;
        let mut places: Vec<(Uuid, u32)> =
            (0..).zip(&rows).filter_map(|(place, row)| Some((uuid_at(row, 0)?, place))).collect();
        places.sort_unstable();
        let place = |key: &Uuid| {
            places.binary_search_by_key(key, |(id, _)| *id).map_or(NONE, |found| places[found].1)
        };
        let of_parent = wanted.iter().map(|key| key.as_ref().map_or(NONE, place)).collect();
        let children = self.children(view, &rows).await?;
        Ok(Child::ToOne { rows, children, of_parent })
    }

    /// One page: of the whole list, or of each key.
    pub(crate) async fn page(
        &self,
        plan: &RowsPlan,
        keys: Option<&[Uuid]>,
    ) -> Result<Page, RequestError> {
        if keys.is_some_and(<[Uuid]>::is_empty) {
            return Ok(Page {
                rows: Vec::new(),
                views: plan.views.iter().map(|_| Vec::new()).collect(),
                parts: Vec::new(),
            });
        }
        let size = self.page_size(&plan.page)?;
        let mut page = self.parted(&plan.statement, keys).await?;
        for part in &mut page.parts {
            if plan.peeks && i64::from(part.end - part.start) > size {
                part.more = true;
                part.end -= 1;
            }
            if plan.reversed {
                page.rows[part.start as usize..part.end as usize].reverse();
            }
        }
        page.views =
            try_join_all(plan.views.iter().map(|view| self.children(view, &page.rows))).await?;
        Ok(page)
    }

    fn page_size(&self, page: &PageSize) -> Result<i64, RequestError> {
        match &page.leaf {
            Some(leaf) => page.checked(&leaf.value(self.variables)),
            None => Ok(page.default),
        }
    }

    /// A statement's rows, parted by the parent's place in the keys, which is their first column.
    async fn parted(
        &self,
        statement: &Statement,
        keys: Option<&[Uuid]>,
    ) -> Result<Page, RequestError> {
        let mut rows = self.query(statement, keys.unwrap_or_default()).await?;
        let Some(keys) = keys else {
            let end = u32::try_from(rows.len()).unwrap_or(NONE);
            return Ok(Page {
                rows,
                views: Vec::new(),
                parts: vec![Part { start: 0, end, more: false }],
            });
        };
        let mut places: Vec<usize> = rows.iter().map(place).collect();
        if !places.is_sorted() {
            rows.sort_by_cached_key(place);
            places.sort_unstable();
        }
        let mut parts = vec![Part::default(); keys.len()];
        let mut start = 0;
        for chunk in places.chunk_by(|one, other| one == other) {
            let end = start + u32::try_from(chunk.len()).unwrap_or(NONE);
            if let Some(part) = parts.get_mut(chunk[0]) {
                *part = Part { start, end, more: false };
            }
            start = end;
        }
        Ok(Page { rows, views: Vec::new(), parts })
    }

    /// All that a connection's selection asks for, at the same time.
    pub(crate) async fn connection(
        &self,
        plan: &ConnectionPlan,
        keys: Option<&[Uuid]>,
    ) -> Result<Connection, RequestError> {
        if keys.is_some_and(<[Uuid]>::is_empty) {
            return Ok(Connection::default());
        }
        let page = async {
            match &plan.rows {
                Some(rows) => self.page(rows, keys).await.map(Some),
                None => Ok(None),
            }
        };
        // The usual connection is its rows alone: nothing to wait for beside them.
        if plan.figures.is_none() && plan.groups.is_empty() && plan.outside.is_none() {
            return Ok(Connection { page: page.await?, ..Connection::default() });
        }
        let figures = async {
            match &plan.figures {
                Some(statement) => self.one_each(statement, keys).await,
                None => Ok(Vec::new()),
            }
        };
        let groups = try_join_all(plan.groups.iter().map(|groups| self.groups(groups, keys)));
        let outside = async {
            match &plan.outside {
                Some(statement) => {
                    let rows = self.one_each(statement, keys).await?;
                    Ok(rows.iter().map(|row| (truth(row, 1), truth(row, 2))).collect())
                }
                None => Ok(Vec::new()),
            }
        };
        let (page, figures, groups, outside) =
            futures_util::try_join!(page, figures, groups, outside)?;
        Ok(Connection { page, figures, groups, outside })
    }

    async fn groups(&self, plan: &GroupsPlan, keys: Option<&[Uuid]>) -> Result<Page, RequestError> {
        self.page_size(&plan.page)?;
        self.parted(&plan.statement, keys).await
    }

    /// A statement that answers one row for each key, in the order of the keys.
    async fn one_each(
        &self,
        statement: &Statement,
        keys: Option<&[Uuid]>,
    ) -> Result<Vec<Row>, RequestError> {
        let mut rows = self.query(statement, keys.unwrap_or_default()).await?;
        if keys.is_some() {
            rows.sort_by_key(place);
        }
        Ok(rows)
    }
}

/// The parents' keys, in their order; a list hangs from a key that is never NULL.
fn keys(parents: &[Row], column: usize) -> Vec<Uuid> {
    parents.iter().map(|row| uuid_at(row, column).unwrap_or_default()).collect()
}

/// The parent's place in the keys: `WITH ORDINALITY` counts from 1.
fn place(row: &Row) -> usize {
    let ordinal = raw(row, 0).and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_be_bytes);
    usize::try_from(ordinal - 1).unwrap_or(usize::MAX)
}

fn truth(row: &Row, index: usize) -> bool {
    raw(row, index) == Some(&[1])
}
