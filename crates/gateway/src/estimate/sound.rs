//! The duration of a sound, read from its container while it streams: WAV, MP3, FLAC, Ogg, MP4 and WebM. A limited
//! number of bytes of its start and end are kept.

use memchr::memmem;

/// Bytes kept of the start, and of the end.
const HEAD: usize = 64 << 10;
const TAIL: usize = 128 << 10;
/// Length of the movie header of an MP4, which is searched for everywhere, because it may be at either end.
const FILM: usize = 44;
/// Bytes per second when the duration cannot be read: speech at 64 kbit/s.
const BYTES_A_SECOND: u64 = 8_000;
/// The longest duration that is believed: a week, in seconds.
const LONGEST: f64 = 604_800.0;

/// What is known of a sound.
#[derive(Debug, Default, Clone)]
pub(crate) struct SoundMeter {
    head: Vec<u8>,
    tail: Vec<u8>,
    total: u64,
    /// The duration in the movie header of an MP4, in seconds.
    film: Option<f64>,
}

impl SoundMeter {
    /// Reads the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        let before = self.tail.len().saturating_sub(FILM);
        self.tail.extend_from_slice(bytes);
        if self.film.is_none() && self.head.get(4..8) == Some(b"ftyp") {
            self.film = film(self.tail.get(before..).unwrap_or_default());
        }
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }

    /// Skips this many bytes.
    pub(crate) fn skip(&mut self, count: u64) {
        self.total = self.total.saturating_add(count);
        self.tail.clear();
    }

    /// Whether its first bytes are those of a sound.
    pub(crate) fn is_sound(&self) -> bool {
        let head = self.head.as_slice();
        let riff = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
        let begins =
            [b"fLaC".as_slice(), b"OggS", b"ID3", b"\x1A\x45\xDF\xA3"].iter().any(|mark| head.starts_with(mark));
        riff || begins || head.get(4..8) == Some(b"ftyp") || mpeg(head).is_some()
    }

    /// The duration in seconds, rounded up, and whether the container states it. `None` when no byte arrived.
    pub(crate) fn known(&self) -> Option<(i64, bool)> {
        (self.total > 0).then(|| self.seconds())
    }

    /// The duration in seconds, rounded up, and whether the container states it.
    pub(crate) fn seconds(&self) -> (i64, bool) {
        let read = self.length().filter(|seconds| seconds.is_finite() && (0.0..=LONGEST).contains(seconds));
        match read.and_then(|seconds| crate::response::figures::number(format!("{seconds:.6}").as_bytes())) {
            Some(seconds) if seconds > 0 => (seconds, true),
            _ => (i64::try_from(self.total.div_ceil(BYTES_A_SECOND)).unwrap_or(i64::MAX).max(1), false),
        }
    }

    fn length(&self) -> Option<f64> {
        let head = self.head.as_slice();
        match head.get(..4)? {
            b"RIFF" => self.wav(),
            b"fLaC" => flac(head),
            b"OggS" => self.ogg(),
            b"\x1A\x45\xDF\xA3" => self.webm(),
            _ if head.get(4..8) == Some(b"ftyp") => self.film,
            _ => self.mp3(),
        }
    }

    fn wav(&self) -> Option<f64> {
        let mut at = 12;
        let mut rate = None;
        loop {
            let chunk = self.head.get(at..at + 8)?;
            let length = little(&self.head, at + 4)?;
            match &chunk[..4] {
                b"fmt " => rate = little(&self.head, at + 16).filter(|rate| *rate > 0),
                b"data" => {
                    // Recorders that write while they record state no length or the maximum; then the received bytes
                    // count.
                    let came = self.total.saturating_sub(u64::try_from(at + 8).ok()?);
                    let bytes = if length == 0 { came } else { came.min(u64::from(length)) };
                    return Some(float(bytes) / f64::from(rate?));
                }
                _ => {}
            }
            at = at
                .checked_add(8)?
                .checked_add(usize::try_from(length).ok()?)?
                .checked_add(usize::try_from(length % 2).ok()?)?;
        }
    }

    /// The position of the last page, in samples, by the rate of its codec.
    fn ogg(&self) -> Option<f64> {
        let granule = |page: &[u8]| {
            let bytes: [u8; 8] = page.get(6..14)?.try_into().ok()?;
            Some(u64::from_le_bytes(bytes)).filter(|place| *place != u64::MAX)
        };
        let last = memmem::rfind_iter(&self.tail, b"OggS").find_map(|at| granule(&self.tail[at..]))?;
        let start = self.head.get(..512).unwrap_or(&self.head);
        if memmem::find(start, b"OpusHead").is_some() {
            return Some(float(last) / 48_000.0);
        }
        let rate = match memmem::find(start, b"\x01vorbis") {
            Some(at) => little(start, at + 12)?,
            None => return flac(&start[memmem::find(start, b"fLaC")?..]).filter(|_| last > 0),
        };
        (rate > 0).then(|| float(last) / f64::from(rate))
    }

    /// The duration in the header, or else the time of the last cluster.
    fn webm(&self) -> Option<f64> {
        let scale_at = memmem::find(&self.head, b"\x2A\xD7\xB1").and_then(|at| element(&self.head, at + 3));
        let scale = float(scale_at.map_or(1_000_000, whole)) / 1e9;
        let said = memmem::find(&self.head, b"\x44\x89").and_then(|at| element(&self.head, at + 2));
        if let Some(said) = said {
            let value = match *said {
                [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
                [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
                _ => return None,
            };
            return Some(value * scale);
        }
        let cluster = memmem::rfind(&self.tail, b"\x1F\x43\xB6\x75")?;
        let near = self.tail.get(cluster + 4..cluster + 32).unwrap_or_default();
        let time = memchr::memchr(0xE7, near).and_then(|at| element(near, at + 1))?;
        Some(float(whole(time)) * scale)
    }

    /// The duration of the frames in the start, extrapolated to all bytes.
    fn mp3(&self) -> Option<f64> {
        let mut at = 0;
        if self.head.starts_with(b"ID3") {
            let size = self.head.get(6..10)?.iter().fold(0usize, |size, byte| (size << 7) | usize::from(byte & 0x7F));
            at = size + 10;
        }
        let first = at;
        let frame = mpeg(self.head.get(at..)?)?;
        // The first frame of a file with variable bit rate states how many follow.
        let about = self.head.get(at..at + 64).unwrap_or_default();
        if let Some(place) = memmem::find(about, b"Xing").or_else(|| memmem::find(about, b"Info")) {
            let said = about.get(place + 4..place + 12)?;
            let frames = u32::from_be_bytes(said.get(4..8)?.try_into().ok()?);
            if said.get(3)? & 1 == 1 && frames > 0 {
                return Some(f64::from(frames) * frame.seconds);
            }
        }
        let mut seconds = 0.0;
        while let Some(frame) = self.head.get(at..).and_then(mpeg) {
            seconds += frame.seconds;
            at += frame.bytes;
        }
        let bytes = u64::try_from(at - first).ok()?;
        let all = self.total.saturating_sub(u64::try_from(first).ok()?);
        Some(seconds * float(all) / float(bytes.max(1)))
    }
}

struct Frame {
    seconds: f64,
    bytes: usize,
}

/// Parses the frame of MPEG audio, layer 3, that begins here.
fn mpeg(bytes: &[u8]) -> Option<Frame> {
    const RATES: [[u32; 16]; 2] = [
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
    ];
    let [0xFF, second, third, ..] = *bytes else { return None };
    let version = (second >> 3) & 3;
    if second & 0xE0 != 0xE0 || version == 1 || (second >> 1) & 3 != 1 {
        return None;
    }
    let first = version == 3;
    let bits = RATES[usize::from(!first)][usize::from(third >> 4)] * 1_000;
    let samples_a_second = [44_100u32, 48_000, 32_000].get(usize::from((third >> 2) & 3))?
        >> match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
    let samples = if first { 1_152 } else { 576 };
    let bytes = samples / 8 * bits / samples_a_second + u32::from((third >> 1) & 1);
    (bits > 0).then(|| Frame {
        seconds: f64::from(samples) / f64::from(samples_a_second),
        bytes: usize::try_from(bytes).unwrap_or(1).max(1),
    })
}

fn flac(head: &[u8]) -> Option<f64> {
    let info = head.get(8..26)?;
    let packed = u64::from_be_bytes(info.get(10..18)?.try_into().ok()?);
    let (rate, samples) = (packed >> 44, packed & 0xF_FFFF_FFFF);
    (rate > 0 && samples > 0).then(|| float(samples) / float(rate))
}

/// The duration in the movie header of an MP4, if it is in these bytes.
fn film(bytes: &[u8]) -> Option<f64> {
    let at = memmem::find_iter(bytes, b"mvhd").find(|at| *at >= 8 && bytes.get(at - 8..at - 4) == Some(b"moov"))?;
    let number = |from: usize| bytes.get(from..from + 4).and_then(|n| n.try_into().ok()).map(u32::from_be_bytes);
    let (scale, length) = if bytes.get(at + 4) == Some(&1) {
        let (high, low) = (number(at + 28)?, number(at + 32)?);
        (number(at + 24)?, (u64::from(high) << 32) | u64::from(low))
    } else {
        (number(at + 16)?, u64::from(number(at + 20)?))
    };
    (scale > 0 && length > 0).then(|| float(length) / f64::from(scale))
}

/// Returns the content of a WebM element with its length at this position.
fn element(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(bytes.get(at)?.checked_sub(0x80)?);
    bytes.get(at + 1..at + 1 + length).filter(|content| (1..=8).contains(&content.len()))
}

fn whole(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|n| n.try_into().ok()).map(u32::from_le_bytes)
}

