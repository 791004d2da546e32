//! The pages, one folder for each subject.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod budgets;
pub(crate) mod capture;
pub(crate) mod certificates;
pub(crate) mod help;
pub(crate) mod home;
pub(crate) mod keys;
pub(crate) mod landing;
pub(crate) mod limits;
pub(crate) mod operator;
pub(crate) mod organization;
pub(crate) mod phone_step;
pub(crate) mod playground;
pub(crate) mod reference;
pub(crate) mod sign_in;
pub(crate) mod spend;
pub(crate) mod unknown;
pub(crate) mod usage;
pub(crate) mod workloads;
