/* Copy a table as a spreadsheet takes it: tabs between cells, a line a row, columns of controls left out. */
(function () {
  "use strict";

  function textOf(table) {
    return [...table.rows]
      .map((row) => [...row.cells].filter((cell) => !cell.hasAttribute("data-no-copy")).map((cell) => cell.textContent.replace(/\s+/g, " ").trim()).join("\t"))
      .join("\n");
  }

  async function copy(button, text) {
    const label = button.textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-text]");
    if (!button) return;
    if (button.dataset.copy) copy(button, textOf(document.querySelector(button.dataset.copy)));
    else copy(button, document.querySelector(button.dataset.copyText).textContent.trim());
  });
})();
