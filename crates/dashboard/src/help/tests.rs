//! Every error of the product has a help page in every language, and the pages have the same structure in all of them.

use std::path::{Path, PathBuf};

use super::error_patterns::plain;
use super::{Found, TOPICS, find, pictures, topic};
use crate::tests::files;
use keystead_core::language::Language;
use keystead_locales::sources;

fn slug(language: Language, asked: &str) -> Option<&'static str> {
    match find(language, asked) {
        Found::Error(topic) => Some(topic.page.slug),
        Found::Pages(_) => None,
    }
}

/// A source file without its comments, its tests, and the backslashes that continue a text on the next line.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut joined = String::new();
    for line in lines {
        match line.strip_suffix('\\') {
            Some(start) if joined.ends_with('\\') => {
                joined = joined.trim_end_matches('\\').to_owned() + start.trim() + "\\"
            }
            Some(start) => joined = joined + "\n" + start + "\\",
            None if joined.ends_with('\\') => joined = joined.trim_end_matches('\\').to_owned() + line.trim_start(),
            None => joined = joined + "\n" + line,
        }
    }
    joined
}

/// The texts in double quotes.
fn literals(code: &str) -> Vec<String> {
    let (mut found, mut now, mut inside, mut escaped) = (Vec::new(), String::new(), false, false);
    let mut before = ' ';
    for letter in code.chars() {
        match (inside, escaped, letter) {
            (true, false, '\\') => escaped = true,
            (true, false, '"') => {
                found.push(std::mem::take(&mut now));
                inside = false;
            }
            (true, _, other) => {
                escaped = false;
                now.push(other);
            }
            // '"' is a character literal, not the start of a text.
            (false, _, '"') if before != '\'' => inside = true,
            (false, ..) => {}
        }
        before = letter;
    }
    found
}

/// The error messages of the product: whole sentences in the code of the layers that refuse.
fn messages() -> Vec<(PathBuf, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // Metrics, names of browsers and tables of countries are not errors. Operators read what `keystead admin` refuses in
    // docs/command-line.md.
    let others = ["metrics.rs", "country.rs", "countries.rs", "key.rs", "command_line.rs", "by_operator.rs"];
    let mut all = Vec::new();
    for part in ["core", "gateway", "documents", "app", "api"] {
        for path in files(&crates.join(part).join("src")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with("tests.rs") || others.contains(&name) || !name.ends_with(".rs") {
                continue;
            }
            for text in literals(&code(&path)) {
                let sentence =
                    text.starts_with(|first: char| first.is_ascii_uppercase()) && text.split(' ').count() > 2;
                let statement = ["SELECT", "INSERT", "UPDATE", "Bearer realm", "Mac OS X"];
                if sentence && !statement.iter().any(|start| text.starts_with(start)) {
                    all.push((path.clone(), text));
                }
            }
        }
    }
    all
}

#[test]
fn every_message_has_its_page() {
    // S1-47, S3-43
    let all = messages();
    assert!(all.len() > 150, "{}", all.len());
    let lost: Vec<String> = all
        .iter()
        .filter(|(_, text)| slug(Language::English, text).is_none())
        .map(|(path, text)| format!("{}: {text}", path.display()))
        .collect();
    assert!(lost.is_empty(), "no page in help/error_patterns for:\n{}", lost.join("\n"));
}

