/* The branch dialog: opened by its button or the key b, at the tick where the run stands. */
(function () {
  "use strict";
  const dialog = document.getElementById("branch");
  const tick = document.getElementById("branch-tick");

  function show() {
    const reached = Number(document.getElementById("run-progress").value);
    tick.value = Math.min(reached, Number(tick.max));
    dialog.showModal();
    tick.select();
  }

  document.getElementById("branch-open").addEventListener("click", show);
  document.getElementById("branch-close").addEventListener("click", () => dialog.close());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "b" || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (!event.target.closest("input, select, textarea, dialog")) {
      event.preventDefault();
      show();
    }
  });
})();
