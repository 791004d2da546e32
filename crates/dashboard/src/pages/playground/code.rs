//! The same request as code: curl, Python and Node.js.

use std::fmt::Write;

use serde_json::Value;

/// The placeholder for an API key.
const KEY: &str = "YOUR_KEY";

/// One example.
#[derive(Debug)]
pub(super) struct Example {
    /// The id of its element.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// The examples for a request with these members.
pub(super) fn examples(members: &[(&'static str, Value)], base_url: &str) -> [Example; 3] {
    [
        Example { id: "code-curl", name: "curl", text: curl(members, base_url) },
        Example { id: "code-python", name: "Python", text: python(members, base_url) },
        Example { id: "code-node", name: "Node.js", text: node(members, base_url) },
    ]
}

/// One line for each member, between `name` and `value` what the language writes there.
fn lines(members: &[(&'static str, Value)], quote: &str, between: &str, indent: &str) -> String {
    members.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{indent}{quote}{name}{quote}{between}{value},");
        text
    })
}

fn curl(members: &[(&'static str, Value)], base_url: &str) -> String {
    let body = format!("{{\n{}    \"stream\": true\n  }}", lines(members, "\"", ": ", "    "));
    // A quote ends the quoted text, is written on its own, and starts the quoted text again.
    let body = body.replace('\'', "'\\''");
    format!(
        "curl -N {base_url}/chat/completions \\\n  -H \"Authorization: Bearer {KEY}\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'"
    )
}

fn python(members: &[(&'static str, Value)], base_url: &str) -> String {
    format!(
        "from openai import OpenAI\n\nclient = OpenAI(base_url=\"{base_url}\", api_key=\"{KEY}\")\n\
         stream = client.chat.completions.create(\n{}    stream=True,\n)\n\
         for chunk in stream:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or \"\", end=\"\")",
        lines(members, "", "=", "    ")
    )
}

fn node(members: &[(&'static str, Value)], base_url: &str) -> String {
    format!(
        "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{ baseURL: \"{base_url}\", apiKey: \"{KEY}\" }});\n\
         const stream = await client.chat.completions.create({{\n{}  stream: true,\n}});\n\
         for await (const chunk of stream) {{\n  process.stdout.write(chunk.choices[0]?.delta?.content ?? \"\");\n}}",
        lines(members, "", ": ", "  ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_stay_within_the_text() {
        let members = [("model", json!("gpt-4o")), ("messages", json!([{ "role": "user", "content": "It's \"it\"" }]))];
        let [curl, python, node] = examples(&members, "https://keys.example/v1").map(|one| one.text);
        assert!(curl.contains(r#"It'\''s \"it\""#), "{curl}");
        assert!(python.contains(r#"    messages=[{"content":"It's \"it\"","role":"user"}],"#), "{python}");
        assert!(node.contains(r#"  model: "gpt-4o","#) && node.contains("https://keys.example/v1"), "{node}");
        for text in [curl, python, node] {
            assert!(text.contains("YOUR_KEY"), "{text}");
        }
    }
}
