/* The samples of the components page: a chart in the theme's colours and the first colours of banks. */
(function () {
  "use strict";
  const POINTS = 200;
  const BANKS = ["Nord", "Sund", "Haven"];
  const box = document.getElementById("sample-chart");
  let chart = null;

  function values(phase) {
    return Array.from({ length: POINTS }, (_, tick) => 1e6 * (5 + 2 * Math.sin(tick / 17 + phase) + Math.sin(tick / 5)));
  }

  function swatch(list, index, label) {
    const item = document.createElement("li");
    const mark = document.createElement("span");
    mark.className = "swatch";
    mark.style.background = PS.color(index);
    item.append(mark, " ", label);
    list.append(item);
  }

  function draw() {
    const ticks = Array.from({ length: POINTS }, (_, tick) => tick);
    const axis = { stroke: PS.css("--chart-axis"), grid: { stroke: PS.css("--chart-grid"), width: 1 }, ticks: { show: false } };
    const series = BANKS.map((label, index) => ({ label, stroke: PS.color(index), width: 1 }));
    const money = (_, splits) => splits.map((cents) => PS.moneyShort(cents));
    chart?.destroy();
    chart = new uPlot(
      {
        width: box.clientWidth,
        height: box.clientHeight,
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [axis, { ...axis, values: money, size: 60 }],
        series: [{}, ...series],
      },
      [ticks, ...BANKS.map((_, index) => values(index))],
      box,
    );
    const legend = document.getElementById("sample-legend");
    const palette = document.getElementById("sample-palette");
    legend.replaceChildren();
    palette.replaceChildren();
    BANKS.forEach((label, index) => swatch(legend, index, label));
    for (let index = 0; index < 30; index += 1) swatch(palette, index, String(index));
  }

  draw();
  PS.onTheme(draw);
  addEventListener("resize", () => chart.setSize({ width: box.clientWidth, height: box.clientHeight }));
})();
