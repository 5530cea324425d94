/* What was done and when, on a chart: a flag at the head of each mark says it on hover and focus. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const LEAST_APART = 12; // pixels: what stands closer shares a flag

  /* Group marks, which come by tick, that would stand on one another. */
  function grouped(plot, marks) {
    const groups = [];
    for (const mark of marks) {
      const x = plot.valToPos(mark.tick, "x");
      if (!(x >= 0 && x <= plot.over.clientWidth)) continue;
      const last = groups.at(-1);
      if (last && x - last.x < LEAST_APART) last.marks.push(mark);
      else groups.push({ x, marks: [mark] });
    }
    return groups;
  }

  /* Returns a function that puts the flags of `marks` onto a plot; only a change touches the page. */
  PS.runMarks = function (facts) {
    let shown = "";
    let owner = null;
    return function (plot, marks) {
      const groups = grouped(plot, marks);
      const now = JSON.stringify(groups);
      if (now === shown && owner === plot) return;
      shown = now;
      owner = plot;
      plot.over.querySelectorAll(".chart-flag").forEach((flag) => flag.remove());
      for (const group of groups) {
        const flag = document.createElement("button");
        const text = group.marks.map((mark) => `${PS.clock(mark.tick, facts)}: ${mark.text}`).join("\n");
        flag.type = "button";
        flag.className = "chart-flag";
        flag.dataset.tip = text;
        flag.setAttribute("aria-label", text);
        flag.style.left = `${Math.round(group.x)}px`;
        plot.over.append(flag);
      }
    };
  };
})();
