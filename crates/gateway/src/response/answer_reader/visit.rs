//! How each piece of an answer changes what was found.

use super::vocabulary::{Calls, Name, TextUse, Zone};
use super::{Figures, Found, Frame, Item, MOST_KEPT};
use crate::response::json_lexer::Visit;

impl Visit for Found {
    fn open(&mut self, list: bool) {
        self.note_value(false);
        let zone = self.child(list);
        match zone {
            Zone::Usage(_) => self.figures = Figures::default(),
            Zone::Item | Zone::Done => self.item = Item::default(),
            // A later list replaces an earlier one.
            Zone::Output => self.calls_listed = Calls::default(),
            // An empty list means that there is none.
            Zone::Data => self.data = Some(self.data.unwrap_or(0)),
            _ => {}
        }
        self.frames.push(Frame { zone, list, outer: self.name, reasoning: Name::Unknown });
        self.name = Name::Unknown;
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.name = frame.outer;
        let images = self.item.images;
        match (frame.zone, self.item.call()) {
            (Zone::Item, Some(tool)) => self.calls_listed.add(tool, images),
            (Zone::Done, Some(tool)) => self.calls.add(tool, images),
            _ => {}
        }
        if let Zone::Usage(place) = frame.zone
            && self.figures.say_something()
            && self.best.is_none_or(|(best, _)| best <= place)
        {
            self.best = Some((place, self.figures));
        }
    }

    fn name(&mut self, name: &[u8]) {
        self.name = Name::of(name);
    }

    fn begin_text(&mut self) {
        self.note_value(false);
        self.text = self.use_of_text();
        let counted = match self.text {
            TextUse::Written => &mut self.written,
            TextUse::Repeated => &mut self.repeated,
            TextUse::None | TextUse::Kept => return,
        };
        if std::mem::replace(&mut self.last_text, self.name) != self.name {
            counted.separate();
        }
    }

    fn text(&mut self, piece: &[u8]) {
        match self.text {
            TextUse::None => {}
            TextUse::Written => self.written.feed(piece),
            TextUse::Repeated => self.repeated.feed(piece),
            TextUse::Kept => {
                let room = MOST_KEPT.saturating_sub(self.kept.len()).min(piece.len());
                self.kept.extend_from_slice(piece.get(..room).unwrap_or_default());
            }
        }
    }

    fn escaped(&mut self, unit: u16) {
        match self.text {
            TextUse::Written => self.written.escaped(unit),
            TextUse::Repeated => self.repeated.escaped(unit),
            TextUse::None | TextUse::Kept => {}
        }
    }

    fn end_text(&mut self) {
        if std::mem::take(&mut self.text) == TextUse::Kept
            && let Some((zone, _)) = self.zone()
        {
            self.kept(zone);
        }
    }

    fn scalar(&mut self, scalar: &[u8]) {
        let null = matches!(scalar, b"null" | b"false");
        self.note_value(null);
        if let Some((zone, false)) = self.zone() {
            self.figure(zone, self.name, scalar);
        }
    }
}
