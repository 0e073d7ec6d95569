//! Queries and their answers: filter, order, page and selection from the parameters of a GET or the body of a `.search`, and
//! the ListResponse (RFC 7644 3.4.2 and 3.4.3, RFC 9865).
//!
//! Parameters that nobody knows are ignored.

use rolecall_engine::ConnectionId;
use scim_v2::schema_urns;
use serde_json::{Value, json};

use super::cursor::CursorScope;
use super::error::ScimError;
use super::filter::Filter;
use super::limits::{PAGE_RESOURCES_DEFAULT, PAGE_RESOURCES_MAX};
use super::operations;
use super::profile::Mode;
use super::schema::{ResourceSchema, ResourceType};
use super::select::Selection;
use super::sort::{SortBy, SortOrder};
use super::wanted::Wanted;

/// What a client asks of a list.
#[derive(Debug)]
pub struct ListRequest {
    /// What is asked of each type of resource, in the order in which they are listed.
    pub searches: Vec<Search>,
    /// Which way they are sorted.
    pub order: SortOrder,
    /// Which part of the list.
    pub page: Page,
    /// The filter and `sortBy` as they were written: a cursor goes with them.
    texts: [String; 2],
}

/// What is asked of one type of resource.
#[derive(Debug)]
pub struct Search {
    /// The type.
    pub of: ResourceType,
    /// Which resources; `None` for all.
    pub filter: Option<Filter>,
    /// By what they are sorted; `None` for the order of their creation.
    pub sort: Option<SortBy>,
    /// What the two look at.
    pub wanted: Wanted,
    /// Which of their attributes are shown.
    pub selection: Selection,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// By its place (RFC 7644 3.4.2.4).
    ByIndex {
        /// The place of the first resource, from 1.
        start_index: usize,
        /// How many resources at most; with 0 only the total is wanted.
        count: usize,
    },
    /// By where the page before it ended (RFC 9865).
    ByCursor {
        /// What that page gave; empty for the first page.
        cursor: String,
        /// How many resources at most.
        count: usize,
    },
}

impl ListRequest {
    /// Reads the decoded parameters of a GET of these types, names in any case. Of a parameter given twice the first counts.
    ///
    /// # Errors
    /// `invalidFilter` for the filter, `invalidPath` for `sortBy`, `invalidCount` beside a cursor, `invalidValue` for the others.
    pub fn read(schemas: &[&ResourceSchema], parameters: &[(String, String)]) -> Result<Self, ScimError> {
        let texts = ["filter", "sortBy"].map(|name| parameter(parameters, name));
        let [filters, sorts] = texts.map(|text| Some(text).filter(|text| !text.is_empty()));
        let mut filters = filters
            .map_or(Ok(Vec::new()), |text| Filter::read(schemas, text))?
            .into_iter();
        let mut sorts = sorts
            .map_or(Ok(Vec::new()), |text| SortBy::read(schemas, text))?
            .into_iter();
        let mut searches = Vec::with_capacity(schemas.len());
        for schema in schemas {
            let (filter, sort) = (filters.next(), sorts.next());
            searches.push(Search {
                of: schema.of,
                wanted: Wanted::by(schema.of, filter.as_ref(), sort.as_ref()),
                filter,
                sort,
                selection: Selection::of(schema, parameters)?,
            });
        }
        Ok(Self {
            searches,
            order: SortOrder::read(parameter(parameters, "sortOrder"))?,
            page: Page::read(parameters)?,
            texts: texts.map(str::to_owned),
        })
    }

