//! All names at once: an automaton of several expressions, walked from the shortest names to longer ones.
//!
//! Two names that lead to one state are matched by the same expressions, whatever follows, so one of them stands for both,
//! and when no new state turns up every name has been seen. The automaton is the lazy one of the engine that matches, which
//! makes its states while they are asked for: what is found early is kept when the steps or the memory run out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Builder, Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::alphabet::{Alphabet, Letter};
use super::meter::{Exhausted, Meter};
use crate::limits::GROUP_NAME_CHARACTERS_MAX;

/// The longest text that the name of a group can become: NFC makes up to three characters of one.
pub(super) const TEXT_CHARACTERS_MAX: usize = 3 * GROUP_NAME_CHARACTERS_MAX;

/// Bytes of a new state for which one transition from it costs a step more.
const STATE_BYTES_PER_STEP: usize = 128;

/// How a walk ended without running out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Walked {
    Everywhere,
    /// The visitor had seen enough.
    Enough,
}

pub(super) struct Automaton {
    dfa: DFA,
    cache: Cache,
    letters: Vec<Letter>,
}

/// Where a name leads to. One that ends in white space is none, but starts longer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    state: LazyStateID,
    ends_in_space: bool,
}

/// A place, and how it is reached first.
#[derive(Debug)]
struct Node {
    place: Place,
    before: Option<(usize, char)>,
}

impl Automaton {
    /// The expressions are over the bytes of the alphabet.
    pub(super) fn of(
        alphabet: &Alphabet,
        expressions: &[Hir],
        memory_bytes: usize,
        meter: &mut Meter,
    ) -> Result<Self, Exhausted> {
        let thompson = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(memory_bytes / 2));
        let nfa = thompson::Compiler::new()
            .configure(thompson)
            .build_many_from_hir(expressions)
            .map_err(|_| Exhausted)?;
        meter.spend(nfa.states().len())?;
        let config = Config::new()
            .match_kind(MatchKind::All)
            .cache_capacity(memory_bytes / 2)
            .minimum_cache_clear_count(Some(0));
        let dfa = Builder::new()
            .configure(config)
            .build_from_nfa(nfa)
            .map_err(|_| Exhausted)?;
        Ok(Self {
            cache: dfa.create_cache(),
            dfa,
            letters: alphabet.letters.clone(),
        })
    }

    /// Visits every state that a name can lead to, the shortest names first, with a number for the set of expressions that
    /// match there, the set, and the name. Sets are numbered in the order in which they first come; one may come again, with
    /// another name.
    pub(super) fn walk(
        &mut self,
        meter: &mut Meter,
        mut visit: impl FnMut(usize, &[usize], &dyn Fn() -> String, &mut Meter) -> Result<ControlFlow<()>, Exhausted>,
    ) -> Result<Walked, Exhausted> {
        let mut walk = Walk::start(self)?;
        let mut sets: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for _ in 0..TEXT_CHARACTERS_MAX {
            let level = walk.go_on(self, meter)?;
            for node in level.clone() {
                let Some(place) = walk.place(node).filter(|place| !place.ends_in_space) else {
                    continue;
                };
                let set = self.matched_at_end(place.state)?;
                meter.spend(1 + set.len())?;
                let known = sets.len();
                let number = sets.get(&set).copied().unwrap_or(known);
                if visit(number, &set, &|| walk.name(node), meter)?.is_break() {
                    return Ok(Walked::Enough);
                }
                sets.entry(set).or_insert(number);
            }
            if level.is_empty() {
                break;
            }
        }
        Ok(Walked::Everywhere)
    }

    fn step(&mut self, state: LazyStateID, byte: u8, meter: &mut Meter) -> Result<LazyStateID, Exhausted> {
        let before = self.cache.memory_usage();
        let next = self
            .dfa
            .next_state(&mut self.cache, state, byte)
            .map_err(|_| Exhausted)?;
        // A large state takes its time at each transition that will be asked of it.
        let grown = self.cache.memory_usage().saturating_sub(before);
        meter.spend(1 + grown * self.letters.len() / STATE_BYTES_PER_STEP)?;
        Ok(next)
    }

    fn matched_at_end(&mut self, state: LazyStateID) -> Result<Vec<usize>, Exhausted> {
        let end = self.dfa.next_eoi_state(&mut self.cache, state).map_err(|_| Exhausted)?;
        if !end.is_match() {
            return Ok(Vec::new());
        }
        let matched = 0..self.dfa.match_len(&self.cache, end);
        let mut expressions: Vec<usize> = matched
            .map(|index| self.dfa.match_pattern(&self.cache, end, index).as_usize())
            .collect();
        expressions.sort_unstable();
        Ok(expressions)
    }
}

/// The places seen, each once, in the order of the shortest names that lead there.
struct Walk {
    nodes: Vec<Node>,
    seen: BTreeSet<Place>,
    /// The nodes of the longest names so far.
    level: Range<usize>,
}

impl Walk {
    fn start(automaton: &mut Automaton) -> Result<Self, Exhausted> {
        let input = Input::new("").anchored(Anchored::Yes);
        let state = automaton
            .dfa
            .start_state_forward(&mut automaton.cache, &input)
            .map_err(|_| Exhausted)?;
        // No name ends before its first character.
        let place = Place {
            state,
            ends_in_space: true,
        };
        Ok(Self {
            nodes: vec![Node { place, before: None }],
            seen: BTreeSet::from([place]),
            level: 0..1,
        })
    }

    /// Goes on by one character from everywhere, and returns the nodes that are new.
    fn go_on(&mut self, automaton: &mut Automaton, meter: &mut Meter) -> Result<Range<usize>, Exhausted> {
        let letters = automaton.letters.clone();
        let new = self.nodes.len();
        for node in self.level.clone() {
            let Some(place) = self.place(node) else { continue };
            for letter in letters.iter().filter(|letter| node > 0 || !letter.is_space) {
                let next = Place {
                    state: automaton.step(place.state, letter.byte, meter)?,
                    ends_in_space: letter.is_space,
                };
                if self.seen.insert(next) {
                    self.nodes.push(Node {
                        place: next,
                        before: Some((node, letter.shown)),
                    });
                }
            }
        }
        self.level = new..self.nodes.len();
        Ok(self.level.clone())
    }

    fn place(&self, node: usize) -> Option<Place> {
        self.nodes.get(node).map(|node| node.place)
    }

    fn name(&self, node: usize) -> String {
        let mut characters = Vec::new();
        let mut at = self.nodes.get(node);
        while let Some((before, character)) = at.and_then(|node| node.before) {
            characters.push(character);
            at = self.nodes.get(before);
        }
        characters.iter().rev().collect()
    }
}
