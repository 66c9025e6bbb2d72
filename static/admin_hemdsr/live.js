// The case page looks for progress every other second. It waits while somebody has a fold open or has typed
// something, so that nothing is swapped away under their hands.
"use strict";
window.hemdsrTyped = false;
document.addEventListener("input", () => { window.hemdsrTyped = true; });
document.addEventListener("submit", () => { window.hemdsrTyped = false; });
window.hemdsrIdle = () => !window.hemdsrTyped && !document.hidden && !document.querySelector("#live details[open]:not([data-auto])");

// A button that ticks every box of a name; without script it is not shown.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-check-all]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const box of document.querySelectorAll(`input[name="${button.dataset.checkAll}"]`)) box.checked = true;
    });
  }
});

// A preview beside a form: its button is pressed a moment after somebody stopped typing, and at once for what came back unsaved.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button[data-press-after-input]")) {
    let waiting = 0;
    button.form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => button.form.requestSubmit(button), 900);
    });
    button.form.addEventListener("submit", () => clearTimeout(waiting));
    if ("pressNow" in button.dataset) button.form.requestSubmit(button);
  }
});

// A link to a fold opens it.
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
window.addEventListener("hashchange", openTarget);
document.addEventListener("DOMContentLoaded", openTarget);

// The theme looks for a box of its own beside each file field, to write the file's name in, and fails where there is none.
// Ours show the name themselves, so the theme need not hear of the change.
document.addEventListener("change", (event) => {
  if (event.target instanceof Element && event.target.matches("input.dsr-file")) event.stopPropagation();
}, true);

// What was done is told at the top of the window, also where the page was opened at a place further down. A screen reader
// hears of it without losing that place: it reads only what is written into a status after the page has been built.
document.addEventListener("DOMContentLoaded", () => {
  const told = document.querySelector("[data-told]");
  if (!told) return;
  const close = told.querySelector("[data-told-close]");
  close.hidden = false;
  close.addEventListener("click", () => told.remove());
  const texts = [...told.querySelectorAll(".dsr-told-text")].map((text) => text.textContent);
  setTimeout(() => { told.querySelector("[data-told-aloud]").textContent = texts.join(" "); }, 150);
});
