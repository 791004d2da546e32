// Small improvements of pages that work without them.
// The reference of the API has a button for each path and example; they are made here, as its pages have many.
const reference = document.querySelector(".reference");
for (const code of reference?.querySelectorAll(".route code, .sample code") ?? []) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.copy = code.id;
  button.textContent = reference.dataset.copyWord;
  const place = code.closest(".sample")?.querySelector(".tab-head") ?? code.parentElement;
  button.ariaLabel = `${button.textContent}: ${place.textContent.trim()}, ${code.closest("section").querySelector("h2").textContent}`;
  if (place === code.parentElement) button.className = "quiet";
  place.append(" ", button);
}
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23" });
      const copied = button.closest("[data-copied]").dataset.copied.replace("%", time);
      const beside = document.getElementById(button.dataset.beside);
      button.dataset.done = "";
      button.textContent = button.dataset.again ?? copied;
      button.classList.remove("primary");
      if (beside) {
        beside.textContent = copied;
        beside.className = "state ok";
        const glyph = document.createElement("span");
        glyph.className = "glyph ok";
        glyph.ariaHidden = "true";
        beside.prepend(glyph);
      }
      const then = document.getElementById(button.dataset.then);
      if (then) {
        then.classList.add("primary");
        then.textContent = then.dataset.after ?? then.textContent;
        then.focus();
      }
      const said = document.getElementById("said");
      if (said) said.textContent = copied;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  });
}
// A chosen file fills the field beside it, so that the form is sent like any other.
for (const chooser of document.querySelectorAll("input[data-fills]")) {
  const field = document.getElementById(chooser.dataset.fills);
  chooser.closest("[hidden]").hidden = false;
  chooser.addEventListener("change", async () => {
    const chosen = chooser.files[0];
    if (!chosen) return;
    const bytes = new Uint8Array(await chosen.slice(0, 32_768).arrayBuffer());
    // A certificate in DER begins with this byte; forms carry PEM.
    const lines = () => btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g).join("\n");
    field.value = bytes[0] === 0x30 ? `-----BEGIN CERTIFICATE-----\n${lines()}\n-----END CERTIFICATE-----` : new TextDecoder().decode(bytes);
  });
}
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.busy) return;
    button.style.minWidth = `${button.offsetWidth}px`;
    button.textContent = button.dataset.busy;
    form.addEventListener("submit", (again) => again.preventDefault());
  });
}
// Escape closes an open dialog by its link for that, usually the first. A secret that was not copied is asked for once.
addEventListener("keydown", (event) => {
  const dialog = document.querySelector("dialog[open]");
  if (event.key !== "Escape" || !dialog) return;
  const link = dialog.querySelector("[data-close]") ?? dialog.querySelector(".foot-row a");
  const uncopied = dialog.dataset.unsaved && dialog.querySelector("[data-copy]:not([data-done])");
  if (link && (!uncopied || confirm(dialog.dataset.unsaved))) location.assign(link.href);
});
// A page with a secret that was not copied asks once before a link leaves it.
for (const page of document.querySelectorAll("main[data-unsaved]")) {
  let asked = false;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || asked || page.querySelector("[data-secret][data-done], [data-answered]")) return;
    asked = true;
    if (!confirm(page.dataset.unsaved)) event.preventDefault();
  });
}
// A page that the browser restores after "back" has the token of a form that was sent: it is loaded again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
// Pages show times in the zone of the account, which gets the browser's zone at first, or in the zone of this cookie.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `keystead_zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
const unknown = document.querySelector("form[data-zone='']");
if (unknown && zone && zone !== "UTC") {
  const body = new URLSearchParams({ csrf: unknown.elements.csrf.value, next: "/home", time_zone: zone });
  fetch("/preferences", { method: "POST", body, redirect: "manual" }).catch(() => {});
}
// A page that waits for another device listens for changes, and asks every 1.5 seconds where it cannot listen. It does
// neither while it is not visible.
const waiting = document.querySelector("[data-follow]");
if (waiting) {
  const told = async (state) => {
    if (state === waiting.dataset.state) return;
    if (!waiting.dataset.page) return location.reload();
    // Reloading would hide a secret that is shown once: only the parts that change are loaded.
    waiting.dataset.state = state;
    const answer = await fetch(waiting.dataset.page, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      part.replaceChildren(...(fresh.getElementById(part.id)?.childNodes ?? []));
    }
    // The accent moves to the next thing to do.
    if (document.querySelector("[data-answered]")) document.querySelector("[data-secret].primary")?.classList.remove("primary");
  };
  const ask = async () => {
    if (document.hidden) return;
    const response = await fetch(waiting.dataset.follow, { headers: { accept: "text/plain" }, cache: "no-store" });
    if (response.ok) await told(await response.text());
  };
  let asking;
  const askAgain = () => {
    asking ??= setInterval(() => ask().catch(() => {}), Number(waiting.dataset.every ?? 1500));
  };
  let source;
  const listen = () => {
    source = new EventSource(waiting.dataset.events);
    source.addEventListener("message", (event) => told(event.data).catch(() => {}));
    source.addEventListener("error", () => {
      // A cut connection is taken up again by the browser; a refusal is not.
      if (source.readyState === EventSource.CLOSED) askAgain();
    });
  };
  if ("EventSource" in window && waiting.dataset.events) {
    if (!document.hidden) listen();
    document.addEventListener("visibilitychange", () => {
      source?.close();
      if (!document.hidden && !asking) listen();
    });
  } else {
    askAgain();
  }
}
// The list of time zones offers the zone of the device when another one is chosen.
const offer = document.querySelector("[data-zone-offer]");
const zones = document.getElementById("time_zone");
if (offer && zone && zones?.value !== zone && [...zones.options].some((option) => option.value === zone)) {
  offer.textContent = offer.dataset.zoneOffer.replace("%s", zone.replaceAll("_", " "));
  offer.hidden = false;
  offer.addEventListener("click", () => {
    zones.value = zone;
    offer.hidden = true;
    zones.focus();
  });
}
// The keyboard begins at what is wrong, at what is next, or within an open dialog and not on the page behind it.
const inside = "dialog[open] :is(a[href], button:not([hidden]), select, textarea, input:not([type=hidden], [hidden]))";
(document.querySelector("[autofocus], .summary[tabindex]") ?? document.querySelector(inside))?.focus();
// The reference of the API: the language of the examples is remembered, and the list of operations follows the words.
for (const choice of document.querySelectorAll(".in-language input")) {
  if (localStorage.getItem("code") === choice.value) choice.checked = true;
  choice.addEventListener("change", () => localStorage.setItem("code", choice.value));
}
const groups = [...document.querySelectorAll("[data-found]")];
const find = document.querySelector(".reference-top #q");
addEventListener("keydown", (event) => {
  if (event.key !== "/" || !find || event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  find.focus();
});
if (groups.length) {
  const none = document.getElementById("none");
  find.addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const group of groups) {
      const rows = [...group.querySelectorAll("li")];
      const name = group.querySelector("h2").textContent;
      for (const row of rows) row.hidden = !words.every((word) => `${name} ${row.textContent}`.toLowerCase().includes(word));
      group.hidden = rows.every((row) => row.hidden);
    }
    none.hidden = groups.some((group) => !group.hidden);
  });
}
