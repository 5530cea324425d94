/* The charts of one run's results: curves are fetched for the window that is shown, so that a zoom shows more. */
(function () {
  "use strict";
  const PS = window.PS;
  const COSTS = ["overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop"];
  const COST_COLORS = [0, 5, 9, 1, 6, 8, 7, 4];

  function read(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  function colorSwatches() {
    document.querySelectorAll("[data-swatch]").forEach((swatch) => {
      swatch.firstElementChild.setAttribute("fill", PS.color(Number(swatch.dataset.swatch)));
    });
  }

  function sum(a, b) {
    return a.map((value, i) => value + b[i]);
  }

  function ratio(part, whole) {
    return part.map((value, i) => (whole[i] ? value / whole[i] : null));
  }

  function linesOf(key, columns, facts) {
    const money = (value) => PS.money(value, facts.currency);
    const css = (name) => () => PS.css(name);
    if (key === "flow") {
      return [
        { key: "arrived", label: "Arrived", color: css("--chart-2"), values: columns.arrived_value, text: money },
        { key: "settled", label: "Settled", color: css("--chart-1"), fill: css("--chart-band"), values: columns.settled_value, text: money },
        { key: "rate", label: "Settlement rate", scale: "share", dash: [4, 3], color: css("--chart-3"), values: ratio(columns.settled_value, columns.arrived_value), text: (value) => PS.percent(value) },
      ];
    }
    if (key === "waiting") {
      return [
        { key: "count", label: "Waiting", color: css("--chart-1"), fill: css("--chart-band"), values: sum(columns.queue_depth, columns.pending), text: PS.count },
        { key: "queued", label: "Queued value", scale: "value", color: css("--chart-2"), values: columns.queue_value, text: money },
      ];
    }
    if (key === "throughput") {
      const whole = facts.settled_total || columns.settled_value.at(-1);
      const share = (tick) => (tick + 1) / facts.ticks_total;
      return [
        { key: "settled", label: "Settled", color: css("--chart-1"), fill: css("--chart-band"), values: columns.settled_value.map((value) => (whole ? value / whole : 0)), text: (value) => PS.percent(value) },
        { key: "even", label: "An even day", dash: [4, 3], straight: true, color: css("--chart-axis"), values: columns.tick.map(share), text: (value) => PS.percent(value) },
      ];
    }
    return COSTS.filter((kind) => columns[`cost_${kind}`].at(-1) > 0).reverse().map((kind) => {
      const color = () => PS.color(COST_COLORS[COSTS.indexOf(kind)]);
      return { key: kind, label: kind, color, band: () => `${color()}55`, values: columns[`cost_${kind}`], raw: columns[`cost_${kind}`], text: money };
    });
  }

  async function fetchColumns(address, parameters) {
    const answer = await fetch(`${address}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).columns;
  }

  function start() {
    colorSwatches();
    PS.onTheme(colorSwatches);
    document.getElementById("print")?.addEventListener("click", () => window.print());
    const place = document.getElementById("result-charts");
    if (!place) return;
    const facts = read("run-facts");
    const index = read("banks-index");
    const banks = read("shown-banks");
    const whole = [0, Math.max(1, facts.ticks_total - 1)];
    let range = whole;
    let asked = 0;
    const short = (value) => PS.moneyShort(value, facts.currency);
    const looks = { balances: { left: short, free: true }, flow: { left: short }, waiting: { left: PS.short, counts: true }, throughput: { left: (value) => PS.percent(value, 0), share: true }, costs: { left: short } };
    const charts = new Map();

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

    async function show(next) {
      const mine = (asked += 1);
      const window = next === whole ? [] : [["from", next[0]], ["to", next[1]]];
      try {
        const [system, balances] = await Promise.all([
          place.dataset.curves ? fetchColumns(place.dataset.curves, window) : null,
          fetchColumns(place.dataset.balances, [...window, ...banks.map((bank) => ["bank", bank])]),
        ]);
        if (mine !== asked) return;
        range = next;
        draw(system, balances);
      } catch {
        PS.say("The curves could not be loaded. Reload the page to try again.", "error");
      }
    }

    function draw(system, balances) {
      const zoomed = range !== whole;
      if (system && !zoomed) facts.settled_total = system.settled_value.at(-1);
      charts.forEach((chart, key) => {
        if (key === "balances") {
          const lines = banks.filter((bank) => balances[bank]).map((bank) => ({ key: bank, label: bank, color: () => PS.color(index[bank]), values: balances[bank], text: (value) => PS.money(value, facts.currency) }));
          chart.set({ ticks: balances.tick, lines, range, zoomed });
        } else if (system) {
          chart.set({ ticks: system.tick, lines: linesOf(key, system, facts), range, zoomed });
        }
      });
      place.dataset.drawn = "yes";
    }

    PS.onTheme(() => all.forEach((chart) => chart.plot && chart.draw()));
    PS.resultTable(all, facts);
    PS.pictures(all);
    show(whole);
  }

  document.addEventListener("DOMContentLoaded", start);
})();
