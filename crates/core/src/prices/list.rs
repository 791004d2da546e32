//! Lists of prices in files: Keystead's own TOML, and the JSON map that LiteLLM publishes.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::{Table, Value};

use super::figure::micros_of_toml;
use super::image_rows::{IMAGES, images_of_toml};
use super::{PriceFault, PriceKind, litellm, price_of};
use crate::money::{Amount, CURRENCY};
use crate::text::printable;
use crate::usage::Price;

/// The price of one model in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPrice {
    /// The model.
    pub model: String,
    /// Its price.
    pub price: Price,
    /// Members of the entry with prices of what Keystead does not count apart; what they are about is charged at the
    /// other prices, or not at all.
    pub left_out: Vec<String>,
}

/// A model with an entry without any price of what Keystead counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusablePrice {
    /// The model.
    pub model: String,
    /// The members with prices that it has instead.
    pub members: Vec<String>,
}

/// What a file says about the served models, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceList {
    /// Prices that can be used.
    pub prices: Vec<ListedPrice>,
    /// Served models with an entry that cannot be used.
    pub unusable: Vec<UnusablePrice>,
    /// Number of entries of models that are not served here.
    pub not_served: usize,
}

/// Why a list cannot be used. Nothing of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListFault {
    /// It is neither of the formats.
    Syntax(String),
    /// Its prices are in another currency.
    Currency(String),
    /// A model is listed twice.
    Repeated(String),
    /// An entry names no model, or is not a table of members.
    Entry(String),
    /// An entry has a price of a kind that is not counted.
    Kind {
        /// The model.
        model: String,
        /// The name of the kind.
        kind: String,
    },
    /// A price is none.
    Price {
        /// The model.
        model: String,
        /// The kind, or the member with it.
        kind: String,
        /// Why.
        fault: PriceFault,
    },
}

impl ListFault {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "price_list_syntax",
            Self::Currency(_) => "price_list_currency",
            Self::Repeated(_) => "price_list_repeated",
            Self::Entry(_) => "price_list_entry",
            Self::Kind { .. } => "price_list_kind",
            Self::Price { .. } => "price_list_price",
        }
    }

    /// What is wrong, for developers.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Syntax(what) => format!("The list is neither TOML nor JSON: {}.", printable(what)),
            Self::Currency(currency) => {
                format!("The list is in '{}', and prices of this installation are in {CURRENCY}.", printable(currency))
            }
            Self::Repeated(model) => format!("The list has '{}' more than once.", printable(model)),
            Self::Entry(entry) => format!("The list has an entry that is no price of a model: '{}'.", printable(entry)),
            Self::Kind { model, kind } => format!(
                "The list has a price of '{}' for '{}', which is not counted. Kinds are: {}.",
                printable(kind),
                printable(model),
                PriceKind::NAMES.join(", ")
            ),
            Self::Price { model, kind, fault } => {
                format!("The list has a wrong '{}' for '{}': {}.", printable(kind), printable(model), fault.message())
            }
        }
    }
}

/// A file in Keystead's format.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    currency: Option<String>,
    #[serde(default)]
    price: Vec<Table>,
}

impl PriceList {
    /// Reads a list: JSON in the form of LiteLLM if it begins with a brace, else TOML.
    ///
    /// # Errors
    /// At the first fault. Entries of the JSON map about models that are not served are not read.
    pub fn read(text: &str, served: &dyn Fn(&str) -> bool) -> Result<Self, ListFault> {
        let text = text.trim_start_matches('\u{feff}');
        let is_json = text.trim_start().starts_with('{');
        let mut list = if is_json { litellm::read(text.trim_start(), served)? } else { of_toml(text, served)? };
        list.prices.sort_by(|a, b| a.model.cmp(&b.model));
        list.unusable.sort_by(|a, b| a.model.cmp(&b.model));
        Ok(list)
    }
}

