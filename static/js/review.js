/* The two charts on the review page of a run. */
(function () {
  "use strict";
  const source = document.getElementById("chart-data");
  if (!source) return;
  const { columns, currency, clock } = JSON.parse(source.textContent);
  const waiting = columns.queued.map((queued, place) => queued + columns.pending[place]);
  const CHARTS = { /* in the colours of the workbench */
    waiting: [["Waiting", waiting, "--chart-1"], ["Queued", columns.queued, "--chart-2"]],
    value: [["Arrived", columns.arrived, "--chart-2"], ["Settled", columns.settled, "--chart-1"]],
  };
  const drawn = [];

  function legend(name, lines) {
    const place = document.querySelector(`[data-legend="${name}"]`);
    place.replaceChildren();
    for (const [label, , color] of lines) {
      const mark = document.createElement("span");
      mark.className = "swatch";
      mark.style.background = PS.css(color);
      place.append(mark, ` ${label} `);
    }
  }

  function draw(name, format) {
    const box = document.getElementById(`chart-${name}`);
    const lines = CHARTS[name];
    const axis = { stroke: PS.css("--chart-axis"), grid: { stroke: PS.css("--chart-grid"), width: 1 }, ticks: { show: false } };
    const stepped = uPlot.paths.stepped({ align: 1 });
    const series = lines.map(([label, , color]) => ({ label, stroke: PS.css(color), width: 1, paths: stepped }));
    legend(name, lines);
    return new uPlot(
      {
        width: box.clientWidth,
        height: box.clientHeight,
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, space: 90, values: (_, splits) => splits.map((tick) => PS.clock(tick, clock)) },
          { ...axis, size: 64, values: (_, splits) => splits.map(format) },
        ],
        series: [{}, ...series],
      },
      [columns.tick, ...lines.map(([, values]) => values)],
      box,
    );
  }

  function drawAll() {
    drawn.splice(0).forEach((chart) => chart.destroy());
    drawn.push(draw("waiting", PS.count), draw("value", (cents) => PS.moneyShort(cents, currency)));
  }

  drawAll();
  PS.onTheme(drawAll);
  addEventListener("resize", drawAll);
})();
