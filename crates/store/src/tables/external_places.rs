//! What external keys and external storage have in common: the location, and the outcome of the last validation.

use std::collections::BTreeMap;

use keystead_core::external::{Checked, Cloud, Fault, Health, Location};
use keystead_core::time::Timestamp;

use super::workload_identity_providers::{json, written};
use super::{named, optional_named};
use crate::{Error, Row, Value};

/// Reads a location from the column of the cloud and the one after it.
pub(super) fn location(row: &Row, column: usize, table: &'static str) -> Result<Location, Error> {
    let cloud = named(row, column, table, Cloud::from_name)?;
    let fields: BTreeMap<String, String> = json(row, column + 1, table)?;
    Location::restored(cloud, fields).ok_or(Error::Corrupt { table, id: cloud.as_str().to_owned() })
}

/// The values of the columns of the cloud and of the location.
pub(super) fn location_values(location: &Location) -> Result<[Value; 2], Error> {
    Ok([location.cloud().as_str().into(), written(location.fields())?])
}

/// Reads the status and the reason beside it.
pub(super) fn status(row: &Row, column: usize, table: &'static str) -> Result<(Health, Option<Fault>), Error> {
    Ok((named(row, column, table, Health::from_name)?, optional_named(row, column + 1, table, Fault::from_name)?))
}

/// The values of the columns of the status, of the reason and of the time of a validation.
pub(super) fn checked_values(checked: &Checked, at: Timestamp) -> [Value; 3] {
    [checked.health().as_str().into(), checked.fault.map(Fault::as_str).into(), at.0.into()]
}
