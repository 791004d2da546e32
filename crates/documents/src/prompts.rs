//! Prompts for the camera: three of a list, chosen by the server once the camera is open, so that a picture prepared
//! beforehand does not match. This stops still pictures and recordings, not a skilled fake made on the fly; the
//! reviewer judges.

use std::fmt;
use std::str::FromStr;

use keystead_core::time::Timestamp;
use rand::seq::IndexedRandom;
use rand::{Rng, RngCore};

/// Number of prompts in one challenge.
pub const PROMPTS: usize = 3;
/// Milliseconds in which each must be followed.
pub const PROMPT_MILLIS: u64 = 10_000;
/// Seconds in which all pictures must arrive: three prompts, and a slow connection.
pub const CHALLENGE_LIFE: i64 = 180;
/// Milliseconds by which a phone's clock may run ahead of ours within one challenge.
const CLOCK_SLACK: u64 = 3_000;

/// One prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prompt {
    /// Look to the left.
    LookLeft,
    /// Look to the right.
    LookRight,
    /// Look up.
    LookUp,
    /// Smile.
    Smile,
    /// Hold the document beside the face.
    CardBesideFace,
    /// Show this many fingers, 1 to 5.
    ShowFingers(u8),
    /// Write this number on paper and hold it up, 1000 to 9999.
    WriteNumber(u16),
}

/// Text that is not a prompt or a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a prompt")]
pub struct InvalidPrompt;

impl Prompt {
    /// The translation key; `$count` or `$number` is [`Prompt::argument`].
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::LookLeft => "prompt-look-left",
            Self::LookRight => "prompt-look-right",
            Self::LookUp => "prompt-look-up",
            Self::Smile => "prompt-smile",
            Self::CardBesideFace => "prompt-card-beside-face",
            Self::ShowFingers(_) => "prompt-show-fingers",
            Self::WriteNumber(_) => "prompt-write-number",
        }
    }

    /// The translation's variable: its name and value.
    #[must_use]
    pub const fn argument(self) -> Option<(&'static str, u16)> {
        match self {
            Self::ShowFingers(count) => Some(("count", count as u16)),
            Self::WriteNumber(number) => Some(("number", number)),
            _ => None,
        }
    }

    /// Returns one prompt of each kind, with new numbers. One finger looks like pointing, so two to five are requested.
    fn list(rng: &mut (impl RngCore + ?Sized)) -> [Self; 7] {
        [
            Self::LookLeft,
            Self::LookRight,
            Self::LookUp,
            Self::Smile,
            Self::CardBesideFace,
            Self::ShowFingers(rng.random_range(2..=5)),
            Self::WriteNumber(rng.random_range(1000..=9999)),
        ]
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LookLeft => "look_left",
            Self::LookRight => "look_right",
            Self::LookUp => "look_up",
            Self::Smile => "smile",
            Self::CardBesideFace => "card_beside_face",
            Self::ShowFingers(count) => return write!(f, "show_fingers:{count}"),
            Self::WriteNumber(number) => return write!(f, "write_number:{number}"),
        })
    }
}

impl FromStr for Prompt {
    type Err = InvalidPrompt;

    fn from_str(text: &str) -> Result<Self, InvalidPrompt> {
        Ok(match text.split_once(':').unwrap_or((text, "")) {
            ("look_left", "") => Self::LookLeft,
            ("look_right", "") => Self::LookRight,
            ("look_up", "") => Self::LookUp,
            ("smile", "") => Self::Smile,
            ("card_beside_face", "") => Self::CardBesideFace,
            ("show_fingers", count) => {
                Self::ShowFingers(count.parse().ok().filter(|count| (1..=5).contains(count)).ok_or(InvalidPrompt)?)
            }
            ("write_number", number) => {
                let number = number.parse().ok().filter(|number| (1000..=9999).contains(number));
                Self::WriteNumber(number.ok_or(InvalidPrompt)?)
            }
            _ => return Err(InvalidPrompt),
        })
    }
}

/// Three prompts for one attempt. The caller that stores it must accept only one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The id of this challenge; unguessable, so that an echo cannot be prepared.
    pub nonce: u64,
    /// In the order in which they are shown.
    pub prompts: [Prompt; PROMPTS],
    /// When the open camera requested them.
    pub issued_at: Timestamp,
}

/// A returned picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The value that the page sent with it: [`Challenge::echo`] of its prompt.
    pub echo: String,
    /// When the prompt appeared, in milliseconds since the challenge arrived at the phone.
    pub shown: u64,
    /// When the picture was taken, on the same clock.
    pub captured: u64,
    /// Whether it came from the camera stream and not from a file.
    pub live: bool,
}

