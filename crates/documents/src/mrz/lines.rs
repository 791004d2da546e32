//! Normalizing typed lines of a machine-readable zone to their printed form.

use super::Format;
use super::refusal::MrzRefusal;

/// Maximum characters of a typed zone: three lines of 30 with spaces between all characters are 180.
const MOST_CHARACTERS: usize = 400;

/// A zone with a valid shape: its format and its lines, each of the format's width.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) format: Format,
    pub(super) lines: Vec<String>,
}

/// Finds the format by the first letter and the number of lines, and adjusts each line to its width.
pub(super) fn read(typed: &str) -> Result<Zone, MrzRefusal> {
    let lines = split(typed)?;
    let format = format_of(&lines).ok_or(MrzRefusal::NotAZone)?;
    let fitted = lines.iter().enumerate().map(|(at, line)| fit(format, at, line));
    Ok(Zone { format, lines: fitted.collect::<Result<_, _>>()? })
}

/// Splits the lines, without blanks, in capitals, in ASCII.
fn split(typed: &str) -> Result<Vec<String>, MrzRefusal> {
    if typed.chars().take(MOST_CHARACTERS + 1).count() > MOST_CHARACTERS {
        return Err(MrzRefusal::NotAZone);
    }
    let mut lines: Vec<String> = Vec::new();
    for line in typed.lines() {
        let mut clean = String::with_capacity(line.len());
        for character in line.chars().filter(|c| !c.is_whitespace()) {
            match character {
                '«' | '≪' | '《' => clean.push_str("<<"),
                '‹' | '〈' => clean.push('<'),
                // The full-width forms of a Japanese keyboard are 0xFEE0 above ASCII.
                '\u{ff01}'..='\u{ff5e}' => clean.extend(char::from_u32(u32::from(character) - 0xfee0)),
                other => clean.push(other),
            }
        }
        clean.make_ascii_uppercase();
        if let Some(foreign) = clean.chars().position(|c| !matches!(c, 'A'..='Z' | '0'..='9' | '<')) {
            return Err(MrzRefusal::Character { line: lines.len() + 1, position: foreign + 1 });
        }
        if !clean.is_empty() {
            lines.push(clean);
        }
    }
    Ok(unfold(lines))
}

/// Splits a zone that was pasted in one line.
fn unfold(lines: Vec<String>) -> Vec<String> {
    let [line] = lines.as_slice() else { return lines };
    let widths: &[usize] = match line.len() {
        88 => &[44, 44],
        72 => &[36, 36],
        90 => &[30, 30, 30],
        _ => return lines,
    };
    let mut rest = line.as_str();
    let cut = widths.iter().map(|width| {
        let (head, tail) = rest.split_at(*width);
        rest = tail;
        head.to_owned()
    });
    cut.collect()
}

fn format_of(lines: &[String]) -> Option<Format> {
    let first = lines.first()?.chars().next()?;
    let wide = lines.iter().map(String::len).max()? > Format::MrvB.width();
    match (lines.len(), first) {
        (3, 'A' | 'C' | 'I') => Some(Format::Td1),
        (2, 'A' | 'C' | 'I') => Some(Format::Td2),
        (2, 'P') => Some(Format::Td3),
        (2, 'V') if wide => Some(Format::MrvA),
        (2, 'V') => Some(Format::MrvB),
        _ => None,
    }
}

/// Adjusts the fillers at the end of a line, which people do not count: too many are cut, too few are added, unless the
/// line ends in a check digit.
fn fit(format: Format, at: usize, line: &str) -> Result<String, MrzRefusal> {
    let width = format.width();
    let least = match (format, at) {
        (Format::Td1 | Format::Td2 | Format::Td3, 1) => width,
        (Format::Td1, 0) => 15,
        (Format::MrvA | Format::MrvB, 1) => 28,
        _ => 1,
    };
    let (head, tail) = line.split_at_checked(width).unwrap_or((line, ""));
    let cut_only_fillers = tail.bytes().all(|b| b == b'<') && (least < width || tail.is_empty());
    if !cut_only_fillers || head.len() < least {
        return Err(MrzRefusal::Length { line: at + 1, expected: width, got: line.len() });
    }
    Ok(format!("{head}{}", "<".repeat(width - head.len())))
}
