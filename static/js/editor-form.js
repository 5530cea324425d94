/* The form: boxes and buttons become changes; the server answers with the edit to the text. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  let section = /^#[a-z]+$/.test(location.hash) ? location.hash.slice(1) : "banks";

  PS.showSection = function (name) {
    const tabs = [...document.querySelectorAll("[data-section]")];
    if (!tabs.some((tab) => tab.dataset.section === name)) return;
    section = name;
    tabs.forEach((tab) => {
      const chosen = tab.dataset.section === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    });
    history.replaceState(null, "", `#${name}`);
  };

  /* The form was drawn anew: show the section and the faults as they were. */
  PS.formDrawn = function () {
    PS.showSection(section);
    document.querySelectorAll("details[data-keep]").forEach((details) => {
      details.open = sessionStorage.getItem(`open-${details.dataset.keep}`) === "yes";
    });
    PS.showFaults();
  };

  function drawerName() {
    const open = document.getElementById("drawer").open;
    return open ? document.querySelector("[data-drawer-name]")?.dataset.drawerName || "" : "";
  }

  function change(verb, path, value = "") {
    PS.send("change", { verb, path, value, drawer: drawerName() });
  }

  /* What was typed before this script was there. */
  PS.catchUp = function () {
    document.querySelectorAll("input[data-path]").forEach((box) => {
      if (box.value !== box.defaultValue && box !== document.activeElement) change("set", box.dataset.path, box.value);
    });
  };

  document.addEventListener("change", (event) => {
    const box = event.target.closest("[data-path]");
    if (box && !box.readOnly) change("set", box.dataset.path, box.value);
  });

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-section]");
    if (tab) PS.showSection(tab.dataset.section);
    const verb = event.target.closest("[data-verb]");
    if (verb) change(verb.dataset.verb, verb.dataset.on);
    const sheet = event.target.closest("[data-sheet]");
    if (sheet) PS.showSheet(sheet.dataset.list, sheet.dataset.sheet);
    const opener = event.target.closest("[data-drawer]");
    if (opener) PS.openDrawer(opener.dataset.drawer, opener.dataset.index);
    if (event.target.id === "paste-go") {
      change("paste", "agents", document.getElementById("paste-rows").value);
      document.getElementById("paste-dialog").close();
    }
    if (event.target.id === "open-go" && document.getElementById("open-percent").reportValidity()) {
      change("open", "agents", document.getElementById("open-percent").value);
      document.getElementById("open-dialog").close();
    }
  });

  document.addEventListener("toggle", (event) => {
    const kept = event.target.dataset?.keep;
    if (kept) sessionStorage.setItem(`open-${kept}`, event.target.open ? "yes" : "no");
  }, true);

  /* Arrow keys walk the tabs; Enter in a box goes down to the same box of the next row, as in a spreadsheet. */
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest("[data-section]");
    if (tab && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      const tabs = [...document.querySelectorAll("[data-section]")];
      const at = tabs.indexOf(tab);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
      const next = tabs[(to + tabs.length) % tabs.length];
      PS.showSection(next.dataset.section);
      next.focus();
      event.preventDefault();
    }
    if (event.key === "Enter" && event.target.matches("tr input[data-path]")) {
      const cell = event.target.closest("td");
      const below = cell.parentElement.nextElementSibling?.children[cell.cellIndex]?.querySelector("[data-path]");
      if (below) below.focus();
      else event.target.blur();
      event.preventDefault();
    }
    if (event.key === "Enter" && event.target.id === "open-percent") {
      document.getElementById("open-go").click();
      event.preventDefault();
    }
  });

  /* Rows pasted into a box of the banks' table are banks. */
  document.addEventListener("paste", (event) => {
    const box = event.target.closest("#section-banks [data-path]");
    const text = event.clipboardData?.getData("text/plain") || "";
    if (!box || box.readOnly || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    change("paste", "agents", text);
  });
})();