    /// Reads the body of a `.search`: the same parameters, as JSON. `null` is as good as nothing (RFC 7643 2.5).
    ///
    /// # Errors
    /// `invalidSyntax` when it is no JSON object, has a member of another type than it should be, or, where the connection is
    /// strict, does not say what it is; then as for a GET.
    pub fn search(schemas: &[&ResourceSchema], body: &[u8]) -> Result<Self, ScimError> {
        let members = operations::object(body)?.into_iter();
        let given = members.filter(|(_, value)| !value.is_null());
        let parameters: Vec<_> = given
            .filter_map(|(name, value)| search_member(name, value))
            .collect::<Result<_, _>>()?;
        // RFC 7644 3.4.3 has the schema in every search; who leaves it out is understood all the same.
        let strict = schemas.iter().any(|schema| schema.mode == Mode::Strict);
        if strict && self::given(&parameters, "schemas").is_none() {
            let urn = schema_urns::SEARCH_REQUEST;
            return Err(ScimError::invalid_syntax(format!(
                "a search needs `schemas` with `{urn}`"
            )));
        }
        Self::read(schemas, &parameters)
    }

    /// What cursors of this query can be used for. What is shown of the resources and how many may change between pages.
    pub(crate) fn scope(&self, connection: ConnectionId) -> CursorScope {
        let types: Vec<_> = self.searches.iter().map(|search| search.of.name()).collect();
        let order = match self.order {
            SortOrder::Ascending => "ascending",
            SortOrder::Descending => "descending",
        };
        let [filter, sort_by] = &self.texts;
        let texts = [types.join(" "), order.to_owned(), filter.clone(), sort_by.clone()];
        let connection = connection.uuid();
        let parts = std::iter::once(connection.as_bytes().as_slice()).chain(texts.iter().map(String::as_bytes));
        CursorScope::of(&parts.collect::<Vec<_>>())
    }
}

/// A member of the body of a `.search` as a parameter; `None` when nobody knows it.
fn search_member(name: String, value: Value) -> Option<Result<(String, String), ScimError>> {
    let texts = ["filter", "sortBy", "sortOrder", "cursor"];
    let (numbers, lists) = (["startIndex", "count"], ["attributes", "excludedAttributes"]);
    let is_in = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(&name));
    let (text, expected) = if is_in(&texts) {
        (value.as_str().map(str::to_owned), "a string")
    } else if is_in(&numbers) {
        (value.is_number().then(|| value.to_string()), "an integer")
    } else if is_in(&lists) {
        (names(&value), "an array of strings")
    } else if is_in(&["schemas"]) {
        (is_search_request(&value).then(String::new), schema_urns::SEARCH_REQUEST)
    } else {
        return None;
    };
    let refused = || ScimError::invalid_syntax(format!("`{name}` of a search takes {expected}"));
    Some(text.ok_or_else(refused).map(|text| (name, text)))
}

/// RFC 7644 3.4.3 has arrays here; a string with commas, as in a GET, is clear enough.
fn names(value: &Value) -> Option<String> {
    match value {
        Value::String(names) => Some(names.clone()),
        Value::Array(names) => {
            let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
            names.map(|names| names.join(","))
        }
        _ => None,
    }
}

fn is_search_request(schemas: &Value) -> bool {
    let schemas = schemas.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut urns = schemas.iter().filter_map(Value::as_str);
    urns.any(|urn| urn.eq_ignore_ascii_case(schema_urns::SEARCH_REQUEST))
}

/// The value of a parameter, its name in any case; empty when it is not given.
pub(crate) fn parameter<'p>(parameters: &'p [(String, String)], name: &str) -> &'p str {
    given(parameters, name).unwrap_or_default()
}

fn given<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

impl Page {
    /// RFC 9865 2: a `cursor`, also an empty one, asks for pages by cursor; without one they are by index.
    fn read(parameters: &[(String, String)]) -> Result<Self, ScimError> {
        let (start_index, count) = (parameter(parameters, "startIndex"), parameter(parameters, "count"));
        match given(parameters, "cursor") {
            None => Self::by_index(start_index, count),
            Some(cursor) if start_index.is_empty() => Self::by_cursor(cursor, count),
            Some(_) => Err(ScimError::invalid_value(
                "send either `startIndex` or `cursor`: a list is paged by index or by cursor",
            )),
        }
    }

