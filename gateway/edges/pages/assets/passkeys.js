// Passkeys: browsers offer them to scripts only. A form that says what it wants in `data-passkey` is shown where it
// works, fetches the ceremony's options, asks the browser, and sends what came of it as any form does.
const text = (buffer) => {
  let bytes = "";
  for (const octet of new Uint8Array(buffer)) bytes += String.fromCharCode(octet);
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const octets = (given) =>
  Uint8Array.from(atob(given.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
const known = (list) => (list || []).map((one) => ({ ...one, id: octets(one.id) }));

const asked = {
  async get(options) {
    return navigator.credentials.get({
      publicKey: { ...options, challenge: octets(options.challenge), allowCredentials: known(options.allowCredentials) },
    });
  },
  async create(options) {
    return navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: octets(options.challenge),
        user: { ...options.user, id: octets(options.user.id) },
        excludeCredentials: known(options.excludeCredentials),
      },
    });
  },
};

const said = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const [button, failed] = [form.querySelector("button"), form.querySelector("[role=alert]")];
  form.hidden = false;
  for (const other of document.querySelectorAll("[data-without-passkey]")) other.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    failed.textContent = "";
    try {
      const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok) {
        // Whatever keeps it from beginning, a page that is asked for anew says better.
        if (answer.status === 401) return location.assign(form.dataset.again);
        throw new Error(answer.status);
      }
      const { state, options } = await answer.json();
      const credential = await asked[form.dataset.passkey](JSON.parse(options));
      form.elements.state.value = state;
      form.elements.credential.value = said(credential);
      form.submit();
    } catch {
      failed.textContent = form.dataset.failed;
      button.disabled = false;
    }
  });
}
