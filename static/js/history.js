/* The list of runs: what is chosen, and which verbs that allows. */
(function () {
  "use strict";

  function chosen() {
    return document.querySelectorAll('#runs-table input[name="run"]:checked').length;
  }

  function update() {
    const count = chosen();
    const said = document.getElementById("chosen-count");
    if (!said) return;
    said.textContent = count ? `${count} chosen` : "Choose runs to take them together.";
    document.querySelectorAll("[data-needs]").forEach((button) => {
      const [least, most = Infinity] = button.dataset.needs.split("-").map(Number);
      button.disabled = count < least || count > most;
    });
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "choose-all") {
      document.querySelectorAll('#runs-table input[name="run"]').forEach((box) => { box.checked = event.target.checked; });
    }
    update();
  });
  /* Filters that are empty need no place in the address. */
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = event.detail;
    if (elt.id !== "history-filter") return;
    Object.keys(parameters).forEach((name) => {
      if (parameters[name] === "") delete parameters[name];
    });
  });
  document.addEventListener("htmx:afterSettle", update);
  document.addEventListener("DOMContentLoaded", update);
})();
