//! QR codes.

use qrcode::QrCode;
use qrcode::render::svg;

/// A code for a phone's camera, drawn here so that no other server learns the link.
pub(crate) fn draw(url: &str) -> String {
    QrCode::new(url.as_bytes()).map_or_else(
        |_| String::new(),
        |code| {
            let drawn = code.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(192, 192).build();
            // The first line is an XML declaration, which HTML does not want.
            drawn.split_once("?>").map_or(drawn.clone(), |(_, rest)| rest.to_owned())
        },
    )
}
