//! Showing secrets: masked in errors.

/// Masks a presented credential: first 8 characters, a star for each in between, last 4.
///
/// Works on any text, since people paste URLs and prose instead of keys. In texts of up to 12 characters everything
/// except the first two becomes stars. Long input is cut, so that a megabyte of header does not become a megabyte of
/// stars.
#[must_use]
pub fn mask(presented: &str) -> String {
    const LONGEST: usize = 512;
    let characters: Vec<char> = presented.chars().take(LONGEST + 1).collect();
    let length = characters.len().min(LONGEST);
    let stars = |n: usize| "*".repeat(n);
    if length <= 12 {
        let shown = 2.min(length);
        return characters[..shown].iter().filter(|c| !c.is_control()).collect::<String>() + &stars(length - shown);
    }
    let printable = |c: &char| if c.is_control() { '?' } else { *c };
    let head: String = characters[..8].iter().map(printable).collect();
    let tail: String = if characters.len() > LONGEST {
        presented.chars().rev().take(4).collect::<Vec<_>>().iter().rev().map(printable).collect()
    } else {
        characters[length - 4..].iter().map(printable).collect()
    };
    head + &stars(length - 12) + &tail
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_are_shown() {
        assert_eq!(mask("sk-proj-abcdefghijklWXYZ"), "sk-proj-************WXYZ");
        assert_eq!(mask("short"), "sh***");
        assert_eq!(mask(""), "");
    }

    proptest! {
        #[test]
        fn never_shows_more_than_twelve_characters(text in ".{0,600}") {
            let masked = mask(&text);
            prop_assert!(masked.chars().count() <= 512);
            let shown = masked.chars().filter(|c| *c != '*').count();
            prop_assert!(shown <= 12);
        }
    }
}
