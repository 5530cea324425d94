/* The bands of a sweep: the median of the seeds, and areas in which half and 90 % of them lie. */
(function () {
  "use strict";
  const PS = window.PS;
  const COUNTS = ["queue_depth", "pending"];

  function linesOf(name, columns, color, text) {
    const edge = (key, label, shade) => ({ key, label, color: () => `${color()}${shade}`, values: columns[`${name}_${key}`], text });
    return [
      { ...edge("q95", "95 % of the seeds lie below", "55"), down: { to: "q05", fill: () => `${color()}22` } },
      { ...edge("q75", "75 %", "88"), down: { to: "q25", fill: () => `${color()}33` } },
      { key: "q50", label: "Median", color, width: 2, values: columns[`${name}_q50`], text },
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
    const share = (value) => PS.percent(value);
    const short = (value) => PS.moneyShort(value, facts.currency);
    const charts = new Map();
    const choice = document.getElementById("balance-bank");
    let columns = null;
    let places = {};
    let range = whole;

    function lines(key) {
      const color = () => PS.css("--chart-1");
      if (key === "balance") return linesOf(`balance:${choice.value}`, columns, () => PS.color(places[choice.value]), money);
      if (key !== "throughput") return linesOf(key, columns, color, COUNTS.includes(key) ? PS.count : money);
      const even = columns.tick.map((tick) => (tick + 1) / facts.ticks_total);
      return [...linesOf(key, columns, color, share), { key: "even", label: "An even day", dash: [4, 3], straight: true, color: () => PS.css("--chart-axis"), values: even, text: share }];
    }

    function looks(key) {
      if (key === "throughput") return { left: (value) => PS.percent(value, 0), share: true };
      if (COUNTS.includes(key)) return { left: PS.short, counts: true };
      return { left: short, free: key === "balance" };
    }

    function drawOne(key) {
      charts.get(key).set({ ticks: columns.tick, lines: lines(key), range, zoomed: range !== whole });
    }

    function show(next) {
      range = next;
      [...charts.keys()].forEach(drawOne);
      place.dataset.drawn = "yes";
    }

    /* The heading goes into tables and pictures: there it must say whose balance it is. */
    function nameBank() {
      const { figure } = charts.get("balance");
      const title = `Balances · ${choice.value}`;
      figure.querySelector("h3 button").textContent = title;
      figure.querySelector(".chart-box").setAttribute("aria-label", `${title} over the run; the button Table shows the numbers`);
    }

    place.querySelectorAll("[data-chart]").forEach((figure) => {
      const key = figure.dataset.chart;
      charts.set(key, PS.resultChart(figure, {
        facts,
        ...looks(key),
        onZoom: (from, to) => show([from, Math.min(to, whole[1])]),
        onReset: () => show(whole),
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
      ({ columns, banks: places } = await answer.json());
    } catch {
      PS.say("The bands could not be loaded. Reload the page to try again.", "error");
      return;
    }
    choice?.addEventListener("change", () => {
      const address = new URL(location.href);
      address.searchParams.set("bank", choice.value);
      history.replaceState(history.state, "", address);
      nameBank();
      drawOne("balance");
    });
    if (choice) nameBank();
    show(whole);
  }

  document.addEventListener("DOMContentLoaded", start);
})();
