//! What an answer names besides its figures: the service tier, the quality and size of images, and what its
//! hosted tools used.

use keystead_core::usage::ImageTraits;
use keystead_core::usage::attributes::{context_level, is_vector_store, service_tier};

use super::item::note;
use super::vocabulary::Name;

/// Maximum number of containers that one answer names; more of them are not told apart.
const MOST_CONTAINERS: usize = 16;

/// The vector stores of the tool `file_search`.
#[derive(Debug, Default, PartialEq, Eq)]
enum Stores {
    #[default]
    None,
    One(Box<str>),
    /// A search of several stores belongs to none of them.
    Several,
}

/// The names that were found; unknown ones are left out.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    tier: Option<&'static str>,
    images: ImageTraits,
    level: Option<&'static str>,
    stores: Stores,
    containers: Vec<Box<str>>,
}

impl Labels {
    pub(super) fn set_tier(&mut self, name: &[u8]) {
        self.tier = text(name).and_then(service_tier).or(self.tier);
    }

    pub(super) fn note_images(&mut self, name: Name, text: &[u8]) {
        note(&mut self.images, name, text);
    }

    pub(super) fn set_level(&mut self, level: &[u8]) {
        self.level = text(level).and_then(context_level).or(self.level);
    }

    /// A stream repeats its tools, so that one store may be named several times.
    pub(super) fn add_store(&mut self, id: &[u8]) {
        let Some(id) = text(id).filter(|id| is_vector_store(id)) else { return };
        match &self.stores {
            Stores::None => self.stores = Stores::One(id.into()),
            Stores::One(known) if **known != *id => self.stores = Stores::Several,
            Stores::One(_) | Stores::Several => {}
        }
    }

    pub(super) fn add_container(&mut self, id: &[u8]) {
        let Some(id) = text(id).filter(|id| is_vector_store(id)) else { return };
        if self.containers.len() < MOST_CONTAINERS && !self.containers.iter().any(|known| **known == *id) {
            self.containers.push(id.into());
        }
    }

    /// The service tier that served the request.
    pub(crate) const fn tier(&self) -> Option<&'static str> {
        self.tier
    }

    /// The quality and size of the images of the answer itself, as it stated them last.
    pub(crate) const fn images(&self) -> ImageTraits {
        self.images
    }

    /// The context level of web searches.
    pub(crate) const fn level(&self) -> Option<&'static str> {
        self.level
    }

    /// The vector store that was searched, if it was one.
    pub(crate) fn store(&self) -> Option<&str> {
        match &self.stores {
            Stores::One(id) => Some(id),
            Stores::None | Stores::Several => None,
        }
    }

    /// The containers of the tool `code_interpreter`.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &str> {
        self.containers.iter().map(|id| &**id)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