#[test]
fn every_code_has_its_page() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seen = 0;
    for part in ["core", "gateway", "documents", "app", "api"] {
        for path in files(&crates.join(part).join("src")) {
            if path.to_str().unwrap().ends_with("tests.rs") {
                continue;
            }
            let text = code(&path).split_whitespace().collect::<Vec<_>>().join(" ");
            for call in ["code: Some(\"", "limited(\"", "coded( \"", "coded(\"", "ErrorResponse::invalid(", "refuse(\""]
            {
                for part in text.split(call).skip(1) {
                    // The second text of `coded` and of `ErrorResponse::invalid(status, Some("…"), …)` is the code.
                    let code = match call {
                        "coded( \"" | "coded(\"" => {
                            part.split_once("\", \"").filter(|(field, _)| !field.contains('"')).map(|(_, rest)| rest)
                        }
                        .and_then(|rest| rest.split('"').next()),
                        "ErrorResponse::invalid(" => {
                            part.split(", ").nth(1).and_then(|second| second.split('"').nth(1))
                        }
                        _ => part.split('"').next(),
                    };
                    let Some(code) = code.filter(|code| code.contains('_') && !code.contains(' ')) else { continue };
                    seen += 1;
                    let found = slug(Language::English, &format!("{{\"code\": \"{code}\"}}"));
                    assert!(found.is_some(), "{}: no page for {code}", path.display());
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
    for reason in keystead_app::verification::REASONS {
        assert_eq!(super::topic_of_code(&format!("reason_{reason}")), Some("waiting-and-results"));
    }
    for refusal in keystead_app::verification::number::NumberRefusal::ALL {
        assert_eq!(super::topic_of_code(refusal.code()), Some("phone-codes"));
    }
}

#[test]
fn every_sentence_of_the_pages_finds_its_page_in_each_language() {
    for language in Language::ALL {
        let mut seen = 0;
        for line in sources(language).iter().flat_map(|source| source.lines()) {
            let Some((key, text)) = line.split_once(" = ") else { continue };
            let title = ["error-title", "error-title-not-found", "error-title-forbidden", "error-home"].contains(&key);
            if title || !(key.starts_with("error-") || key.starts_with("reason-")) {
                continue;
            }
            let wanted = super::error_patterns::topic_of_text(key);
            assert!(wanted.and_then(topic).is_some(), "{key} has no page");
            let told = text.replace("{ $time }", "12:30 UTC").replace("{ $number }", "+48 ••• 34");
            let told = told.replace(r#"{ "\u00A0" }"#, "\u{a0}").replace(r#"{ "\u202F" }"#, "\u{202f}");
            assert_eq!(slug(language, &told), wanted, "{} {key}: {told}", language.tag());
            seen += 1;
        }
        assert!(seen > 80, "{seen} in {}", language.tag());
    }
}

#[test]
fn gates_are_told_apart_by_whatever_is_pasted() {
    let image = r#"{"error": {"message": "Your organization must be verified to use the model `gpt-image-1`. Please go to https://keys.example/settings/organization/general and click on Verify Organization. …", "type": "invalid_request_error", "param": null, "code": "organization_verification_required"}}"#;
    let python = "openai.NotFoundError: Error code: 404 - {'error': {'message': 'Your organization must be verified to use the model `o3`. Please go to …', 'type': 'invalid_request_error', 'param': None, 'code': 'model_not_found'}}";
    let stream = r#"{\"error\":{\"message\":\"Your organization must be verified to stream this model.\",\"param\":\"stream\",\"code\":\"unsupported_value\"}}"#;
    for (asked, wanted) in [
        (image, "image-model-needs-verification"),
        ("Forbidden – perhaps check your credentials?", "image-model-needs-verification"),
        ("Forbidden - Perhaps check your credentials?", "image-model-needs-verification"),
        (python, "model-needs-verification"),
        ("Your organization must be verified to use the model", "model-needs-verification"),
        (stream, "stream-needs-verification"),
        ("400 Your organization must be verified to generate reasoning summaries.", "summary-needs-verification"),
        ("model_not_found", "model-not-found"),
        ("The model `gpt-99` does not exist or you do not have access to it.", "model-not-found"),
        ("Incorrect API key provided: sk-proj-********abcd.", "key-not-accepted"),
        ("You didn’t provide an API key", "key-not-accepted"),
        ("{'code': 'phone_verification_required'}", "phone-number-requirement"),
        ("Error code: 429 - {'error': {'message': 'Too many tries.', 'code': 'phone_codes'}}", "phone-codes"),
        (
            "{\"error\": \"You have insufficient permissions for this operation. Missing scopes: model.request.\"}",
            "missing-permission",
        ),
    ] {
        for language in Language::ALL {
            assert_eq!(slug(language, asked), Some(wanted), "{asked}");
        }
    }
}

#[test]
fn words_find_pages_in_each_language() {
    for (language, asked, wanted) in [
        (Language::English, "revoke a leaked key", "rotating-and-revoking"),
        (Language::English, "camera", "documents"),
        (Language::Polish, "kamera iPhone", "documents"),
        (Language::Polish, "konto usługi", "kinds-of-keys"),
        (Language::Japanese, "マイナンバーカード", "documents"),
        (Language::Japanese, "サービスアカウント", "kinds-of-keys"),
    ] {
        let Found::Pages(pages) = find(language, asked) else { panic!("{asked} is no error") };
        assert!(pages.iter().take(3).any(|found| found.page.slug == wanted), "{asked}: {pages:?}");
    }
    for nothing in ["", "  ", "zxqj", "?"] {
        assert!(matches!(find(Language::English, nothing), Found::Pages(pages) if pages.is_empty()), "{nothing}");
    }
    let long = "x ".repeat(1_000_000);
    assert!(matches!(find(Language::English, &long), Found::Pages(_)));
    assert_eq!(plain("  A\\\"B’s\n C "), "a\"b's c");
}

#[test]
fn every_page_stands_in_every_language_with_the_same_parts() {
    let mut drawn = Vec::new();
    for one in TOPICS.iter() {
        let shape = |source: &str| -> Vec<String> {
            let fences = source.lines().filter(|line| line.starts_with("```")).count();
            let pictures = source.lines().filter_map(|line| line.strip_prefix("![")?.split("](").nth(1));
            let mut shape: Vec<String> = source
                .lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(mark, _)| mark)
                .filter(|mark| ["#", "##", "-", "1.", "2.", "3.", "4.", "5.", "6."].contains(mark))
                .map(str::to_owned)
                .collect();
            shape.push(fences.to_string());
            shape.extend(pictures.map(|name| name.trim_end_matches(')').to_owned()));
            shape
        };
        let english = shape(one.page.source(Language::English));
        for language in Language::ALL {
            let source = one.page.source(language);
            assert_eq!(shape(source), english, "{} in {}", one.page.slug, language.tag());
            let article = one.article(language);
            assert!(!article.title.is_empty() && !article.lead.is_empty(), "{}", one.page.slug);
            let html = article.html("https://keys.example");
            assert!(
                !html.contains("**") && !html.contains("{public_url}"),
                "{} in {}: {html}",
                one.page.slug,
                language.tag()
            );
            assert!(html.len() < 20_000);
            for target in source.split("](/help/").skip(1) {
                let target = target.split(')').next().unwrap();
                assert!(topic(target).is_some(), "{} links to {target}", one.page.slug);
            }
        }
        drawn.extend(english.into_iter().filter(|part| pictures::names().contains(&part.as_str())));
    }
    drawn.sort_unstable();
    drawn.dedup();
    let mut names = pictures::names();
    names.sort_unstable();
    assert_eq!(drawn, names, "each picture is on a page");
}

#[test]
fn pictures_are_small_and_have_words() {
    assert!(pictures::weight() < 2_000_000, "{}", pictures::weight());
    for one in TOPICS.iter() {
        for language in Language::ALL {
            let html = one.article(language).html("https://keys.example");
            assert_eq!(
                html.matches("<img ").count(),
                one.page.source(Language::English).matches("](").count() - links(one.page.source(Language::English))
            );
            assert!(!html.contains("alt=\"\""), "{}", one.page.slug);
        }
    }
}

fn links(source: &str) -> usize {
    source.matches("](/help/").count()
}

#[test]
fn an_address_with_letters_of_html_stays_text() {
    let html = topic("key-not-accepted").unwrap().article(Language::English).html("https://a.example/<b>&");
    assert!(html.contains("https://a.example/&#60;b&#62;&#38;/v1"), "{html}");
}

/// The words of a page, as HTML, in each language.
fn pages(slug: &str) -> [String; 3] {
    Language::ALL.map(|language| topic(slug).unwrap().article(language).html("https://keys.example"))
}

#[test]
fn the_pages_say_what_people_must_know() {
    for (slug, wanted) in [
        // S2-01, S2-02, S2-03, S2-04, S2-06, S2-07, S1-37, S1-39, S1-41: which key is for what, and that old ones keep
        // working.
        (
            "kinds-of-keys",
            &["sk-proj-", "sk-svcacct-", "<code>sk-</code>", "OpenAI-Organization", "OpenAI-Project"][..],
        ),
        // S2-08, S2-09: a secret stays on the person's own server, in the environment or a key manager.
        ("keeping-keys-safe", &["Vault", ".gitignore"]),
        ("first-call", &["OPENAI_API_KEY", "https://keys.example/v1"]),
        // S1-43, S3-27: what is collected, how long, and which rights people have.
        ("your-data", &["CCPA", "90", "30", "7"]),
        // S1-35: some need it by a certain day.
        ("verification", &["/help/documents", "/help/payment-method", "/help/your-data"]),
        // S0-27: how to allow the camera, browser by browser.
        ("documents", &["Safari", "Android", "Firefox", "Edge", "https"]),
        // S3-39: how long it takes.
        ("waiting-and-results", &["15"]),
    ] {
        for html in pages(slug) {
            for word in wanted {
                assert!(html.contains(word), "{slug}: {word}");
            }
        }
    }
    // S1-07: people who have a key already need not do anything.
    let [english, polish, japanese] = pages("phone-number-requirement");
    assert!(english.contains("No action is required") && polish.contains("Nic nie trzeba robić"));
    assert!(japanese.contains("何もする必要はなく"));
    let [english, polish, japanese] = pages("your-data");
    assert!(english.contains("GDPR") && polish.contains("RODO") && japanese.contains("個人情報保護法"));
    // S0-27: the capture page links to it when the camera is refused.
    assert!(
        include_str!("../../templates/pages/capture.html")
            .contains("data-camera-help hidden><a href=\"/help/documents")
    );
}
