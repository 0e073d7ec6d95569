//! Queries and their answers: filter, page and selection from the parameters of a GET or the body of a `.search`, and the
//! ListResponse (RFC 7644 3.4.2 and 3.4.3).
//!
//! Sorting is not supported and announced so; `sortBy` is ignored, as are parameters that nobody knows.

use scim_v2::schema_urns;
use serde_json::{Value, json};

use super::error::ScimError;
use super::filter::Filter;
use super::limits::{PAGE_MEMBERS_MAX, PAGE_RESOURCES_DEFAULT, PAGE_RESOURCES_MAX};
use super::operations;
use super::schema::ResourceSchema;
use super::select::Selection;

/// What a client asks of a list.
#[derive(Debug)]
pub struct ListRequest {
    /// Which resources; `None` for all.
    pub filter: Option<Filter>,
    /// Which part of them.
    pub page: Page,
    /// Which of their attributes.
    pub selection: Selection,
}

/// A part of a list, by its place in a stable order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The place of the first resource, from 1.
    pub start_index: usize,
    /// How many resources at most; with 0 only the total is wanted.
    pub count: usize,
}

impl ListRequest {
    /// Reads the decoded parameters of a GET, names in any case. Of a parameter given twice the first counts.
    ///
    /// # Errors
    /// `invalidFilter` for the filter, `invalidValue` for the others.
    pub fn read(schema: &ResourceSchema, parameters: &[(String, String)]) -> Result<Self, ScimError> {
        let parameter = |name| parameter(parameters, name);
        let filter = Some(parameter("filter")).filter(|text| !text.is_empty());
        Ok(Self {
            filter: filter.map(|text| Filter::read(schema, text)).transpose()?,
            page: Page::read(parameter("startIndex"), parameter("count"))?,
            selection: Selection::of(schema, parameters)?,
        })
    }

    /// Reads the body of a `.search`: the same parameters, as JSON.
    ///
    /// # Errors
    /// `invalidSyntax` when it is no JSON object, then as for a GET.
    pub fn search(schema: &ResourceSchema, body: &[u8]) -> Result<Self, ScimError> {
        let parameters: Vec<_> = operations::object(body)?
            .into_iter()
            .map(|(key, value)| (key, flat(value)))
            .collect();
        Self::read(schema, &parameters)
    }
}

/// The value of a parameter, its name in any case; empty when it is not given.
pub(crate) fn parameter<'p>(parameters: &'p [(String, String)], name: &str) -> &'p str {
    let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim()).unwrap_or_default()
}

fn flat(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(values) => values.into_iter().map(flat).collect::<Vec<_>>().join(","),
        value => value.to_string(),
    }
}

impl Page {
    /// RFC 7644 3.4.2.4: a start below 1 is 1, a negative count is 0; more than our maximum is our maximum.
    fn read(start_index: &str, count: &str) -> Result<Self, ScimError> {
        let start_index = integer("startIndex", start_index)?.unwrap_or(1).max(1);
        let count = integer("count", count)?.map_or(Ok(PAGE_RESOURCES_DEFAULT), |count| usize::try_from(count.max(0)));
        Ok(Self {
            start_index: usize::try_from(start_index).unwrap_or(usize::MAX),
            count: count.unwrap_or(PAGE_RESOURCES_MAX).min(PAGE_RESOURCES_MAX),
        })
    }

    /// How many resources stand before the page.
    pub fn skip(self) -> usize {
        self.start_index.saturating_sub(1)
    }

    /// The items of the page, and how many there are in all.
    pub fn cut<T>(self, items: impl Iterator<Item = T>) -> (usize, Vec<T>) {
        let (mut total, mut page) = (0, Vec::new());
        for item in items {
            if total >= self.skip() && page.len() < self.count {
                page.push(item);
            }
            total += 1;
        }
        (total, page)
    }

