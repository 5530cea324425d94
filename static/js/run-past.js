/* Looking back: on a run that rests, a slider over all its ticks shows the state as each closed. Tables and
   figures are asked from the server for that tick; the charts get a line there. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const PAUSE_MS = 120; // a slider on its way is not asked about

  /* `on`: {looked(tick or null)}: the tables and the charts have to follow. -> {status(status), tick} */
  PS.runPast = function (facts, on) {
    const get = (id) => document.getElementById(id);
    const bar = get("run-past");
    const range = get("run-past-range");
    const at = get("run-past-at");
    let timer = 0;

    function show(tick) {
      const reached = Number(range.max);
      get("run-past-said").textContent = tick === null ? "now" : PS.clock(tick, facts);
      get("run-past-leave").hidden = tick === null;
      get("run-past-branch").value = Math.min((tick ?? reached) + 1, facts.ticks_total - 1);
      document.body.classList.toggle("is-past", tick !== null);
    }

    function look(tick) {
      clearTimeout(timer);
      at.value = tick ?? "";
      if (tick === null) range.value = range.max;
      show(tick);
      on.looked(tick);
    }

    range.addEventListener("input", () => {
      show(Number(range.value));
      clearTimeout(timer);
      timer = setTimeout(() => look(Number(range.value)), PAUSE_MS);
    });
    get("run-past-leave").addEventListener("click", () => {
      look(null);
      range.focus();
    });

    return {
      get tick() {
        return at.value === "" ? null : Number(at.value);
      },
      status(status) {
        const rests = status.status !== "running" && status.tick > 0;
        const moved = Number(range.max) !== status.tick - 1;
        bar.hidden = !rests;
        if (moved) range.max = Math.max(0, status.tick - 1);
        if ((!rests || moved) && at.value !== "") look(null);
        else if (moved || at.value === "") {
          range.value = range.max;
          show(null);
        }
      },
    };
  };
})();
