//! The same request in curl, Python and Node.js. Tests run the programs against a client that records what they send.

use crate::examples::body_example;
use crate::json::Json;
use crate::members::Member;
use crate::operation::{Access, Answer, Operation};

/// One example of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The short name of the language, for addresses and styles.
    pub id: &'static str,
    /// The language's name.
    pub name: &'static str,
    /// The program.
    pub text: String,
}

/// The examples of an operation for an installation with this base URL, which ends in `/v1`.
#[must_use]
pub fn samples(operation: &Operation, base_url: &str) -> [Sample; 3] {
    let request = Request::new(operation, base_url);
    [
        Sample { id: "curl", name: "curl", text: request.curl() },
        Sample { id: "python", name: "Python", text: request.python() },
        Sample { id: "node", name: "Node.js", text: request.node() },
    ]
}

/// A request with values for everything that it needs.
struct Request<'o> {
    operation: &'o Operation,
    base_url: &'o str,
    /// Names and values in the path.
    path: Vec<(&'static str, String)>,
    /// Names and values in the query.
    query: Vec<(&'static str, Json)>,
    body: Vec<(String, Json)>,
}

impl<'o> Request<'o> {
    fn new(operation: &'o Operation, base_url: &'o str) -> Self {
        let path = operation.path_members().into_iter().map(|member| (member.name, plain(&member.example()))).collect();
        let wanted = |member: &&Member| member.required || member.shown;
        let query = operation.query.iter().filter(wanted).map(|member| (member.name, member.example())).collect();
        let body = match body_example(operation) {
            Some(Json::Object(members)) => members,
            _ => Vec::new(),
        };
        Self { operation, base_url, path, query, body }
    }

    /// The environment variable with the key, which OpenAI's SDKs read by themselves.
    fn key(&self) -> &'static str {
        match self.operation.access {
            Access::Admin(_) | Access::Operator => "OPENAI_ADMIN_KEY",
            Access::Nobody | Access::AnyKey | Access::Project(_) => "OPENAI_API_KEY",
        }
    }

    /// The path below the base URL with its query.
    fn target(&self) -> String {
        let path = self
            .path
            .iter()
            .fold(self.operation.path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        let pairs = self.query.iter().flat_map(|(name, value)| match value {
            Json::List(items) => items.iter().map(|item| format!("{name}={}", plain(item))).collect(),
            one => vec![format!("{name}={}", plain(one))],
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        let path = path.strip_prefix("/v1").unwrap_or(&path).to_owned();
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    fn curl(&self) -> String {
        let method = match (self.operation.method, self.body.is_empty()) {
            ("GET", _) | ("POST", false) => String::new(),
            (method, _) => format!(" -X {method}"),
        };
        let mut text = format!("curl{method} \"{}{}\"", self.base(), self.target());
        if self.operation.access != Access::Nobody {
            text.push_str(&format!(" \\\n  -H \"Authorization: Bearer ${}\"", self.key()));
        }
        if self.operation.is_form() {
            for (name, value) in &self.body {
                text.push_str(&format!(" \\\n  -F {name}={}", plain(value)));
            }
        } else if !self.body.is_empty() {
            let body = Json::Object(self.body.clone()).pretty().replace('\n', "\n  ").replace('\'', "'\\''");
            text.push_str(&format!(" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'"));
        }
        text
    }

    /// The base URL, or the address itself for paths that are not below it.
    fn base(&self) -> &str {
        let below = self.operation.path.starts_with("/v1/");
        if below { self.base_url } else { self.base_url.strip_suffix("/v1").unwrap_or(self.base_url) }
    }

    fn python(&self) -> String {
        let base = self.base();
        let key = self.key();
        if let Some(method) = self.operation.sdk {
            let mut arguments = self.arguments(|name, value| format!("{name}={}", python_value(value)));
            if let Some((_, last)) = self.path.last() {
                arguments.insert(0, format!("{last:?}"));
            }
            let call = called(&format!("client.{method}"), &arguments, "    ");
            let client = format!("from openai import OpenAI\n\nclient = OpenAI(base_url=\"{base}\")  # reads {key}\n");
            return match self.operation.answer {
                Answer::Page(_) | Answer::NextPage(_) => format!("{client}for item in {call}:\n    print(item)"),
                _ => format!("{client}answer = {call}\nprint(answer)"),
            };
        }
        let client = format!(
            "import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(base_url=\"{base}\", api_key=os.environ[\"{key}\"])\n"
        );
        let client = match self.operation.access {
            Access::Nobody => format!(
                "from openai import OpenAI\n\nclient = OpenAI(base_url=\"{base}\", api_key=\"none\")  # needs no key\n"
            ),
            _ => client,
        };
        let mut arguments = vec![format!("\"{}\"", self.target()), "cast_to=object".to_owned()];
        if !self.body.is_empty() {
            let members = self.body.iter().map(|(name, value)| format!("\"{name}\": {}", python_value(value)));
            arguments.push(format!("body={{{}}}", members.collect::<Vec<_>>().join(", ")));
        }
        let verb = self.operation.method.to_lowercase();
        let call = called(&format!("client.{verb}"), &arguments, "    ");
        format!("{client}answer = {call}\nprint(answer)")
    }

    fn node(&self) -> String {
        let base = self.base();
        let key = self.key();
        if let Some(method) = self.operation.sdk {
            let members = self.arguments(|name, value| format!("{name}: {}", node_value(value)));
            let mut arguments = Vec::new();
            if let Some((_, last)) = self.path.last() {
                arguments.push(format!("{last:?}"));
            }
            if !members.is_empty() {
                arguments.push(format!("{{ {} }}", members.join(", ")));
            }
            let call = called(&format!("client.{}", camel(method)), &arguments, "  ");
            let client = format!(
                "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{ baseURL: \"{base}\" }}); // reads {key}\n"
            );
            return match self.operation.answer {
                Answer::Page(_) | Answer::NextPage(_) => {
                    format!("{client}for await (const item of {call}) {{\n  console.log(item);\n}}")
                }
                _ => format!("{client}const answer = await {call};\nconsole.log(answer);"),
            };
        }
        let client = format!(
            "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{ baseURL: \"{base}\", apiKey: process.env.{key} }});\n"
        );
        let client = match self.operation.access {
            Access::Nobody => format!(
                "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{ baseURL: \"{base}\", apiKey: \"none\" }}); // needs no key\n"
            ),
            _ => client,
        };
        let mut arguments = vec![format!("\"{}\"", self.target())];
        if !self.body.is_empty() {
            let members = self.body.iter().map(|(name, value)| format!("{name}: {}", node_value(value)));
            arguments.push(format!("{{ body: {{ {} }} }}", members.collect::<Vec<_>>().join(", ")));
        }
        let verb = self.operation.method.to_lowercase();
        let call = called(&format!("client.{verb}"), &arguments, "  ");
        format!("{client}const answer = await {call};\nconsole.log(answer);")
    }

    /// The named arguments of a method of the SDK: what is in the path before its last parameter, in the query and in
    /// the body.
    fn arguments(&self, show: impl Fn(&str, &Json) -> String) -> Vec<String> {
        let before = self.path.len().saturating_sub(1);
        let path = self.path[..before].iter().map(|(name, value)| show(name, &value.as_str().into()));
        let query = self.query.iter().map(|(name, value)| show(name, value));
        path.chain(query).chain(self.body.iter().map(|(name, value)| show(name, value))).collect()
    }
}

/// A call, on one line when it is short.
fn called(function: &str, arguments: &[String], indent: &str) -> String {
    let line = format!("{function}({})", arguments.join(", "));
    if line.len() <= 76 || arguments.is_empty() {
        return line;
    }
    let lines = arguments.iter().map(|argument| format!("{indent}{argument},\n"));
    format!("{function}(\n{})", lines.collect::<String>())
}

/// A value in a path or a query.
fn plain(value: &Json) -> String {
    match value {
        Json::Leaf(serde_json::Value::String(text)) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn python_value(value: &Json) -> String {
    match value {
        Json::Leaf(serde_json::Value::Null) => "None".to_owned(),
        Json::Leaf(serde_json::Value::Bool(true)) => "True".to_owned(),
        Json::Leaf(serde_json::Value::Bool(false)) => "False".to_owned(),
        Json::Leaf(other) => other.to_string(),
        Json::List(items) => format!("[{}]", items.iter().map(python_value).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("\"{name}\": {}", python_value(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

fn node_value(value: &Json) -> String {
    match value {
        Json::Leaf(other) => other.to_string(),
        Json::List(items) => format!("[{}]", items.iter().map(node_value).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}: {}", node_value(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The name that the SDK for Node.js gives to a method: `service_accounts.api_keys` is `serviceAccounts.apiKeys`.
fn camel(method: &str) -> String {
    let mut name = String::with_capacity(method.len());
    let mut upper = false;
    for letter in method.replace("admin_api_keys", "admin_aPIKeys").chars() {
        match letter {
            '_' => upper = true,
            _ if upper => {
                name.push(letter.to_ascii_uppercase());
                upper = false;
            }
            _ => name.push(letter),
        }
    }
    name
}
