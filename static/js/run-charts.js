/* The live charts together: at most one setData each an animation frame, one cursor, the same marks. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const MOST_ROWS = 1000;

  /* All charts of the page. `draw()` is to be called once an animation frame at most. */
  PS.runCharts = function (facts, data) {
    const lines = PS.runLines;
    let cursor = null;
    let measure = "balance";
    let banks = [];
    let kinds = "";
    const marks = [];
    const fixed = lines.fixed(facts);
    const charts = {};
    const onCursor = (tick) => {
      cursor = tick;
      Object.values(charts).forEach((each) => each.write(data, cursor));
    };
    document.querySelectorAll("[data-chart]").forEach((figure) => {
      charts[figure.dataset.chart] = PS.runChart(figure, facts, figure.dataset.chart, marks, onCursor);
    });

    function rebuildCosts() {
      kinds = lines.occurring(data);
      charts.costs.rebuild(lines.costs(facts, data, charts.costs.hidden));
    }

    function rebuild() {
      charts.flow.rebuild(fixed.flow);
      charts.waiting.rebuild(fixed.waiting);
      charts.throughput.rebuild(fixed.throughput);
      charts.balances.rebuild(lines.banks(facts, banks, measure));
      rebuildCosts();
    }

    document.addEventListener("run:redraw", (event) => {
      if (event.detail === "costs") rebuildCosts();
      charts[event.detail].draw(data, cursor);
    });
    PS.onTheme(() => {
      rebuild();
      draw();
    });
    rebuild();

    /* Charts out of sight are left alone unless `anyway`. */
    function draw(anyway = false) {
      if (lines.occurring(data) !== kinds) rebuildCosts();
      Object.values(charts).forEach((each) => each.draw(data, cursor, anyway));
    }

    return {
      draw,
      show(chosen, wanted) {
        banks = chosen;
        measure = wanted;
        charts.balances.rebuild(lines.banks(facts, banks, measure));
      },
      marks(made) {
        marks.splice(0, marks.length, ...made);
        draw();
      },
      /* Where one looks back to; null is now. */
      past(tick) {
        marks.past = tick;
        draw();
      },
      /* The lines of another run beside ours: chart -> {label, ticks, values, text}. */
      beside(others) {
        Object.entries(others).forEach(([key, other]) => charts[key].beside(other));
        draw();
      },
      keys: Object.keys(charts),
      table(key) {
        const columns = charts[key].lines.map((line) => (line.raw || line.of)(data));
        const first = Math.max(0, data.points - MOST_ROWS);
        const rows = data.ticks.slice(first).map((tick, i) => [PS.clock(tick, facts), ...charts[key].lines.map((line, k) => line.text(columns[k][first + i]))]);
        return { head: ["Tick", ...charts[key].lines.map((line) => line.label)], texts: 1, rows };
      },
    };
  };
})();
