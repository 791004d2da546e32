//! What all pages share: who is asking, forms and cookies, the layout, and the kinds of answers.

pub(crate) mod after_change;
pub(crate) mod cookies;
pub(crate) mod csv;
pub(crate) mod error_page;
pub(crate) mod extract;
pub(crate) mod field_fault;
pub(crate) mod file_answer;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod html;
pub(crate) mod known_reasons;
pub(crate) mod layout;
pub(crate) mod own_visit;
pub(crate) mod permission_words;
pub(crate) mod progress_stream;
pub(crate) mod qr_code;
pub(crate) mod reauthenticate;
pub(crate) mod response;
pub(crate) mod scope_words;
pub(crate) mod stream_slots;
pub(crate) mod submit;
pub(crate) mod whole_number;
mod without_role;
