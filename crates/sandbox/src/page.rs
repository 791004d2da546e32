//! The hosted pages: plain HTML that works without scripts and says that it is the sandbox's.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Escapes a text for HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Builds a whole page around a body in HTML.
pub(crate) fn page(language: &str, title: &str, body: &str) -> Response {
    let (language, title) = (escape(language), escape(title));
    let html = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/sandbox.css\"></head><body><main><p class=\"who\">Keystead sandbox</p>\
         <h1>{title}</h1>{body}</main></body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        // Not "no-referrer": with it a browser sends the pages' own forms with "Origin: null", which the guard refuses.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, html).into_response()
}

/// The pages' stylesheet.
pub(crate) async fn stylesheet() -> Response {
    const CSS: &str = "body{font:16px/1.5 system-ui,'Noto Sans','Noto Sans CJK JP',sans-serif;margin:0;background:#f7f7f5;color:#17181b}\
        main{max-width:34rem;margin:2rem auto;padding:1.5rem;background:#fff;border:1px solid #e3e3df;border-radius:8px}\
        h1{font-size:1.5rem;margin:.25rem 0 1rem}.who{margin:0;color:#686a6f;font-size:.8rem}\
        button{font:inherit;min-height:44px;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0;border:1px solid #85857f;border-radius:6px;background:#fff;cursor:pointer}\
        button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid #2445c4;outline-offset:2px}\
        input,select{font:inherit;padding:.5rem;min-height:44px;max-width:100%;box-sizing:border-box;border:1px solid #85857f;border-radius:6px;background:#fff}\
        input[type=checkbox]{min-height:0}label{display:block;margin:.5rem 0}summary{min-height:44px;cursor:pointer}h2{font-size:1.1rem}h2 small{color:#686a6f;font-weight:normal}\
        article{padding:1rem 0;border-top:1px solid #e3e3df;overflow-wrap:anywhere}article p{margin:.25rem 0}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.5rem;border-bottom:1px solid #e3e3df}\
        code{font-family:ui-monospace,'Noto Sans Mono',monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}\
        @media(prefers-color-scheme:dark){body{background:#0f1012;color:#ededea}main,button,input,select{background:#1a1b1f;color:inherit;border-color:#7b7e86}}";
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}
