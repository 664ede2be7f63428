// Keyboard and drafts. Every page works without this file.
//   Ctrl+K search · g then a letter: data-keys="g o" · one letter: data-keys="n" · j, k: next and previous in [data-list]
//   Ctrl+Enter: the form's main button · form[data-autosave]: saved within 2 s of the last key and when focus leaves
// Single letters are silent in fields, and off when localStorage "akson-keys" is "off" (WCAG 2.1.4).
"use strict";

const single = () => localStorage.getItem("akson-keys") !== "off";
const writing = (at) => at.closest("input, textarea, select, [contenteditable]") !== null;
const press = (keys) => {
  const found = document.querySelector(`[data-keys="${CSS.escape(keys)}"]`);
  if (found) found.click();
  return found !== null;
};
let first = "";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key.toLowerCase() === "k") return focusSearch(event);
  if (event.ctrlKey && event.key === "Enter") return submit(event);
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || !single()) return;
  const keys = first === "g" ? `g ${event.key}` : event.key;
  first = keys === "g" ? "g" : "";
  if (keys === "j" || keys === "k") step(keys === "j" ? 1 : -1);
  else if (keys !== "g" && press(keys)) event.preventDefault();
});

function focusSearch(event) {
  const field = document.getElementById("finn");
  if (!field) return;
  event.preventDefault();
  field.focus();
}

function submit(event) {
  const form = event.target.closest("form");
  const main = form && document.querySelector(`[data-main][form="${form.id}"], #${CSS.escape(form.id || "-")} [data-main]`);
  if (main) main.click();
}

function step(by) {
  const links = [...document.querySelectorAll("[data-list] th a, [data-list] li > a")];
  const at = links.indexOf(document.activeElement);
  if (links.length) links[Math.min(Math.max(at + by, 0), links.length - 1)].focus();
}

// What a form held that could not be saved before the screen was locked: in this tab, sealed under a key that stands in its
// writer's own pages alone ([data-keeps]: the first seals, those of the days before open too). It comes back where nothing
// else was saved meanwhile.
function keeping(form, written) {
  const at = `akson-kept ${form.dataset.autosave}`, about = new TextEncoder().encode(at);
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const sealing = (iv) => ({ name: "AES-GCM", iv, additionalData: about });
  const able = form.dataset.keeps && globalThis.crypto?.subtle; // not over plain http from elsewhere
  const keys = (form.dataset.keeps || "").split(" ");
  const key = (text) => crypto.subtle.importKey("raw", bytes(text), "AES-GCM", false, ["encrypt", "decrypt"]);
  const opened = async (iv, sealed) => {
    for (const one of keys) {
      const told = await crypto.subtle.decrypt(sealing(iv), await key(one), sealed).catch(() => null); // of another day
      if (told) return new TextDecoder().decode(told).split("\n");
    }
    return null; // another's
  };
  const words = (text) => { const all = new URLSearchParams(text); for (const name of ["_csrf", "_patient", "versjon"]) all.delete(name); return all; };
  const drop = () => { try { sessionStorage.removeItem(at); } catch { /* storage is off: there is nothing */ } };
  return {
    drop,
    put: async (from) => {
      if (!able) return;
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const told = new TextEncoder().encode(`${words(from)}\n${words(written())}`);
      const sealed = new Uint8Array(await crypto.subtle.encrypt(sealing(iv), await key(keys[0]), told));
      sessionStorage.setItem(at, btoa(String.fromCharCode(...iv)) + " " + btoa(Array.from(sealed, (one) => String.fromCharCode(one)).join("")));
    },
    back: async () => {
      const stored = able && sessionStorage.getItem(at);
      const told = stored && await opened(...stored.split(" ").map(bytes));
      if (!told) return false;
      const [from, to] = told;
      if (from !== words(written()).toString()) { drop(); return false; } // something else was saved meanwhile
      fill(form, new URLSearchParams(to));
      return true;
    },
  };
}

// What was not ticked is not among what was held, and several boxes or fields may have one name.
function fill(form, held) {
  const left = new Map();
  for (const field of form.elements) {
    if (field.matches(":disabled")) continue;
    if (!left.has(field.name)) left.set(field.name, held.getAll(field.name));
    const texts = left.get(field.name);
    if (field.type === "checkbox" || field.type === "radio") field.checked = texts.includes(field.value);
    else if (texts.length) field.value = texts.shift();
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const told = document.querySelector("[data-saved]");
  let timer = 0;
  let sent = "";
  let stopped = false;
  const written = () => {
    const body = new URLSearchParams(new FormData(form));
    body.delete("_once"); // belongs to the real sending
    return body;
  };
  const kept = keeping(form, written);
  const save = async () => {
    const body = written();
    if (stopped) return;
    if (body.toString() === sent) return;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, credentials: "same-origin", keepalive: document.hidden });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status)); // redirected: to the sign-in
      sent = body.toString();
      kept.drop();
      if (told) told.textContent = await answer.text();
    } catch {
      if (told) told.textContent = told.dataset.failed;
      timer = setTimeout(save, 4000);
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(save, 2000); };
  form.addEventListener("akson-save", (event) => {
    clearTimeout(timer);
    if (!stopped && written().toString() !== sent) event.detail.push(kept.put(sent).catch(() => {}).then(save));
  });
  form.addEventListener("input", soon);
  form.addEventListener("focusout", () => { clearTimeout(timer); save(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  form.addEventListener("submit", () => { stopped = true; clearTimeout(timer); kept.drop(); });
  sent = written().toString();
  kept.back().then((found) => { if (found) { if (told) told.textContent = told.dataset.found; save(); } });
}
const faults = document.getElementById("feil");
if (faults) faults.focus();
