//! Names of entities that rules give to several groups, by their templates or by a name that says the same for all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::lookup::Lookup;
use super::meter::{Exhausted, Meter};
use crate::entity_type::EntityType;
use crate::limits::{COLLISION_GROUPS_SHOWN_MAX, COLLISIONS_SHOWN_MAX};
use crate::name::{MatchName, NameKey};
use crate::rule::Rule;

/// What several groups come out as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collisions {
    /// The first of them, by type and name.
    pub found: Vec<Collision>,
    /// How many more there are.
    pub left_out: usize,
    /// How many groups were looked at: all, or as many of the first as the steps were enough for.
    pub groups_checked: usize,
}

/// Groups whose deciding rules put them into one and the same entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The type of the entity.
    pub entity_type: EntityType,
    /// Its name, as the first of the groups gets it.
    pub name: String,
    /// The first groups that get it.
    pub groups: Vec<String>,
    /// How many groups get it.
    pub group_count: usize,
}

/// An entity, with the groups that get it.
#[derive(Debug)]
struct Entity<'groups> {
    name: String,
    groups: Vec<&'groups str>,
    group_count: usize,
}

type Entities<'groups> = BTreeMap<(EntityType, NameKey), Entity<'groups>>;

/// Asks the rules that are enabled about each group. They are passed in the order of their creation, or in the order in which
/// they decide. A group takes a few steps, and as many more as rules may match its name.
pub fn collisions<'groups>(rules: &[&Rule], groups: impl IntoIterator<Item = &'groups str>, steps: u64) -> Collisions {
    let mut order: Vec<&Rule> = rules.iter().copied().filter(|rule| rule.definition().enabled).collect();
    order.sort_by_key(|rule| Reverse(rule.definition().priority));
    let (mut entities, mut groups_checked) = (Entities::new(), 0);
    // The groups that the steps are not enough for are not counted as checked.
    let _: Result<(), Exhausted> = look_at(&order, groups, &mut entities, &mut groups_checked, steps);
    let mut shared = entities.into_iter().filter(|(_, entity)| entity.group_count > 1);
    let found = shared
        .by_ref()
        .take(COLLISIONS_SHOWN_MAX)
        .map(|((entity_type, _), entity)| Collision {
            entity_type,
            name: entity.name,
            groups: entity.groups.into_iter().map(str::to_owned).collect(),
            group_count: entity.group_count,
        });
    Collisions {
        found: found.collect(),
        left_out: shared.count(),
        groups_checked,
    }
}

fn look_at<'groups>(
    order: &[&Rule],
    groups: impl IntoIterator<Item = &'groups str>,
    entities: &mut Entities<'groups>,
    groups_checked: &mut usize,
    steps: u64,
) -> Result<(), Exhausted> {
    let mut meter = Meter::new(steps);
    let lookup = Lookup::of(order, &mut meter)?;
    for group in groups {
        let name = MatchName::of(group);
        let first = lookup.first_match(&name, &mut meter)?;
        let decided = first.and_then(|first| order.get(first)?.decide(&name));
        let targets = decided.map(|matched| matched.targets).unwrap_or_default();
        meter.spend(8 * targets.len())?;
        for (entity_type, name) in targets
            .into_iter()
            .filter_map(|target| Some((target.entity_type, target.name.ok()?)))
        {
            let entity = entities
                .entry((entity_type, NameKey::of(&name)))
                .or_insert_with(|| Entity {
                    name,
                    groups: Vec::new(),
                    group_count: 0,
                });
            entity.group_count += 1;
            if entity.groups.len() < COLLISION_GROUPS_SHOWN_MAX {
                entity.groups.push(group);
            }
        }
        *groups_checked += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::rules;
    use super::*;
    use crate::limits::COLLISION_STEPS_MAX;

    /// The same rule with its name as that of the entity.
    fn with_one_entity(rule: &Rule) -> Rule {
        let mut definition = rule.definition().clone();
        definition.targets[0].name = Some(definition.name.clone());
        Rule::compile(definition).unwrap()
    }

    #[test]
    fn groups_that_differ_in_what_a_template_leaves_out_come_out_as_one() {
        let mut definition = rules(&["0 regex ^eng-(\\w+)"]).remove(0).definition().clone();
        definition.targets[0].name = Some("${1}".to_owned());
        let cut = Rule::compile(definition).unwrap();
        let others = rules(&["-1 all"]).remove(0);
        let groups = ["eng-ops", "sales", "ENG-ops", "eng-ops east", "eng-Ops west", "OPS"];
        let collisions = collisions(&[&cut, &others], groups, COLLISION_STEPS_MAX);
        assert_eq!(
            collisions,
            Collisions {
                found: vec![Collision {
                    entity_type: EntityType::Team,
                    name: "ops".to_owned(),
                    groups: ["eng-ops", "eng-ops east", "eng-Ops west", "OPS"]
                        .map(str::to_owned)
                        .to_vec(),
                    group_count: 4,
                }],
                left_out: 0,
                groups_checked: 6,
            }
        );
    }

    #[test]
    fn the_first_few_groups_of_an_entity_are_shown_and_all_are_counted() {
        let one = with_one_entity(&rules(&["0 all"])[0]);
        let groups: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        let collisions = collisions(&[&one], groups.iter().map(String::as_str), COLLISION_STEPS_MAX);
        assert_eq!(collisions.found[0].groups, groups[..COLLISION_GROUPS_SHOWN_MAX]);
        assert_eq!(collisions.found[0].group_count, 12);
    }

    /// Each group is asked of the rules that share its start, and not of all.
    #[test]
    fn many_groups_of_many_rules_are_all_looked_at() {
        let lines: Vec<String> = (0..2_000)
            .map(|number| match number % 2 {
                0 => format!("0 prefix team {number} "),
                _ => format!("0 regex ^team {number} "),
            })
            .collect();
        let rules: Vec<Rule> = rules(&lines).iter().map(with_one_entity).collect();
        let rules: Vec<&Rule> = rules.iter().collect();
        let groups: Vec<String> = (0..10_000)
            .map(|number| format!("team {} {number}", number % 2_000))
            .collect();
        let collisions = collisions(&rules, groups.iter().map(String::as_str), COLLISION_STEPS_MAX);
        assert_eq!(collisions.groups_checked, 10_000);
        assert_eq!(
            (collisions.found.len(), collisions.left_out),
            (COLLISIONS_SHOWN_MAX, 2_000 - COLLISIONS_SHOWN_MAX)
        );
        assert_eq!(collisions.found[0].group_count, 5);
    }

    #[test]
    fn groups_that_the_steps_are_not_enough_for_are_left_out() {
        let lines: Vec<String> = (0..100).map(|number| format!("0 regex {number}$")).collect();
        let rules = rules(&lines);
        let rules: Vec<&Rule> = rules.iter().collect();
        let found = collisions(&rules, ["same", "same"].repeat(1_000), 20_000);
        assert!((10..1_000).contains(&found.groups_checked), "{}", found.groups_checked);
    }
}
