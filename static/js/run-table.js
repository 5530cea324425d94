/* A chart's data as a table, one click away: every point the page holds, to be read and copied. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const MOST_ROWS = 1000;

  function cell(kind, text, className) {
    const element = document.createElement(kind);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function row(kind, texts) {
    const element = document.createElement("tr");
    element.append(...texts.map((text, i) => cell(kind, text, i ? "num" : "")));
    return element;
  }

  PS.chartTable = function (facts, data, charts) {
    const dialog = document.getElementById("chart-table");
    const table = dialog.querySelector("table");

    function fill(key) {
      const lines = charts.lines(key);
      const columns = lines.map((line) => (line.raw || line.of)(data));
      const first = Math.max(0, data.points - MOST_ROWS);
      const rows = [];
      for (let i = first; i < data.points; i += 1) {
        rows.push(row("td", [PS.clock(data.ticks[i], facts), ...lines.map((line, k) => line.text(columns[k][i]))]));
      }
      table.tHead.replaceChildren(row("th", ["Tick", ...lines.map((line) => line.label)]));
      table.tBodies[0].replaceChildren(...rows);
    }

    document.querySelectorAll("[data-table]").forEach((button) => {
      button.addEventListener("click", () => {
        const title = button.closest("figure").querySelector("h3").textContent.trim();
        document.getElementById("chart-table-title").textContent = title;
        fill(button.dataset.table);
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