    /// RFC 7644 3.4.2.4: a start below 1 is 1, a negative count is 0; more than our maximum is our maximum.
    fn by_index(start_index: &str, count: &str) -> Result<Self, ScimError> {
        let start_index = integer("startIndex", start_index)?.unwrap_or(1).max(1);
        let count = integer("count", count)?.map_or(Ok(PAGE_RESOURCES_DEFAULT), |count| usize::try_from(count.max(0)));
        Ok(Self::ByIndex {
            start_index: usize::try_from(start_index).unwrap_or(usize::MAX),
            count: count.unwrap_or(PAGE_RESOURCES_MAX).min(PAGE_RESOURCES_MAX),
        })
    }

    /// RFC 9865 2: here `count` is positive; more than our maximum is our maximum.
    fn by_cursor(cursor: &str, count: &str) -> Result<Self, ScimError> {
        let refused = || {
            let detail = format!(
                "`count` takes an integer of at least 1 beside a cursor, not `{count}`; more than {PAGE_RESOURCES_MAX} is \
                 {PAGE_RESOURCES_MAX}"
            );
            ScimError::invalid_count(detail)
        };
        let count = integer("count", count).map_err(|_| refused())?;
        let count = match count {
            None => PAGE_RESOURCES_DEFAULT,
            Some(count) if count < 1 => return Err(refused()),
            Some(count) => usize::try_from(count).unwrap_or(usize::MAX).min(PAGE_RESOURCES_MAX),
        };
        Ok(Self::ByCursor {
            cursor: cursor.to_owned(),
            count,
        })
    }

    /// How many resources are passed over before the page, counted from its cursor if it has one.
    pub fn skip(&self) -> usize {
        match self {
            Self::ByIndex { start_index, .. } => start_index.saturating_sub(1),
            Self::ByCursor { .. } => 0,
        }
    }

    /// How many resources the page may have.
    pub fn count(&self) -> usize {
        match self {
            Self::ByIndex { count, .. } | Self::ByCursor { count, .. } => *count,
        }
    }

