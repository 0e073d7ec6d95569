//! Many operations in one request (RFC 7644 3.7): what is asked for, in which order it is done, and what is answered.
//!
//! An operation may refer to what another one of the request creates, as `bulkId:` and the name that the other one gave.
//! What cannot be done is known before anything is done, for each operation by itself. Doing it is left to the handlers.

use std::collections::{BTreeMap, BTreeSet};

use scim_v2::schema_urns::BULK_REQUEST;
use serde_json::{Map, Value};

use super::error::ScimError;
use super::limits::BULK_OPERATIONS_MAX;
use super::object::take;
use super::operations;
use super::profile::Mode;
use super::schema::ResourceType;
use super::strict;

mod order;
mod outcome;
mod reference;

pub(crate) use outcome::{Outcome, response};

/// The names that operations gave, and the ids of what they created.
pub(crate) type Created = BTreeMap<String, String>;

/// A Bulk whose operations are known to be good or bad as far as that needs nothing stored.
#[derive(Debug)]
pub(crate) struct BulkRequest {
    /// After how many errors to stop.
    pub(crate) fail_on_errors: Option<usize>,
    /// What to do, in the order of the request.
    pub(crate) operations: Vec<Operation>,
}

/// One operation of a Bulk.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The method in capital letters, as far as the client named one.
    pub(crate) method: String,
    /// What the client calls the operation.
    pub(crate) bulk_id: Option<String>,
    /// The version that a resource must have, as in `If-Match`.
    pub(crate) version: Option<String>,
    /// The resource that its path names, also when nothing can be done with it; none for POST.
    pub(crate) target: Option<Target>,
    /// What to do, or why it cannot be done.
    pub(crate) task: Result<Task, ScimError>,
}

/// What an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) of: ResourceType,
    /// The id of the resource, or a reference to one; empty for what is yet to be created.
    pub(crate) id: String,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    pub(crate) verb: Verb,
    pub(crate) target: Target,
    /// The body that a single request would have; `null` where it has none.
    pub(crate) data: Value,
}

/// The methods of a Bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Replace,
    Patch,
    Delete,
}

impl BulkRequest {
    /// Reads the body, names in any case. Paths may start with the SCIM base URL.
    ///
    /// # Errors
    /// `invalidSyntax` when a strict connection does not name the schema of the message; `invalidSyntax` or `invalidValue` when the request as a whole cannot be understood, 413 beyond the limit.
    pub(crate) fn read(mode: Mode, body: &[u8], base: &str) -> Result<Self, ScimError> {
        let mut body = operations::object(body)?;
        strict::message(mode, &body, BULK_REQUEST)?;
        let fail_on_errors = fail_on_errors(take(&mut body, "failOnErrors"))?;
        let operations = match take(&mut body, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            _ => {
                return Err(ScimError::invalid_syntax(
                    "a Bulk needs `Operations`, an array of at least one operation",
                ));
            }
        };
        // RFC 7644 3.7.4: the answer says which limit was exceeded.
        if operations.len() > BULK_OPERATIONS_MAX {
            return Err(ScimError::too_large(format!(
                "a Bulk takes at most {BULK_OPERATIONS_MAX} operations (maxOperations); send several"
            )));
        }
        let operations = operations.into_iter().enumerate();
        let operations = operations.map(|(index, operation)| Operation::read(index + 1, operation, base));
        let mut request = Self {
            fail_on_errors,
            operations: operations.collect::<Result<_, _>>()?,
        };
        let creators = request.creators()?;
        request.refuse_unknown_references(&creators);
        request.refuse_circles(&creators);
        Ok(request)
    }

    /// The operations by their place in the request, in the order in which they are to be done: that of the request, but
    /// for those that wait for what a later one creates.
    pub(crate) fn order(&self) -> Vec<usize> {
        // The names were found to be unique when the request was read.
        let mut after = self.needs(&self.creators().unwrap_or_default());
        // Whatever waits, two operations on one resource are never done in another order than they stand.
        let mut last_on = BTreeMap::new();
        for (index, operation) in self.operations.iter().enumerate() {
            if let Ok(task) = &operation.task
                && task.verb != Verb::Create
                && let Some(before) = last_on.insert((task.target.of.name(), task.target.id.as_str()), index)
                && let Some(after) = after.get_mut(index)
            {
                after.insert(before);
            }
        }
        order::order(&after)
    }

    /// Which operation creates what is called by which name.
    fn creators(&self) -> Result<BTreeMap<String, usize>, ScimError> {
        let mut creators = BTreeMap::new();
        let posts = self.operations.iter().enumerate();
        for (index, operation) in posts.filter(|(_, operation)| operation.method == "POST") {
            let Some(name) = &operation.bulk_id else { continue };
            // RFC 7644 3.7: unique within a request. Anything else would make references mean either of two.
            if creators.insert(name.clone(), index).is_some() {
                return Err(ScimError::invalid_value(format!(
                    "two operations of the Bulk have the bulkId `{name}`; nothing was done"
                )));
            }
        }
        Ok(creators)
    }

    fn refuse_unknown_references(&mut self, creators: &BTreeMap<String, usize>) {
        for operation in &mut self.operations {
            let unknown = operation
                .references()
                .into_iter()
                .find(|name| !creators.contains_key(*name));
            if let Some(name) = unknown {
                let detail = format!("no operation of the Bulk creates anything with the bulkId `{name}`");
                operation.task = Err(ScimError::invalid_value(detail));
            }
        }
    }

