//! The start page: what runs here and how to make the first call.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::language::Language;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::extract::Visitor;
use crate::web::html::html;

/// The page's words in one language. Whole sentences, so that nothing is glued from parts.
struct Words {
    title: &'static str,
    lead: &'static str,
    base_url: &'static str,
    owner: &'static str,
    owner_hint: &'static str,
    call: &'static str,
    call_hint: &'static str,
    usage: &'static str,
    inbox: &'static str,
    language: &'static str,
}

const fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            title: "Keystead is running",
            lead: "SDKs and applications call the base URL below with a key. Owners manage keys and projects through the Administration API.",
            base_url: "Base URL",
            owner: "1. Make an owner and an admin key",
            owner_hint: "Run this beside the server. It works while the server runs and prints the admin key once.",
            call: "2. Make a project, a service account and its key",
            call_hint: "Replace the admin key and the project id by your own. The second answer holds the key's secret, shown once.",
            usage: "3. Call a model, then see the call in usage",
            inbox: "Mail and text messages of this sandbox",
            language: "Language",
        },
        Language::Polish => Words {
            title: "Keystead działa",
            lead: "SDK i\u{a0}aplikacje wywołują poniższy adres bazowy z\u{a0}kluczem. Właściciele zarządzają kluczami i\u{a0}projektami przez Administration API.",
            base_url: "Adres bazowy",
            owner: "1. Utwórz właściciela i\u{a0}klucz administracyjny",
            owner_hint: "Uruchom to obok serwera. Działa także przy włączonym serwerze i\u{a0}pokazuje klucz administracyjny jeden raz.",
            call: "2. Utwórz projekt, konto usługi i\u{a0}jego klucz",
            call_hint: "Wstaw własny klucz administracyjny i\u{a0}identyfikator projektu. Druga odpowiedź zawiera klucz tajny, pokazany jeden raz.",
            usage: "3. Wywołaj model, a\u{a0}potem zobacz wywołanie w\u{a0}zużyciu",
            inbox: "Poczta i\u{a0}SMS-y tej piaskownicy",
            language: "Język",
        },
        Language::Japanese => Words {
            title: "Keysteadは動作中です",
            lead: "SDKとアプリケーションは、下のベースURLをキー付きで呼び出します。オーナーはAdministration APIでキーとプロジェクトを管理します。",
            base_url: "ベースURL",
            owner: "1. オーナーと管理キーを作成する",
            owner_hint: "サーバーの横で実行してください。サーバーの動作中でも実行でき、管理キーは一度だけ表示されます。",
            call: "2. プロジェクト、サービスアカウント、そのキーを作成する",
            call_hint: "管理キーとプロジェクトIDをご自身のものに置き換えてください。二つ目の応答にシークレットキーが一度だけ含まれます。",
            usage: "3. モデルを呼び出し、使用量で確認する",
            inbox: "このサンドボックスのメールとSMS",
            language: "言語",
        },
    }
}

#[derive(Template)]
#[template(path = "landing.html")]
struct Page<'a> {
    language: Language,
    languages: [Language; 3],
    words: Words,
    t: Text,
    base_url: String,
    sandbox_url: Option<&'a str>,
}

pub(crate) async fn page(State(state): State<DashboardState>, visitor: Visitor) -> Response {
    if visitor.session.is_some() {
        return Redirect::to("/home").into_response();
    }
    let language = visitor.text.0;
    let page = Page {
        language,
        languages: Language::ALL,
        words: words(language),
        t: visitor.text,
        base_url: format!("{}/v1", state.public_url),
        sandbox_url: state.sandbox_url.as_deref(),
    };
    match page.render() {
        Ok(body) => html(body, language.tag()),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