    /// The text of the ListResponse of this page, given the texts of its resources. The last page by cursor has no next one.
    pub fn response(&self, total: usize, resources: &[String], next_cursor: Option<String>) -> String {
        let schemas = [schema_urns::LIST_RESPONSE];
        let mut head = json!({"schemas": schemas, "totalResults": total, "itemsPerPage": resources.len()});
        let place = match (self, next_cursor) {
            (Self::ByIndex { start_index, .. }, _) => Some(("startIndex", json!(start_index))),
            (Self::ByCursor { .. }, next_cursor) => next_cursor.map(|cursor| ("nextCursor", Value::from(cursor))),
        };
        let members = head.as_object_mut().into_iter();
        members.zip(place).for_each(|(members, (name, value))| {
            members.insert(name.to_owned(), value);
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

/// The first of the items that together hold no more than so many members, and always the first of all (RFC 7644
/// 3.4.2.4: a page may hold less than was asked for, and says how much).
pub(crate) fn within_members<T>(items: Vec<T>, max: u64, members: impl Fn(&T) -> u64) -> impl Iterator<Item = T> {
    let mut sum = 0_u64;
    items.into_iter().enumerate().map_while(move |(index, item)| {
        sum = sum.saturating_add(members(&item));
        (index == 0 || sum <= max).then_some(item)
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
        ListRequest::read(&[&Profile::lenient().user], &parameters)
    }

    fn search(body: &Value) -> Result<ListRequest, ScimError> {
        ListRequest::search(&[&Profile::lenient().user], body.to_string().as_bytes())
    }

    fn hint(request: &ListRequest) -> Option<Hint<'_>> {
        request.searches[0].filter.as_ref().unwrap().hint()
    }

    #[track_caller]
    fn check_page(parameters: &[(&str, &str)], expected: Result<Page, &str>) {
        let page = read(parameters).map(|request| request.page);
        let page = page.map_err(|error| error.scim_type().unwrap().to_owned());
        assert_eq!(page, expected.map_err(str::to_owned), "{parameters:?}");
    }

    fn by_index(start_index: usize, count: usize) -> Result<Page, &'static str> {
        Ok(Page::ByIndex { start_index, count })
    }

    fn by_cursor(cursor: &str, count: usize) -> Result<Page, &'static str> {
        let cursor = cursor.to_owned();
        Ok(Page::ByCursor { cursor, count })
    }

    #[test]
    fn pages_by_index_are_read_as_the_rfc_wants() {
        check_page(&[], by_index(1, 100));
        check_page(&[("startIndex", "1"), ("count", "2")], by_index(1, 2));
        check_page(&[("startIndex", "0"), ("count", "0")], by_index(1, 0));
        check_page(&[("startIndex", "-5"), ("count", "-1")], by_index(1, 0));
        check_page(&[("startIndex", "101"), ("count", "100000")], by_index(101, 1000));
        let refused = read(&[("count", "many")]).unwrap_err();
        assert_eq!(refused.to_string(), "`count` takes an integer, not `many`");
    }

    #[test]
    fn a_cursor_even_an_empty_one_asks_for_pages_by_cursor() {
        check_page(&[("cursor", "")], by_cursor("", 100));
        check_page(&[("Cursor", "ab"), ("count", "5")], by_cursor("ab", 5));
        check_page(&[("cursor", ""), ("count", "100000")], by_cursor("", 1000));
        check_page(&[("cursor", ""), ("startIndex", "")], by_cursor("", 100));
        for count in ["0", "-1", "many", "1.5"] {
            check_page(&[("cursor", ""), ("count", count)], Err("invalidCount"));
        }
        check_page(&[("cursor", ""), ("startIndex", "1")], Err("invalidValue"));
    }

    #[test]
    fn parameters_come_in_any_case_and_unknown_ones_are_ignored() {
        let request = read(&[
            ("aadOptscim062020", ""),
            ("FILTER", "userName eq \"ana\""),
            ("startindex", "3"),
            ("SORTBY", "NAME.givenName"),
            ("sortOrder", "DESCENDING"),
        ])
        .unwrap();
        assert_eq!(request.page.skip(), 2);
        assert_eq!(hint(&request), Some(Hint::UserName("ana")));
        assert!(request.searches[0].sort.is_some());
        assert_eq!(request.order, SortOrder::Descending);
        assert!(read(&[("filter", " ")]).unwrap().searches[0].filter.is_none());
    }

    #[test]
    fn a_search_has_the_same_parameters_in_its_body() {
        let request = search(
            &json!({"schemas": [schema_urns::SEARCH_REQUEST], "filter": "userName eq \"ana\"",
            "attributes": ["userName", "emails"], "count": 10, "startIndex": null, "cursor": null, "unknown": {}}),
        )
        .unwrap();
        assert_eq!(request.page, by_index(1, 10).unwrap());
        assert_eq!(hint(&request), Some(Hint::UserName("ana")));
        let selection = &request.searches[0].selection;
        assert!(selection.wants("emails") && !selection.wants("groups"));
        assert_eq!(
            search(&json!({"cursor": ""})).unwrap().page,
            by_cursor("", 100).unwrap()
        );
    }

    #[test]
    fn a_search_with_members_of_another_type_is_refused() {
        for body in [
            json!({"filter": 1}),
            json!({"sortBy": ["userName"]}),
            json!({"cursor": true}),
            json!({"count": "10"}),
            json!({"startIndex": {}}),
            json!({"attributes": [1]}),
            json!({"excludedAttributes": {}}),
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}),
            json!({"schemas": schema_urns::SEARCH_REQUEST}),
            json!([]),
        ] {
            assert_eq!(search(&body).unwrap_err().scim_type(), Some("invalidSyntax"), "{body}");
        }
        assert_eq!(
            search(&json!({"count": 1.5})).unwrap_err().scim_type(),
            Some("invalidValue")
        );
    }

