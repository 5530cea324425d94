/* Faults where they belong: on the line, beside the box, on the section's tab, and a way there from the summary. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const SECTIONS = [
    [/^agents\[\d+\]\.arrival_config/, "arrivals"],
    [/^agents/, "banks"],
    [/^rails/, "rails"],
    [/^costs/, "costs"],
    [/^(initial_transactions|transactions_file)/, "payments"],
    [/^events/, "events"],
    [/^[a-z]/, "time"],
  ];

  function sectionOf(path) {
    const found = SECTIONS.find(([pattern]) => pattern.test(path));
    return found ? found[1] : "";
  }

  const outside = (path) => path.replace(/(\[\d+\]|\.?[^.[\]]+)$/, "");

  function marks() {
    const element = document.getElementById("fault-marks");
    return element ? JSON.parse(element.textContent) : [];
  }

  /* A box may hold several values, and the fault be of one of them: it stands at the box then. */
  function placeOf(path) {
    for (let place = path; place; place = outside(place)) {
      if (document.querySelector(`[data-fault-of="${CSS.escape(place)}"]`)) return place;
    }
    return path;
  }

  function byPath(found) {
    const messages = new Map();
    for (const mark of found) {
      const place = mark.severity === "error" && mark.path && placeOf(mark.path);
      if (place && !messages.has(place)) messages.set(place, mark.message);
    }
    return messages;
  }

  /* Show what the last check found; call it again whenever boxes were drawn anew. */
  PS.showFaults = function () {
    const found = marks();
    const messages = byPath(found);
    PS.yaml.mark(found);
    document.querySelectorAll("[data-fault-of]").forEach((place) => {
      const message = messages.get(place.dataset.faultOf);
      place.hidden = !message;
      place.textContent = message || "";
    });
    document.querySelectorAll("[data-path]").forEach((box) => {
      const bad = messages.has(box.dataset.path);
      if (bad) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
    });
    const bad = new Set([...messages.keys()].map(sectionOf));
    document.querySelectorAll("[data-section]").forEach((tab) => {
      tab.querySelector(".tab-fault").hidden = !bad.has(tab.dataset.section);
    });
  };

  /* The box of a path, or of the nearest thing around it that has one. */
  function boxOf(path) {
    for (let place = path; place; place = outside(place)) {
      const box = document.querySelector(`#form-view [data-path="${CSS.escape(place)}"]`);
      if (box) return box;
    }
    return null;
  }

  document.addEventListener("click", (event) => {
    const fault = event.target.closest("[data-fault-line]");
    if (!fault) return;
    const { faultPath, faultLine, faultColumn } = fault.dataset;
    const box = PS.shownView() === "form" && faultPath ? boxOf(faultPath) : null;
    if (box) {
      PS.showSection(sectionOf(faultPath));
      box.scrollIntoView({ block: "center" });
      box.focus();
      return;
    }
    PS.showView("yaml");
    PS.yaml.goTo(Number(faultLine) || 1, Number(faultColumn) || 1);
  });
})();