    /// RFC 7644 3.7.1: servers must try to resolve circles, and may stop after a failed attempt with 409. Ours is to look for an
    /// order in which each resource is there before it is referred to; a circle has none.
    fn refuse_circles(&mut self, creators: &BTreeMap<String, usize>) {
        let possible: BTreeSet<usize> = order::order(&self.needs(creators)).into_iter().collect();
        for (index, operation) in self.operations.iter_mut().enumerate() {
            if !possible.contains(&index) {
                operation.task = Err(ScimError::conflict(
                    "the operation refers to what cannot be created without itself: create it first, and add the \
                     reference with a PATCH",
                ));
            }
        }
    }

    /// For each operation those whose resources it refers to.
    fn needs(&self, creators: &BTreeMap<String, usize>) -> Vec<BTreeSet<usize>> {
        let needs = self.operations.iter().map(|operation| {
            let names = operation.references().into_iter();
            names.filter_map(|name| creators.get(name).copied()).collect()
        });
        needs.collect()
    }
}

impl Operation {
    fn read(number: usize, operation: Value, base: &str) -> Result<Self, ScimError> {
        let Value::Object(mut members) = operation else {
            return Err(ScimError::invalid_syntax(format!(
                "operation {number} is not an object"
            )));
        };
        let method = text(take(&mut members, "method")).unwrap_or_default();
        let path = text(take(&mut members, "path")).unwrap_or_default();
        let target = Target::read(&path, base);
        let named = target.clone().filter(|target| !target.id.is_empty());
        let bulk_id = text(take(&mut members, "bulkId"));
        Ok(Self {
            method: method.to_ascii_uppercase(),
            version: text(take(&mut members, "version")),
            task: Task::read(&method, &path, target, bulk_id.as_deref(), members),
            target: named.filter(|_| !method.eq_ignore_ascii_case("POST")),
            bulk_id,
        })
    }

    fn references(&self) -> BTreeSet<&str> {
        self.task.as_ref().map(Task::references).unwrap_or_default()
    }
}

impl Task {
    fn read(
        method: &str,
        path: &str,
        target: Option<Target>,
        bulk_id: Option<&str>,
        mut members: Map<String, Value>,
    ) -> Result<Self, ScimError> {
        let verb = Verb::read(method)?;
        let target = target
            .filter(|target| target.id.is_empty() == (verb == Verb::Create))
            .ok_or_else(|| misplaced(method, path))?;
        if verb == Verb::Create && bulk_id.is_none() {
            return Err(ScimError::invalid_value("an operation with POST needs a `bulkId`"));
        }
        let data = match (verb, take(&mut members, "data").unwrap_or_default()) {
            (Verb::Delete, _) => Value::Null,
            (Verb::Create | Verb::Replace | Verb::Patch, Value::Null) => {
                return Err(ScimError::invalid_syntax(format!(
                    "an operation with {method} needs `data`"
                )));
            }
            (Verb::Create | Verb::Replace | Verb::Patch, data) => data,
        };
        Ok(Self { verb, target, data })
    }

    /// The names that other operations gave to what this one needs.
    fn references(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        names.extend(reference::name(&self.target.id));
        reference::collect(&self.data, &mut names);
        names
    }

    /// The same with ids in place of references.
    ///
    /// # Errors
    /// 409 when something was not created.
    pub(crate) fn resolved(mut self, created: &Created) -> Result<Self, ScimError> {
        if let Some(missing) = self.references().into_iter().find(|name| !created.contains_key(*name)) {
            return Err(ScimError::conflict(format!(
                "the operation with the bulkId `{missing}`, which this one refers to, failed"
            )));
        }
        reference::replace(&mut self.data, created);
        if let Some(id) = reference::name(&self.target.id).and_then(|name| created.get(name)) {
            self.target.id.clone_from(id);
        }
        Ok(self)
    }
}

impl Verb {
    fn read(method: &str) -> Result<Self, ScimError> {
        match method.to_ascii_uppercase().as_str() {
            "POST" => Ok(Self::Create),
            "PUT" => Ok(Self::Replace),
            "PATCH" => Ok(Self::Patch),
            "DELETE" => Ok(Self::Delete),
            _ => Err(ScimError::invalid_value(
                "the `method` of an operation must be POST, PUT, PATCH or DELETE",
            )),
        }
    }
}

impl Target {
    /// `/Users` or `/Users/{id}`, with or without the slash or the whole base URL before it. Parameters change nothing: only
    /// errors are answered with a body.
    fn read(path: &str, base: &str) -> Option<Self> {
        let path = path.strip_prefix(base).unwrap_or(path);
        let path = path.split('?').next().unwrap_or_default().trim_matches('/');
        let (collection, id) = path.split_once('/').unwrap_or((path, ""));
        let of = [ResourceType::User, ResourceType::Group]
            .into_iter()
            .find(|of| collection.strip_suffix('s') == Some(of.name()))?;
        let id = id.to_owned();
        (!id.contains('/')).then_some(Self { of, id })
    }
}

fn misplaced(method: &str, path: &str) -> ScimError {
    let takes = if method.eq_ignore_ascii_case("POST") {
        "`/Users` or `/Groups`"
    } else {
        "`/Users/{id}` or `/Groups/{id}`"
    };
    ScimError::invalid_path(format!(
        "the `path` of an operation with {method} is {takes}, and not `{path}`"
    ))
}

/// RFC 7644 3.7.3: how many errors end the request. Of none it can only be told after the first one.
fn fail_on_errors(value: Option<Value>) -> Result<Option<usize>, ScimError> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        Some(value) => value.to_string(),
    };
    let count: usize = text
        .parse()
        .map_err(|_| ScimError::invalid_value("`failOnErrors` must be a number of errors"))?;
    Ok(Some(count.max(1)))
}

/// A text, or a number where one is meant as text. Nothing and an empty text are the same.
fn text(value: Option<Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
