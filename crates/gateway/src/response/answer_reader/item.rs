//! An item of the output of a response, as far as it is counted.

use keystead_core::usage::attributes::image_size;
use keystead_core::usage::{ImageQuality, ImageTraits};

use super::vocabulary::{Name, Tool};

/// What is known of the item being read.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Item {
    /// The tool, if it is a call.
    pub(super) tool: Option<Tool>,
    pub(super) failed: bool,
    /// It says that it is not completed.
    pub(super) unfinished: bool,
    /// The call opened a page or searched within one.
    pub(super) visit: bool,
    /// The quality and size of its picture.
    pub(super) images: ImageTraits,
}

impl Item {
    /// The called tool, if its calls are counted.
    pub(super) fn call(self) -> Option<Tool> {
        self.tool.filter(|tool| match tool {
            Tool::ImageGeneration => !self.failed,
            Tool::WebSearch | Tool::FileSearch => !self.unfinished && !self.visit,
        })
    }
}

/// Notes the size or the quality of a picture; one that cannot be read says nothing.
pub(super) fn note(images: &mut ImageTraits, name: Name, text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match name {
        Name::Size => images.size = image_size(text).or(images.size),
        Name::Quality => images.quality = ImageQuality::read(text).or(images.quality),
        _ => {}
    }
}
