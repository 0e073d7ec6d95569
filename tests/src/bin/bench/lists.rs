//! Lists of a large organization, by index and by cursor, filtered with an index and without, sorted; and what they cost
//! others who write meanwhile.

use std::time::{Duration, Instant};

use rolecall_tests::server::Server;
use rolecall_tests::{rule, scim};
use serde_json::{Value, json};

use crate::driver::{Connection, Target, drive, id_of, send_all};
use crate::measure::{Measured, median};
use crate::population::{self, GROUPS, USERS};

const ROUNDS: usize = 5;
/// Groups of the one user who is in many.
const MANY_GROUPS: usize = 1_000;
/// Connections that ask for long scans while others write.
const SCANNERS: usize = 8;
/// Connections that write.
const WRITERS: usize = 8;
const WARM_UP: Duration = Duration::from_secs(1);
const TIME: Duration = Duration::from_secs(8);

/// Runs and reports.
pub(crate) async fn run() {
    println!("Lists of {USERS} users and {GROUPS} groups");
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let connection = acme.connect(&server.public(), "okta").await;
    let target = Target::scim(&server, &connection.id, &acme.connection_token(&connection.id).await);
    let users = population::users(&target, employee).await;
    let groups = population::groups(&target, &users).await;
    let busy = in_many_groups(&target, &users, &groups).await;
    let plain = users.first().expect("there are users").clone();

    let mut client = target.connect().await;
    let (walked, middle) = walk(&target, &mut client).await;
    println!("  all users by cursor, 1000 a page  {walked:>10.2?}");
    compare(&mut client, &questions(&target, &plain, &busy, &middle)).await;
    beside_scans(&server, &target).await;
    println!();
}

