/* Explanations: any element with data-tip shows its text on hover and focus; Escape closes it, and the pointer
   may rest on it. One box serves the page; it is the element's description for as long as it is shown. */
(function () {
  "use strict";
  const GAP = 6;
  const LEAVE_MS = 120;
  const box = document.createElement("div");
  let shown = null;
  let leaving = 0;

  box.className = "tip-box";
  box.id = "tip-box";
  box.setAttribute("role", "tooltip");
  box.popover = "manual";

  function place(target) {
    const around = target.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const left = Math.min(around.left, innerWidth - size.width - 8);
    const above = around.bottom + GAP + size.height > innerHeight && around.top > size.height + GAP;
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${above ? around.top - GAP - size.height : around.bottom + GAP}px`;
  }

  function show(target) {
    clearTimeout(leaving);
    if (shown === target) return;
    hide();
    shown = target;
    box.textContent = target.dataset.tip;
    document.body.append(box);
    target.setAttribute("aria-describedby", box.id);
    box.showPopover?.();
    place(target);
  }

  function hide() {
    clearTimeout(leaving);
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    box.hidePopover?.();
    box.remove();
  }

  function tipOf(event) {
    return event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  }

  document.addEventListener("pointerover", (event) => {
    const target = tipOf(event);
    if (target) show(target);
    else if (shown && box.contains(event.target)) clearTimeout(leaving);
    else if (shown && shown !== document.activeElement) {
      clearTimeout(leaving);
      leaving = setTimeout(hide, LEAVE_MS);
    }
  });
  document.addEventListener("focusin", (event) => {
    const target = tipOf(event);
    if (target) show(target);
    else hide();
  });
  document.addEventListener("click", (event) => {
    const target = tipOf(event);
    if (target?.classList.contains("tip")) show(target);
    else hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  addEventListener("scroll", hide, { passive: true, capture: true });
})();
