// Locks the screen when nobody has touched it for a while: form[data-idle] is sent after so many seconds, from whichever
// tab notices first; the others are then led to the same locked page, as they are when somebody
// locks or signs out. A page with no such form that shows somebody's name all the same is left for the front door
// ([data-idle] on anything else). Without this file the server locks by itself at the next request.
"use strict";

// What the tabs tell each other; where the browser keeps nothing for us, or has no more room, a tab knows of itself alone.
const own = new Map();
const note = (what) => { try { localStorage.setItem(what, Date.now()); own.delete(what); } catch { own.set(what, Date.now()); } };
const last = (what) => own.get(what) ?? Number(localStorage.getItem(what));

const watched = document.querySelector("[data-idle]");
const locks = watched instanceof HTMLFormElement ? watched : null;
const SEEN = "akson-seen", OUT = "akson-out", IN_USE = 5 * 60 * 1000;

// Asked for anew, never loaded anew: what came of a form would first ask whether to send it again, and stay in sight.
const gone = async () => { await saved(); location.replace(locks ? location.pathname + location.search : "/"); };
// Whether nobody is signed in any more; what could not be asked is not known to be so.
const out = async () => {
  const answer = await fetch("/laas/her", { credentials: "same-origin" }).catch(() => null);
  return Boolean(answer && answer.ok && await answer.text() === "out");
};
// Drafts first, as long as the session still takes them; what it does not take is kept in the tab; see keys.js. Nothing is
// to be read while that is waited for.
const saved = () => {
  document.documentElement.hidden = true;
  const saves = [];
  for (const draft of document.querySelectorAll("form[data-autosave]"))
    draft.dispatchEvent(new CustomEvent("akson-save", { detail: saves }));
  return Promise.race([Promise.allSettled(saves), new Promise((done) => setTimeout(done, 3000))]);
};
// What a browser kept of a page that was left is asked for anew, not left empty.
addEventListener("pageshow", (event) => { if (event.persisted && document.documentElement.hidden) location.reload(); });
const leave = async (form) => {
  await saved();
  note(OUT);
  if (form) form.submit(); else gone();
};
for (const form of document.querySelectorAll('form[action="/laas"], form[action="/logg-ut"]'))
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(form); });

// On the locked page: that a tab holds something which the server never got, and nothing of what it is; see keys.js.
const held = document.querySelector("[data-kept]");
try { if (held) held.hidden = !Object.keys(sessionStorage).some((one) => one.startsWith("akson-kept ")); } catch { /* nothing is kept */ }

if (watched) {
  const idle = Number(watched.dataset.idle) * 1000;
  let told = Date.now();

  const touched = () => {
    const now = Date.now();
    if (now - last(SEEN) > 5000) note(SEEN);
    if (now - told > IN_USE) tell(now); // reading and writing ask the server for nothing: tell it that somebody is here
  };
  const tell = async (now) => {
    told = now;
    if (await out()) gone();
  };

  note(SEEN);
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"])
    document.addEventListener(kind, touched, { passive: true });
  // Without a page of its own: the one that is come back to is that of the tab that locked.
  const follow = async (tries) => {
    if (await out()) { await saved(); location.replace(locks ? "/logg-inn" : "/"); }
    else if (tries) setTimeout(follow, 1000, tries - 1);
    else gone();
  };
  addEventListener("storage", (event) => { if (event.key === OUT) setTimeout(follow, 1000, 5); });
  const watch = setInterval(() => {
    if (Date.now() - last(SEEN) < idle) return;
    clearInterval(watch);
    leave(locks);
  }, 1000);
}
