//! What a mail says, and its two forms: plain text and HTML.
//!
//! The HTML loads nothing: its styles are inline, and it has no images and no tracking.

use askama::Template;

use super::Mail;

/// One part of a mail's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paragraph {
    /// Sentences, or a value on its own.
    Text(String),
    /// Short lines that belong together, such as who, what and until when.
    Lines(Vec<String>),
    /// A link: a button in HTML, with the address in words below it.
    Link {
        /// The text of the button.
        label: String,
        /// The address.
        url: String,
    },
}

/// A mail before it is written for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailContent {
    /// The language tag of every text.
    pub language: &'static str,
    /// The subject, also the heading.
    pub subject: String,
    /// The text.
    pub paragraphs: Vec<Paragraph>,
    /// Who sent the mail.
    pub footer: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'m> {
    content: &'m MailContent,
}

impl MailContent {
    /// Writes the mail for a recipient.
    #[must_use]
    pub fn to(&self, to: &str) -> Mail {
        // Writing into a string does not fail; an empty document would still have the text beside it.
        let html = Html { content: self }.render().unwrap_or_default();
        Mail { to: to.to_owned(), subject: self.subject.clone(), text: self.text(), html }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for paragraph in &self.paragraphs {
            match paragraph {
                Paragraph::Text(words) => text.push_str(words),
                Paragraph::Lines(lines) => text.push_str(&lines.join("\n")),
                Paragraph::Link { url, .. } => text.push_str(url),
            }
            text.push_str("\n\n");
        }
        text + &self.footer + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str) -> MailContent {
        MailContent {
            language: "pl",
            subject: format!("Kite: {name}"),
            paragraphs: vec![
                Paragraph::Text(format!("Organizacja „{name}”.")),
                Paragraph::Lines(vec![format!("Organizacja: {name}"), "Do: 3 maja 2027".to_owned()]),
                Paragraph::Link { label: "Otwórz".to_owned(), url: "https://keys.example/a?b=1&c=2".to_owned() },
            ],
            footer: "Kite, https://keys.example".to_owned(),
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let mail = content("Żółć").to("anna@example.com");
        assert_eq!(
            mail.text,
            "Organizacja „Żółć”.\n\nOrganizacja: Żółć\nDo: 3 maja 2027\n\nhttps://keys.example/a?b=1&c=2\n\n\
             Kite, https://keys.example\n"
        );
        for part in ["<html lang=\"pl\"", "Organizacja „Żółć”.", "Organizacja: Żółć<br>Do: 3 maja 2027", "Otwórz</a>"]
        {
            assert!(mail.html.contains(part), "{part}: {}", mail.html);
        }
        let link = "https://keys.example/a?b=1&#38;c=2";
        assert_eq!(mail.html.matches(&format!("href=\"{link}\"")).count(), 2, "button and words: {}", mail.html);
        assert!(mail.html.contains(&format!(">{link}</a>")));
    }

    #[test]
    fn html_loads_nothing_and_runs_nothing() {
        let mail = content("x").to("anna@example.com");
        for part in ["src=", "url(", "@import", "<script", "<img", "<link", "http-equiv"] {
            assert!(!mail.html.contains(part), "{part}");
        }
        assert!(mail.html.contains("color-scheme") && mail.html.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn values_are_escaped() {
        for name in ["<b>bold</b>", "\"><script>alert(1)</script>", "a & b", "' onmouseover='x"] {
            let mail = content(name).to("anna@example.com");
            assert!(!mail.html.contains(name) || !name.contains(['<', '"', '&', '\'']), "{name}: {}", mail.html);
            assert!(!mail.html.contains("<b>") && !mail.html.contains("<script"), "{}", mail.html);
            assert!(mail.text.contains(name), "plain text has no markup to escape");
        }
    }
}
