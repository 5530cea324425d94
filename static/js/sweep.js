/* The bands of a sweep: the median of the seeds, and areas in which half and 90 % of them lie. */
(function () {
  "use strict";
  const PS = window.PS;

  function linesOf(key, columns, text) {
    const color = () => PS.css("--chart-1");
    const edge = (name, label, shade) => ({ key: `${key}_${name}`, label, color: () => `${color()}${shade}`, values: columns[`${key}_${name}`], text });
    return [
      { ...edge("q95", "95 % of the seeds lie below", "55"), down: { to: `${key}_q05`, fill: () => `${color()}22` } },
      { ...edge("q75", "75 %", "88"), down: { to: `${key}_q25`, fill: () => `${color()}33` } },
      { key: `${key}_q50`, label: "Median", color, width: 2, values: columns[`${key}_q50`], text },
      edge("q25", "25 %", "88"),
      edge("q05", "5 %", "55"),
    ];
  }

  async function start() {
    const place = document.getElementById("sweep-charts");
    if (!place) return;
    const facts = JSON.parse(document.getElementById("run-facts").textContent);
    const whole = [0, Math.max(1, facts.ticks_total - 1)];
    const money = (value) => PS.money(value, facts.currency);
    const short = (value) => PS.moneyShort(value, facts.currency);
    const charts = new Map();
    let columns = null;

    function draw(range) {
      charts.forEach((chart, key) => {
        chart.set({ ticks: columns.tick, lines: linesOf(key, columns, key === "queue_depth" ? PS.count : money), range, zoomed: range !== whole });
      });
      place.dataset.drawn = "yes";
    }

    place.querySelectorAll("[data-chart]").forEach((figure) => {
      const key = figure.dataset.chart;
      charts.set(key, PS.resultChart(figure, {
        facts,
        ...(key === "queue_depth" ? { left: PS.short, counts: true } : { left: short }),
        onZoom: (from, to) => draw([from, Math.min(to, whole[1])]),
        onReset: () => draw(whole),
        onCursor: (tick) => charts.forEach((chart) => chart.write(tick)),
      }));
    });
    const all = [...charts.values()];
    PS.onTheme(() => all.forEach((chart) => chart.plot && chart.draw()));
    PS.resultTable(all, facts);
    PS.pictures(all);
    try {
      const answer = await fetch(place.dataset.bands);
      if (!answer.ok) throw new Error(`${answer.status}`);
      columns = (await answer.json()).columns;
      draw(whole);
    } catch {
      PS.say("The bands could not be loaded. Reload the page to try again.", "error");
    }
  }

  document.addEventListener("DOMContentLoaded", start);
})();
