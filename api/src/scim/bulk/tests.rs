use serde_json::json;

use super::*;

const BASE: &str = "https://rolecall.example/scim/v2/con-1";

fn read(body: &Value) -> Result<BulkRequest, ScimError> {
    BulkRequest::read(Mode::Lenient, body.to_string().as_bytes(), BASE)
}

fn request(operations: &Value) -> BulkRequest {
    read(&json!({"Operations": operations})).unwrap()
}

fn target(of: ResourceType, id: &str) -> Target {
    let id = id.to_owned();
    Target { of, id }
}

/// A POST of something that refers to these.
fn post(bulk_id: &str, references: &[&str]) -> Value {
    let members: Vec<_> = references
        .iter()
        .map(|name| json!({"value": format!("bulkId:{name}")}))
        .collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"displayName": bulk_id, "members": members}})
}

#[track_caller]
fn check_order(operations: &Value, expected: &[usize]) {
    let request = request(operations);
    let faults: Vec<_> = request
        .operations
        .iter()
        .filter_map(|operation| operation.task.as_ref().err())
        .collect();
    assert_eq!((request.order().as_slice(), faults), (expected, vec![]));
}

/// Checks why each operation is refused; an empty text for one that is not.
#[track_caller]
fn check_faults(operations: &Value, expected: &[(u16, &str)]) {
    let request = request(operations);
    let faults = request.operations.iter().map(|operation| match &operation.task {
        Ok(_) => (0, String::new()),
        Err(error) => (error.status().as_u16(), error.to_string()),
    });
    let faults: Vec<_> = faults.collect();
    assert_eq!(faults.len(), expected.len());
    for ((status, detail), (expected, part)) in faults.iter().zip(expected) {
        assert!(status == expected && detail.contains(part), "{status} {detail}");
    }
    let mut order = request.order();
    order.sort_unstable();
    assert_eq!(order, (0..expected.len()).collect::<Vec<_>>(), "each has its turn");
}

#[track_caller]
fn check_refused(body: &Value, status: u16, keyword: Option<&str>, part: &str) {
    let error = read(body).unwrap_err();
    assert_eq!((error.status().as_u16(), error.scim_type()), (status, keyword));
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn the_request_of_the_standard_is_read() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 1,
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "qwerty", "data": {"userName": "Alice"}},
            {"method": "PUT", "path": "/Users/b7c14771", "version": "W/\"3694e05e9dff591\"", "data": {"userName": "Bob"}},
            {"method": "DELETE", "path": "/Users/e9025315", "version": "W/\"0ee8add0a938e1a\""},
        ],
    });
    let request = read(&body).unwrap();
    assert_eq!(request.fail_on_errors, Some(1));
    let [create, replace, delete] = request.operations.as_slice() else {
        panic!("{request:?}")
    };
    assert_eq!(
        (create.method.as_str(), create.bulk_id.as_deref(), &create.version),
        ("POST", Some("qwerty"), &None)
    );
    let task = |verb, id: &str, data| Task {
        verb,
        target: target(ResourceType::User, id),
        data,
    };
    assert_eq!(create.task, Ok(task(Verb::Create, "", json!({"userName": "Alice"}))));
    assert_eq!(
        replace.task,
        Ok(task(Verb::Replace, "b7c14771", json!({"userName": "Bob"})))
    );
    assert_eq!(replace.version.as_deref(), Some("W/\"3694e05e9dff591\""));
    assert_eq!(delete.task, Ok(task(Verb::Delete, "e9025315", Value::Null)));
}

