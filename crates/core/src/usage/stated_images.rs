//! What the lines of a batch state of their images.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::images::MOST_IMAGE_PRICES;
use super::{ImageTraits, Price};

/// Maximum number of models for which statements of lines are kept.
const MOST_MODELS: usize = 16;

/// What the lines of a batch state of their images, for each model. The results of a batch do not have its requests, and
/// it is not known which line an answer belongs to. Its length does not depend on the number of lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatedImages(BTreeMap<String, BTreeSet<ImageTraits>>);

impl StatedImages {
    /// Whether no line is noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what a line states, as far as the price of its model names it.
    pub fn note(&mut self, model: &str, stated: ImageTraits, price: &Price) {
        let named = price.images.as_ref().map(|table| table.named(stated)).unwrap_or_default();
        if let Some(noted) = self.0.get_mut(model) {
            // One more than can be told apart shows that there are more.
            if noted.len() <= MOST_IMAGE_PRICES {
                noted.insert(named);
            }
        } else if self.0.len() < MOST_MODELS {
            self.0.insert(model.to_owned(), BTreeSet::from([named]));
        }
    }

    /// The model of all lines, for an answer that does not name it.
    #[must_use]
    pub fn only_model(&self) -> Option<&str> {
        let mut models = self.0.keys();
        models.next().filter(|_| models.next().is_none()).map(String::as_str)
    }

    /// The quality and size by which the images of one line cost: what its answer states, and for what that leaves open,
    /// the dearest of what the lines of the model state. Where more was stated than is noted, the dearest possible images
    /// count.
    #[must_use]
    pub fn of_line(&self, model: &str, answered: ImageTraits, price: &Price) -> ImageTraits {
        let over = |stated: &ImageTraits| ImageTraits {
            quality: answered.quality.or(stated.quality),
            size: answered.size.or(stated.size),
        };
        let dearest = || over(&price.dearest_images(answered));
        match self.0.get(model) {
            // A batch that began under an earlier version has no notes.
            None if self.0.is_empty() => answered,
            Some(noted) if noted.len() <= MOST_IMAGE_PRICES => {
                let possible = noted.iter().map(over);
                possible.max_by_key(|images| price.for_images(*images).image).unwrap_or(answered)
            }
            None | Some(_) => dearest(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::images::examples::{price, traits};
    use super::*;
    use crate::money::Micros;
    use crate::usage::ImagePrices;

    #[test]
    fn answers_say_first_what_a_line_cost() {
        let price = price(&[("hd/2x2", 9), ("low", 1), ("2x2", 4)], 5);
        let mut stated = StatedImages::default();
        assert_eq!((stated.is_empty(), stated.only_model()), (true, None));
        assert_eq!(stated.of_line("m", traits("", "2x2"), &price), traits("", "2x2"), "of an earlier version");
        for (quality, size) in [("low", "2x2"), ("low", "2x2"), ("low", "7x7")] {
            stated.note("m", traits(quality, size), &price);
        }
        assert_eq!((stated.is_empty(), stated.only_model()), (false, Some("m")));
        for (quality, size, expected) in [
            ("", "", ("low", "2x2")),
            ("hd", "2x2", ("hd", "2x2")),
            ("hd", "", ("hd", "2x2")),
            ("", "7x7", ("low", "7x7")),
        ] {
            let got = stated.of_line("m", traits(quality, size), &price);
            assert_eq!(price.for_images(got), price.for_images(traits(expected.0, expected.1)), "{quality} {size}");
        }
        // Another line is dearer, and it may be the one of the answer.
        stated.note("m", traits("hd", "2x2"), &price);
        assert_eq!(stated.of_line("m", traits("", ""), &price), traits("hd", "2x2"));
        assert_eq!(stated.of_line("m", traits("low", ""), &price).quality, traits("low", "").quality);
        stated.note("other", traits("", ""), &price);
        assert_eq!(stated.only_model(), None);
        assert_eq!(stated.of_line("other", traits("", ""), &price), traits("", ""));
        let text = serde_json::to_string(&stated).unwrap();
        assert_eq!(text, r#"{"m":["hd/2x2","low","low/2x2"],"other":[""]}"#);
        assert_eq!(serde_json::from_str::<StatedImages>(&text).unwrap(), stated);
    }

    #[test]
    fn notes_are_bounded() {
        let qualities = ["a", "b", "c", "d", "e", "f"];
        let sizes = ["1x1", "2x2", "3x3", "4x4", "5x5", "6x6"];
        let rows: Vec<_> = qualities.into_iter().chain(sizes).zip(1..).collect();
        let price = price(&rows, 0);
        let mut stated = StatedImages::default();
        for model in 0..40 {
            for (quality, size) in qualities.into_iter().flat_map(|quality| sizes.map(|size| (quality, size))) {
                stated.note(&model.to_string(), traits(quality, size), &price);
            }
        }
        assert_eq!(stated.0.len(), MOST_MODELS);
        assert!(stated.0.values().all(|noted| noted.len() == MOST_IMAGE_PRICES + 1));
        for model in ["0", "39"] {
            let got = stated.of_line(model, ImageTraits::default(), &price);
            assert_eq!(price.for_images(got).image, Micros(12), "the dearest possible images");
            let got = stated.of_line(model, traits("", "1x1"), &price);
            assert_eq!(price.for_images(got).image, Micros(7));
        }
    }

    fn drawn() -> impl Strategy<Value = ImageTraits> {
        let quality = prop::sample::select(vec!["", "low", "high", "gold", "hd"]);
        let size = prop::option::of((1..4_u32, 1..4_u32));
        (quality, size).prop_map(|(quality, size)| ImageTraits { size, ..traits(quality, "") })
    }

    proptest! {
        /// No image of a line costs more than the dearest one of its model, which is set aside for each line; and where
        /// the answer states nothing, none costs less than it would alone.
        #[test]
        fn images_of_a_batch_cost_no_more_than_was_set_aside(
            rows in prop::collection::btree_map(drawn(), 0..100_i64, 1..16),
            usual in 0..100_i64,
            lines in prop::collection::vec(drawn(), 1..50),
            answered in drawn(),
        ) {
            let rows = rows.into_iter().filter(|(traits, _)| *traits != ImageTraits::default());
            let images = ImagePrices::new(rows.map(|(traits, micros)| (traits, Micros(micros)))).ok().map(Arc::new);
            let price = Price { image: Micros(usual), images, ..Price::default() };
            let mut stated = StatedImages::default();
            for line in &lines {
                stated.note("m", *line, &price);
            }
            let cost = |asked: ImageTraits, answered: ImageTraits| {
                price.for_images(price.images_as_charged(asked, answered)).image
            };
            let most = price.for_images_at_most(ImageTraits::default()).image;
            prop_assert!(cost(stated.of_line("m", answered, &price), answered) <= most);
            let unknown = ImageTraits::default();
            for line in lines {
                prop_assert!(cost(line, unknown) <= cost(stated.of_line("m", unknown, &price), unknown));
            }
        }
    }
}
