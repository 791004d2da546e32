//! Pages on the phone of the person who is verified: the hand-off and the pictures.

pub(crate) mod ending;
pub(crate) mod handoff;
pub(crate) mod labels;
mod page;
pub(crate) mod picture;
pub(crate) mod steps;
