// Locks the screen when nobody has touched it for a while: form[data-idle] is sent after so many seconds, from whichever
// tab notices first; the others then load anew and are led to the same locked page. Without this file the server locks by
// itself at the next request.
"use strict";

const leaving = document.querySelector("form[data-idle]");
const SEEN = "akson-seen", OUT = "akson-out", IN_USE = 5 * 60 * 1000;

if (leaving) {
  const idle = Number(leaving.dataset.idle) * 1000;
  let told = Date.now();

  const touched = () => {
    const now = Date.now();
    if (now - Number(localStorage.getItem(SEEN)) > 5000) localStorage.setItem(SEEN, now);
    if (now - told > IN_USE) tell(now); // reading and writing ask the server for nothing: tell it that somebody is here
  };
  const tell = async (now) => {
    told = now;
    const answer = await fetch("/laas/her", { credentials: "same-origin" }).catch(() => null);
    if (answer && answer.status === 401) location.reload();
  };
  // Drafts first, as long as the session still takes them; see keys.js.
  const leave = async () => {
    const saves = [];
    for (const form of document.querySelectorAll("form[data-autosave]"))
      form.dispatchEvent(new CustomEvent("akson-save", { detail: saves }));
    await Promise.race([Promise.allSettled(saves), new Promise((done) => setTimeout(done, 3000))]);
    localStorage.setItem(OUT, Date.now());
    leaving.submit();
  };

  localStorage.setItem(SEEN, Date.now());
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"])
    document.addEventListener(kind, touched, { passive: true });
  leaving.addEventListener("submit", (event) => { event.preventDefault(); leave(); });
  addEventListener("storage", (event) => { if (event.key === OUT) setTimeout(() => location.reload(), 1000); });
  const watch = setInterval(() => {
    if (Date.now() - Number(localStorage.getItem(SEEN)) < idle) return;
    clearInterval(watch);
    leave();
  }, 1000);
}
