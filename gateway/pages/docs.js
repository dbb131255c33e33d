// The API's documentation, drawn from /openapi.json: each operation can be read, tried, and copied as a curl line.
import { words } from "/assets/words.js";

let language = localStorage.getItem("language") === "en" ? "en" : "fr";
// In memory only: a token of a page that was left is a token lost.
let token = "";
let api = null;

const word = (name) => words[language][name];
const at = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function worded(tag, name, properties = {}) {
  const element = make(tag, properties, word(name));
  element.dataset.word = name;
  return element;
}

function speak() {
  document.documentElement.lang = language;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", word(element.dataset.label));
}

function say(element, name) {
  element.dataset.word = name;
  element.textContent = word(name);
}

const resolved = (schema) =>
  schema && schema.$ref ? schema.$ref.slice(2).split("/").reduce((within, step) => within[step], api) : schema ?? {};

// A value of the right shape; for requests without what the service fills itself.
function sample(schema, sending, depth = 0) {
  const shape = resolved(schema);
  if (shape.examples) return shape.examples[0];
  if (shape.enum) return shape.enum[1] ?? shape.enum[0];
  if (shape.type === "array") return depth > 3 ? [] : [sample(shape.items, sending, depth + 1)];
  if (shape.type === "object") {
    const fields = Object.entries(shape.properties ?? {}).filter(([, field]) => !(sending && field.readOnly));
    return depth > 3 ? {} : Object.fromEntries(fields.map(([name, field]) => [name, sample(field, sending, depth + 1)]));
  }
  if (shape.type === "integer" || shape.type === "number") return 0;
  if (shape.type === "boolean") return false;
  return shape.format === "int64" || shape.format === "uint64" ? "0" : "";
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

class Operation {
  constructor(verb, path, described) {
    Object.assign(this, { verb, path, described });
    this.inputs = (described.parameters ?? []).map((parameter) => [parameter, make("input", { type: "text" })]);
    [this.type, this.content] = Object.entries(described.requestBody?.content ?? {})[0] ?? [];
    this.json = this.type === "application/json";
    this.open = described.security?.length === 0;
  }

  draw() {
    const { summary, description } = this.described;
    const details = make("details");
    details.dataset.text = `${this.verb} ${this.path} ${summary} ${description ?? ""}`.toLowerCase();
    details.append(
      make("summary", {},
        make("span", { className: `verb ${this.verb}` }, this.verb.toUpperCase()),
        make("span", { className: "path" }, this.path),
        make("span", { className: "about", lang: "en" }, summary)),
    );
    details.addEventListener("toggle", () => this.fill(details), { once: true });
    return details;
  }

  fill(details) {
    const { description } = this.described;
    if (description) details.append(make("p", { lang: "en" }, description));
    if (this.open) details.append(make("p", {}, worded("em", "public")));
    if (this.inputs.length) details.append(worded("h3", "parameters"), this.fields());
    if (this.type) details.append(worded("h3", "body"), ...this.body());
    this.curl = make("pre", { tabIndex: 0 });
    this.answer = make("div", { ariaLive: "polite" });
    const copy = worded("button", "copy", { type: "button" });
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.curl.textContent);
      say(copy, "copied");
    });
    const send = worded("button", "send", { type: "button", className: "main" });
    send.addEventListener("click", () => this.send(send));
    details.append(worded("h3", "curl"), this.curl, make("p", {}, copy, " ", send), this.answer, ...this.expected());
    details.addEventListener("input", () => this.show());
    this.show();
  }

  fields() {
    const grid = make("div", { className: "fields" });
    for (const [parameter, input] of this.inputs) {
      input.id = `${this.described.operationId}-${parameter.name}`;
      const about = [parameter.required ? word("required") : "", parameter.description ?? ""].filter(Boolean).join(" · ");
      grid.append(make("label", { htmlFor: input.id }, parameter.name, make("small", { lang: "en" }, about)), input);
    }
    return grid;
  }

  body() {
    const text = this.json ? JSON.stringify(sample(this.content.schema, true), null, 2) : "From: \nTo: \nSubject: \n\n";
    this.text = make("textarea", { value: text, spellcheck: false });
    this.text.dataset.label = "body";
    this.text.setAttribute("aria-label", word("body"));
    if (this.json) return [this.text];
    this.file = make("input", { type: "file" });
    return [this.text, make("label", {}, worded("span", "file"), " ", this.file)];
  }

  expected() {
    const [status, response] = Object.entries(this.described.responses)[0];
    const schema = response.content?.["application/json"]?.schema;
    const shown = schema ? JSON.stringify(sample(schema, false), null, 2) : Object.keys(response.content ?? {}).join(", ");
    return [worded("h3", "answer"), make("pre", { tabIndex: 0 }, `${status}\n${shown}`)];
  }

  url() {
    let path = this.path;
    const query = new URLSearchParams();
    for (const [parameter, input] of this.inputs) {
      if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value) || `{${parameter.name}}`);
      else if (parameter.in === "query" && input.value) {
        const values = parameter.schema.type === "array" ? input.value.split(",") : [input.value];
        for (const value of values) query.append(parameter.name, value);
      }
    }
    return path + (query.size ? `?${query}` : "");
  }

  headers(bearer) {
    const headers = {};
    if (bearer && !this.open) headers.Authorization = `Bearer ${bearer}`;
    if (this.type) headers["Content-Type"] = this.type;
    for (const [parameter, input] of this.inputs) if (parameter.in === "header" && input.value) headers[parameter.name] = input.value;
    return headers;
  }

  show() {
    const parts = [`curl -X ${this.verb.toUpperCase()} ${quoted(location.origin + this.url())}`];
    for (const [name, value] of Object.entries(this.headers("$TOKEN"))) {
      parts.push(name === "Authorization" ? `-H "${name}: ${value}"` : `-H ${quoted(`${name}: ${value}`)}`);
    }
    if (this.json) parts.push(`-d ${quoted(this.text.value.replace(/\s*\n\s*/g, " "))}`);
    else if (this.type) parts.push(`--data-binary @${quoted(this.file.files[0]?.name ?? "message.eml")}`);
    this.curl.textContent = parts.join(" \\\n  ");
  }

  async send(button) {
    say(button, "sending");
    button.disabled = true;
    const body = this.file?.files[0] ?? (this.json ? this.text.value : this.text?.value.replaceAll("\n", "\r\n"));
    try {
      const response = await fetch(this.url(), { method: this.verb.toUpperCase(), headers: this.headers(token), body });
      await this.receive(response);
    } catch {
      this.answer.replaceChildren(worded("p", "unreachable", { className: "bad" }));
    }
    button.disabled = false;
    say(button, "send");
  }

  async receive(response) {
    const type = response.headers.get("content-type") ?? "";
    const blob = await response.blob();
    let shown = "";
    if (type.includes("json")) shown = JSON.stringify(JSON.parse(await blob.text()), null, 2);
    else if (/^(text|message)\//.test(type)) shown = await blob.slice(0, 200000).text();
    const lines = [`${response.status} ${response.statusText}`];
    for (const name of ["content-type", "etag", "content-range", "x-request-id", "ratelimit"]) {
      if (response.headers.has(name)) lines.push(`${name}: ${response.headers.get(name)}`);
    }
    const children = [worded("h3", "got"), make("pre", { tabIndex: 0, className: response.ok ? "" : "bad" }, `${lines.join("\n")}\n\n${shown}`)];
    if (!type.includes("json") && blob.size) {
      const link = worded("a", "save", { href: URL.createObjectURL(blob), download: "content" });
      children.push(make("p", {}, link));
    }
    this.answer.replaceChildren(...children);
  }
}

