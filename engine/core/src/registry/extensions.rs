//! The check of the schema extensions that an administrator defines for a connection: every problem, with its place.

use std::collections::BTreeSet;
use std::fmt;

use super::settings::{AttributeDefinition, AttributeMeaning, AttributeType, ExtensionDefinition};
use crate::limits::{
    CONNECTION_EXTENSIONS_MAX, EXTENSION_ATTRIBUTE_CHARACTERS_MAX, EXTENSION_ATTRIBUTES_MAX, EXTENSION_URN_BYTES_MAX,
};
use crate::rejection::Rejection;

/// What the definitions of extensions begin with that are not for an administrator to define, in any case.
const RESERVED_URNS: [&str; 5] = [
    "urn:ietf:params:scim:schemas:core:",
    "urn:ietf:params:scim:schemas:extension:enterprise:",
    "urn:ietf:params:scim:schemas:extension:rolecall:",
    "urn:ietf:params:scim:schemas:extension:lambdatest:",
    "urn:ietf:params:scim:api:",
];

/// All that is wrong with the extensions of a connection. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionProblems(Vec<ExtensionProblem>);

/// One thing that is wrong with the extensions of a connection, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionProblem {
    /// The field, as a path into the settings: `extensions[0].attributes[1].name`.
    pub place: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl ExtensionProblems {
    /// The problems, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &ExtensionProblem> {
        self.0.iter()
    }
}

impl fmt::Display for ExtensionProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ExtensionProblem { place, text }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}`{place}`: {text}")?;
        }
        Ok(())
    }
}

/// Checks all extensions of a connection.
pub(super) fn check(extensions: &[ExtensionDefinition]) -> Result<(), Rejection> {
    let mut check = Check::default();
    check.extensions(extensions);
    if check.problems.is_empty() {
        Ok(())
    } else {
        Err(Rejection::Extensions(ExtensionProblems(check.problems)))
    }
}

/// A check on its way, with what it has met.
#[derive(Default)]
struct Check {
    /// Of all extensions, in lower case.
    urns: BTreeSet<String>,
    /// Those met already.
    seen: BTreeSet<String>,
    meanings: BTreeSet<AttributeMeaning>,
    problems: Vec<ExtensionProblem>,
}

impl Check {
    fn report(&mut self, place: String, text: impl Into<String>) {
        self.problems.push(ExtensionProblem {
            place,
            text: text.into(),
        });
    }

    fn extensions(&mut self, extensions: &[ExtensionDefinition]) {
        if extensions.len() > CONNECTION_EXTENSIONS_MAX {
            let text = format!("define at most {CONNECTION_EXTENSIONS_MAX} extensions");
            return self.report("extensions".to_owned(), text);
        }
        self.urns = extensions.iter().map(|extension| lower(&extension.urn)).collect();
        for (index, extension) in extensions.iter().enumerate() {
            self.extension(&format!("extensions[{index}]"), extension);
        }
    }

    fn extension(&mut self, place: &str, extension: &ExtensionDefinition) {
        if let Some(text) = urn_problem(&extension.urn) {
            self.report(format!("{place}.urn"), text);
        }
        if !self.seen.insert(lower(&extension.urn)) {
            self.report(
                format!("{place}.urn"),
                "define each URN once; they are the same in any case",
            );
        }
        if !(1..=EXTENSION_ATTRIBUTES_MAX).contains(&extension.attributes.len()) {
            let text = format!("define 1 to {EXTENSION_ATTRIBUTES_MAX} attributes");
            return self.report(format!("{place}.attributes"), text);
        }
        let mut names = BTreeSet::new();
        for (index, attribute) in extension.attributes.iter().enumerate() {
            let place = format!("{place}.attributes[{index}]");
            if !names.insert(lower(&attribute.name)) {
                self.report(
                    format!("{place}.name"),
                    "define each name once; they are the same in any case",
                );
            }
            self.name(&place, extension, attribute);
            self.meaning(&place, extension, attribute);
        }
    }