#[test]
fn names_methods_and_paths_come_in_any_form() {
    for path in [
        "/Groups/7",
        "Groups/7",
        "/Groups/7/",
        "/Groups/7?attributes=id",
        "https://rolecall.example/scim/v2/con-1/Groups/7",
    ] {
        let body = json!({"operations": [{"Method": "patch", "PATH": path, "Version": "", "bulkid": 5, "DATA": {"a": 1}}], "FailOnErrors": "0"});
        let request = read(&body).unwrap();
        assert_eq!(request.fail_on_errors, Some(1));
        let [operation] = request.operations.as_slice() else {
            panic!("{request:?}")
        };
        assert_eq!(
            (
                operation.method.as_str(),
                operation.bulk_id.as_deref(),
                &operation.version
            ),
            ("PATCH", Some("5"), &None)
        );
        let task = Task {
            verb: Verb::Patch,
            target: target(ResourceType::Group, "7"),
            data: json!({"a": 1}),
        };
        assert_eq!(operation.task, Ok(task), "{path}");
    }
}

#[test]
fn a_request_that_cannot_be_understood_is_refused_whole() {
    check_refused(&json!({}), 400, Some("invalidSyntax"), "`Operations`");
    check_refused(&json!({"Operations": []}), 400, Some("invalidSyntax"), "`Operations`");
    check_refused(&json!({"Operations": [1]}), 400, Some("invalidSyntax"), "operation 1");
    for count in [json!(-1), json!(true), json!([]), json!("many")] {
        check_refused(
            &json!({"Operations": [post("a", &[])], "failOnErrors": count}),
            400,
            Some("invalidValue"),
            "failOnErrors",
        );
    }
    check_refused(
        &json!({"Operations": [post("a", &[]), post("a", &[])]}),
        400,
        Some("invalidValue"),
        "bulkId `a`",
    );
    let many = vec![json!({"method": "DELETE", "path": "/Users/1"}); BULK_OPERATIONS_MAX + 1];
    check_refused(&json!({"Operations": many}), 413, None, "at most 1000 operations");
}

#[test]
fn an_operation_that_cannot_be_understood_is_refused_alone() {
    check_faults(
        &json!([
            {"method": "GET", "path": "/Users/1"},
            {"path": "/Users/1"},
            {"method": "POST", "path": "/Users", "data": {}},
            {"method": "POST", "path": "/Users/1", "bulkId": "x", "data": {}},
            {"method": "POST", "path": "/Bulk", "bulkId": "y", "data": {}},
            {"method": "PUT", "path": "/Users", "data": {}},
            {"method": "PATCH", "path": "/Users/1/2", "data": {}},
            {"method": "DELETE", "path": "/users/1"},
            {"method": "DELETE", "path": "/Me"},
            {"method": "DELETE"},
            {"method": "PATCH", "path": "/Users/1"},
            {"method": "DELETE", "path": "/Users/1"},
        ]),
        &[
            (400, "must be POST"),
            (400, "must be POST"),
            (400, "needs a `bulkId`"),
            (400, "not `/Users/1`"),
            (400, "not `/Bulk`"),
            (400, "`/Users/{id}`"),
            (400, "not `/Users/1/2`"),
            (400, "not `/users/1`"),
            (400, "not `/Me`"),
            (400, "not ``"),
            (400, "needs `data`"),
            (0, ""),
        ],
    );
}

#[test]
fn an_operation_that_is_refused_is_still_about_what_its_path_names() {
    let user = |id| Some(target(ResourceType::User, id));
    for (operation, expected) in [
        (json!({"method": "GET", "path": "/Users/1"}), user("1")),
        (json!({"path": format!("{BASE}/Users/1")}), user("1")),
        (json!({"method": "PATCH", "path": "/Users/1"}), user("1")),
        (
            json!({"method": "PUT", "path": "/Users/1", "data": {"x": "bulkId:nobody"}}),
            user("1"),
        ),
        (
            json!({"method": "DELETE", "path": "/Users/bulkId:nobody"}),
            user("bulkId:nobody"),
        ),
        (json!({"method": "PUT", "path": "/Users", "data": {}}), None),
        (json!({"method": "DELETE", "path": "/Me"}), None),
        (
            json!({"method": "post", "path": "/Users/1", "bulkId": "a", "data": {}}),
            None,
        ),
    ] {
        let request = request(&json!([operation]));
        let [read] = request.operations.as_slice() else {
            panic!("{request:?}")
        };
        assert!(read.task.is_err(), "{operation}");
        assert_eq!(read.target, expected, "{operation}");
    }
}