function draw() {
  at("about").append(...api.info.description.split("`").map((text, odd) => (odd % 2 ? make("code", {}, text) : text)));
  const groups = new Map(api.tags.map((tag) => [tag.name, make("section", {}, make("h2", { lang: "en" }, tag.name), make("p", { lang: "en" }, tag.description ?? ""))]));
  for (const [path, verbs] of Object.entries(api.paths)) {
    for (const [verb, described] of Object.entries(verbs)) {
      groups.get(described.tags[0]).append(new Operation(verb, path, described).draw());
    }
  }
  at("operations").replaceChildren(...groups.values());
  for (const { reason, title, status } of api["x-problems"]) {
    at("problems").append(make("tr", { id: `problem-${reason}` }, make("td", {}, String(status)), make("td", {}, make("code", {}, reason)), make("td", {}, title)));
  }
  if (location.hash) document.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`)?.scrollIntoView();
}

function filter() {
  const wanted = at("filter").value.trim().toLowerCase();
  for (const section of at("operations").children) {
    let some = false;
    for (const details of section.querySelectorAll("details")) {
      details.hidden = !details.dataset.text.includes(wanted);
      some ||= !details.hidden;
    }
    section.hidden = !some;
  }
}

async function login(event) {
  event.preventDefault();
  try {
    const response = await fetch("/v1/sessions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(at("login")))),
    });
    const answer = await response.json();
    if (response.ok) {
      hold(answer.access_token);
      return;
    }
    delete at("state").dataset.word;
    at("state").textContent = answer.detail;
  } catch {
    say(at("state"), "unreachable");
  }
}

function hold(given) {
  token = given;
  at("leave").hidden = !token;
  at("login").elements.password.value = "";
  say(at("state"), token ? "in" : "out");
}

at("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  localStorage.setItem("language", language);
  speak();
});
at("login").addEventListener("submit", login);
at("leave").addEventListener("click", () => hold(""));
at("filter").addEventListener("input", filter);

speak();
try {
  api = await (await fetch("/openapi.json")).json();
  draw();
} catch {
  at("operations").replaceChildren(worded("p", "failed", { className: "bad" }));
}