    #[test]
    fn a_strict_connection_wants_to_know_that_it_is_a_search() {
        let strict = |body: Value| ListRequest::search(&[&Profile::strict().user], body.to_string().as_bytes());
        assert_eq!(
            strict(json!({"count": 1})).unwrap_err().scim_type(),
            Some("invalidSyntax")
        );
        assert!(strict(json!({"schemas": [schema_urns::SEARCH_REQUEST], "count": 1})).is_ok());
        assert!(search(&json!({"count": 1})).is_ok());
    }

    #[test]
    fn what_cannot_be_sorted_by_is_refused() {
        for (parameter, value, keyword) in [
            ("sortBy", "shoeSize", "invalidPath"),
            ("sortBy", "name", "invalidPath"),
            ("sortBy", "emails.kind", "invalidPath"),
            ("sortBy", "emails[type eq \"work\"]", "invalidPath"),
            ("sortBy", "userName,title", "invalidPath"),
            ("sortOrder", "up", "invalidValue"),
        ] {
            assert_eq!(
                read(&[(parameter, value)]).unwrap_err().scim_type(),
                Some(keyword),
                "{value}"
            );
        }
        assert!(read(&[("sortBy", "urn:x:Ext:badge")]).is_ok());
    }

    #[test]
    fn a_page_ends_before_the_resource_that_brings_too_many_members_but_shows_one() {
        let shown = |members: &[u64]| within_members(members.to_vec(), 100, |members| *members).count();
        assert_eq!(shown(&[99, 1, 0, 1, 0]), 3);
        assert_eq!(shown(&[101, 0]), 1);
        assert_eq!(shown(&[1, 100, 1]), 1);
        assert_eq!(shown(&[]), 0);
    }

    #[test]
    fn resources_stand_in_a_list_as_they_are_written() {
        let resources = [r#"{"id":"a"}"#.to_owned(), r#"{"id":"b"}"#.to_owned()];
        let response = by_index(3, 2).unwrap().response(9, &resources, None);
        assert_eq!(
            serde_json::from_str::<Value>(&response).unwrap(),
            json!({"schemas": [schema_urns::LIST_RESPONSE], "totalResults": 9, "startIndex": 3, "itemsPerPage": 2,
                "Resources": [{"id": "a"}, {"id": "b"}]})
        );
    }

    #[test]
    fn an_empty_list_is_still_a_list() {
        let response = by_index(1, 2).unwrap().response(0, &[], None);
        assert_eq!(
            serde_json::from_str::<Value>(&response).unwrap(),
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0,
                "startIndex": 1, "itemsPerPage": 0, "Resources": []})
        );
    }

    #[test]
    fn a_page_by_cursor_tells_the_next_cursor_and_no_index() {
        let page = by_cursor("", 2).unwrap();
        let read = |next: Option<String>| serde_json::from_str::<Value>(&page.response(0, &[], next)).unwrap();
        let mut expected =
            json!({"schemas": [schema_urns::LIST_RESPONSE], "totalResults": 0, "itemsPerPage": 0, "Resources": []});
        assert_eq!(read(None), expected);
        expected["nextCursor"] = json!("ab");
        assert_eq!(read(Some("ab".to_owned())), expected);
    }

    proptest::proptest! {
        #[test]
        fn no_parameters_and_no_body_panic(
            name in "filter|sortBy|sortOrder|startIndex|count|cursor|attributes|excludedAttributes|schemas",
            text in "\\PC{0,30}|[a-z:.$\\[\\]\" ]{0,30}|-?[0-9]{0,30}",
        ) {
            let _ = read(&[(&name, &text)]);
            for value in [json!(text), json!([text]), json!({"a": text}), json!(text.len()), json!(true)] {
                let _ = search(&json!({name.as_str(): value}));
            }
        }
    }
}
