/* Two to eight runs over one another: a chart a measure, a line a run. Runs of different length are drawn over the
   share of the run that is done. */
(function () {
  "use strict";
  const PS = window.PS;
  const COSTS = ["overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop"];
  const SHARES = 10000;

  /* Every x at which some run has a point, ascending. */
  function union(lists) {
    return [...new Set(lists.flat())].sort((a, b) => a - b);
  }

  /* The values of one run at all x: each stands until its next point; none before its first and after its last. */
  function along(all, own, values) {
    let at = -1;
    return all.map((x) => {
      while (at + 1 < own.length && own[at + 1] <= x) at += 1;
      return at < 0 || x > own.at(-1) ? null : values[at];
    });
  }

  const CURVES = {
    settled: (columns) => columns.settled_value,
    rate: (columns) => columns.settled_value.map((value, i) => (columns.arrived_value[i] ? value / columns.arrived_value[i] : null)),
    count: (columns) => columns.queue_depth.map((value, i) => value + columns.pending[i]),
    value: (columns) => columns.queue_value,
    cost: (columns) => columns.tick.map((_, i) => COSTS.reduce((total, kind) => total + columns[`cost_${kind}`][i], 0)),
  };

  async function start() {
    document.querySelectorAll("[data-swatch]").forEach((swatch) => {
      swatch.firstElementChild.setAttribute("fill", PS.color(Number(swatch.dataset.swatch)));
    });
    const place = document.getElementById("compare-charts");
    if (!place) return;
    const facts = JSON.parse(document.getElementById("run-facts").textContent);
    if (!facts.one_clock) facts.clock = (x) => PS.percent(x / SHARES, 0);
    const whole = [0, facts.one_clock ? Math.max(1, facts.ticks_total - 1) : SHARES];
    const charts = new Map();
    const money = (value) => PS.money(value, facts.currency);
    const short = (value) => PS.moneyShort(value, facts.currency);
    const looks = {
      settled: { left: short, text: money },
      rate: { left: (value) => PS.percent(value, 0), text: (value) => PS.percent(value), share: true },
      count: { left: PS.short, text: PS.count, counts: true },
      value: { left: short, text: money },
      cost: { left: short, text: money },
    };
    let runs = [];

    async function load(window) {
      const query = new URLSearchParams(window);
      const answers = await Promise.all(facts.runs.map((run) => fetch(`${run.curves}?${query}`)));
      if (answers.some((answer) => !answer.ok)) throw new Error("curves");
      return Promise.all(answers.map(async (answer) => (await answer.json()).columns));
    }

    function draw(range) {
      const own = runs.map((columns, i) => (facts.one_clock ? columns.tick : columns.tick.map((tick) => Math.round((tick / facts.runs[i].ticks_total) * SHARES))));
      const ticks = union(own);
      charts.forEach((chart, key) => {
        const lines = runs.map((columns, i) => ({
          key: String(i),
          label: facts.runs[i].name,
          color: () => PS.color(i),
          values: along(ticks, own[i], CURVES[key](columns)),
          text: ["rate", "count"].includes(key) ? looks[key].text : (value) => PS.money(value, facts.runs[i].currency),
        }));
        chart.set({ ticks, lines, range, zoomed: range !== whole });
      });
      place.dataset.drawn = "yes";
    }

    async function show(range) {
      try {
        const window = range === whole || !facts.one_clock ? [] : [["from", range[0]], ["to", range[1]]];
        runs = await load(window);
        draw(range);
      } catch {
        PS.say("The curves could not be loaded. Reload the page to try again.", "error");
      }
    }

    place.querySelectorAll("[data-chart]").forEach((figure) => {
      charts.set(figure.dataset.chart, PS.resultChart(figure, {
        facts,
        ...looks[figure.dataset.chart],
        onZoom: (from, to) => show([from, Math.min(to, whole[1])]),
        onReset: () => show(whole),
        onCursor: (tick) => charts.forEach((chart) => chart.write(tick)),
      }));
    });
    const all = [...charts.values()];
    PS.onTheme(() => all.forEach((chart) => chart.plot && chart.draw()));
    PS.resultTable(all, facts);
    PS.pictures(all);
    await show(whole);
  }

  document.addEventListener("DOMContentLoaded", start);
})();
