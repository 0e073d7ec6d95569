//! A regular expression, compiled: is it found in a name, where are its captures, and what does it take?

use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures;
use regex_syntax::ast::ErrorKind::NestLimitExceeded;
use regex_syntax::hir::Hir;

use crate::error::{Fault, ProblemKind};
use crate::limits::{REGEX_NESTING_MAX, REGEX_TEXT_WEIGHT};
use crate::name::compose;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    regex: Regex,
    text_bytes: usize,
}

/// The parts of a name that the captures matched.
#[derive(Debug)]
pub(crate) struct Captures<'name> {
    name: &'name str,
    found: captures::Captures,
}

impl Expression {
    /// Compiles a text into at most so many bytes.
    pub(crate) fn compile(text: &str, compiled_bytes_max: usize) -> Result<Self, Fault> {
        let parsed = parse(text)?;
        // Names are matched in NFC, so an accent in the pattern has to be in NFC too.
        let composed = compose(text);
        let parsed = if composed == text { parsed } else { parse(&composed)? };
        let config = Config::new()
            .nfa_size_limit(Some(compiled_bytes_max))
            .hybrid_cache_capacity(compiled_bytes_max)
            // It finds captures sooner, and takes more memory than all else together.
            .onepass(false)
            // It is there only where another package asks for it, and what an expression takes is to be the same everywhere.
            // It takes longer to build, and finds nothing sooner in a text as short as a name.
            .dfa(false);
        // What can be parsed can only be too large.
        let regex = Regex::builder()
            .configure(config)
            .build_from_hir(&parsed)
            .map_err(|_| ProblemKind::RegexTooLarge)?;
        Ok(Self {
            regex,
            text_bytes: text.len(),
        })
    }

    pub(crate) fn is_match(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }

    pub(crate) fn captures<'name>(&self, name: &'name str) -> Option<Captures<'name>> {
        let mut found = self.regex.create_captures();
        self.regex.captures(name, &mut found);
        found.is_match().then_some(Captures { name, found })
    }

    /// How many captures it has, the whole match included.
    pub(crate) fn captures_len(&self) -> usize {
        self.regex.captures_len()
    }

    /// The name of each capture that has one.
    pub(crate) fn capture_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.regex.group_info().all_names().map(|(_, _, name)| name)
    }

    /// What it takes: the bytes of memory, to which the time to compile it is in proportion, and the time to read its text.
    pub(crate) fn weight(&self) -> usize {
        self.regex.memory_usage() + REGEX_TEXT_WEIGHT * self.text_bytes
    }
}

impl<'name> Captures<'name> {
    /// The text of a capture; `None` when it took no part in the match.
    pub(crate) fn get(&self, index: usize) -> Option<&'name str> {
        self.name.get(self.found.get_group(index)?.range())
    }
}

/// The parser gives the place of a fault.
pub(crate) fn parse(text: &str) -> Result<Hir, Fault> {
    let parsed = regex_syntax::ParserBuilder::new()
        .nest_limit(REGEX_NESTING_MAX)
        .build()
        .parse(text);
    let (offset, fault) = match parsed {
        Ok(parsed) => return Ok(parsed),
        Err(regex_syntax::Error::Parse(error)) => {
            let offset = Some(error.span().start.offset);
            if matches!(error.kind(), NestLimitExceeded(_)) {
                return Err(Fault {
                    offset,
                    kind: ProblemKind::RegexTooDeep,
                });
            }
            (offset, error.kind().to_string())
        }
        Err(regex_syntax::Error::Translate(error)) => (Some(error.span().start.offset), error.kind().to_string()),
        Err(other) => (None, other.to_string()),
    };
    Err(Fault {
        offset,
        kind: ProblemKind::RegexSyntax { fault },
    })
}
