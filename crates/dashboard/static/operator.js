// Keys for the pages of cases, which also work without them. Keys of a single letter can be switched off; the browser
// remembers that.
const LETTERS = "keystead-letters";
const dialog = document.getElementById("keys");
const box = document.getElementById("letters");
const form = document.getElementById("decide");
const letters = () => localStorage.getItem(LETTERS) !== "off";

const show = () => document.documentElement.classList.toggle("with-keys", letters());
box.checked = letters();
box.addEventListener("change", () => {
  localStorage.setItem(LETTERS, box.checked ? "on" : "off");
  show();
});
show();
for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}

// The button says what it does: the label of the chosen decision.
const name = () => {
  const chosen = form?.querySelector("input[name=decision]:checked");
  if (chosen) form.querySelector("[data-label]").textContent = chosen.dataset.button;
};
form?.addEventListener("change", name);
name();

const enlarged = () => document.querySelector("figure.enlarged");
function enlarge(link) {
  const before = enlarged();
  before?.classList.remove("enlarged");
  const figure = link?.closest("figure");
  if (figure && figure !== before) figure.classList.add("enlarged");
  link?.focus();
}
for (const link of document.querySelectorAll("[data-enlarge]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    enlarge(link);
  });
}

/** Chooses a decision, and leads to what it asks for. */
function choose(radio) {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  const asked = radio.closest(".choice").querySelector(".more input:not(:checked)");
  (asked ?? radio).focus();
}

function act(key) {
  if (key === "?") return dialog.showModal();
  if (/^[1-9]$/.test(key)) return enlarge(document.querySelector(`[data-enlarge="${key}"]`));
  if (key === "j" || key === "k") return document.querySelector(`a[rel=${key === "j" ? "next" : "prev"}]`)?.click();
  const radio = form?.querySelector(`[data-key="${key}"]`);
  if (radio) choose(radio);
}

const typing = (element) =>
  element.matches?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || dialog.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form?.requestSubmit();
    return;
  }
  if (event.key === "Escape" && enlarged()) return enlarge(null);
  if (!letters() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  act(event.key.toLowerCase());
});
