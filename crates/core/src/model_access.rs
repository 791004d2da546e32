//! The models a project may use: a list of allowed or of denied models.

use serde::{Deserialize, Serialize};

/// Whether a list allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListMode {
    /// Only these models.
    AllowList,
    /// All except these models.
    DenyList,
}

impl ListMode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::AllowList, Self::DenyList];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowList => "allow_list",
            Self::DenyList => "deny_list",
        }
    }

    /// Returns the mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// The models of one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAccess {
    /// Whether the list allows or denies.
    pub mode: ListMode,
    /// Names as clients write them; each once, in order.
    pub model_ids: Vec<String>,
}

/// Why a list is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidModelList {
    /// More than [`ModelAccess::MOST`].
    #[error("at most 500 models can be listed")]
    TooMany,
    /// Empty, longer than [`ModelAccess::LONGEST`] characters, or with control characters.
    #[error("'{0}' cannot be a model's name")]
    Name(String),
}

impl ModelAccess {
    /// Maximum number of models in a list.
    pub const MOST: usize = 500;
    /// Maximum number of characters in a name.
    pub const LONGEST: usize = 200;

    /// Builds a sorted list without duplicates. Names that are not served yet are kept, because they may be served
    /// later.
    ///
    /// # Errors
    /// [`InvalidModelList`].
    pub fn new(mode: ListMode, mut model_ids: Vec<String>) -> Result<Self, InvalidModelList> {
        let fits =
            |name: &String| (1..=Self::LONGEST).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if let Some(bad) = model_ids.iter().find(|name| !fits(name)) {
            return Err(InvalidModelList::Name(crate::text::printable(bad)));
        }
        model_ids.sort_unstable();
        model_ids.dedup();
        if model_ids.len() > Self::MOST { Err(InvalidModelList::TooMany) } else { Ok(Self { mode, model_ids }) }
    }

    /// Whether the project may use this model.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        let listed = self.model_ids.binary_search_by(|name| name.as_str().cmp(model)).is_ok();
        listed == (self.mode == ListMode::AllowList)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_lists_are_refused() {
        for name in ["", "a\nb", &"x".repeat(201)] {
            let list = ModelAccess::new(ListMode::AllowList, vec!["gpt-4o".to_owned(), name.to_owned()]);
            assert!(matches!(list, Err(InvalidModelList::Name(_))), "{name:?}");
        }
        let many = (0..=500).map(|n| format!("m{n}")).collect();
        assert_eq!(ModelAccess::new(ListMode::DenyList, many), Err(InvalidModelList::TooMany));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn one_mode_is_the_inverse_of_the_other(names in proptest::collection::vec("[a-d]{1,2}", 0..8), asked in "[a-d]{1,2}") {
            let of = |mode| ModelAccess::new(mode, names.clone()).unwrap();
            let (only, but) = (of(ListMode::AllowList), of(ListMode::DenyList));
            prop_assert_eq!(only.allows(&asked), names.contains(&asked));
            prop_assert_eq!(but.allows(&asked), !only.allows(&asked));
            let kept: ModelAccess = serde_json::from_str(&serde_json::to_string(&only).unwrap()).unwrap();
            prop_assert_eq!(kept, only);
        }
    }
}
