//! What an organization proves and how: pure machines over values, each event tested against the table it comes from
//! (verification.md 5).

pub mod limits;
pub mod organization;
pub mod phone;
