/* The live charts: one uPlot each, one setData an animation frame, legends that toggle, cursors linked. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const COSTS = ["overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop"];
  const EMPTY_CENTS = 10000;
  const COST_COLORS = [0, 5, 9, 1, 6, 8, 7, 4];

  function add(a, b) {
    return a.map((value, i) => value + b[i]);
  }

  function ratio(part, whole) {
    return part.map((value, i) => (whole[i] ? value / whole[i] : null));
  }

  /* A line: {key, label, color(): css colour, scale, of(data): values, text(value)}. */
  function bankLines(facts, banks, measure) {
    return banks.map((bank) => ({
      key: `${measure}:${bank.id}`,
      label: bank.id,
      color: () => PS.color(bank.index),
      of: (data) => data.column(`${measure}:${bank.id}`),
      text: (value) => PS.money(value, facts.currency),
    }));
  }

  function fixedLines(facts) {
    const money = (value) => PS.money(value, facts.currency);
    return {
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
      text: (value) => PS.money(value, facts.currency),
    }));
  }

  function axes(facts, lines, left) {
    const look = () => ({ stroke: () => PS.css("--chart-axis"), grid: { stroke: () => PS.css("--chart-grid"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif", size: 52 });
    const scales = new Set(lines.map((line) => line.scale || "y"));
    const all = [
      { ...look(), size: 28, space: 72, incrs: PS.timeSteps(facts), values: (u, ticks) => ticks.map((tick) => PS.timeLabel(tick, facts)) },
      { ...look(), scale: "y", values: (u, values) => values.map(left) },
    ];
    if (scales.has("share")) all.push({ ...look(), scale: "share", side: 1, grid: { show: false }, size: 46, values: (u, values) => values.map((v) => PS.percent(v, 0)) });
    if (scales.has("value")) all.push({ ...look(), scale: "value", side: 1, grid: { show: false }, values: (u, values) => values.map((v) => PS.moneyShort(v, facts.currency)) });
    return all;
  }

  /* An empty chart shows a hundred units of money, or ten payments. */
  function fromZero(empty) {
    return (u, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.05 : empty];
  }

  function withRoom(u, low, high) {
    if (low === null) return [0, EMPTY_CENTS];
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - room, high + room];
  }

  /* What people did stands on the time axis of every chart. */
  function drawMarks(plot, marks) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = PS.css("--chart-mark");
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    for (const { tick } of marks) {
      const x = Math.round(plot.valToPos(tick, "x", true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
  }

  function chart(figure, facts, kind, marks, onCursor) {
    const box = figure.querySelector(".chart-box");
    const legend = figure.querySelector(".legend");
    const stepped = uPlot.paths.stepped({ align: 1 });
    const left = kind === "waiting" ? PS.short : (value) => PS.moneyShort(value, facts.currency);
    let lines = [];
    let plot = null;
    let visible = true;
    let items = [];

    function options() {
      return {
        width: box.clientWidth || 300,
        height: box.clientHeight || 200,
        legend: { show: false },
        padding: [8, kind === "balances" || kind === "costs" ? 14 : 0, 0, 0],
        cursor: { sync: { key: "run", setSeries: false }, y: false, points: { size: 6 }, drag: { x: true, y: false } },
        scales: {
          x: { time: false, range: (u, low, high) => (u.zoomed ? [low, high] : [0, Math.max(1, facts.ticks_total - 1)]) },
          y: { range: kind === "balances" ? withRoom : fromZero(kind === "waiting" ? 10 : EMPTY_CENTS) },
          share: { range: [0, 1.02] },
          value: { range: fromZero(EMPTY_CENTS) },
        },
        axes: axes(facts, lines, left),
        bands: bands(),
        series: [{}, ...lines.map((line) => ({ label: line.label, scale: line.scale || "y", stroke: line.color(), fill: fillOf(line), width: 1, dash: line.dash, paths: stepped, points: { show: false }, show: !hidden.has(line.key) }))],
        hooks: {
          setCursor: [(u) => onCursor(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null)],
          draw: [(u) => drawMarks(u, marks)],
          setSelect: [(u) => { u.zoomed = u.select.width > 0; }],
        },
      };
    }

    const hidden = new Set();

    /* Between each stacked line and the next one shown below it; the lowest stands on zero. */
    function bands() {
      const stacked = lines.map((line, i) => ({ line, i })).filter(({ line }) => line.band && !hidden.has(line.key));
      return stacked.slice(0, -1).map(({ line, i }, k) => ({ series: [i + 1, stacked[k + 1].i + 1], fill: line.band() }));
    }

    function fillOf(line) {
      const lowest = lines.filter((each) => each.band && !hidden.has(each.key)).at(-1);
      return line === lowest ? line.band() : line.fill?.();
    }

    function rebuild(next) {
      lines = next;
      plot?.destroy();
      plot = new uPlot(options(), [[], ...lines.map(() => [])], box);
      plot.over.addEventListener("dblclick", () => { plot.zoomed = false; });
      items = lines.map((line) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        const swatch = document.createElement("span");
        const value = document.createElement("span");
        swatch.className = "swatch";
        swatch.style.background = line.color();
        value.className = "num";
        button.type = "button";
        button.setAttribute("aria-pressed", String(!hidden.has(line.key)));
        button.append(swatch, line.label + " ", value);
        button.addEventListener("click", () => {
          if (hidden.has(line.key)) hidden.delete(line.key);
          else hidden.add(line.key);
          button.setAttribute("aria-pressed", String(!hidden.has(line.key)));
          figure.dispatchEvent(new CustomEvent("run:redraw", { bubbles: true, detail: kind }));
        });
        item.append(button);
        return { item, value };
      });
      legend.replaceChildren(...items.map(({ item }) => item));
    }

    function write(data, tick) {
      const at = tick === null ? data.points - 1 : data.indexAt(tick);
      lines.forEach((line, i) => {
        const values = (line.raw || line.of)(data);
        items[i].value.textContent = at >= 0 && values.length ? line.text(values[at]) : "";
      });
    }

    new IntersectionObserver((entries) => {
      visible = entries[entries.length - 1].isIntersecting;
      if (visible) figure.dispatchEvent(new CustomEvent("run:redraw", { bubbles: true, detail: kind }));
    }, { rootMargin: "200px" }).observe(figure);
    new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);

    return {
      hidden,
      rebuild,
      get lines() {
        return lines;
      },
      draw(data, tick, anyway) {
        if (!plot || !(visible || anyway)) return;
        lines.forEach((line, i) => {
          const show = !hidden.has(line.key);
          if (plot.series[i + 1].show !== show) plot.setSeries(i + 1, { show });
        });
        plot.setData([data.ticks, ...lines.map((line) => line.of(data))], !plot.zoomed);
        if (plot.zoomed) plot.redraw();
        write(data, tick);
      },
      write,
    };
  }

  /* All charts of the page. `draw()` is to be called once an animation frame at most. */
  PS.runCharts = function (facts, data) {
    let cursor = null;
    let measure = "balance";
    let banks = [];
    let kinds = "";
    const marks = [];
    const fixed = fixedLines(facts);
    const charts = {};
    const onCursor = (tick) => {
      cursor = tick;
      Object.values(charts).forEach((each) => each.write(data, cursor));
    };
    document.querySelectorAll("[data-chart]").forEach((figure) => {
      charts[figure.dataset.chart] = chart(figure, facts, figure.dataset.chart, marks, onCursor);
    });

    function rebuildCosts() {
      const lines = costLines(facts, data, charts.costs.hidden);
      kinds = lines.map((line) => line.key).join();
      charts.costs.rebuild(lines);
    }

    function rebuild() {
      charts.flow.rebuild(fixed.flow);
      charts.waiting.rebuild(fixed.waiting);
      charts.balances.rebuild(bankLines(facts, banks, measure));
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
      const now = COSTS.filter((kind) => data.last(`cost_${kind}_total`) > 0).reverse().join();
      if (now !== kinds) rebuildCosts();
      Object.values(charts).forEach((each) => each.draw(data, cursor, anyway));
    }

    return {
      draw,
      show(chosen, wanted) {
        banks = chosen;
        measure = wanted;
        charts.balances.rebuild(bankLines(facts, banks, measure));
      },
      marks(made) {
        marks.splice(0, marks.length, ...made);
        draw();
      },
      lines: (key) => charts[key].lines,
      system: [
        "arrivals_total", "settlements_total", "arrived_value_total", "settled_value_total",
        "queue_depth", "queue_value", "pending", ...COSTS.map((kind) => `cost_${kind}_total`),
      ],
      costs: COSTS,
    };
  };
})();
