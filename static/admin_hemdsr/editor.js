// The field of a description has line numbers, and what is wrong leads to its line. Everything works without it too.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const area of document.querySelectorAll("textarea.dsr-code")) {
    const holder = document.createElement("div");
    holder.className = "dsr-editor";
    const gutter = document.createElement("pre");
    gutter.setAttribute("aria-hidden", "true");
    area.before(holder);
    holder.append(gutter, area);
    area.wrap = "off";

    const field = holder.closest(".dsr-field");
    const wrong = new Set();
    for (const one of field.querySelectorAll("[data-flaw^='line:']")) {
      const line = Number(one.dataset.flaw.slice(5));
      wrong.add(line);
      const jump = document.createElement("button");
      jump.type = "button";
      jump.className = "dsr-link";
      jump.append(...one.childNodes);
      one.append(jump);
      jump.addEventListener("click", () => go(line));
    }
    const number = () => {
      const lines = area.value.split("\n").length;
      if (Number(gutter.dataset.lines) === lines) return;
      gutter.dataset.lines = lines;
      gutter.replaceChildren();
      for (let n = 1; n <= lines; n += 1) {
        const mark = document.createElement(wrong.has(n) ? "b" : "span");
        mark.textContent = `${n}\n`;
        gutter.append(mark);
      }
    };
    const follow = () => { gutter.scrollTop = area.scrollTop; gutter.style.height = `${area.clientHeight}px`; };
    const go = (line) => {
      const before = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      const end = area.value.indexOf("\n", before);
      area.focus();
      area.setSelectionRange(before, end < 0 ? area.value.length : end);
      area.scrollTop = Math.max(0, (line - 4) * 20);
      follow();
    };
    area.addEventListener("input", () => { number(); follow(); });
    area.addEventListener("scroll", follow);
    new ResizeObserver(follow).observe(area);
    number();
    follow();
  }
});