/// A finding about the answer, for the reviewer. The pictures are kept in any case; no finding decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LivenessFinding {
    /// More or fewer pictures than prompts.
    WrongCount,
    /// A picture belongs to another prompt or challenge.
    WrongEcho,
    /// Pictures overlap or are not in order of time.
    OutOfOrder,
    /// A prompt was followed too late.
    TooSlow,
    /// All arrived too late, or the phone reports more time than has passed.
    Stale,
    /// A picture came from a file.
    UploadedNotLive,
}

impl LivenessFinding {
    /// The stable name, for storage and translations.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongCount => "liveness_wrong_count",
            Self::WrongEcho => "liveness_wrong_echo",
            Self::OutOfOrder => "liveness_out_of_order",
            Self::TooSlow => "liveness_too_slow",
            Self::Stale => "liveness_stale",
            Self::UploadedNotLive => "uploaded_not_live",
        }
    }
}

impl Challenge {
    /// Draws three different prompts in a random order.
    pub fn draw(rng: &mut (impl RngCore + ?Sized), now: Timestamp) -> Self {
        let list = Prompt::list(rng);
        let mut prompts = [Prompt::Smile; PROMPTS];
        for (place, prompt) in prompts.iter_mut().zip(list.choose_multiple(rng, PROMPTS)) {
            *place = *prompt;
        }
        // Choosing leaves the order to the implementation; the order must be unpredictable, too.
        for at in (1..PROMPTS).rev() {
            prompts.swap(at, rng.random_range(0..=at));
        }
        Self { nonce: rng.next_u64(), prompts, issued_at: now }
    }

    /// Returns the value that the page sends back with the picture of prompt `at`, from zero.
    #[must_use]
    pub fn echo(&self, at: usize) -> Option<String> {
        self.prompts.get(at).map(|prompt| format!("{:016x}.{at}.{prompt}", self.nonce))
    }

    /// Compares the answer with the challenge; each finding once.
    #[must_use]
    pub fn check(&self, frames: &[Frame], now: Timestamp) -> Vec<LivenessFinding> {
        let passed = now.since(self.issued_at);
        let passed_millis = u64::try_from(passed).unwrap_or_default().saturating_mul(1000).saturating_add(CLOCK_SLACK);
        let stale = !(0..=CHALLENGE_LIFE).contains(&passed) || frames.iter().any(|one| one.captured > passed_millis);
        let echoes = frames.iter().enumerate().all(|(at, frame)| self.echo(at).is_some_and(|echo| echo == frame.echo));
        let ordered = frames.iter().all(|one| one.shown <= one.captured)
            && frames.windows(2).all(|two| matches!(two, [one, next] if one.captured <= next.shown));
        let in_time = frames.iter().all(|one| one.captured.saturating_sub(one.shown) <= PROMPT_MILLIS);
        let checks = [
            (frames.len() == PROMPTS, LivenessFinding::WrongCount),
            (echoes, LivenessFinding::WrongEcho),
            (ordered, LivenessFinding::OutOfOrder),
            (in_time, LivenessFinding::TooSlow),
            (!stale, LivenessFinding::Stale),
            (frames.iter().all(|one| one.live), LivenessFinding::UploadedNotLive),
        ];
        checks.into_iter().filter_map(|(fine, finding)| (!fine).then_some(finding)).collect()
    }
}

/// Parses what a capture keeps: how often prompts were drawn, and the last ones.
#[must_use]
pub fn drawn(kept: Option<&str>) -> Option<(u8, Challenge)> {
    let (draws, challenge) = kept?.split_once(' ')?;
    Some((draws.parse().ok()?, challenge.parse().ok()?))
}

impl fmt::Display for Challenge {
    /// Writes the challenge as one text for a column: nonce, time and prompts; [`Challenge::from_str`] parses it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, two, three] = self.prompts;
        write!(f, "{:016x};{};{one},{two},{three}", self.nonce, self.issued_at.0)
    }
}

impl FromStr for Challenge {
    type Err = InvalidPrompt;

    fn from_str(text: &str) -> Result<Self, InvalidPrompt> {
        let parts: Vec<&str> = text.split(';').collect();
        let [nonce, issued_at, prompts] = parts.as_slice() else { return Err(InvalidPrompt) };
        let prompts: Vec<Prompt> = prompts.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self {
            nonce: u64::from_str_radix(nonce, 16).map_err(|_| InvalidPrompt)?,
            prompts: prompts.try_into().map_err(|_| InvalidPrompt)?,
            issued_at: Timestamp(issued_at.parse().map_err(|_| InvalidPrompt)?),
        })
    }
}

#[cfg(test)]
mod tests;
