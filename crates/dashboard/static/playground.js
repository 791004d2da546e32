// Sends the playground's form and shows the answer as it arrives. Without this script the form shows the whole answer.
const form = document.getElementById("playground");
const part = (id) => document.getElementById(id);
const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language);
const money = new Intl.NumberFormat(language, { style: "currency", currency: "USD", maximumFractionDigits: 6 });
let running;
// How often the code was asked for.
let written = 0;

const fields = () => new URLSearchParams(new FormData(form));
const post = (address, signal) =>
  fetch(address, { method: "POST", body: fields(), signal, headers: { accept: "application/json" } });

/** Shows one element of the answer, and hides the others that exclude it. */
const show = (id, shown = true) => { part(id).hidden = !shown; };
const figure = (id, value) => { part(`f-${id}`).textContent = value; };

function refuse({ status, title, lead, href, raw, request }) {
  part("refusal-title").textContent = title;
  part("refusal-lead").textContent = lead;
  part("refusal-link").href = href;
  part("refusal-raw").textContent = raw;
  show("refusal-details", raw !== "");
  show("refusal");
  figure("status", status);
  figure("request", request);
  part("refusal").focus();
}

function counted(usage) {
  if (!usage) return;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  figure("input", number.format(input));
  figure("output", number.format(output));
  const price = part("model").selectedOptions[0].dataset;
  // Prices are millionths of the currency for a million tokens.
  const cost = (input * price.input + output * price.output) / 1e12;
  if (cost > 0) figure("cost", money.format(cost));
}

/** One event of the stream. */
function heard(event) {
  const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
  if (data === "" || data === "[DONE]") return;
  const chunk = JSON.parse(data);
  if (chunk.error) {
    const query = new URLSearchParams({ q: data });
    const project = new URL(form.action).searchParams.get("project");
    refuse({ status: chunk.error.code ?? "", title: chunk.error.message, lead: "", href: `/help?${query}&project=${project}`, raw: data, request: part("f-request").textContent });
    return;
  }
  part("text").append(chunk.choices?.[0]?.delta?.content ?? "");
  counted(chunk.usage);
}

async function read(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest = (rest + value).replaceAll("\r\n", "\n");
    const events = rest.split("\n\n");
    rest = events.pop();
    events.forEach(heard);
  }
  heard(rest);
}

/** Writes the code of what is typed; an answer that a later question has overtaken is not shown. */
async function write() {
  written += 1;
  const mine = written;
  const response = await post(form.dataset.code).catch(() => undefined);
  if (!response?.ok || response.redirected) return;
  const code = await response.json();
  if (mine !== written) return;
  for (const [id, text] of Object.entries(code)) part(id).textContent = text;
}

async function ask() {
  write();
  const began = performance.now();
  running = new AbortController();
  part("text").textContent = "";
  part("text").setAttribute("aria-busy", "true");
  for (const id of ["refusal", "none", "stopped", "broken"]) show(id, false);
  for (const id of ["status", "time", "input", "output", "cost", "request"]) figure(id, "");
  show("figures");
  show("stop");
  part("send").disabled = true;
  try {
    const response = await post(form.dataset.stream, running.signal);
    // The session ended: the page leads to the sign-in and back.
    if (response.redirected) return location.assign(form.action);
    figure("status", response.status);
    figure("request", response.headers.get("x-request-id") ?? "");
    if (!response.ok) {
      refuse(await response.json());
    } else if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      await read(response);
    } else {
      const whole = await response.json();
      part("text").textContent = whole.choices?.[0]?.message?.content ?? "";
      counted(whole.usage);
    }
  } catch (error) {
    show(error.name === "AbortError" ? "stopped" : "broken");
  } finally {
    figure("time", `${number.format(Math.round(performance.now() - began))}\u00a0ms`);
    part("text").setAttribute("aria-busy", "false");
    part("send").disabled = false;
    show("stop", false);
    running = undefined;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!running) ask();
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
part("stop").addEventListener("click", () => {
  running?.abort();
  part("message").focus();
});
form.addEventListener("change", write);
