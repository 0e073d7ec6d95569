//! A match-all rule to teams with auto-approve, and PingOne's pushes: what a provisioning guide for PingOne promises
//! under "What happens after group provisioning", line by line.
//!
//! Users have their e-mail address as `userName` and as work e-mail, as such guides map them.

use rolecall_tests::admin::{Connection, Organization};
use rolecall_tests::rule;
use rolecall_tests::server::Server;
use rolecall_tests::standing::Standing;
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";
const BEN: &str = "ben@example.com";

struct Directory {
    _server: Server,
    organization: Organization,
    pingone: Connection,
    ana: String,
    ben: String,
}

impl Directory {
    /// An organization with the match-all rule, and PingOne with two users.
    async fn new() -> Directory {
        let server = Server::start().await;
        let organization = server.organization("Acme").await;
        organization.add_rule(rule::every_group_is_a_team()).await;
        let pingone = organization.connect(&server.public(), "pingone").await;
        let ana = pingone.scim.create_user(ANA).await;
        let ben = pingone.scim.create_user(BEN).await;
        Directory {
            _server: server,
            organization,
            pingone,
            ana,
            ben,
        }
    }

    async fn standing(&self) -> Standing {
        Standing::read(&self.organization).await
    }

    /// The mappings of a group that exists, with status and entity.
    async fn mappings(&self, display_name: &str) -> Vec<Value> {
        self.organization.group(display_name).await["mappings"]
            .as_array()
            .unwrap()
            .clone()
    }

    async fn role_of(&self, user_name: &str) -> String {
        self.standing().await.roles[user_name].clone()
    }
}

#[tokio::test]
async fn a_group_included_in_the_rule_is_created_mapped_and_its_members_synced() {
    let acme = Directory::new().await;
    acme.pingone
        .scim
        .create_group("Engineering", &[&acme.ana, &acme.ben])
        .await;

    let mappings = acme.mappings("Engineering").await;
    assert_eq!(mappings.len(), 1, "{mappings:?}");
    assert_eq!(mappings[0]["status"], "auto_approved");
    assert_eq!(mappings[0]["entity"]["type"], "team");
    assert_eq!(mappings[0]["entity"]["name"], "Engineering");
    assert!(mappings[0]["rule_id"].is_string(), "{mappings:?}");
    assert_eq!(acme.standing().await.team("Engineering").unwrap(), [ANA, BEN]);
}

#[tokio::test]
async fn a_user_added_to_a_group_is_added_to_all_mapped_entities() {
    let acme = Directory::new().await;
    let group = acme.pingone.scim.create_group("Engineering", &[&acme.ana]).await;
    let lane = json!({ "type": "concurrency_group", "name": "Fast lane" });
    let lane = acme
        .organization
        .http
        .post("/entities", &lane)
        .await
        .expect(201)
        .text("id");
    // A second mapping by hand, so that "all" means more than one.
    let by_hand = json!({ "group_id": group, "target": { "entity_id": lane } });
    acme.organization.http.post("/mappings", &by_hand).await.expect(201);

    acme.pingone.scim.add_member(&group, &acme.ben).await;

    let standing = acme.standing().await;
    assert_eq!(standing.team("Engineering").unwrap(), [ANA, BEN]);
    assert!(
        standing.entities["concurrency_group"]["Fast lane"].contains(BEN),
        "{standing:?}"
    );
}

#[tokio::test]
async fn a_user_removed_from_a_group_is_removed_from_its_entity_only_if_no_other_group_maps_them_there() {
    let acme = Directory::new().await;
    // Several groups may feed one team only where the organization says so.
    acme.organization
        .http
        .patch("/settings", &json!({ "one_group_per_entity": false }))
        .await
        .expect(200);
    let engineering = acme
        .pingone
        .scim
        .create_group("Engineering", &[&acme.ana, &acme.ben])
        .await;
    let backend = acme.pingone.scim.create_group("Backend", &[&acme.ben]).await;
    let team = acme.mappings("Engineering").await[0]["entity"]["id"].clone();
    let by_hand = json!({ "group_id": backend, "target": { "entity_id": team } });
    acme.organization.http.post("/mappings", &by_hand).await.expect(201);

    acme.pingone.scim.remove_member(&engineering, &acme.ana).await;
    acme.pingone.scim.remove_member(&engineering, &acme.ben).await;
    assert_eq!(
        acme.standing().await.team("Engineering").unwrap(),
        [BEN],
        "the other group holds Ben"
    );

    acme.pingone.scim.remove_member(&backend, &acme.ben).await;
    assert_eq!(acme.standing().await.team("Engineering").unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_user_removed_from_a_group_has_the_role_recomputed() {
    let acme = Directory::new().await;
    acme.organization.add_rule(rule::admins_administrate()).await;
    let group = acme.pingone.scim.create_group("Admins", &[&acme.ana]).await;
    assert_eq!(acme.role_of(ANA).await, "admin");

    acme.pingone.scim.remove_member(&group, &acme.ana).await;
    assert_eq!(acme.role_of(ANA).await, "user");
    assert_eq!(acme.role_of(BEN).await, "user");
}

#[tokio::test]
async fn a_renamed_group_renames_the_mapped_entity_and_meets_the_rules_again() {
    let acme = Directory::new().await;
    let group = acme.pingone.scim.create_group("Engineering", &[&acme.ana]).await;
    let team = acme.mappings("Engineering").await[0]["entity"]["id"].clone();
    let head = acme.organization.head_after(0).await;

    acme.pingone.scim.rename_group(&group, "Platform").await;

    assert_eq!(acme.organization.group("Platform").await["id"], group.as_str());
    let mappings = acme.mappings("Platform").await;
    assert_eq!(mappings.len(), 1, "{mappings:?}");
    assert_eq!(
        mappings[0]["entity"]["id"], team,
        "the team is the same one under its new name"
    );
    let standing = acme.standing().await;
    assert_eq!(standing.team("Platform").unwrap(), [ANA]);
    assert_eq!(standing.team("Engineering"), None);
    // The rename, the new name of the team and the decision of the rules are one entry.
    let entries = acme.organization.events_after(head).await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    let kinds: Vec<&str> = kinds(&entries[0]["consequences"]);
    assert!(
        kinds.contains(&"entity_renamed") && kinds.contains(&"group_decided"),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn a_group_deleted_is_kept_for_later_its_members_are_unassigned_and_roles_recomputed() {
    let acme = Directory::new().await;
    acme.organization.add_rule(rule::admins_administrate()).await;
    let group = acme.pingone.scim.create_group("Admins", &[&acme.ana]).await;
    acme.pingone.scim.create_group("Engineering", &[&acme.ana]).await;

    acme.pingone.scim.delete_group(&group).await;

    acme.pingone
        .scim
        .http
        .get(&format!("/Groups/{group}"))
        .await
        .expect(404);
    let standing = acme.standing().await;
    assert_eq!(standing.team("Admins").unwrap(), [""; 0]);
    assert_eq!(
        standing.team("Engineering").unwrap(),
        [ANA],
        "what another group gives stays"
    );
    assert_eq!(standing.roles[ANA], "user");
    // Soft-deleted: the same name pushed again is the same group, with the members of the new push only.
    let again = acme.pingone.scim.create_group("admins", &[&acme.ben]).await;
    assert_eq!(again, group);
    let standing = acme.standing().await;
    assert_eq!(
        (standing.roles[ANA].as_str(), standing.roles[BEN].as_str()),
        ("user", "admin")
    );
}

fn kinds(items: &Value) -> Vec<&str> {
    items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["kind"].as_str().unwrap())
        .collect()
}
