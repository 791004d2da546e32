//! What a request used, in parts of equal attributes: an answer may have images of several qualities and sizes.

use keystead_core::usage::attributes::image_source;
use keystead_core::usage::{Attributes, ImageCounts, ImageTraits, Price, Quantities, UsageKind};

use super::{Counted, attributes, whole};
use crate::response::answer_reader::Found;

/// The parts. Each becomes one event, so that usage times prices is the cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Images only, of other qualities and sizes than the last part.
    pub(crate) earlier: Vec<(Counted, Attributes)>,
    /// Everything else.
    pub(crate) last: (Counted, Attributes),
}

impl Parts {
    /// The parts of the usage of a request. `asked` returns what the request states of its images,
    /// from what its answer states, and is called for images only.
    pub(crate) fn of_request(
        (kind, path): (UsageKind, &str),
        found: &Found,
        counted: Counted,
        price: &Price,
        asked: impl FnOnce(ImageTraits) -> ImageTraits,
    ) -> Self {
        if kind != UsageKind::Images {
            return Self { earlier: Vec::new(), last: (counted, attributes(kind, found)) };
        }
        let answered = found.labels().images();
        // A list of images has one quality and size. Of a stream, images that were not completed are as it said last.
        let mut counts = if found.has_list() { ImageCounts::default() } else { found.completed().clone() };
        let all = counted.used.images.unsigned_abs();
        counts.add(answered, all.saturating_sub(counts.number()));
        Self::of_images(path, counted, &counts, price, (asked(answered), answered))
    }

    /// The parts of what the tool of a response drew, which counts for the tool's own model. They are one request of
    /// it.
    pub(crate) fn of_tool(found: &Found, path: &str, price: &Price) -> Option<Self> {
        let images = whole(found.drawn().number());
        let used = Quantities { requests: 1, images, ..Quantities::default() }.clamped();
        let unknown = ImageTraits::default();
        let parts =
            || Self::of_images(path, Counted { used, estimated: false }, found.drawn(), price, (unknown, unknown));
        (images > 0).then(parts)
    }

    /// Divides images by the quality and size by which they cost. Without an image, those that were asked for and
    /// answered count.
    fn of_images(
        path: &str,
        counted: Counted,
        counts: &ImageCounts,
        price: &Price,
        (asked, answered): (ImageTraits, ImageTraits),
    ) -> Self {
        let source = Attributes { source: Some(image_source(path).into()), ..Attributes::default() };
        // Figures of an upstream may be larger than what counts.
        let mut left = counted.used.images;
        let mut groups = Vec::new();
        for (images, number) in counts.charged(price, asked) {
            let number = whole(number).min(left);
            left -= number;
            if number > 0 {
                groups.push((images, number));
            }
        }
        let last = groups.pop();
        let (images, number) = last.unwrap_or_else(|| (price.images_as_charged(asked, answered), 0));
        let earlier = groups.into_iter().map(|(images, number)| {
            let used = Quantities { images: number, ..Quantities::default() };
            (Counted { used, ..counted }, source.clone().with_images(images))
        });
        Self {
            earlier: earlier.collect(),
            last: (
                Counted { used: Quantities { images: number, ..counted.used }, ..counted },
                source.with_images(images),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