    /// The text of the ListResponse of this page, given the texts of its resources.
    pub fn response(self, total: usize, resources: &[String]) -> String {
        let schemas = [schema_urns::LIST_RESPONSE];
        let head = json!({
            "schemas": schemas, "totalResults": total, "startIndex": self.start_index, "itemsPerPage": resources.len(),
        });
        let mut text = head.to_string();
        text.pop();
        text.push_str(r#","Resources":["#);
        for (index, resource) in resources.iter().enumerate() {
            text.push_str(if index > 0 { "," } else { "" });
            text.push_str(resource);
        }
        text.push_str("]}");
        text
    }
}

/// The first of the items that together hold no more members than a page does, and always the first of all (RFC 7644
/// 3.4.2.4: a page may hold less than was asked for, and says how much).
pub(crate) fn within_members<T>(items: Vec<T>, members: impl Fn(&T) -> u64) -> impl Iterator<Item = T> {
    let mut sum = 0_u64;
    items.into_iter().enumerate().map_while(move |(index, item)| {
        sum = sum.saturating_add(members(&item));
        (index == 0 || sum <= PAGE_MEMBERS_MAX).then_some(item)
    })
}

fn integer(name: &str, text: &str) -> Result<Option<i64>, ScimError> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text
        .parse()
        .map_err(|_| ScimError::invalid_value(format!("`{name}` takes an integer, not `{text}`")))?;
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::super::filter::Hint;
    use super::super::profile::Profile;
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<ListRequest, ScimError> {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        ListRequest::read(&Profile::standard().user, &parameters)
    }

    #[track_caller]
    fn check_page(start_index: &str, count: &str, expected: (usize, usize)) {
        let page = read(&[("startIndex", start_index), ("count", count)]).unwrap().page;
        assert_eq!((page.start_index, page.count), expected);
    }

    #[test]
    fn pages_are_read_as_the_rfc_wants() {
        check_page("", "", (1, 100));
        check_page("1", "2", (1, 2));
        check_page("0", "0", (1, 0));
        check_page("-5", "-1", (1, 0));
        check_page("101", "100000", (101, 1000));
        let refused = read(&[("count", "many")]).unwrap_err();
        assert_eq!(refused.to_string(), "`count` takes an integer, not `many`");
    }

    #[test]
    fn parameters_come_in_any_case_and_unknown_ones_are_ignored() {
        let request = read(&[
            ("aadOptscim062020", ""),
            ("FILTER", "userName eq \"ana\""),
            ("startindex", "3"),
            ("sortBy", "x"),
        ])
        .unwrap();
        assert_eq!(request.page.start_index, 3);
        assert_eq!(request.filter.unwrap().hint(), Some(Hint::UserName("ana")));
        assert!(read(&[("filter", " ")]).unwrap().filter.is_none());
    }

    #[test]
    fn a_search_has_the_same_parameters_in_its_body() {
        let body =
            br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"ana\"",
            "attributes":["userName","emails"],"count":10,"startIndex":null}"#;
        let request = ListRequest::search(&Profile::standard().user, body).unwrap();
        assert_eq!(
            request.page,
            Page {
                start_index: 1,
                count: 10
            }
        );
        assert_eq!(request.filter.unwrap().hint(), Some(Hint::UserName("ana")));
        assert!(request.selection.wants("emails") && !request.selection.wants("groups"));
    }

    #[test]
    fn a_page_is_cut_from_all_and_counts_all() {
        let cut = |start_index, count| Page { start_index, count }.cut(1..=5);
        assert_eq!(cut(1, 2), (5, vec![1, 2]));
        assert_eq!(cut(5, 2), (5, vec![5]));
        assert_eq!(cut(6, 2), (5, vec![]));
        assert_eq!(cut(1, 0), (5, vec![]));
    }

    #[test]
    fn a_page_ends_before_the_resource_that_brings_too_many_members_but_shows_one() {
        let shown = |members: &[u64]| within_members(members.to_vec(), |members| *members).count();
        assert_eq!(shown(&[PAGE_MEMBERS_MAX - 1, 1, 0, 1, 0]), 3);
        assert_eq!(shown(&[PAGE_MEMBERS_MAX + 1, 0]), 1);
        assert_eq!(shown(&[1, PAGE_MEMBERS_MAX, 1]), 1);
        assert_eq!(shown(&[]), 0);
    }

    #[test]
    fn resources_stand_in_a_list_as_they_are_written() {
        let page = Page {
            start_index: 3,
            count: 2,
        };
        let response = page.response(9, &[r#"{"id":"a"}"#.to_owned(), r#"{"id":"b"}"#.to_owned()]);
        assert_eq!(
            serde_json::from_str::<Value>(&response).unwrap(),
            json!({"schemas": [schema_urns::LIST_RESPONSE], "totalResults": 9, "startIndex": 3, "itemsPerPage": 2,
                "Resources": [{"id": "a"}, {"id": "b"}]})
        );
    }

    #[test]
    fn an_empty_list_is_still_a_list() {
        let response = Page {
            start_index: 1,
            count: 2,
        }
        .response(0, &[]);
        assert_eq!(
            serde_json::from_str::<Value>(&response).unwrap(),
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0,
                "startIndex": 1, "itemsPerPage": 0, "Resources": []})
        );
    }
}
