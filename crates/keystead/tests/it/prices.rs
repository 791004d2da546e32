//! `keystead admin prices`, and a running server that charges by what it sets.

use serde_json::json;

use crate::command_line::with_upstream;

const LIST: &str = "[[price]]\nmodel = \"gpt-4o\"\ninput = 3\noutput = 12\n[[price]]\nmodel = \"gpt-9\"\ninput = 1\n";

#[test]
fn prices_are_set_from_a_time_and_imported() {
    let place = with_upstream(&[]);
    let free = place.json(&["prices", "list"])["data"][0].clone();
    assert_eq!((&free["model"], &free["free"]), (&json!("gpt-4o"), &json!(true)), "{free}");
    // The model server counts tokens; a thousand for each is a cost that shows.
    let set = ["prices", "set", "gpt-4o", "--input", "1000", "--output", "1000", "--reason", "list of January"];
    let made = place.json(&set);
    assert_eq!((&made["price"]["input"], &made["made_by"]), (&json!(1000.0), &json!("command line")), "{made}");
    let (project, owner) = (place.project.as_str(), place.owner.as_str());
    let key = place.json(&["keys", "create", "--owner", owner, "--project", project])["value"].clone();
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hi" }] });
    let answer = place.product.call("POST", "/v1/chat/completions", key.as_str().unwrap(), Some(&body));
    assert_eq!(answer.status, 200);
    place.product.until("the cost is counted", || {
        let costs = place.json(&["costs"]);
        let days = costs["data"].as_array().unwrap().iter();
        days.flat_map(|day| day["results"].as_array().unwrap()).any(|cost| cost["amount"]["value"].as_f64() > Some(0.0))
    });

    let later = ["prices", "set", "gpt-4o", "--input", "5", "--from", "2030-01-01", "--reason", "later"];
    let id = place.json(&later)["id"].clone();
    assert!(place.text(&["prices", "list"]).contains("2030-01-01T00:00:00Z"));
    let withdrawn = place.json(&["prices", "withdraw", id.as_str().unwrap()]);
    assert!(withdrawn["withdrawn_at"].is_number(), "{withdrawn}");
    assert_eq!(place.json(&["prices", "history", "gpt-4o"])["history"].as_array().unwrap().len(), 2);

    let file = place.product.folder().join("prices.toml");
    std::fs::write(&file, LIST).unwrap();
    let file = file.to_str().unwrap();
    let preview = place.text(&["prices", "preview", file, "--from", "2030-01-01"]);
    assert!(preview.contains("Prices that would be set: 1.") && preview.contains("Last month cost 0"), "{preview}");
    let import = place.json(&["prices", "import", file, "--from", "2030-01-01", "--reason", "next year"]);
    assert_eq!(
        (&import["changes"][0]["after"]["output"], &import["not_served"]),
        (&json!(12.0), &json!(1)),
        "{import}"
    );

    // Images by quality and size are further rows of tables, and a line about one price.
    let images = ["--image", "40000", "--images", "hd=80000", "--images", "hd/1024x1792=120000.5"];
    let text = place.text(&[&["prices", "set", "gpt-4o", "--reason", "images"][..], &images].concat());
    assert!(text.contains("hd: 80000, hd/1024x1792: 120000.5"), "{text}");
    for arguments in [&["prices", "list"][..], &["prices", "history", "gpt-4o"]] {
        let table = place.text(arguments);
        let has = |words: [&str; 2]| table.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(has(["IMAGES OF", "REQUESTS"]) && has(["hd ", " 80000"]), "{table}");
        assert!(has(["hd/1024x1792", " 120000.5"]), "{table}");
    }

    for (arguments, wrong) in [
        (["prices", "set", "gpt-4o", "--input", "-1", "--reason", "x"], "cannot be negative"),
        (["prices", "set", "gpt-4o", "--input", "0.0000001", "--reason", "x"], "six digits"),
        (["prices", "set", "gpt-4o", "--from", "2020-01-01", "--reason", "x"], "input"),
        (["prices", "set", "gpt-9", "--input", "1", "--reason", "x"], "No such model"),
    ] {
        let (code, text) = place.refused(&arguments);
        assert!(code == 1 && text.contains(wrong), "{arguments:?}: {text}");
    }
    std::fs::write(place.product.folder().join("prices.toml"), "currency = \"EUR\"").unwrap();
    let (code, text) = place.refused(&["prices", "import", file, "--reason", "x"]);
    assert!(code == 1 && text.contains("in USD"), "{text}");
    let (code, text) = place.refused(&["prices", "import", "no-such-file", "--reason", "x"]);
    assert!(code == 1 && text.contains("no-such-file"), "{text}");
}
