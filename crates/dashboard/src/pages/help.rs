//! Help, searchable by the text of an error (S1-47, S3-43).

use askama::Template;
use axum::extract::{Path, State};

use super::{Page, show};
use crate::DashboardState;
use crate::failure::Failure;
use crate::language::Language;
use crate::text::Text;
use crate::visit::Visitor;

/// The pages; addresses are stable.
const PAGES: [&str; 5] = ["phone-number-requirement", "verification", "first-call", "errors", "keys"];

#[derive(Template)]
#[template(path = "pages/help.html")]
struct Help {
    t: Text,
    language: Language,
    languages: [Language; 3],
    operator: String,
    support: Option<String>,
    slug: Option<&'static str>,
    found: Vec<&'static str>,
    asked: String,
    path: String,
}

impl Help {
    fn title(&self, slug: &str) -> String {
        self.t.say(&format!("help-{slug}"))
    }

    fn text(&self, slug: &str) -> Vec<String> {
        self.t.say(&format!("help-{slug}-text")).split("\n\n").map(str::to_owned).collect()
    }
}

fn page(state: &DashboardState, visitor: &Visitor, slug: Option<&'static str>) -> Help {
    let t = visitor.text;
    let asked = visitor.asked.get("q").cloned().unwrap_or_default();
    let words: Vec<String> = asked.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let holds = |slug: &&'static str| {
        let key = format!("help-{slug}");
        let hay = format!("{} {}", t.say(&key), t.say(&format!("{key}-text"))).to_lowercase();
        words.iter().all(|word| hay.contains(word.as_str()))
    };
    let settings = state.app.settings();
    Help {
        t,
        language: t.0,
        languages: Language::ALL,
        operator: settings.operator.clone(),
        support: settings.support_email.clone(),
        slug,
        found: PAGES.iter().copied().filter(holds).collect(),
        asked,
        path: slug.map_or_else(|| "/help".to_owned(), |slug| format!("/help/{slug}")),
    }
}

pub(crate) async fn list(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    show(visitor.text, &page(&state, &visitor, None))
}

pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(slug): Path<String>) -> Page {
    match PAGES.iter().find(|known| **known == slug) {
        Some(slug) => show(visitor.text, &page(&state, &visitor, Some(slug))),
        None => Err(Failure::new(visitor.text, keystead_app::Error::not_found("page", slug))),
    }
}
