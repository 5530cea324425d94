/* The lines of the live charts: what each is called, its colour, its values, how they are written. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const COSTS = ["overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop"];
  const COST_COLORS = [0, 5, 9, 1, 6, 8, 7, 4];


  function add(a, b) {
    return a.map((value, i) => value + b[i]);
  }

  function ratio(part, whole) {
    return part.map((value, i) => (whole[i] ? value / whole[i] : null));
  }

  /* Beyond 2^53 a browser's numbers are not exact to the cent: said so. */
  function moneyOf(facts) {
    return (value) => (Math.abs(value) > Number.MAX_SAFE_INTEGER ? "≈ " : "") + PS.money(value, facts.currency);
  }

  /* A line: {key, label, color(): css colour, scale, of(data): values, text(value)}. */
  function bankLines(facts, banks, measure) {
    return banks.map((bank) => ({
      key: `${measure}:${bank.id}`,
      label: bank.id,
      color: () => PS.color(bank.index),
      of: (data) => data.column(`${measure}:${bank.id}`),
      text: moneyOf(facts),
    }));
  }

  /* Of the day that runs: what arrived and what settled since it began, as shares of what arrived in it. */
  function shareOfDay(data, facts, name) {
    const last = data.points - 1;
    const day = last < 0 ? 0 : Math.floor(data.ticks[last] / facts.ticks_per_day);
    const before = data.indexAt(day * facts.ticks_per_day - 1);
    const since = (column) => (before < 0 ? 0 : column[before]);
    const column = data.column(name);
    const arrived = data.column("arrived_value_total");
    const whole = last < 0 ? 0 : arrived[last] - since(arrived);
    return column.map((value, i) => (i > before && whole ? (value - since(column)) / whole : null));
  }

  function fixedLines(facts) {
    const money = moneyOf(facts);
    const percent = (value) => PS.percent(value);
    return {
      throughput: [
        { key: "arrived", label: "Arrived", color: () => PS.css("--chart-2"), of: (d) => shareOfDay(d, facts, "arrived_value_total"), text: percent },
        { key: "settled", label: "Settled", color: () => PS.css("--chart-1"), fill: () => PS.css("--chart-band"), of: (d) => shareOfDay(d, facts, "settled_value_total"), text: percent },
      ],
      flow: [
        { key: "arrived", label: "Arrived", color: () => PS.css("--chart-2"), of: (d) => d.column("arrived_value_total"), text: money },
        { key: "settled", label: "Settled", color: () => PS.css("--chart-1"), fill: () => PS.css("--chart-band"), of: (d) => d.column("settled_value_total"), text: money },
        { key: "rate", label: "Settlement rate", scale: "share", dash: [4, 3], color: () => PS.css("--chart-3"), of: (d) => ratio(d.column("settled_value_total"), d.column("arrived_value_total")), text: (v) => PS.percent(v) },
      ],
      waiting: [
        { key: "count", label: "Waiting", color: () => PS.css("--chart-1"), fill: () => PS.css("--chart-band"), of: (d) => add(d.column("queue_depth"), d.column("pending")), text: PS.count },
        { key: "queued", label: "Queued value", scale: "value", color: () => PS.css("--chart-2"), of: (d) => d.column("queue_value"), text: money },
      ],
    };
  }

  /* Costs that occur, each drawn on top of the ones below; the highest line first, so that the lower cover it. */
  function costLines(facts, data, hidden) {
    const kinds = COSTS.filter((kind) => data.last(`cost_${kind}_total`) > 0);
    const shown = kinds.filter((kind) => !hidden.has(kind));
    return [...kinds].reverse().map((kind) => ({
      key: kind,
      label: kind,
      color: () => PS.color(COST_COLORS[COSTS.indexOf(kind)]),
      band: () => PS.color(COST_COLORS[COSTS.indexOf(kind)]) + "55",
      of: (d) => shown.slice(0, shown.indexOf(kind) + 1).map((name) => d.column(`cost_${name}_total`)).reduce(add, d.ticks.map(() => 0)),
      raw: (d) => d.column(`cost_${kind}_total`),
      text: moneyOf(facts),
    }));
  }

  PS.runLines = {
    banks: bankLines,
    fixed: fixedLines,
    costs: costLines,
    costKinds: COSTS,
    /* Cost kinds that occur, as a text to compare. */
    occurring: (data) => COSTS.filter((kind) => data.last(`cost_${kind}_total`) > 0).join(),
    system: [
      "arrivals_total", "settlements_total", "arrived_value_total", "settled_value_total",
      "queue_depth", "queue_value", "pending", ...COSTS.map((kind) => `cost_${kind}_total`),
    ],
  };
})();
