//! Rules that have prefixes only, seen exactly without an automaton: the prefixes form a tree, and which of these rules match
//! a name depends only on the longest prefix in the tree that the name starts with. So one name for each is all names.

use std::collections::BTreeMap;

use super::automaton::TEXT_CHARACTERS_MAX;
use super::evidence::Evidence;
use super::folded::is_plain;
use super::language::Answer;
use super::meter::{Exhausted, Meter};
use crate::limits::GROUP_NAME_CHARACTERS_MAX;
use crate::name::{MatchName, fold};
use crate::pattern::{Pattern, PatternKind};
use crate::rule::Rule;

/// Whether a rule has plain prefixes and `all` only.
pub(super) fn fits(rule: &Rule) -> bool {
    rule.definition().patterns().all(|pattern| match pattern.kind {
        PatternKind::All => true,
        PatternKind::Prefix => is_plain(&fold(&pattern.pattern)),
        PatternKind::Regex => false,
    })
}

/// What is true of these rules, which are in the order in which they decide, and which all fit.
pub(super) fn explore(evidence: &mut Evidence<'_>, meter: &mut Meter) -> Result<(), Exhausted> {
    let tree = Tree::of(&evidence.rules, meter)?;
    for (prefix, node) in &tree.nodes {
        let matched = tree.matched(prefix, meter)?;
        // Each of these is concluded about and asked.
        meter.spend(2 * matched.len())?;
        if prefix.chars().count() > TEXT_CHARACTERS_MAX {
            continue;
        }
        let answers: Vec<(usize, Answer)> = matched.iter().map(|rule| (*rule, Answer::Yes)).collect();
        evidence.conclude(&answers);
        let found = tree
            .name_at(prefix, &node.spelling)
            .and_then(|name| evidence.try_name(&name, &matched));
        // What starts with a shorter prefix was seen there, so only pairs with the rules of this one are new. Those that
        // this prefix excludes are not among them.
        let fresh: Vec<usize> = node
            .rules
            .iter()
            .copied()
            .filter(|rule| matched.binary_search(rule).is_ok())
            .collect();
        evidence.note_pairs(&fresh, &matched, found.as_deref().unwrap_or_default(), meter)?;
    }
    Ok(())
}

/// The prefixes, folded, each with the rules for it. `all` is the empty prefix.
#[derive(Debug)]
struct Tree {
    nodes: BTreeMap<String, Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// The prefix as somebody wrote it.
    spelling: String,
    /// The rules whose own pattern it is.
    rules: Vec<usize>,
    /// The rules that exclude it.
    excluded_by: Vec<usize>,
}

impl Tree {
    fn of(rules: &[&Rule], meter: &mut Meter) -> Result<Self, Exhausted> {
        let mut nodes: BTreeMap<String, Node> = BTreeMap::from([(String::new(), Node::default())]);
        for (number, rule) in rules.iter().enumerate() {
            meter.spend(1 + rule.definition().exclude.len())?;
            for exclude in &rule.definition().exclude {
                node(&mut nodes, exclude).excluded_by.push(number);
            }
            node(&mut nodes, &rule.definition().matching).rules.push(number);
        }
        Ok(Self { nodes })
    }

    /// The rules that match a name whose longest prefix in the tree is this one.
    fn matched(&self, prefix: &str, meter: &mut Meter) -> Result<Vec<usize>, Exhausted> {
        meter.spend(1 + prefix.len() / 4)?;
        let mut matched = Vec::new();
        let mut excluded = Vec::new();
        for (end, _) in prefix.char_indices().chain([(prefix.len(), ' ')]) {
            let Some(node) = prefix.get(..end).and_then(|start| self.nodes.get(start)) else {
                continue;
            };
            meter.spend((node.rules.len() + node.excluded_by.len()).div_ceil(4))?;
            matched.extend_from_slice(&node.rules);
            excluded.extend_from_slice(&node.excluded_by);
        }
        matched.sort_unstable();
        excluded.sort_unstable();
        matched.retain(|rule| excluded.binary_search(rule).is_err());
        Ok(matched)
    }

    /// A name that starts with this prefix and with no longer one of the tree.
    fn name_at(&self, prefix: &str, spelling: &str) -> Option<String> {
        let is_name = |name: &str| {
            let matched = MatchName::of(name);
            !name.is_empty() && matched.as_str() == name && name.chars().count() <= GROUP_NAME_CHARACTERS_MAX
        };
        let spelling = crate::name::compose(spelling);
        if is_name(&spelling) && fold(&spelling) == prefix {
            return Some(spelling);
        }
        // Nobody has a prefix for each of these characters.
        let continuations = ('a'..='z')
            .chain('0'..='9')
            .chain(['-', '_'])
            .chain('\u{4e00}'..='\u{9fff}')
            .chain('\u{20000}'..='\u{2a6d0}');
        let free = continuations
            .map(|character| format!("{prefix}{character}"))
            .find(|longer| {
                let mut from = self.nodes.range(longer.clone()..);
                from.next().is_none_or(|(next, _)| !next.starts_with(longer.as_str()))
            });
        let rest = free?.split_off(prefix.len());
        Some(spelling + &rest).filter(|name| is_name(name))
    }
}

fn node<'nodes>(nodes: &'nodes mut BTreeMap<String, Node>, pattern: &Pattern) -> &'nodes mut Node {
    let node = nodes.entry(fold(&pattern.pattern)).or_default();
    if node.spelling.is_empty() {
        node.spelling.clone_from(&pattern.pattern);
    }
    node
}
