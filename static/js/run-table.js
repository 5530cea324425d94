/* A chart's data as a table, one click away: what the page holds of it, to be read and copied. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

  function cell(kind, text, className) {
    const element = document.createElement(kind);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function row(kind, texts, left) {
    const element = document.createElement("tr");
    element.append(...texts.map((text, i) => cell(kind, text, i < left ? "" : "num")));
    return element;
  }

  /* `sources`: key of a figure -> () => {head, texts: how many columns are no figures, rows}. */
  PS.chartTable = function (sources) {
    const dialog = document.getElementById("chart-table");
    const table = dialog.querySelector("table");

    function fill({ head, texts, rows }) {
      table.tHead.replaceChildren(row("th", head, texts));
      table.tBodies[0].replaceChildren(...rows.map((each) => row("td", each, texts)));
    }

    document.querySelectorAll("[data-table]").forEach((button) => {
      button.addEventListener("click", () => {
        const title = button.closest("figure").querySelector("h3").textContent.trim();
        document.getElementById("chart-table-title").textContent = title;
        document.getElementById("chart-table-copy").textContent = "Copy";
        fill(sources[button.dataset.table]());
        dialog.showModal();
      });
    });
    document.getElementById("chart-table-close").addEventListener("click", () => dialog.close());
    document.getElementById("chart-table-copy").addEventListener("click", async () => {
      const lines = [...table.rows].map((each) => [...each.cells].map((one) => one.textContent).join("\t"));
      await navigator.clipboard.writeText(lines.join("\n"));
      document.getElementById("chart-table-copy").textContent = "Copied";
    });
  };
})();