/// A user as providers push them.
fn employee(number: usize) -> Value {
    let mut user = scim::user(&format!("user-{number}@example.com"));
    let more = json!({
        "externalId": format!("external-{number}"), "displayName": format!("Employee {number}"),
        "title": "Engineer", "locale": "en-US", "preferredLanguage": "en",
        "name": { "givenName": format!("Given {}", number % 1_000), "familyName": format!("Family {}", number % 10_000) },
        "phoneNumbers": [{ "value": "+1 555 0100", "type": "work" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": number.to_string(), "department": format!("Department {}", number % 100),
        },
    });
    let more = more.as_object().cloned().unwrap_or_default();
    user.as_object_mut()
        .into_iter()
        .for_each(|user| user.extend(more.clone()));
    user
}

/// The last user, in many groups from now on.
async fn in_many_groups(target: &Target, users: &[String], groups: &[String]) -> String {
    let user = users.last().expect("there are users");
    let body = scim::patch(scim::add_member(user));
    let joins = groups.iter().take(MANY_GROUPS);
    let joins = joins.map(|group| target.request("PATCH", &format!("/Groups/{group}"), &body));
    send_all(target, WRITERS, joins.collect(), |_| ()).await;
    user.clone()
}

/// Reads all users by cursor; returns how long that took, and the cursor in the middle.
async fn walk(target: &Target, client: &mut Connection) -> (Duration, String) {
    let start = Instant::now();
    let (mut cursors, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let path = format!("/Users?count=1000&cursor={cursor}");
        next = next_cursor(client.send(&target.get(&path)).await);
        cursors.push(cursor);
    }
    let middle = cursors.get(cursors.len() / 2).cloned().unwrap_or_default();
    (start.elapsed(), middle)
}

/// It stands before the resources, and is looked for in the text, so that the driver costs little.
fn next_cursor(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(body.get(..body.len().min(2_000)).unwrap_or_default());
    let (_, cursor) = head.split_once(r#""nextCursor":""#)?;
    cursor.split_once('"').map(|(cursor, _)| cursor.to_owned())
}

/// What is asked, the indexed look-up first.
fn questions(target: &Target, plain: &str, busy: &str, middle: &str) -> Vec<(&'static str, Vec<u8>)> {
    let list = |name, path: &str| (name, target.get(path));
    let filter = |name, of: &str, text: &str| {
        let text = text.replace(' ', "%20").replace('"', "%22");
        (name, target.get(&format!("/{of}?filter={text}")))
    };
    let title = |name, user: &str| {
        // The title stays what it is: the request is judged and answered, and the disk has no part in it.
        let body = scim::patch(json!([{ "op": "replace", "path": "title", "value": "Engineer" }]));
        (name, target.request("PATCH", &format!("/Users/{user}"), &body))
    };
    vec![
        filter("userName eq", "Users", r#"userName eq "user-50000@example.com""#),
        filter("externalId eq", "Users", r#"externalId eq "external-50000""#),
        filter(
            "members eq, a few groups",
            "Groups",
            &format!(r#"members eq "{plain}""#),
        ),
        filter("members eq, 1000 groups", "Groups", &format!(r#"members eq "{busy}""#)),
        list("100 users by index, first", "/Users?startIndex=1&count=100"),
        list("100 users by index, last", "/Users?startIndex=99901&count=100"),
        list("100 users without groups", "/Users?count=100&excludedAttributes=groups"),
        list(
            "100 users by cursor, middle",
            &format!("/Users?count=100&cursor={middle}"),
        ),
        list("1000 users by index, first", "/Users?startIndex=1&count=1000"),
        filter("title co, nobody", "Users", r#"title co "manager""#),
        filter("title co, everybody", "Users", r#"title co "engineer""#),
        filter("userName sw, a tenth", "Users", r#"userName sw "user-9""#),
        filter("emails.value co, nobody", "Users", r#"emails.value co "nobody""#),
        filter(
            "meta.lastModified gt",
            "Users",
            r#"meta.lastModified gt "2099-01-01T00:00:00Z""#,
        ),
        filter("groups.display co, nobody", "Users", r#"groups.display co "nobody""#),
        list("sortBy userName", "/Users?sortBy=userName&count=100"),
        list(
            "sortBy name.familyName",
            "/Users?sortBy=name.familyName&sortOrder=descending&count=100",
        ),
        list("sortBy userName, by cursor", "/Users?sortBy=userName&count=100&cursor="),
        filter("groups: displayName co", "Groups", r#"displayName co "nothing""#),
        title("PATCH of a user, a few groups", plain),
        title("PATCH of a user, 1000 groups", busy),
        list("GET of a user, 1000 groups", &format!("/Users/{busy}")),
    ]
}

/// Asks everything in turns, so that whatever else the machine does meets all of it.
async fn compare(client: &mut Connection, questions: &[(&'static str, Vec<u8>)]) {
    let mut times = vec![Vec::new(); questions.len()];
    for _ in 0..ROUNDS {
        for ((_, request), times) in questions.iter().zip(&mut times) {
            times.push(time(client, request).await);
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    let indexed = medians.first().copied().unwrap_or(f64::NAN);
    for ((name, _), seconds) in questions.iter().zip(medians) {
        let (milliseconds, ratio) = (seconds * 1_000.0, seconds / indexed);
        println!("  {name:<32} {milliseconds:>10.3} ms   ratio {ratio:>9.1}");
    }
}

/// Seconds of one request: of a short one the middle of several.
async fn time(client: &mut Connection, request: &[u8]) -> f64 {
    let mut seconds = Vec::new();
    let start = Instant::now();
    while seconds.is_empty() || (seconds.len() < 50 && start.elapsed() < Duration::from_millis(100)) {
        let sent = Instant::now();
        client.send(request).await;
        seconds.push(sent.elapsed().as_secs_f64());
    }
    median(seconds)
}

/// What the writes of another organization take while one has long scans done, compared with a quiet time before and after;
/// and what a short scan of it takes.
async fn beside_scans(server: &Server, scanned: &Target) {
    let beta = server.organization("Beta").await;
    beta.add_rule(rule::every_group_is_a_team()).await;
    let connection = beta.connect(&server.public(), "okta").await;
    let target = Target::scim(server, &connection.id, &beta.connection_token(&connection.id).await);
    let users = connection.scim.create_users("beta", 1_000).await;
    let mut writes = Vec::new();
    for (number, members) in users.chunks(20).take(WRITERS).enumerate() {
        let mut client = target.connect().await;
        let create = target.request("POST", "/Groups", &scim::group(&format!("Group {number}"), &[]));
        let path = format!("/Groups/{}", id_of(client.send(&create).await));
        let bodies = members
            .iter()
            .flat_map(|user| [scim::add_member(user), scim::remove_member(user)]);
        writes.push(
            bodies
                .map(|body| target.request("PATCH", &path, &scim::patch(body)))
                .collect(),
        );
    }
    // More than is worked on at once on the threads that answer.
    let short_scan = vec![vec![target.get("/Users?count=1&filter=title%20co%20%22nobody%22")]];
    let long_scan = vec![vec![scanned.get("/Users?filter=title%20co%20%22manager%22")]; SCANNERS];

    let writes = &writes;
    let write = || drive(&target, Vec::clone(writes), WARM_UP, TIME);
    let scan = || drive(&target, short_scan.clone(), WARM_UP, TIME);
    let before = write().await;
    let scan_alone = scan().await;
    let (busy, long) = tokio::join!(write(), drive(scanned, long_scan.clone(), WARM_UP, TIME));
    let (scan_beside, _) = tokio::join!(scan(), drive(scanned, long_scan, WARM_UP, TIME));
    let after = write().await;
    println!("  another organization, {WRITERS} connections of PATCHes, {SCANNERS} of long scans");
    println!("    quiet, before                  {}", before.line());
    println!("    beside scans                   {}", busy.line());
    println!("    quiet, after                   {}", after.line());
    println!("    the scans                      {}", long.line());
    let ratio = |of: &Measured, to: &Measured| of.per_mille(990).as_secs_f64() / to.per_mille(990).as_secs_f64();
    println!(
        "    p99 ratio, beside scans to quiet {:.2}; quiet to quiet {:.2}",
        ratio(&busy, &before),
        ratio(&after, &before)
    );
    println!("  another organization, a scan of 1000 users");
    println!("    alone                          {}", scan_alone.line());
    println!("    beside scans                   {}", scan_beside.line());
}
