//! The answer: one walk over the plan, the driver's binary values written straight to JSON bytes.
//!
//! A non-null field without a value makes its parent null, up to the nearest one that may be:
//! the walk cuts its bytes back to where that one began.

mod output;

use tokio_postgres::Row;

use super::data::{Child, Connection, NONE, Page, raw};
use super::roots::{Point, Root};
use crate::error::FieldError;
use crate::error_code::ErrorCode;
use crate::plan::types::{
    ConnectionField, ConnectionPlan, EdgeField, FieldPlan, FieldValue, Guard, Key, PageField, Plan,
    ReferencePlan, RootPlan, RootSource, RowsPlan, View,
};
use crate::scalar::{self, cursor};

/// An error of the answer, with its place in it.
#[derive(Debug)]
pub(crate) struct AnswerError {
    pub(crate) error: FieldError,
    pub(crate) path: Vec<PathSegment>,
}

#[derive(Debug, Clone)]
pub(crate) enum PathSegment {
    Key(Box<str>),
    Index(usize),
}

/// A null that must not stand here.
struct Bubble;

type Written = Result<(), Bubble>;

/// Where the walk is. Names are borrowed; they are copied when an error needs them.
enum Step<'p> {
    Key(&'p Key),
    Index(usize),
}

pub(crate) struct Writer<'p> {
    out: Vec<u8>,
    path: Vec<Step<'p>>,
    errors: Vec<AnswerError>,
    plan: &'p Plan,
    introspection: &'p serde_json::Map<String, serde_json::Value>,
    /// Bytes at most.
    maximum: usize,
    too_large: bool,
}

/// The answer would be larger than its limit: it had so many bytes when it was given up.
pub(crate) struct TooLarge(pub(crate) usize);

/// Errors that one answer lists at most; the rest of them would say the same.
const ERRORS_MAXIMUM: usize = 100;

/// Writes `"data":…` of a plan that has run, and gives back its errors.
pub(crate) fn data(
    plan: &Plan,
    roots: &[Root],
    introspection: &serde_json::Map<String, serde_json::Value>,
    out: Vec<u8>,
    maximum: usize,
) -> Result<(Vec<u8>, Vec<AnswerError>), TooLarge> {
    let mut writer = Writer {
        out,
        path: Vec::new(),
        errors: Vec::new(),
        plan,
        introspection,
        maximum,
        too_large: false,
    };
    writer.out.extend_from_slice(b"\"data\":");
    let start = writer.out.len();
    if writer.roots(roots).is_err() {
        writer.out.truncate(start);
        writer.out.extend_from_slice(b"null");
    }
    if writer.too_large { Err(TooLarge(writer.out.len())) } else { Ok((writer.out, writer.errors)) }
}

/// Writes the value of one root field that has run, and gives back its errors.
pub(crate) fn root(
    plan: &Plan,
    place: usize,
    root: &Root,
    maximum: usize,
) -> Result<(Vec<u8>, Vec<AnswerError>), TooLarge> {
    let introspection = serde_json::Map::new();
    let mut writer = Writer {
        out: Vec::with_capacity(512),
        path: Vec::new(),
        errors: Vec::new(),
        plan,
        introspection: &introspection,
        maximum,
        too_large: false,
    };
    let RootPlan { key, nullable, source } = &plan.roots[place];
    if writer.guarded(key, *nullable, |writer| writer.root(source, root, key)).is_err() {
        writer.out = b"null".to_vec();
    }
    let bytes = writer.out.len();
    if writer.too_large || bytes > maximum {
        return Err(TooLarge(bytes));
    }
    Ok((writer.out, writer.errors))
}

/// What a non-null field without a value is told as.
const MISSING: &str = "a value that is always there is missing";

