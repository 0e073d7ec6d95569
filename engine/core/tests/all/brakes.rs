//! Brakes and the floor of administrators: what is held, how it is let go, and what passes.

use rolecall_engine::{Command, Fact, Rejection, SafeguardsChange, SettingsChange};

use crate::world::World;

fn safeguards(safeguards: SafeguardsChange) -> Command {
    Command::ChangeSettings {
        change: SettingsChange {
            safeguards,
            ..SettingsChange::default()
        },
    }
}

#[test]
fn safeguards_are_one_fact_beside_the_other_settings() {
    let mut change = SettingsChange {
        username_immutable: Some(true),
        ..SettingsChange::default()
    };
    change.safeguards.two_person_approval = Some(true);
    change.safeguards.brake.entity.enabled = Some(true);
    let mut world = World::default();
    let entry = world.settings(change.clone());
    let kinds: Vec<&str> = entry.facts.iter().map(Fact::kind).collect();
    assert_eq!(kinds, ["settings_changed", "safeguards_changed"]);
    let now = world.state.safeguards();
    assert!(now.two_person_approval && now.brake.scopes.entity.enabled && now.brake.scopes.organization.enabled);
    assert_eq!(world.run(&Command::ChangeSettings { change }), Ok(None));
}

#[test]
fn safeguards_out_of_range_are_refused() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut SafeguardsChange), setting: &str, text: &str) {
        let mut wanted = SafeguardsChange::default();
        change(&mut wanted);
        let refused = World::default().run(&safeguards(wanted)).unwrap_err();
        assert!(
            matches!(refused, Rejection::Setting { setting: named, .. } if named == setting),
            "{refused}"
        );
        assert!(refused.to_string().contains(text), "{refused}");
    }
    check(
        |change| change.brake.window_seconds = Some(0),
        "brake",
        "between 1 and 86400",
    );
    check(
        |change| change.brake.window_seconds = Some(86_401),
        "brake",
        "between 1 and 86400",
    );
    check(
        |change| change.brake.group_entity.max_percent = Some(101),
        "brake",
        "`group_entity`",
    );
    check(
        |change| change.min_admins = Some(1_001),
        "min_admins",
        "between 0 and 1000",
    );
}