/// Writes prices as a list in Keystead's format, which [`PriceList::read`] reads as the same prices.
#[must_use]
pub fn written_list<'p>(prices: impl IntoIterator<Item = (&'p str, &'p Price)>) -> String {
    let mut text = format!("currency = \"{CURRENCY}\"\n");
    for (model, price) in prices {
        text.push_str(&format!("\n[[price]]\nmodel = {}\n", Value::String(model.to_owned())));
        for kind in PriceKind::ALL {
            let Some(micros) = kind.stated(price) else { continue };
            // Parts of tokens that are not stated cost as much as the others; another kind is free.
            if micros.0 != 0 || kind.is_part() {
                text.push_str(&format!("{} = \"{}\"\n", kind.as_str(), Amount::from(micros)));
            }
        }
        if let Some(images) = &price.images {
            text.push_str(&format!("\n[price.{IMAGES}]\n"));
            for (traits, micros) in images.rows() {
                text.push_str(&format!("\"{}\" = \"{}\"\n", traits.key(), Amount::from(micros)));
            }
        }
    }
    text
}

fn of_toml(text: &str, served: &dyn Fn(&str) -> bool) -> Result<PriceList, ListFault> {
    let file: File = toml::from_str(text).map_err(|error| syntax_fault(text, &error))?;
    if let Some(currency) = file.currency.filter(|currency| !currency.eq_ignore_ascii_case(CURRENCY)) {
        return Err(ListFault::Currency(currency));
    }
    let (mut list, mut seen) = (PriceList::default(), BTreeSet::new());
    for entry in file.price {
        let (model, price) = entry_of_toml(&entry)?;
        if !seen.insert(model.clone()) {
            return Err(ListFault::Repeated(model));
        }
        if served(&model) {
            list.prices.push(ListedPrice { model, price, left_out: Vec::new() });
        } else {
            list.not_served += 1;
        }
    }
    Ok(list)
}

/// Names the line of a fault: a list may have thousands.
fn syntax_fault(text: &str, error: &toml::de::Error) -> ListFault {
    let (message, before) = (error.message(), error.span().and_then(|span| text.get(..span.start)));
    ListFault::Syntax(match before {
        Some(before) => format!("in line {}, {message}", before.matches('\n').count() + 1),
        None => message.to_owned(),
    })
}

