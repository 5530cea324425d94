/* The intervene panel: opened by its button or the key i; the list of banks comes from the table on the page. */
(function () {
  "use strict";
  const dialog = document.getElementById("intervene");
  if (!dialog) return;
  const open = document.getElementById("intervene-open");

  function show() {
    const ids = [...document.querySelectorAll("#banks [data-bank]")].map((box) => {
      const option = document.createElement("option");
      option.value = box.dataset.bank;
      return option;
    });
    document.getElementById("bank-ids").replaceChildren(...ids);
    dialog.showModal();
    if (!document.getElementById("intervene-form")) htmx.trigger("#intervene-body", "run:open");
  }

  open.addEventListener("click", show);
  document.getElementById("intervene-close").addEventListener("click", () => dialog.close());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "i" || event.ctrlKey || event.metaKey || event.altKey || open.disabled || dialog.open) return;
    if (!event.target.closest("input, select, textarea, dialog")) show();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.requestConfig.verb === "post" && event.detail.elt.id === "intervene-form") {
      htmx.trigger(document.body, "run:intervened");
    }
  });
})();
