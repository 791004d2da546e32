//! QR codes.

use qrcode::QrCode;
use qrcode::render::svg;

/// Draws an address as a QR code in SVG. It is drawn here so that no other server learns the address.
pub(crate) fn draw(url: &str) -> String {
    QrCode::new(url.as_bytes()).map_or_else(
        |_| String::new(),
        |code| {
            let drawn = code.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(192, 192).build();
            // Without the XML declaration, which is not valid inside HTML.
            drawn.split_once("?>").map_or(drawn.clone(), |(_, rest)| rest.to_owned())
        },
    )
}
