//! What a reviewer reads of a capture: the machine-readable zone as typed, and the name the person stated.

use keystead_core::secret::Secret;
use keystead_documents::mrz::{Digits, MrzReport};
use keystead_store::tables::captures::Capture;

use crate::{App, Error};

/// A typed machine-readable zone, parsed.
#[derive(Debug, Clone)]
pub struct ZoneView {
    /// The lines as typed.
    pub typed: Secret<String>,
    /// Which check digits are right; `None` when the lines cannot be parsed any more.
    pub digits: Option<Digits>,
    /// Its fields: name and value.
    pub fields: Vec<(&'static str, String)>,
}

pub(super) fn stated_name(app: &App, capture: Option<&Capture>) -> Result<Option<Secret<String>>, Error> {
    match (app.services().review.as_ref(), capture) {
        (Some(reviewer), Some(capture)) => reviewer.name(capture),
        _ => Ok(None),
    }
}

pub(super) fn zone_view(app: &App, capture: Option<&Capture>) -> Result<Option<ZoneView>, Error> {
    let (Some(reviewer), Some(capture)) = (app.services().review.as_ref(), capture) else { return Ok(None) };
    let Some(typed) = reviewer.zone(capture)? else { return Ok(None) };
    let report = MrzReport::read(typed.expose(), app.now()).ok();
    let fields = report.as_ref().map_or_else(Vec::new, |report| {
        let day = |day: Option<keystead_documents::Day>| day.map_or_else(String::new, |day| day.to_string());
        vec![
            ("surname", report.surname.expose().clone()),
            ("given-names", report.given_names.expose().clone()),
            ("number", report.document_number.expose().clone()),
            ("birth", day(report.birth)),
            ("expiry", day(report.expiry)),
            ("issuer", report.issuer.clone()),
            ("nationality", report.nationality.clone()),
        ]
    });
    Ok(Some(ZoneView { digits: report.map(|report| report.digits), typed, fields }))
}
