// Passkeys: hands the server's question to the browser's authenticator, and its answer to the form that contains it. Forms
// stay hidden where the browser or the address cannot.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function ask(kind, { publicKey }) {
  const challenge = bytes(publicKey.challenge);
  if (kind === "create") {
    const user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    return navigator.credentials.create({ publicKey: { ...publicKey, challenge, user, excludeCredentials: known(publicKey.excludeCredentials) } });
  }
  return navigator.credentials.get({ publicKey: { ...publicKey, challenge, allowCredentials: known(publicKey.allowCredentials) } });
}

function told({ id, rawId, type, response }) {
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    said.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: said, extensions: {} });
}

async function go(form) {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const csrf = form.querySelector("[name=csrf]")?.value ?? "";
    const answer = await fetch(form.dataset.ask, { method: "POST", body: new URLSearchParams({ csrf }), headers: { accept: "application/json" } });
    // Too late for this page: it asks for a fresh proof, or to sign in, when it is opened again.
    if (answer.status === 403 || answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const { state, options } = await answer.json();
    const credential = await ask(form.dataset.passkey, options);
    form.querySelector("[data-state]").value = state;
    form.querySelector("[data-answer]").value = told(credential);
    form.submit();
  } catch {
    failed.setAttribute("role", "alert");
    failed.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const site = form.dataset.site;
  const here = location.hostname === site || location.hostname.endsWith(`.${site}`);
  if (!here || !window.PublicKeyCredential) continue;
  form.hidden = false;
  for (const missing of document.querySelectorAll("[data-passkey-missing]")) missing.hidden = true;
  form.querySelector("[data-passkey-go]").addEventListener("click", () => form.reportValidity() && go(form));
}