fn entry_of_toml(entry: &Table) -> Result<(String, Price), ListFault> {
    let model = match entry.get("model") {
        Some(Value::String(model)) if !model.is_empty() => model.clone(),
        _ => return Err(ListFault::Entry(entry.keys().cloned().collect::<Vec<_>>().join(", "))),
    };
    let (mut kinds, mut images) = (Vec::new(), None);
    for (name, value) in entry.iter().filter(|(name, _)| *name != "model") {
        if name == IMAGES {
            let wrong = |fault| ListFault::Price { model: model.clone(), kind: name.clone(), fault };
            images = images_of_toml(value).map_err(wrong)?;
            continue;
        }
        let unknown = || ListFault::Kind { model: model.clone(), kind: name.clone() };
        let kind = PriceKind::from_name(name).ok_or_else(unknown)?;
        let wrong = |fault| ListFault::Price { model: model.clone(), kind: name.clone(), fault };
        kinds.push((kind, micros_of_toml(value).map_err(wrong)?));
    }
    if kinds.is_empty() && images.is_none() {
        return Err(ListFault::Price { model, kind: PriceKind::Input.as_str().to_owned(), fault: PriceFault::Empty });
    }
    Ok((model, Price { images, ..price_of(kinds) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Micros;
    use crate::prices::{HIGHEST, images_of};

    fn read(text: &str) -> Result<PriceList, ListFault> {
        PriceList::read(text, &|model| model != "unknown")
    }

    #[test]
    fn a_list_in_toml() {
        let list = read(
            "currency = \"usd\"\n[[price]]\nmodel = \"b\"\ninput = 2.5\noutput = \"10\"\n\
             [[price]]\nmodel = \"a\"\nrequest = 5\ntool_call = 10_000\n[[price]]\nmodel = \"unknown\"\ninput = 1\n",
        );
        let listed = |model: &str, price| ListedPrice { model: model.to_owned(), price, left_out: vec![] };
        let a = Price { request: Micros(5_000_000), tool_call: Micros(10_000_000_000), ..Price::default() };
        let b = Price {
            input: Micros(2_500_000),
            cached_input: Micros(2_500_000),
            output: Micros(10_000_000),
            ..Price::default()
        };
        let prices = vec![listed("a", a), listed("b", b)];
        assert_eq!(list, Ok(PriceList { prices, unusable: vec![], not_served: 1 }));
        assert_eq!(read(""), Ok(PriceList::default()));
    }

    #[test]
    fn a_written_list_is_read_as_the_same_prices() {
        let free = Price::default();
        let cached_free = Price { input: Micros(1), ..Price::default() };
        let all = Price {
            input: Micros(1),
            cached_input: Micros(2_500_000),
            output: HIGHEST,
            image: Micros(10),
            character: Micros(100),
            second: Micros(1_000),
            request: Micros(1_234_567),
            tool_call: Micros(7_000_000),
            cache_write: Some(Micros(0)),
            audio_input: Some(Micros(40_000_000)),
            reasoning: Some(Micros(0)),
            audio_output: Some(Micros(80_000_000)),
            image_input: Some(Micros(10_000_000)),
            image_output: Some(Micros(0)),
            images: images_of([("hd/1024x1792", Ok(HIGHEST)), ("1024x1024", Ok(Micros(1))), ("hd", Ok(Micros(0)))])
                .unwrap(),
        };
        let prices = [("a", &free), ("b/\"c\"\\ \u{1f600}", &cached_free), ("d", &all)];
        let list = read(&written_list(prices)).unwrap();
        let back: Vec<(&str, &Price)> = list.prices.iter().map(|one| (one.model.as_str(), &one.price)).collect();
        assert_eq!(back, prices);
    }

    #[test]
    fn a_fault_refuses_the_list() {
        let entry = |rest: &str| format!("[[price]]\nmodel = \"a\"\n{rest}");
        for (text, code) in [
            ("price = 3".to_owned(), "price_list_syntax"),
            ("[[model]]\nid = \"a\"".to_owned(), "price_list_syntax"),
            ("no list".to_owned(), "price_list_syntax"),
            ("currency = \"EUR\"".to_owned(), "price_list_currency"),
            (format!("{}\n{}", entry("input = 1"), entry("input = 1")), "price_list_repeated"),
            ("[[price]]\ninput = 1".to_owned(), "price_list_entry"),
            ("[[price]]\nmodel = 7".to_owned(), "price_list_entry"),
            (entry("video = 1"), "price_list_kind"),
            (entry("image = 1\nimages = 1"), "price_list_price"),
            (entry("image = 1\n[price.images]\nHD = 1"), "price_list_price"),
            (entry("image = 1\n[price.images]\nhd = -1"), "price_list_price"),
            (entry("image_1024x1024 = 1"), "price_list_kind"),
            (entry(""), "price_list_price"),
            (entry("input = -1"), "price_list_price"),
            (entry("input = 0.0000001"), "price_list_price"),
            (entry("input = 1e300"), "price_list_price"),
            (entry("input = nan"), "price_list_price"),
            (entry("input = \"2 EUR\""), "price_list_price"),
            (entry("input = [1]"), "price_list_price"),
        ] {
            assert_eq!(read(&text).map_err(|fault| fault.code()), Err(code), "{text}");
        }
        let fault = read(&entry("input = -1")).unwrap_err();
        assert_eq!(fault.message(), "The list has a wrong 'input' for 'a': a price cannot be negative.");
        let fault = read(&format!("\n{}\ninput = 2", entry("input = 1"))).unwrap_err();
        assert_eq!(fault.message(), "The list is neither TOML nor JSON: in line 5, duplicate key.");
        // Also where the model is not served, because the file is the operator's own.
        assert!(read("[[price]]\nmodel = \"unknown\"\ninput = -1").is_err());
    }
}
