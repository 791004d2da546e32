//! The page a one-time link opens: where documents and faces would be shown, buttons for what may happen instead.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::{books, error};
use crate::Sandbox;
use crate::page::{escape, page as html};

/// Outcome, and words in English, Polish and Japanese.
const OUTCOMES: [(&str, [&str; 3]); 6] = [
    ("approve", ["Pass", "Zaliczone", "合格にする"]),
    ("decline", ["Fail: the document cannot be read", "Odrzucone: dokument nieczytelny", "不合格（書類が読めない）"]),
    ("review", ["A person shall look at it", "Niech sprawdzi to człowiek", "担当者の審査に回す"]),
    ("complete", ["Hand in and wait", "Prześlij i czekaj", "提出して待つ"]),
    ("expire", ["Let it run out", "Niech wygaśnie", "期限切れにする"]),
    ("start", ["Begin and leave", "Zacznij i wyjdź", "開始して離れる"]),
];

fn words(language: &str, all: [&'static str; 3]) -> &'static str {
    match language {
        "pl" => all[1],
        "ja" => all[2],
        _ => all[0],
    }
}

/// Opening does not spend a link (mail scanners open links, too); the first answer does.
pub(crate) async fn page(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let books = books(&sandbox);
    let known = books.codes.get(&code).and_then(|(id, spent)| Some((books.inquiries.get(id)?.clone(), *spent)));
    drop(books);
    let Some((inquiry, spent)) = known else { return error(404, "Not found") };
    let language = query.get("language").map_or("en", String::as_str);
    let language = ["pl", "ja"].into_iter().find(|known| language.starts_with(known)).unwrap_or("en");
    if spent || matches!(inquiry.status, "approved" | "declined" | "expired") {
        let title = words(language, ["Session expired", "Sesja wygasła", "セッションの有効期限が切れました"]);
        let back = words(language, ["Go back", "Wróć", "戻る"]);
        let link = escape(&inquiry.redirect);
        return html(language, title, &format!("<p><a href=\"{link}\">{back}</a></p>"));
    }
    let title = words(language, ["Identity check", "Sprawdzenie tożsamości", "本人確認"]);
    let lead = words(
        language,
        [
            "No document is asked for here. Choose what happens.",
            "Tutaj nikt nie prosi o dokument. Wybierz, co ma się stać.",
            "ここでは書類は不要です。結果を選んでください。",
        ],
    );
    let buttons: String = OUTCOMES
        .iter()
        .map(|(outcome, all)| {
            format!("<p><button name=\"outcome\" value=\"{outcome}\">{}</button></p>", words(language, *all))
        })
        .collect();
    let number = words(language, ["Document number", "Numer dokumentu", "書類番号"]);
    let code = escape(&code);
    let body = format!(
        "<p>{lead}</p><form method=\"post\" action=\"/persona/verify/{code}/simulate\">\
         <label>{number} <input name=\"document_number\" maxlength=\"40\"></label>{buttons}</form>"
    );
    html(language, title, &body)
}

/// JSON for scripts, a form for people. A form spends the link; a script may go on.
pub(crate) async fn simulate(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scripted = kind.starts_with("application/json");
    let mut fields: Value = if scripted {
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    } else {
        let form: HashMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
        json!(form)
    };
    if let Some(map) = fields.as_object_mut() {
        map.retain(|_, value| value.as_str() != Some(""));
    }
    let outcome = fields.get("outcome").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !OUTCOMES.iter().any(|(known, _)| *known == outcome) && outcome != "fail" {
        return error(422, "No such outcome");
    }
    let now = sandbox.now();
    let (view, events, redirect) = {
        let mut books = books(&sandbox);
        let Some((id, spent)) = books.codes.get(&code).cloned() else { return error(404, "Not found") };
        if spent && !scripted {
            return Redirect::to(&format!("/persona/verify/{code}")).into_response();
        }
        let Some(inquiry) = books.inquiries.get_mut(&id) else { return error(404, "Not found") };
        let events = inquiry.act(&outcome, &fields, now);
        let view = inquiry.view();
        let mark = if inquiry.redirect.contains('?') { '&' } else { '?' };
        let redirect = format!(
            "{}{mark}inquiry-id={}&reference-id={}&status={}",
            inquiry.redirect, inquiry.id, inquiry.reference, inquiry.status
        );
        if let Some(entry) = books.codes.get_mut(&code) {
            entry.1 = true;
        }
        (view, events, redirect)
    };
    for event in events {
        sandbox.persona_event(event, &view);
    }
    if scripted {
        let status = view["attributes"]["status"].clone();
        return Json(json!({ "id": view["id"], "outcome": outcome, "status": status, "redirect": redirect }))
            .into_response();
    }
    Redirect::to(&redirect).into_response()
}
