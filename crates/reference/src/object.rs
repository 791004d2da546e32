//! Named objects.

use crate::members::Member;

/// An object with a name, which the document defines once.
#[derive(Debug)]
pub struct Object {
    /// Its name in the document.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// An object whose members it has as well.
    pub base: Option<&'static Self>,
    /// Its own members, in the order shown.
    pub members: &'static [Member],
    /// Whether it has members whose names are not fixed.
    pub open: bool,
}

impl Object {
    pub(crate) const fn new(name: &'static str, about: &'static str, members: &'static [Member]) -> Self {
        Self { name, about, base: None, members, open: false }
    }

    /// It has the members of another object as well.
    pub(crate) const fn more_than(mut self, base: &'static Self) -> Self {
        self.base = Some(base);
        self
    }

    /// It has members whose names are not fixed.
    pub(crate) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Every member, those of the base first.
    pub fn all_members(&self) -> impl Iterator<Item = &'static Member> {
        let base = self.base.map_or(&[][..], |base| base.members);
        base.iter().chain(self.members)
    }
}