#[test]
fn operations_are_done_in_order_but_for_those_that_wait_for_a_later_one() {
    check_order(&json!([post("a", &[]), post("b", &["a"]), post("c", &[])]), &[0, 1, 2]);
    check_order(
        &json!([post("g", &["a", "b"]), post("a", &[]), post("x", &[]), post("b", &[])]),
        &[1, 2, 3, 0],
    );
    check_order(
        &json!([{"method": "DELETE", "path": "/Users/bulkId:a"}, post("b", &[]), post("a", &["b"])]),
        &[1, 2, 0],
    );
}

#[test]
fn operations_on_one_resource_keep_their_order() {
    let add = json!({"method": "PATCH", "path": "/Groups/7", "data": {"x": "bulkId:a"}});
    let remove = json!({"method": "DELETE", "path": "/Groups/7"});
    let other = json!({"method": "DELETE", "path": "/Users/7"});
    check_order(&json!([add, remove, other, post("a", &[])]), &[2, 3, 0, 1]);
}

#[test]
fn circles_are_refused_with_all_that_waits_for_them_and_nothing_else() {
    check_faults(
        &json!([
            post("a", &["b"]),
            post("b", &["a"]),
            post("self", &["self"]),
            {"method": "PATCH", "path": "/Groups/7", "data": {"x": "bulkId:b"}},
            {"method": "DELETE", "path": "/Groups/7"},
            post("free", &[]),
        ]),
        &[
            (409, "without itself"),
            (409, "without itself"),
            (409, "without itself"),
            (409, "without itself"),
            (0, ""),
            (0, ""),
        ],
    );
}

#[test]
fn a_reference_to_nothing_refuses_its_operation_alone() {
    check_faults(
        &json!([post("a", &["nobody"]), post("b", &["a"]), {"method": "PUT", "path": "/Users/bulkId:c", "bulkId": "c", "data": {}}]),
        &[(400, "`nobody`"), (0, ""), (400, "`c`")],
    );
}

#[test]
fn references_become_ids_unless_what_they_mean_was_not_created() {
    let task = Task {
        verb: Verb::Patch,
        target: target(ResourceType::Group, "bulkId:g"),
        data: json!({"value": "bulkId:a"}),
    };
    let mut created = Created::from([("a".to_owned(), "1".to_owned())]);
    let refused = task.clone().resolved(&created).unwrap_err();
    assert_eq!(refused.status().as_u16(), 409);
    assert!(refused.to_string().contains("bulkId `g`"), "{refused}");
    created.insert("g".to_owned(), "2".to_owned());
    let resolved = task.resolved(&created).unwrap();
    assert_eq!(
        (resolved.target.id.as_str(), resolved.data),
        ("2", json!({"value": "1"}))
    );
}

#[test]
fn what_became_of_operations_is_told_as_the_standard_has_it() {
    let done = Outcome {
        method: "POST".to_owned(),
        bulk_id: Some("a".to_owned()),
        location: Some(format!("{BASE}/Users/1")),
        version: Some("W/\"4\"".to_owned()),
        status: 201,
        response: None,
    };
    let refused = Outcome {
        method: "DELETE".to_owned(),
        bulk_id: None,
        location: None,
        version: None,
        status: 404,
        response: Some(json!({"status": "404"})),
    };
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"method": "POST", "bulkId": "a", "location": format!("{BASE}/Users/1"), "version": "W/\"4\"", "status": "201"},
            {"method": "DELETE", "status": "404", "response": {"status": "404"}},
        ],
    });
    assert_eq!(response(&[&done, &refused]), expected);
}
