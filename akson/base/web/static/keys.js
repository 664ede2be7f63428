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
// writer's own pages alone ([data-keeps]). It comes back where nothing else was saved meanwhile.
function keeping(form, written) {
  const at = `akson-kept ${form.dataset.autosave}`, about = new TextEncoder().encode(at);
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const sealing = (iv) => ({ name: "AES-GCM", iv, additionalData: about });
  const able = form.dataset.keeps && globalThis.crypto?.subtle; // not over plain http from elsewhere
  const key = () => crypto.subtle.importKey("raw", bytes(form.dataset.keeps), "AES-GCM", false, ["encrypt", "decrypt"]);
  const words = (text) => { const all = new URLSearchParams(text); for (const name of ["_csrf", "_patient", "versjon"]) all.delete(name); return all; };
  return {
    drop: () => sessionStorage.removeItem(at),
    put: async (from) => {
      if (!able) return;
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const told = new TextEncoder().encode(`${words(from)}\n${words(written())}`);
      const sealed = new Uint8Array(await crypto.subtle.encrypt(sealing(iv), await key(), told));
      sessionStorage.setItem(at, btoa(String.fromCharCode(...iv)) + " " + btoa(Array.from(sealed, (one) => String.fromCharCode(one)).join("")));
    },
    back: async () => {
      const stored = able && sessionStorage.getItem(at);
      if (!stored) return false;
      const [iv, sealed] = stored.split(" ").map(bytes);
      const told = await crypto.subtle.decrypt(sealing(iv), await key(), sealed).catch(() => null); // another's
      const [from, to] = told ? new TextDecoder().decode(told).split("\n") : ["", ""];
      if (!told || from !== words(written()).toString()) return false;
      for (const [name, text] of new URLSearchParams(to)) {
        const field = form.elements[name];
        if (field instanceof Element && ["checkbox", "radio"].includes(field.type)) field.checked = field.value === text;
        else if (field) field.value = text;
      }
      return true;
    },
  };
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
    if (!stopped && written().toString() !== sent) event.detail.push(kept.put(sent).then(save));
  });
  form.addEventListener("input", soon);
  form.addEventListener("focusout", () => { clearTimeout(timer); save(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  form.addEventListener("submit", () => { stopped = true; clearTimeout(timer); });
  sent = written().toString();
  kept.back().then((found) => { if (found) { if (told) told.textContent = told.dataset.found; save(); } });
}
const faults = document.getElementById("feil");
if (faults) faults.focus();
