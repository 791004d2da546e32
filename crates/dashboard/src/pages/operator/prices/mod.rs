//! Prices of models: the list, the prices of one model over time, and the import of a list with its preview.

pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod model;

use keystead_app::prices::LastMonth;
use keystead_core::language::Language;
use keystead_core::money::{Amount, Micros};
use keystead_core::prices::PriceKind;
use keystead_core::usage::Price;
use keystead_locales::{LocalFormat, Messages};

/// The page of all prices.
const HERE: &str = "/operator/prices";
/// The page of one model.
const MODEL: &str = "/operator/prices/model";

/// The name of a kind.
fn kind_name(t: Messages, kind: PriceKind) -> String {
    match kind {
        PriceKind::Input => t.text("price-kind-input"),
        PriceKind::CachedInput => t.text("price-kind-cached-input"),
        PriceKind::Output => t.text("price-kind-output"),
        PriceKind::Image => t.text("price-kind-image"),
        PriceKind::Character => t.text("price-kind-character"),
        PriceKind::Second => t.text("price-kind-second"),
        PriceKind::Request => t.text("price-kind-request"),
        PriceKind::ToolCall => t.text("price-kind-tool-call"),
        PriceKind::CacheWrite => t.text("price-kind-cache-write"),
        PriceKind::AudioInput => t.text("price-kind-audio-input"),
        PriceKind::Reasoning => t.text("price-kind-reasoning"),
        PriceKind::AudioOutput => t.text("price-kind-audio-output"),
        PriceKind::ImageInput => t.text("price-kind-image-input"),
        PriceKind::ImageOutput => t.text("price-kind-image-output"),
    }
}

/// One kind of a price, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) price: String,
}

/// The kinds that cost something, parts of tokens that cost something else than the others, and images by quality and
/// size.
fn parts(format: &LocalFormat, price: &Price) -> Vec<Part> {
    let stated = |kind: PriceKind| {
        let micros = kind.stated(price)?;
        let is_own = kind.is_part() && kind != PriceKind::CachedInput;
        let part = Part { name: kind_name(format.messages, kind), price: exact(format, micros) };
        (micros.0 != 0 || is_own).then_some(part)
    };
    let images = price.images.iter().flat_map(|images| images.rows()).map(|(traits, micros)| Part {
        name: format.messages.text_with("price-kind-image-of", "images", traits.key()),
        price: exact(format, micros),
    });
    PriceKind::ALL.into_iter().filter_map(stated).chain(images).collect()
}

/// A price with every digit, and at least two after the point.
fn exact(format: &LocalFormat, micros: Micros) -> String {
    let (mut value, mut decimals) = (micros.0, 6);
    while decimals > 2 && value % 10 == 0 {
        (value, decimals) = (value / 10, decimals - 1);
    }
    format.decimal(value, decimals)
}

/// A price as a person of this language types it.
fn typed(language: Language, micros: Micros) -> String {
    let text = Amount::from(micros).to_string();
    if language == Language::Polish { text.replace('.', ",") } else { text }
}

/// Reads the mark between units and parts as people of this language write it.
fn plain(language: Language, typed: &str) -> String {
    if language == Language::Polish { typed.replace(',', ".") } else { typed.to_owned() }
}

/// What last month cost and would have cost, in words.
fn month_sentence(format: &LocalFormat, month: &LastMonth) -> String {
    let t = format.messages;
    let (charged, would) = (format.money(&month.charged), format.money(&month.would_cost));
    t.text_with_all("prices-last-month", &[("charged", &charged), ("would", &would)])
}

#[cfg(test)]
mod tests {
    use keystead_core::prices::micros;
    use keystead_core::time::Timestamp;

    use super::*;

    #[test]
    fn prices_are_shown_with_every_digit_and_read_as_they_are_typed() {
        for (language, shown, field) in [
            (Language::English, "1,234.50", "1234.5"),
            (Language::Polish, "1\u{202f}234,50", "1234,5"),
            (Language::Japanese, "1,234.50", "1234.5"),
        ] {
            let format = LocalFormat::in_zone(Messages(language), Timestamp(0), "UTC");
            assert_eq!(exact(&format, Micros(1_234_500_000)), shown);
            assert_eq!(typed(language, Micros(1_234_500_000)), field);
            for price in [0, 1, 150_000, 2_500_000, 1_234_567_891] {
                assert_eq!(micros(&plain(language, &typed(language, Micros(price)))), Ok(Micros(price)));
            }
        }
        let format = LocalFormat::in_zone(Messages(Language::English), Timestamp(0), "UTC");
        assert_eq!(exact(&format, Micros(1)), "0.000001");
        assert_eq!(exact(&format, Micros(75_000)), "0.075");
        assert_eq!(exact(&format, Micros(0)), "0.00");
    }
}