impl<'p> Writer<'p> {
    fn roots(&mut self, roots: &[Root]) -> Written {
        self.out.push(b'{');
        for (index, (plan, root)) in self.plan.roots.iter().zip(roots).enumerate() {
            self.key(index, &plan.key);
            self.guarded(&plan.key, plan.nullable, |writer| {
                writer.root(&plan.source, root, &plan.key)
            })?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn root(&mut self, source: &'p RootSource, root: &Root, key: &Key) -> Written {
        let references = &self.plan.references;
        match (source, root) {
            (RootSource::Typename(name), _) => self.fixed(name),
            (RootSource::Forbidden(permission), _) => self.failed(FieldError::lacks(permission)),
            (RootSource::Introspection, _) => {
                let value = self.introspection.get(&*key.name).unwrap_or(&serde_json::Value::Null);
                serde_json::to_writer(&mut self.out, value).map_err(|_| Bubble)
            }
            (RootSource::Point { .. }, Root::Point(point)) => self.point(references, point),
            (RootSource::Points { .. }, Root::Points(Ok(points))) => {
                self.list(points.len(), true, |writer, index| {
                    writer.point(references, &points[index])
                })
            }
            (RootSource::Points { .. }, Root::Points(Err(error))) => self.failed(error.clone()),
            (RootSource::Connection(plan), Root::Connection(connection)) => {
                self.connection(plan, connection, 0)
            }
            (RootSource::List(plan), Root::List(page)) => self.rows_list(plan, page, 0),
            (RootSource::Resolver(plan), Root::Output(Child::Outputs { outputs, references })) => {
                self.output(&plan.outputs, &plan.outputs.output, &outputs[0], references)
            }
            (RootSource::Mutation(plan), Root::Output(Child::Outputs { outputs, references })) => {
                self.output(&plan.outputs, &plan.outputs.output, &outputs[0], references)
            }
            _ => Err(Bubble),
        }
    }

    /// A row by its id: null for the absent and the hidden alike.
    fn point(&mut self, plans: &'p [ReferencePlan], point: &Point) -> Written {
        match point {
            Ok((plan, Some((references, row)))) => self.object(
                &plans[*plan].view,
                &references.rows[*row as usize],
                *row as usize,
                &references.children,
            ),
            Ok((_, None)) => Err(Bubble),
            Err(error) => self.failed(error.clone()),
        }
    }

    /// The object of one row.
    fn object(&mut self, view: &'p View, row: &Row, place: usize, children: &[Child]) -> Written {
        self.out.push(b'{');
        for (index, field) in view.fields.iter().enumerate() {
            self.key(index, &field.key);
            match &field.value {
                _ if field.guard.as_ref().is_some_and(|guard| guard.withholds(row)) => {
                    self.withheld(field)?;
                }
                FieldValue::Child(child) => {
                    self.guarded(&field.key, field.nullable, |writer| {
                        writer.child(&view.children[*child], &children[*child], place)
                    })?;
                }
                value => self.flat(field, value, row)?,
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A field that the viewer lacks the permission for, on this row at least.
    fn withheld(&mut self, field: &'p FieldPlan) -> Written {
        let permission = field.guard.as_ref().map_or("", |guard| &guard.permission);
        self.guarded(&field.key, field.nullable, |writer| {
            writer.failed(FieldError::lacks(permission))
        })
    }

    /// A field that needs its own row alone.
    fn flat(&mut self, field: &'p FieldPlan, value: &'p FieldValue, row: &Row) -> Written {
        match value {
            FieldValue::Fixed(bytes) => self.fixed(bytes),
            FieldValue::Column { index, kind } => match raw(row, *index) {
                Some(bytes) => match scalar::write(*kind, bytes, &mut self.out) {
                    Ok(()) => Ok(()),
                    Err(malformed) => self.guarded(&field.key, field.nullable, |writer| {
                        writer.failed(FieldError::new(ErrorCode::Internal, malformed.to_string()))
                    }),
                },
                None if field.nullable => self.null(),
                None => self.guarded(&field.key, false, |writer| {
                    writer.failed(FieldError::new(ErrorCode::Internal, MISSING))
                }),
            },
            FieldValue::Object(fields) => {
                self.out.push(b'{');
                for (index, field) in fields.iter().enumerate() {
                    self.key(index, &field.key);
                    self.flat(field, &field.value, row)?;
                }
                self.out.push(b'}');
                Ok(())
            }
            FieldValue::Child(_) => Err(Bubble),
        }
    }

    fn child(
        &mut self,
        plan: &'p crate::plan::types::ChildPlan,
        child: &Child,
        parent: usize,
    ) -> Written {
        use crate::plan::types::ChildPlan;
        match (plan, child) {
            (ChildPlan::ToOne { view, .. }, Child::ToOne { rows, children, of_parent }) => {
                match of_parent[parent] {
                    NONE => Err(Bubble),
                    row => self.object(view, &rows[row as usize], row as usize, children),
                }
            }
            (ChildPlan::List { rows, .. }, Child::List(page)) => self.rows_list(rows, page, parent),
            (ChildPlan::Connection { plan, .. }, Child::Connection(connection)) => {
                self.connection(plan, connection, parent)
            }
            (ChildPlan::Resolver { plan, .. }, Child::Outputs { outputs, references }) => {
                self.output(&plan.outputs, &plan.outputs.output, &outputs[parent], references)
            }
            _ => Err(Bubble),
        }
    }

    fn rows_list(&mut self, plan: &'p RowsPlan, page: &Page, parent: usize) -> Written {
        self.nodes(&plan.views[0], &page.views[0], page, parent)
    }

    fn nodes(&mut self, view: &'p View, children: &[Child], page: &Page, parent: usize) -> Written {
        let part = page.parts[parent];
        self.list((part.end - part.start) as usize, false, |writer, index| {
            let place = part.start as usize + index;
            writer.object(view, &page.rows[place], place, children)
        })
    }

    fn connection(
        &mut self,
        plan: &'p ConnectionPlan,
        connection: &Connection,
        parent: usize,
    ) -> Written {
        self.out.push(b'{');
        for (index, (key, field)) in plan.fields.iter().enumerate() {
            self.key(index, key);
            self.guarded(key, false, |writer| {
                writer.connection_field(plan, field, connection, parent)
            })?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn connection_field(
        &mut self,
        plan: &'p ConnectionPlan,
        field: &'p ConnectionField,
        connection: &Connection,
        parent: usize,
    ) -> Written {
        let rows = plan.rows.as_ref().zip(connection.page.as_ref());
        match (field, rows) {
            (ConnectionField::Fixed(bytes), _) => self.fixed(bytes),
            (ConnectionField::Nodes(view), Some((rows, page))) => {
                self.nodes(&rows.views[*view], &page.views[*view], page, parent)
            }
            (ConnectionField::Edges(fields), Some((rows, page))) => {
                let part = page.parts[parent];
                self.list((part.end - part.start) as usize, false, |writer, index| {
                    writer.edge(fields, rows, page, part.start as usize + index)
                })
            }
            (ConnectionField::PageInfo(fields), _) => {
                self.page_info(fields, rows, connection, parent)
            }
            (ConnectionField::Figures(value), _) => match (value, connection.figures.get(parent)) {
                (FieldValue::Column { index, kind }, Some(row)) => {
                    self.value(*kind, raw(row, *index))
                }
                (FieldValue::Object(fields), row) => self.figures(fields, row),
                _ => Err(Bubble),
            },
            (ConnectionField::Groups(groups, fields), _) => {
                let page = &connection.groups[*groups];
                let part = page.parts[parent];
                self.list((part.end - part.start) as usize, false, |writer, index| {
                    writer.figures(fields, page.rows.get(part.start as usize + index))
                })
            }
            _ => Err(Bubble),
        }
    }

    /// An object over one row of figures.
    fn figures(&mut self, fields: &'p [FieldPlan], row: Option<&Row>) -> Written {
        self.out.push(b'{');
        for (index, field) in fields.iter().enumerate() {
            self.key(index, &field.key);
            match (row, &field.value) {
                (Some(row), value) => self.flat(field, value, row)?,
                (None, FieldValue::Fixed(bytes)) => self.fixed(bytes)?,
                (None, _) => return Err(Bubble),
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn edge(
        &mut self,
        fields: &'p [(Key, EdgeField)],
        rows: &'p RowsPlan,
        page: &Page,
        place: usize,
    ) -> Written {
        let row = &page.rows[place];
        self.out.push(b'{');
        for (index, (key, field)) in fields.iter().enumerate() {
            self.key(index, key);
            match field {
                EdgeField::Fixed(bytes) => self.fixed(bytes)?,
                EdgeField::Cursor => self.cursor(rows, row),
                EdgeField::Node(view) => self.guarded(key, false, |writer| {
                    writer.object(&rows.views[*view], row, place, &page.views[*view])
                })?,
                EdgeField::Distance(None) => self.null()?,
                EdgeField::Distance(Some(column)) => {
                    self.value(crate::scalar::Kind::Float8, raw(row, *column))?
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn page_info(
        &mut self,
        fields: &'p [(Key, PageField)],
        rows: Option<(&'p RowsPlan, &Page)>,
        connection: &Connection,
        parent: usize,
    ) -> Written {
        let (before_first, after_last) =
            connection.outside.get(parent).copied().unwrap_or_default();
        let part = rows.map(|(_, page)| page.parts[parent]).unwrap_or_default();
        let reversed = rows.is_some_and(|(rows, _)| rows.reversed);
        self.out.push(b'{');
        for (index, (key, field)) in fields.iter().enumerate() {
            self.key(index, key);
            match field {
                PageField::Fixed(bytes) => self.fixed(bytes)?,
                PageField::HasNextPage => self.boolean((!reversed && part.more) || after_last),
                PageField::HasPreviousPage => self.boolean((reversed && part.more) || before_first),
                PageField::StartCursor | PageField::EndCursor => match rows {
                    Some((rows, page)) if part.start < part.end => {
                        let place = if *field == PageField::StartCursor {
                            part.start
                        } else {
                            part.end - 1
                        };
                        self.cursor(rows, &page.rows[place as usize]);
                    }
                    _ => self.null()?,
                },
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn cursor(&mut self, rows: &RowsPlan, row: &Row) {
        let values: Vec<Option<&[u8]>> =
            rows.cursor.iter().map(|&column| raw(row, column)).collect();
        self.out.push(b'"');
        cursor::encode(rows.fingerprint, &values, &mut self.out);
        self.out.push(b'"');
    }

    /// A list, each item at its index; an item that may not be null takes the list with it.
    fn list(
        &mut self,
        length: usize,
        nullable: bool,
        mut item: impl FnMut(&mut Self, usize) -> Written,
    ) -> Written {
        self.out.push(b'[');
        for index in 0..length {
            // A row is read once and written wherever it is pointed at: little data can be much text.
            if self.too_large || self.out.len() > self.maximum {
                self.too_large = true;
                return Err(Bubble);
            }
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(Step::Index(index));
            let (start, known) = (self.out.len(), self.errors.len());
            let written = item(self, index);
            if written.is_err() && !nullable && self.errors.len() == known {
                let _ = self.failed(FieldError::new(ErrorCode::Internal, MISSING));
            }
            self.path.pop();
            match written {
                Ok(()) => {}
                Err(Bubble) if nullable => {
                    self.out.truncate(start);
                    self.null()?;
                }
                Err(Bubble) => return Err(Bubble),
            }
        }
        self.out.push(b']');
        Ok(())
    }

    /// A field whose value may fail: cut back to null where it may be, else its parent is.
    fn guarded(
        &mut self,
        key: &'p Key,
        nullable: bool,
        value: impl FnOnce(&mut Self) -> Written,
    ) -> Written {
        let (start, known) = (self.out.len(), self.errors.len());
        self.path.push(Step::Key(key));
        let written = value(self);
        if written.is_err() && !nullable && self.errors.len() == known {
            let _ = self.failed(FieldError::new(ErrorCode::Internal, MISSING));
        }
        self.path.pop();
        match written {
            Err(Bubble) if nullable => {
                self.out.truncate(start);
                self.null()
            }
            written => written,
        }
    }

    fn failed(&mut self, error: FieldError) -> Written {
        if self.errors.len() < ERRORS_MAXIMUM {
            let path = self.path.iter().map(|step| match step {
                Step::Key(key) => PathSegment::Key(key.name.clone()),
                Step::Index(index) => PathSegment::Index(*index),
            });
            self.errors.push(AnswerError { error, path: path.collect() });
        }
        Err(Bubble)
    }

    fn key(&mut self, index: usize, key: &Key) {
        if index > 0 {
            self.out.push(b',');
        }
        self.out.extend_from_slice(&key.bytes);
    }

    fn value(&mut self, kind: crate::scalar::Kind, bytes: Option<&[u8]>) -> Written {
        match bytes {
            Some(bytes) => scalar::write(kind, bytes, &mut self.out).map_err(|_| Bubble),
            None => self.null(),
        }
    }

    fn fixed(&mut self, bytes: &[u8]) -> Written {
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn null(&mut self) -> Written {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
}

impl Guard {
    /// Whether the value of this row's field is not for the viewer.
    fn withholds(&self, row: &Row) -> bool {
        // A condition over what is absent is NULL: not permitted.
        self.column.and_then(|column| raw(row, column)) != Some(&[1])
    }
}
