//! Entries of LiteLLM's map that are about images of one size, such as `hd/1024-x-1792/dall-e-3`: they become the prices by
//! quality and size of the model that they name last.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::figure::{micros, micros_of_unit};
use super::{ListFault, ListedPrice, PriceFault, PriceList};
use crate::money::Micros;
use crate::usage::attributes::image_size;
use crate::usage::{ImagePrices, ImageQuality, ImageTraits, Price};

/// The entries of served models, by model.
#[derive(Debug, Default)]
pub(super) struct ImageEntries(BTreeMap<String, Rows>);

#[derive(Debug, Default)]
struct Rows {
    /// The price of each quality and size, and whether its entry names a provider.
    prices: BTreeMap<ImageTraits, (bool, Micros)>,
    /// Entries without a price for an image or a pixel.
    others: Vec<String>,
    /// The names of all entries.
    names: Vec<String>,
}

impl ImageEntries {
    /// Adds an entry, if it is about images of one size of a served model.
    pub(super) fn add(
        &mut self,
        name: &str,
        members: &Map<String, Value>,
        served: &dyn Fn(&str) -> bool,
    ) -> Result<bool, ListFault> {
        let place = name.match_indices('/').map(|(at, _)| name.split_at(at));
        let named = place.map(|(before, model)| (before, model.trim_start_matches('/')));
        let provider = members.get("litellm_provider").and_then(Value::as_str).unwrap_or_default();
        let Some((model, (traits, is_of_provider))) = named
            .filter(|(_, model)| served(model))
            .find_map(|(before, model)| Some((model, traits_of(before, provider)?)))
        else {
            return Ok(false);
        };
        let rows = self.0.entry(model.to_owned()).or_default();
        rows.names.push(name.to_owned());
        let Some(price) = price(name, members, traits.size)? else {
            rows.others.push(name.to_owned());
            return Ok(true);
        };
        // The maker's own price counts before that of a provider, and of two providers the higher one.
        rows.prices
            .entry(traits)
            .and_modify(|(known_of_provider, known)| match (*known_of_provider, is_of_provider) {
                (true, false) => (*known_of_provider, *known) = (false, price),
                (false, true) => {}
                _ => *known = price.max(*known),
            })
            .or_insert((is_of_provider, price));
        Ok(true)
    }

    /// Adds the prices by quality and size to those of the list. A model with prices of tokens keeps these only, because both
    /// would be charged for the same image.
    pub(super) fn join(self, list: &mut PriceList) -> Result<(), ListFault> {
        for (model, Rows { prices, others, names }) in self.0 {
            let rows = prices.iter().map(|(traits, (_, micros))| (*traits, *micros));
            let highest = rows.clone().map(|(_, micros)| micros).fold(Micros(0), Micros::max);
            let place = list.prices.iter().position(|listed| listed.model == model);
            let known = place.and_then(|place| list.prices.get_mut(place));
            match known {
                Some(listed) if listed.price.input.max(listed.price.output) > Micros(0) => {
                    listed.left_out.extend(names);
                    continue;
                }
                Some(listed) if prices.is_empty() => {
                    listed.left_out.extend(others);
                    continue;
                }
                None if prices.is_empty() => {
                    list.note_unusable(model, others);
                    continue;
                }
                _ => {}
            }
            let fault =
                |_| ListFault::Price { model: model.clone(), kind: "images".to_owned(), fault: PriceFault::Images };
            let images = Some(Arc::new(ImagePrices::new(rows).map_err(fault)?));
            let listed = list.price_of(model);
            listed.left_out.extend(others);
            // Without a price of other images, these cost as much as the dearest one, so that none is free by mistake.
            let image = if listed.price.image == Micros(0) { highest } else { listed.price.image };
            listed.price = Price { image, images, ..listed.price.clone() };
        }
        Ok(())
    }
}

impl PriceList {
    fn note_unusable(&mut self, model: String, names: Vec<String>) {
        match self.unusable.iter_mut().find(|one| one.model == model) {
            Some(one) => one.members.extend(names),
            None => self.unusable.push(super::UnusablePrice { model, members: names }),
        }
    }

    /// The listed price of a model. What its own entry could not state is what is left out.
    fn price_of(&mut self, model: String) -> &mut ListedPrice {
        let place = self.prices.iter().position(|listed| listed.model == model).unwrap_or_else(|| {
            let unusable = self.unusable.iter().position(|one| one.model == model);
            let left_out = unusable.map(|place| self.unusable.remove(place).members).unwrap_or_default();
            self.prices.push(ListedPrice { model, price: Price::default(), left_out });
            self.prices.len() - 1
        });
        &mut self.prices[place]
    }
}

/// The quality and size that stand before the name of a model, and whether a provider stands before them.
fn traits_of(before: &str, provider: &str) -> Option<(ImageTraits, bool)> {
    let (before, size) = before.rsplit_once('/').unwrap_or(("", before));
    let size = Some(image_size(&size.replace("-x-", "x"))?);
    let (quality, is_of_provider) = match before.split_once('/') {
        Some((_, quality)) => (quality, true),
        None if before == provider => ("", !before.is_empty()),
        None => (before, false),
    };
    let quality = if quality.is_empty() { None } else { Some(ImageQuality::read(quality)?) };
    Some((ImageTraits { quality, size }, is_of_provider))
}

