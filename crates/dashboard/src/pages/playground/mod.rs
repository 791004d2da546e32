//! The playground: a person asks a model with the rights of their project.

mod answer;
mod code;
mod models;
mod page;
mod question;
mod sending;

pub(crate) use page::{ask, open};
pub(crate) use sending::{code, stream};