/// Converts a number; durations of sounds are far below the limit of exact floats.
fn float(number: u64) -> f64 {
    let (high, low) =
        (u32::try_from(number >> 32).unwrap_or(u32::MAX), u32::try_from(number & 0xFFFF_FFFF).unwrap_or(0));
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measured(bytes: &[u8], step: usize) -> (i64, bool) {
        let mut meter = SoundMeter::default();
        bytes.chunks(step).for_each(|piece| meter.feed(piece));
        meter.seconds()
    }

    fn wav(data: u32, came: usize) -> Vec<u8> {
        let mut wav =
            b"RIFF\0\0\0\0WAVELIST\x04\0\0\0INFOfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
                .to_vec();
        wav.extend_from_slice(&data.to_le_bytes());
        wav.resize(wav.len() + came, 128);
        wav
    }

    fn mp4(head_first: bool) -> Vec<u8> {
        let head = [
            b"\0\0\0\x74moov\0\0\0\x6cmvhd\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(),
            &1_000u32.to_be_bytes(),
            &12_345u32.to_be_bytes(),
            &[0; 80],
        ]
        .concat();
        let data = [b"\0\x03\x0d\x48mdat".as_slice(), &vec![9; 200_000]].concat();
        let begin = b"\0\0\0\x10ftypM4A \0\0\0\0".to_vec();
        if head_first { [begin, head, data].concat() } else { [begin, data, head].concat() }
    }

    fn ogg(codec: &[u8], last: u64) -> Vec<u8> {
        let page = |granule: u64, body: &[u8]| {
            [b"OggS\0\0".as_slice(), &granule.to_le_bytes(), &[0; 12], &[1, u8::try_from(body.len()).unwrap()], body]
                .concat()
        };
        let mut all = page(0, codec);
        for _ in 0..2_000 {
            all.extend(page(last / 2, &[7; 200]));
        }
        all.extend(page(last, &[7; 20]));
        all.extend(page(u64::MAX, &[7; 20]));
        all
    }

    fn mp3(frames: usize, xing: Option<u32>) -> Vec<u8> {
        // 128 kbit/s, 44.1 kHz: 417 bytes per frame.
        let frame = |content: &[u8]| {
            let mut frame = b"\xFF\xFB\x90\x00".to_vec();
            frame.extend_from_slice(&[0; 32]);
            frame.extend_from_slice(content);
            frame.resize(417, 0);
            frame
        };
        let mut all = b"ID3\x04\0\0\0\0\x01\x00".to_vec();
        all.resize(all.len() + 128, 0);
        if let Some(count) = xing {
            all.extend(frame(&[b"Xing\0\0\0\x01".as_slice(), &count.to_be_bytes()].concat()));
        }
        (0..frames).for_each(|_| all.extend(frame(b"")));
        all
    }

    fn webm(duration: Option<f32>) -> Vec<u8> {
        let mut all = b"\x1A\x45\xDF\xA3\x9f\x2A\xD7\xB1\x83\x0F\x42\x40".to_vec();
        if let Some(duration) = duration {
            all.extend_from_slice(b"\x44\x89\x84");
            all.extend_from_slice(&duration.to_be_bytes());
        }
        for second in 0..200u16 {
            all.extend_from_slice(b"\x1F\x43\xB6\x75\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xE7\x83\0");
            let milliseconds = (u32::from(second) * 100).to_be_bytes();
            all.extend_from_slice(&milliseconds[2..]);
            all.extend_from_slice(&[1; 900]);
        }
        all
    }

    #[test]
    fn each_container_tells_its_length() {
        let mut flac = b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0".to_vec();
        flac.extend_from_slice(&((44_100u64 << 44) | (15 << 36) | 441_001).to_be_bytes());
        flac.resize(50_000, 1);
        let vorbis = [b"\x01vorbis\0\0\0\0\x02".as_slice(), &44_100u32.to_le_bytes()].concat();
        for (name, bytes, wanted) in [
            ("wav", wav(80_000, 80_000), (10, true)),
            ("a begun second counts", wav(80_001, 80_001), (11, true)),
            ("wav of unknown length", wav(u32::MAX, 24_000), (3, true)),
            ("wav that says nothing", wav(0, 24_000), (3, true)),
            ("wav that says more than came", wav(800_000, 24_000), (3, true)),
            ("flac", flac, (11, true)),
            ("opus", ogg(b"OpusHead\x01\x02", 48_000 * 20), (20, true)),
            ("vorbis", ogg(&vorbis, 44_100 * 20), (20, true)),
            ("mp4, head first", mp4(true), (13, true)),
            ("mp4, head last", mp4(false), (13, true)),
            ("mp3", mp3(1_000, None), (27, true)),
            ("mp3 of changing rate", mp3(10, Some(1_000)), (27, true)),
            ("webm", webm(Some(12_345.0)), (13, true)),
            ("webm as it was recorded", webm(None), (20, true)),
            ("something else", vec![3; 80_001], (11, false)),
            ("next to nothing", vec![3; 3], (1, false)),
        ] {
            for step in [7, 1_000, 1 << 20] {
                assert_eq!(measured(&bytes, step), wanted, "{name} by {step}");
            }
            let mut beginning = SoundMeter::default();
            beginning.feed(&bytes);
            assert_eq!(beginning.is_sound(), wanted.1, "{name}");
            assert!(beginning.tail.len() <= 2 * TAIL && beginning.head.len() <= HEAD);
        }
        assert_eq!(SoundMeter::default().known(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(
            kind in 0usize..7,
            noise in proptest::collection::vec((0usize..400, any::<u8>()), 0..40),
            cut in 0usize..400,
        ) {
            let mut bytes = match kind {
                0 => wav(80_000, 100),
                1 => ogg(b"OpusHead\x01\x02", 48_000),
                2 => mp4(true),
                3 => mp3(10, Some(9)),
                4 => webm(Some(1.0)),
                5 => webm(None),
                _ => vec![0xFF; 400],
            };
            for (at, byte) in noise {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            bytes.truncate(bytes.len() - cut.min(bytes.len()));
            let (seconds, _) = measured(&bytes, 64);
            prop_assert!((1..=604_800).contains(&seconds));
        }
    }
}
