// The case page looks for progress every other second. It waits while somebody has a fold open or has typed
// something, so that nothing is swapped away under their hands.
"use strict";
window.hemdsrTyped = false;
document.addEventListener("input", () => { window.hemdsrTyped = true; });
document.addEventListener("submit", () => { window.hemdsrTyped = false; });
window.hemdsrIdle = () => !window.hemdsrTyped && !document.hidden && !document.querySelector("#live details[open]");
