/* Charts of stored runs: one uPlot each, cursors linked, legends that toggle, a drag zooms all of them.

   A line is {key, label, color(): css colour, values, text(value), scale?, dash?, fill?(), band?(), down?, raw?}: `raw`
   are the numbers to be read where `values` are stacked; `down` {to: key, fill()} is an area down to another line. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

  /* The point at or before a tick, -1 before the first. */
  function indexAt(ticks, tick) {
    let low = 0;
    let high = ticks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ticks[middle] <= tick) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /* `options`: facts, left(value) -> text, free (the value axis need not begin at zero), share (it goes to 100 %), counts (of payments),
     onZoom(from, to), onReset(), onCursor(tick or null). */
  PS.resultChart = function (figure, options) {
    const { facts } = options;
    const box = figure.querySelector(".chart-box");
    const legend = figure.querySelector(".legend");
    const reset = figure.querySelector("[data-reset]");
    const stepped = uPlot.paths.stepped({ align: 1 });
    const hidden = new Set();
    let plot = null;
    let now = { ticks: [], lines: [], range: [0, 1], zoomed: false };
    let cells = [];

    const isShown = (line) => !hidden.has(line.key);

    /* A stacked line carries what is shown below it. */
    function stacked(lines) {
      let below = null;
      const heights = new Map();
      [...lines].reverse().filter((line) => line.band && isShown(line)).forEach((line) => {
        below = line.values.map((value, i) => value + (below ? below[i] : 0));
        heights.set(line.key, below);
      });
      return (line) => heights.get(line.key) || line.values;
    }

    function bands(lines) {
      const shown = lines.map((line, i) => ({ line, i })).filter(({ line }) => line.band && isShown(line));
      const stack = shown.slice(0, -1).map(({ line, i }, k) => ({ series: [i + 1, shown[k + 1].i + 1], fill: line.band() }));
      const between = lines.filter((line) => line.down && isShown(line)).map((line) => {
        const below = lines.findIndex((other) => other.key === line.down.to);
        return { series: [lines.indexOf(line) + 1, below + 1], fill: line.down.fill() };
      });
      return [...stack, ...between];
    }

    function fillOf(line, lines) {
      const lowest = lines.filter((each) => each.band && isShown(each)).at(-1);
      return line === lowest ? line.band() : line.fill?.();
    }

    function settings(lines) {
      const scale = options.share ? () => [0, 1.02] : options.free ? PS.withRoom : PS.fromZero(options.counts ? 10 : PS.EMPTY_CENTS);
      return {
        width: box.clientWidth || 300,
        height: box.clientHeight || 200,
        legend: { show: false },
        padding: [8, lines.some((line) => line.scale) ? 0 : 14, 0, 0],
        cursor: { sync: { key: "result" }, y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
        scales: { x: { time: false, range: () => now.range }, y: { range: scale }, share: { range: [0, 1.02] }, value: { range: PS.fromZero(PS.EMPTY_CENTS) } },
        axes: PS.axes(facts, lines, options.left),
        bands: bands(lines),
        series: [{}, ...lines.map((line) => ({ label: line.label, scale: line.scale || "y", stroke: line.color(), fill: fillOf(line, lines), width: line.width || 1, dash: line.dash, paths: line.straight ? undefined : stepped, points: { show: false }, show: isShown(line) }))],
        hooks: {
          draw: [drawMarks],
          setCursor: [(u) => options.onCursor(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null)],
          setSelect: [(u) => {
            // A linked chart repeats the drag without an event of its own.
            if (u.select.width < 4 || !u.cursor.event) return;
            const from = Math.max(0, Math.floor(u.posToVal(u.select.left, "x")));
            const to = Math.ceil(u.posToVal(u.select.left + u.select.width, "x"));
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            options.onZoom(from, Math.max(to, from + 1));
          }],
        },
      };
    }

    function shownMarks() {
      return (facts.marks || []).filter(({ tick }) => tick >= now.range[0] && tick <= now.range[1]);
    }

    /* A line where something was done to the run; what, where there is room to say it. */
    function drawMarks(u) {
      const { ctx, bbox } = u;
      const ratio = devicePixelRatio;
      let free = 0;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = PS.css("--chart-mark");
      ctx.font = `${10 * ratio}px system-ui, sans-serif`;
      ctx.textAlign = "left";
      ctx.setLineDash([2 * ratio, 2 * ratio]);
      shownMarks().forEach(({ tick, what }) => {
        const x = Math.round(u.valToPos(tick, "x", true)) + 0.5;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        const label = what.replaceAll("_", " ");
        const width = ctx.measureText(label).width + 8 * ratio;
        if (x < free || x + width > bbox.left + bbox.width) return;
        ctx.fillText(label, x + 4 * ratio, bbox.top + 9 * ratio);
        free = x + width;
      });
      ctx.restore();
    }

    function draw() {
      plot?.destroy();
      const height = stacked(now.lines);
      plot = new uPlot(settings(now.lines), [now.ticks, ...now.lines.map(height)], box);
      plot.over.addEventListener("dblclick", () => options.onReset());
      reset.hidden = !now.zoomed;
      writeLegend();
    }

    function writeLegend() {
      cells = now.lines.map((line) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        const swatch = document.createElement("span");
        const value = document.createElement("span");
        swatch.className = "swatch";
        swatch.style.background = line.color();
        value.className = "num";
        button.type = "button";
        button.setAttribute("aria-pressed", String(isShown(line)));
        button.append(swatch, `${line.label} `, value);
        button.addEventListener("click", () => {
          if (!hidden.delete(line.key)) hidden.add(line.key);
          draw();
          legend.children[now.lines.indexOf(line)].firstChild.focus();
        });
        item.append(button);
        return { item, value };
      });
      legend.replaceChildren(...cells.map(({ item }) => item));
      write(null);
    }

    function write(tick) {
      const at = tick === null ? now.ticks.length - 1 : indexAt(now.ticks, tick);
      now.lines.forEach((line, i) => {
        const value = at >= 0 ? (line.raw || line.values)[at] : null;
        cells[i].value.textContent = value === null || value === undefined ? "" : line.text(value);
      });
    }

    reset.addEventListener("click", () => options.onReset());
    new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);

    return {
      figure,
      get plot() {
        return plot;
      },
      get shown() {
        return now.lines.filter(isShown);
      },
      get data() {
        return now;
      },
      get marks() {
        return shownMarks();
      },
      write,
      draw,
      set(next) {
        now = next;
        draw();
      },
    };
  };

  /* The numbers of a chart as a table in the drawer of the page. */
  PS.resultTable = function (charts, facts) {
    const dialog = document.getElementById("chart-table");
    const table = dialog.querySelector("table");

    function row(kind, texts) {
      const element = document.createElement("tr");
      element.append(...texts.map((text, i) => {
        const cell = document.createElement(kind);
        cell.textContent = text;
        if (i) cell.className = "num";
        return cell;
      }));
      return element;
    }

    charts.forEach((chart) => {
      chart.figure.querySelector("[data-table]").addEventListener("click", () => {
        const { ticks, lines } = chart.data;
        const label = facts.clock || ((tick) => PS.clock(tick, facts));
        const timed = Boolean(facts.day_start) && !facts.clock;
        document.getElementById("chart-table-title").textContent = chart.figure.querySelector("h3").textContent.trim();
        table.tHead.replaceChildren(row("th", [...(timed ? ["Time", "Tick"] : ["Tick"]), ...lines.map((line) => line.label)]));
        table.tBodies[0].replaceChildren(...ticks.map((tick, i) => row("td", [
          ...(timed ? [label(tick), PS.count(tick)] : [label(tick)]),
          ...lines.map((line) => {
            const value = (line.raw || line.values)[i];
            return value === null || value === undefined ? "" : line.text(value);
          }),
        ])));
        dialog.showModal();
      });
    });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  };
})();
