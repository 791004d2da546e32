//! The built-in identity reviewer: a person submits pictures on a page of Keystead, software checks what it can, the
//! operator's people decide, and everything is erased in time. No third party is involved.
//!
//! [`Reviewer`] implements the same trait as an outside service, so attempts, polls, refusals and erasure work the same
//! way. A person who submits pictures only holds a link and never gets a session.

mod capture;
mod capture_files;
mod cases;
mod decide;
mod decision;
mod document_choice;
pub(crate) mod erase;
mod evidence;
mod intake;
pub(crate) mod legal_hold;
mod load;
mod own_organization;
mod picture;
mod provider;
mod retention;
mod submit;
mod zone_view;

pub use capture::{CaptureView, Holder, PromptView, SlotView, Taken};
pub use cases::{CaseView, PictureView, QueueRow, VIEW_REASONS};
pub use decision::{Decided, Verdict, declines};
pub use evidence::{EvidenceError, EvidenceStore};
pub use intake::Intake;
pub use keystead_documents::Slot;
pub use keystead_documents::image::{ImageRefusal, TIME_LIMIT};
pub use keystead_documents::prompts::Prompt;
pub use keystead_store::tables::legal_holds::LegalHold;
pub use keystead_store::tables::reviews::ReviewCase;
pub use provider::{Reviewer, ReviewerOptions};
pub use retention::RETENTION_CEILING;
pub(crate) use retention::{attempt_held_until, latest_hold};
pub use zone_view::ZoneView;