/// The price of a million images of an entry.
fn price(name: &str, members: &Map<String, Value>, size: Option<(u32, u32)>) -> Result<Option<Micros>, ListFault> {
    let mut highest: Option<Micros> = None;
    for member in ["input_cost_per_image", "output_cost_per_image", "input_cost_per_pixel", "output_cost_per_pixel"] {
        let Some(value) = members.get(member).filter(|value| !value.is_null()) else { continue };
        let wrong = |fault| ListFault::Price { model: name.to_owned(), kind: member.to_owned(), fault };
        let number = value.as_f64().ok_or_else(|| wrong(PriceFault::NotANumber))?;
        let price = if member.ends_with("pixel") {
            let (width, height) = size.unwrap_or_default();
            // To a micro for a million images: prices of pixels are themselves rounded quotients.
            micros(&format!("{:.6}", number * f64::from(width) * f64::from(height) * 1e6))
        } else {
            micros_of_unit(number)
        };
        highest = Some(price.map_err(wrong)?.max(highest.unwrap_or_default()));
    }
    // A price of zero beside prices of other things states nothing.
    Ok(highest.filter(|micros| *micros != Micros(0)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<PriceList, ListFault> {
        let served = ["dall-e-2", "dall-e-3", "gpt-image-1", "vendor/paint"];
        PriceList::read(&value.to_string(), &|model| served.contains(&model))
    }

    fn rows(list: &PriceList, model: &str) -> Vec<(String, i64)> {
        let listed = list.prices.iter().find(|listed| listed.model == model).unwrap();
        let images = listed.price.images.as_ref().unwrap();
        images.rows().map(|(traits, micros)| (traits.key(), micros.0 / 1_000_000)).collect()
    }

    fn row(key: &str, dollars: i64) -> (String, i64) {
        (key.to_owned(), dollars)
    }

    #[test]
    fn entries_of_sizes_become_rows_of_the_model() {
        let image = |price: f64| json!({ "mode": "image_generation", "input_cost_per_image": price });
        let pixel = |price: f64| json!({ "mode": "image_generation", "input_cost_per_pixel": price, "output_cost_per_pixel": 0.0 });
        let list = read(&json!({
            "dall-e-3": image(0.04),
            "hd/1024-x-1792/dall-e-3": image(0.12),
            "standard/1024-x-1792/dall-e-3": image(0.08),
            "azure/hd/1024-x-1792/dall-e-3": image(0.5),
            "azure/hd/1792-x-1024/dall-e-3": image(0.12),
            "other/hd/1792-x-1024/dall-e-3": image(0.11),
            "256-x-256/dall-e-2": pixel(2.441_406_25e-7),
            "512-x-512/dall-e-2": pixel(6.86e-8),
            "low/512-x-512/vendor/paint": image(0.01),
            "max-x-max/50-steps/dall-e-3": image(1.0),
            "hd/1024-x-1792/dall-e-9": image(1.0),
        }))
        .unwrap();
        let expected = [row("hd/1024x1792", 120_000), row("hd/1792x1024", 120_000), row("standard/1024x1792", 80_000)];
        assert_eq!(rows(&list, "dall-e-3"), expected);
        assert_eq!(rows(&list, "dall-e-2"), [row("256x256", 16_000), row("512x512", 17_983)]);
        assert_eq!(rows(&list, "vendor/paint"), [row("low/512x512", 10_000)]);
        let flat = list.prices.iter().map(|listed| (listed.model.as_str(), listed.price.image.0 / 1_000_000));
        let flat: Vec<_> = flat.collect();
        assert_eq!(flat, [("dall-e-2", 17_983), ("dall-e-3", 40_000), ("vendor/paint", 10_000)]);
        assert_eq!((list.not_served, list.unusable), (2, vec![]));
    }

    #[test]
    fn a_provider_is_no_quality() {
        let azure = json!({ "litellm_provider": "azure", "mode": "image_generation", "input_cost_per_image": 0.02 });
        let list = read(&json!({ "azure/1024-x-1024/dall-e-2": azure })).unwrap();
        assert_eq!(rows(&list, "dall-e-2"), [row("1024x1024", 20_000)]);
    }

    #[test]
    fn images_are_not_paid_twice() {
        let list = read(&json!({
            "gpt-image-1": { "mode": "image_generation", "input_cost_per_token": 5e-6, "output_cost_per_image_token": 4e-5 },
            "low/1024-x-1024/gpt-image-1": { "mode": "image_generation", "input_cost_per_image": 0.011 },
        }))
        .unwrap();
        let listed = &list.prices[0];
        assert_eq!((listed.price.images.clone(), listed.price.image), (None, Micros(0)));
        assert_eq!(listed.left_out, ["low/1024-x-1024/gpt-image-1"]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let entry = json!({ "mode": "image_generation", "input_cost_per_token": 1e-6 });
        let list = read(&json!({ "low/1024-x-1024/dall-e-3": entry })).unwrap();
        assert_eq!(
            (list.prices.len(), list.unusable[0].members.as_slice()),
            (0, &["low/1024-x-1024/dall-e-3".to_owned()][..])
        );
        for wrong in [json!(-0.1), json!("0.1"), json!(1e9)] {
            let refused = read(&json!({ "hd/1024-x-1792/dall-e-3": { "input_cost_per_image": wrong } })).unwrap_err();
            assert_eq!(refused.code(), "price_list_price", "{wrong}");
        }
        let many = (1..=33).map(|size| (format!("{size}-x-1/dall-e-3"), json!({ "input_cost_per_image": 0.1 })));
        let refused = read(&Value::Object(many.collect())).unwrap_err();
        assert_eq!(refused.code(), "price_list_price");
        assert!(refused.message().contains("at most 32"), "{}", refused.message());
    }
}
