/* One live chart: a uPlot with steps, bands, marks and a legend that toggles; its cursor is linked to the others. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

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
    if (marks.past !== null && marks.past !== undefined) {
      const x = Math.round(plot.valToPos(marks.past, "x", true)) + 0.5;
      ctx.setLineDash([]);
      ctx.lineWidth = 2;
      ctx.strokeStyle = PS.css("--ink-2");
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  /* Another run's line: steps on its own ticks, dashed, under the axes of this chart. */
  function drawBeside(plot, other) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.strokeStyle = PS.css("--ink-3");
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    other.ticks.forEach((tick, i) => {
      const x = plot.valToPos(tick, "x", true);
      if (i) ctx.lineTo(x, plot.valToPos(other.values[i - 1], "y", true));
      ctx.lineTo(x, plot.valToPos(other.values[i], "y", true));
    });
    ctx.stroke();
    ctx.restore();
  }

  /* One chart in its figure: {hidden, rebuild(lines), lines, draw(data, tick, anyway), write(data, tick)}. */
  PS.runChart = function (figure, facts, kind, marks, onCursor) {
    const box = figure.querySelector(".chart-box");
    const legend = figure.querySelector(".legend");
    const flags = PS.runMarks(facts);
    const stepped = uPlot.paths.stepped({ align: 1 });
    const left = { waiting: PS.short, throughput: (value) => PS.percent(value, 0) }[kind] || ((value) => PS.moneyShort(value, facts.currency));
    const empty = { waiting: 10, throughput: 1 }[kind] || PS.EMPTY_CENTS;
    let lines = [];
    let plot = null;
    let visible = true;
    let items = [];
    let other = null; // the line of another run

    function options() {
      return {
        width: box.clientWidth || 300,
        height: box.clientHeight || 200,
        legend: { show: false },
        padding: [8, kind === "flow" || kind === "waiting" ? 0 : 14, 0, 0],
        cursor: { sync: { key: "run", setSeries: false, scales: ["x", null] }, y: false, points: { size: 6 }, drag: { x: true, y: false } },
        scales: {
          x: { time: false, range: (u, low, high) => (u.zoomed ? [low, high] : whole()) },
          y: { range: kind === "balances" ? PS.withRoom : (u, low, high) => PS.fromZero(empty)(u, low, Math.max(high ?? 0, other?.most ?? 0)) },
          share: { range: [0, 1.02] },
          value: { range: PS.fromZero(PS.EMPTY_CENTS) },
        },
        axes: PS.axes(facts, lines, left),
        bands: bands(),
        series: [{}, ...lines.map((line) => ({ label: line.label, scale: line.scale || "y", stroke: line.color(), fill: fillOf(line), width: 1, dash: line.dash, paths: stepped, points: { show: false }, show: !hidden.has(line.key) }))],
        hooks: {
          setCursor: [(u) => onCursor(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null)],
          draw: [(u) => other && drawBeside(u, other), (u) => drawMarks(u, marks), (u) => flags(u, marks)],
          setSelect: [(u) => { u.zoomed = u.select.width > 0; }],
        },
      };
    }

    /* The whole run; the throughput is against the day that runs. */
    function whole() {
      if (kind !== "throughput") return [0, Math.max(1, facts.ticks_total - 1)];
      const day = Math.min(facts.num_days - 1, Math.floor((plot?.data[0].at(-1) ?? 0) / facts.ticks_per_day));
      return [day * facts.ticks_per_day, Math.max(1, (day + 1) * facts.ticks_per_day - 1)];
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
      legend.replaceChildren(...items.map(({ item }) => item), ...(other ? [besideItem()] : []));
    }

    function besideItem() {
      const item = document.createElement("li");
      item.className = "legend-beside";
      item.textContent = other.label;
      return item;
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
      beside(given) {
        other = { ...given, most: given.values.reduce((most, value) => Math.max(most, value), 0) };
        rebuild(lines);
      },
    };
  };
})();
