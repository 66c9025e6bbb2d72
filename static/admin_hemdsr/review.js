// Reading and masking: the marked text fills in its place, and keys go between records. Everything works without it too.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const page = document.querySelector("[data-review]");
  const form = document.getElementById("mask-form");
  if (!page || !form) return;
  const spanButton = document.getElementById("mask-span");
  const keys = document.getElementById("review-keys");
  const keysOn = document.getElementById("review-keys-on");
  const openKeys = document.getElementById("review-keys-open");
  const field = (name) => form.elements.namedItem(name);

  // Places are counted in whole characters, as the server counts them.
  const length = (text) => Array.from(text).length;
  const marked = () => {
    const selection = window.getSelection();
    if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const start = range.startContainer.parentElement || range.startContainer;
    const holder = start.closest("[data-span]");
    if (!holder || !holder.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.selectNodeContents(holder);
    before.setEnd(range.startContainer, range.startOffset);
    const text = range.toString();
    const from = length(before.toString());
    return text ? { at: holder.dataset.span, from, to: from + length(text), text } : null;
  };
  const keep = (found) => {
    field("span_at").value = found ? found.at : "";
    field("span_start").value = found ? found.from : "";
    field("span_end").value = found ? found.to : "";
    field("span_text").value = found ? found.text : "";
    spanButton.hidden = !found;
  };
  let held = null;
  document.addEventListener("selectionchange", () => {
    const found = marked();
    if (found) { held = found; keep(held); return; }
    // a click into the panel, to write why, empties the selection: what was marked stays chosen until something else is
    const inside = document.activeElement && form.contains(document.activeElement);
    if (!inside) { held = null; keep(null); }
  });

  const records = () => Array.from(page.querySelectorAll("[data-record]"));
  const current = () => document.activeElement && document.activeElement.closest("[data-record]");
  const go = (step) => {
    const all = records();
    const here = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? 0 : here + step))];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "center" }); }
  };
  const press = (button) => form.requestSubmit(button);
  const mask = () => {
    if (held) { press(spanButton); return; }
    const box = current() && current().querySelector("input[name=record]");
    if (!box) return;
    for (const other of page.querySelectorAll("input[name=record]")) other.checked = other === box;
    press(form.querySelector("button[value=records]"));
  };
  const undo = () => {
    const here = current();
    const ids = here ? [here.id, ...Array.from(here.querySelectorAll("[id]"), (item) => item.id)] : [];
    const found = Array.from(page.querySelectorAll("[data-undo]")).filter((button) => ids.includes(button.dataset.undo));
    if (found.length) press(found[found.length - 1]);
  };
  const doing = { j: () => go(1), k: () => go(-1), m: mask, u: undo, "?": () => keys.showModal() };

  openKeys.hidden = false;
  openKeys.addEventListener("click", () => keys.showModal());
  try { keysOn.checked = window.localStorage.getItem("hemdsr-keys") !== "off"; } catch { keysOn.checked = true; }
  keysOn.addEventListener("change", () => {
    try { window.localStorage.setItem("hemdsr-keys", keysOn.checked ? "on" : "off"); } catch { /* kept for this page only */ }
  });
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typing || keys.open || event.ctrlKey || event.metaKey || event.altKey || !keysOn.checked) return;
    const what = doing[event.key.toLowerCase()];
    if (what) { event.preventDefault(); what(); }
  });

  // what was written as the reason is asked for before anything leaves the page
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && button.formNoValidate) return;
    if (!field("note").value.trim()) { event.preventDefault(); field("note").focus(); field("note").setAttribute("aria-invalid", "true"); }
  });
});
