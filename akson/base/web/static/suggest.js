// Suggestions while somebody types: input[data-suggest="/address"] shows the answer of /address?q=... in "#<id>-forslag".
// Enter takes the first one. Without this file the button beside the field does the same.
"use strict";

for (const field of document.querySelectorAll("input[data-suggest]")) {
  const box = document.getElementById(`${field.id}-forslag`);
  let timer = 0;
  let latest = 0;
  const ask = async () => {
    const turn = ++latest;
    const asked = field.value.trim();
    if (!asked) return box.replaceChildren();
    const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(asked)}`, { credentials: "same-origin" });
    if (turn !== latest || !answer.ok || answer.redirected) return;
    box.innerHTML = await answer.text();
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  field.addEventListener("keydown", (event) => {
    const first = box.querySelector("button");
    if (event.key !== "Enter" || event.ctrlKey || !first) return;
    event.preventDefault();
    first.click();
  });
}