    fn name(&mut self, place: &str, extension: &ExtensionDefinition, attribute: &AttributeDefinition) {
        if let Some(text) = name_problem(&attribute.name) {
            self.report(format!("{place}.name"), text);
        }
        // A path with this text would name both. URNs that are there without a definition are reserved with all below them.
        let whole = format!("{}:{}", extension.urn, attribute.name);
        if self.urns.contains(&lower(&whole)) {
            let text = format!("`{whole}` is the URN of another extension; take another name, or another URN");
            self.report(format!("{place}.name"), text);
        }
    }

    fn meaning(&mut self, place: &str, extension: &ExtensionDefinition, attribute: &AttributeDefinition) {
        let Some(meaning) = attribute.meaning else { return };
        let word = meaning.as_str();
        if meaning.resource_type() != extension.resource_type {
            let text = format!(
                "`{word}` is read from a {}, not from a {}",
                meaning.resource_type().as_str(),
                extension.resource_type.as_str()
            );
            self.report(format!("{place}.meaning"), text);
        }
        if attribute.attribute_type != AttributeType::String {
            self.report(
                format!("{place}.type"),
                format!("an attribute that means `{word}` is a string"),
            );
        }
        if attribute.multi_valued && meaning != AttributeMeaning::Roles {
            self.report(
                format!("{place}.multi_valued"),
                format!("an attribute that means `{word}` has one value"),
            );
        }
        if !self.meanings.insert(meaning) {
            let text = format!("one attribute of the connection may mean `{word}`, and another one does already");
            self.report(format!("{place}.meaning"), text);
        }
    }
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// RFC 8141 2: `urn:`, a namespace, and a name in it. The grammar of paths and filters (RFC 7644 3.4.2.2) reads what stands
/// behind the last `:` as a name, and a `.` there as the beginning of a sub-attribute. So a URN ends with what can be the name
/// of an attribute: else an extension could not be named as a whole, or something else would be.
fn urn_problem(urn: &str) -> Option<String> {
    if urn.len() > EXTENSION_URN_BYTES_MAX {
        return Some(format!("a URN may have at most {EXTENSION_URN_BYTES_MAX} bytes"));
    }
    let urn = lower(urn);
    if let Some(reserved) = RESERVED_URNS.iter().find(|reserved| urn.starts_with(**reserved)) {
        return Some(format!(
            "URNs that begin with `{reserved}` are defined already; take one of your own"
        ));
    }
    let is_part = |part: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        !part.is_empty() && part.chars().all(known)
    };
    let is_namespace = |part: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (2..=32).contains(&part.len()) && part.chars().all(known) && !part.starts_with('-') && !part.ends_with('-')
    };
    let mut parts = urn.split(':');
    let begins_well = parts.next() == Some("urn") && parts.next().is_some_and(is_namespace);
    let rest: Vec<&str> = parts.collect();
    let last = rest.last().copied().unwrap_or_default();
    let text = if !begins_well || rest.is_empty() || !rest.into_iter().all(is_part) {
        "not a URN as they are used in SCIM; write one like \
         `urn:ietf:params:scim:schemas:extension:example:2.0:User`, of letters, digits, `-`, `.`, `_` and `:`"
    } else if !is_name(last) {
        "what stands behind the last `:` has to begin with a letter, and to go on with letters, digits, `-` and `_`, as in \
         `urn:ietf:params:scim:schemas:extension:example:2.0:User`: paths and filters of RFC 7644 could not name it"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// RFC 7643 2.1: `ATTRNAME = ALPHA *(nameChar)`, `nameChar = "$" / "-" / "_" / DIGIT / ALPHA`. The grammar of paths and
/// filters in RFC 7644 3.4.2.2 has no `$`, so that a name with one could be sent but neither filtered by nor patched.
fn name_problem(name: &str) -> Option<String> {
    if name.len() > EXTENSION_ATTRIBUTE_CHARACTERS_MAX {
        return Some(format!(
            "a name may have at most {EXTENSION_ATTRIBUTE_CHARACTERS_MAX} characters"
        ));
    }
    if is_name(name) {
        return None;
    }
    let text = if name.contains('$') {
        "a name has no `$`: paths and filters of RFC 7644 could not name it"
    } else {
        "a name begins with a letter, and goes on with letters, digits, `-` and `_`"
    };
    Some(text.to_owned())
}

fn is_name(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(known)
}
