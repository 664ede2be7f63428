// Parts of a page that keep themselves fresh. Without this file one reloads the page.
//   [data-refresh="/address"]: that address gives newer [data-live] parts; it is asked ever more seldom, and no longer
//   when the newer part names no address, when the page is hidden, or after a quarter of an hour
"use strict";

const FIRST = 1500, LONGEST = 30000, ENDS = Date.now() + 15 * 60 * 1000;
let wait = FIRST;

const asking = () => document.querySelector("[data-live][data-refresh]");

function later() {
  if (asking() && Date.now() < ENDS) setTimeout(refresh, wait);
}

async function refresh() {
  if (document.hidden) return document.addEventListener("visibilitychange", later, { once: true });
  try {
    const answer = await fetch(asking().dataset.refresh, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return; // signed out, or no longer ours to see
    const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
    const changed = [...newer.querySelectorAll("[data-live]")].filter(put).length > 0;
    wait = changed ? FIRST : Math.min(wait * 1.5, LONGEST);
  } catch {
    wait = LONGEST; // the line is down; the page still says what was true
  }
  later();
}

// The element stays, so that what a screen reader listens to stays; only its content is new.
function put(part) {
  const here = document.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
  if (!here || (here.innerHTML === part.innerHTML && here.dataset.refresh === part.dataset.refresh)) return false;
  here.replaceChildren(...part.childNodes);
  if (part.dataset.refresh) here.dataset.refresh = part.dataset.refresh;
  else delete here.dataset.refresh;
  return true;
}

later();
