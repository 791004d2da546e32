//! Pages on the phone of the person who is verified: the hand-off and the pictures.

pub(crate) mod handoff;
pub(crate) mod labels;
pub(crate) mod steps;
