//! Numbers of images of one answer by quality and size.

use std::collections::BTreeMap;

use super::images::MOST_IMAGE_PRICES;
use super::{ImageTraits, Price};

/// Numbers of images by what an answer states of them. Its length does not depend on that of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageCounts {
    /// At most [`MOST_IMAGE_PRICES`], as many as a price can tell apart by rows of their own.
    counts: Vec<(ImageTraits, u64)>,
    number: u64,
}

impl ImageCounts {
    /// Adds images of one quality and size.
    pub fn add(&mut self, images: ImageTraits, number: u64) {
        if number == 0 {
            return;
        }
        self.number = self.number.saturating_add(number);
        if let Some((_, count)) = self.counts.iter_mut().find(|(known, _)| *known == images) {
            *count = count.saturating_add(number);
        } else if self.counts.len() < MOST_IMAGE_PRICES {
            self.counts.push((images, number));
        }
    }

    /// The number of all images.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The same images by the quality and size by which they cost, where the request states this much. Images of
    /// further qualities and sizes than are told apart cost as the dearest that the request may get.
    #[must_use]
    pub fn charged(&self, price: &Price, asked: ImageTraits) -> BTreeMap<ImageTraits, u64> {
        let mut charged = BTreeMap::new();
        let mut add = |images: ImageTraits, number: u64| {
            let sum: &mut u64 = charged.entry(images).or_default();
            *sum = sum.saturating_add(number);
        };
        let mut left = self.number;
        for (answered, number) in &self.counts {
            left = left.saturating_sub(*number);
            add(price.images_as_charged(asked, *answered), *number);
        }
        if left > 0 {
            add(price.dearest_images(asked), left);
        }
        charged
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::images::examples::{price, traits};
    use super::*;
    use crate::money::Micros;
    use crate::usage::{Attributes, ImagePrices, UsageKind};

    #[test]
    fn each_image_keeps_its_quality_and_size() {
        let price = price(&[("hd/2x2", 9), ("low", 1)], 5);
        let mut counts = ImageCounts::default();
        for (quality, size, number) in
            [("hd", "2x2", 1), ("low", "1x1", 2), ("hd", "2x2", 3), ("", "", 1), ("hd", "", 0)]
        {
            counts.add(traits(quality, size), number);
        }
        assert_eq!(counts.number(), 7);
        let expected = [(traits("", ""), 1), (traits("hd", "2x2"), 4), (traits("low", "1x1"), 2)];
        assert_eq!(counts.charged(&price, ImageTraits::default()), BTreeMap::from(expected));
        // What the request states and a row names is what all of them cost.
        let expected = [(traits("low", ""), 1), (traits("low", "1x1"), 2), (traits("low", "2x2"), 4)];
        assert_eq!(counts.charged(&price, traits("low", "")), BTreeMap::from(expected));
    }

    #[test]
    fn more_than_can_be_told_apart_cost_as_the_dearest() {
        let price = price(&[("hd/2x2", 9), ("3x3", 1)], 5);
        let mut counts = ImageCounts::default();
        for size in 100..200_u32 {
            counts.add(ImageTraits { quality: None, size: Some((size, 1)) }, 2);
        }
        assert_eq!((counts.number(), counts.counts.len()), (200, MOST_IMAGE_PRICES));
        let charged = counts.charged(&price, ImageTraits::default());
        assert_eq!(charged.values().sum::<u64>(), 200);
        assert_eq!(charged.get(&traits("hd", "2x2")), Some(&(200 - 2 * 32)));
        let charged = counts.charged(&price, traits("", "3x3"));
        assert_eq!(charged, BTreeMap::from([(traits("", "3x3"), 200)]));
    }

    fn drawn() -> impl Strategy<Value = ImageTraits> {
        let quality = prop::sample::select(vec!["", "low", "high", "gold", "hd"]);
        let size = prop::option::of((1..9_u32, 1..9_u32));
        (quality, size).prop_map(|(quality, size)| ImageTraits { size, ..traits(quality, "") })
    }

    proptest! {
        /// Whatever an answer draws, its parts together cost no more than the dearest images that the request may get,
        /// and each part costs the same by the attributes that the usage keeps.
        #[test]
        fn images_of_several_kinds_cost_no_more_than_was_set_aside(
            rows in prop::collection::btree_map(drawn(), 0..1_000_000_000_i64, 1..16),
            usual in 0..1_000_000_000_i64,
            asked in drawn(),
            answered in prop::collection::vec((drawn(), 0..5_u64), 0..100),
        ) {
            let rows = rows.into_iter().filter(|(traits, _)| *traits != ImageTraits::default());
            let images = ImagePrices::new(rows.map(|(traits, micros)| (traits, Micros(micros)))).ok().map(Arc::new);
            let price = Price { image: Micros(usual), images, ..Price::default() };
            let mut counts = ImageCounts::default();
            for (images, number) in &answered {
                counts.add(*images, *number);
            }
            let number: u64 = answered.iter().map(|(_, number)| number).sum();
            prop_assert_eq!(counts.number(), number);
            let charged = counts.charged(&price, asked);
            prop_assert_eq!(charged.values().sum::<u64>(), number);
            let most = i128::from(price.for_images_at_most(asked).image.0) * i128::from(number);
            let mut sum = 0;
            for (images, number) in charged {
                let cost = price.for_images(images).image;
                let kept = Attributes::default().with_images(images);
                prop_assert_eq!(price.for_usage(UsageKind::Images, &kept).image, cost);
                sum += i128::from(cost.0) * i128::from(number);
            }
            prop_assert!(sum <= most, "{} > {}", sum, most);
        }
    }
}
