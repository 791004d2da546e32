//! Cells of CSV files (RFC 4180).

/// Quotes a cell, and marks it as text if a spreadsheet would run it as a formula.
pub(crate) fn cell(text: &str) -> String {
    // Spreadsheets in Japanese take the full-width signs for the others.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']);
    let safe = if formula { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_run_nothing() {
        for (text, safe) in [
            ("gpt-4o", "gpt-4o"),
            ("=1+1", "'=1+1"),
            ("-2", "'-2"),
            ("＝HYPERLINK()", "'＝HYPERLINK()"),
            ("\n=1", "\"'\n=1\""),
            ("\0x", "'\0x"),
            ("a,b", "\"a,b\""),
            ("@x\"", "\"'@x\"\"\""),
        ] {
            assert_eq!(cell(text), safe);
        }
    }
}
