/* A chart as a file: PNG as it stands on the page, SVG drawn anew from the same numbers. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const HEAD = 34;
  const FOOT = 26;
  const FONT = "12px system-ui, sans-serif";

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function nameOf(chart, ending) {
    return `${titleOf(chart).toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${ending}`;
  }

  function titleOf(chart) {
    return chart.figure.querySelector("h3").textContent.trim();
  }

  function heading() {
    return document.querySelector("h1").textContent.trim();
  }

  PS.savePng = function (chart) {
    const source = chart.plot.ctx.canvas;
    const ratio = devicePixelRatio;
    const canvas = document.createElement("canvas");
    canvas.width = source.width;
    canvas.height = source.height + (HEAD + FOOT) * ratio;
    const context = canvas.getContext("2d");
    context.fillStyle = PS.css("--surface");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.scale(ratio, ratio);
    context.font = `600 ${FONT}`;
    context.fillStyle = PS.css("--ink");
    context.fillText(`${titleOf(chart)} · ${heading()}`, 12, 21);
    context.drawImage(source, 0, HEAD, source.width / ratio, source.height / ratio);
    context.font = FONT;
    let x = 12;
    chart.shown.forEach((line) => {
      context.fillStyle = line.color();
      context.fillRect(x, canvas.height / ratio - 18, 10, 10);
      context.fillStyle = PS.css("--ink-2");
      context.fillText(line.label, x + 14, canvas.height / ratio - 9);
      x += 30 + context.measureText(line.label).width;
    });
    canvas.toBlob((blob) => save(blob, nameOf(chart, "png")), "image/png");
  };

  function node(name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* A line as it is drawn: level until the next point, or straight to it. */
  function path(plot, line, values) {
    const scale = line.scale || "y";
    let text = "";
    let last = null;
    plot.data[0].forEach((tick, i) => {
      const value = values[i];
      if (value === null || value === undefined) return;
      const x = plot.valToPos(tick, "x").toFixed(1);
      const y = plot.valToPos(value, scale).toFixed(1);
      if (last === null) text += `M${x} ${y}`;
      else text += line.straight ? `L${x} ${y}` : `H${x}V${y}`;
      last = y;
    });
    return text;
  }

  function axisOf(plot, axis, left, top, width, height) {
    const group = node("g", { fill: PS.css("--chart-axis"), "font-size": 11 });
    const isX = axis.scale === "x";
    (axis._splits || []).forEach((split, i) => {
      const label = axis._values[i];
      if (label === null || label === "") return;
      const at = plot.valToPos(split, axis.scale);
      if (isX) group.append(node("text", { x: left + at, y: top + height + 17, "text-anchor": "middle" }, label));
      else if (axis.side === 1) group.append(node("text", { x: left + width + 6, y: top + at + 4 }, label));
      else {
        group.append(node("line", { x1: left, x2: left + width, y1: top + at, y2: top + at, stroke: PS.css("--chart-grid") }));
        group.append(node("text", { x: left - 6, y: top + at + 4, "text-anchor": "end" }, label));
      }
    });
    return group;
  }

  PS.saveSvg = function (chart) {
    const plot = chart.plot;
    const ratio = devicePixelRatio;
    const [left, width, height] = [plot.bbox.left / ratio, plot.bbox.width / ratio, plot.bbox.height / ratio];
    const top = plot.bbox.top / ratio + HEAD;
    const size = { width: plot.width, height: plot.height + HEAD + FOOT };
    const svg = node("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${size.width} ${size.height}`, ...size, "font-family": "system-ui, sans-serif" });
    svg.append(node("rect", { ...size, fill: PS.css("--surface") }));
    svg.append(node("text", { x: 12, y: 21, fill: PS.css("--ink"), "font-size": 12, "font-weight": 600 }, `${titleOf(chart)} · ${heading()}`));
    plot.axes.filter((axis) => axis.show).forEach((axis) => svg.append(axisOf(plot, axis, left, top, width, height)));
    const clip = node("clipPath", { id: "plot" });
    clip.append(node("rect", { width, height }));
    const lines = node("g", { transform: `translate(${left} ${top})`, "clip-path": "url(#plot)", fill: "none" });
    let x = 12;
    chart.data.lines.forEach((line, i) => {
      if (!plot.series[i + 1].show) return;
      const look = { d: path(plot, line, plot.data[i + 1]), stroke: line.color(), "stroke-width": 1.25 };
      lines.append(node("path", line.dash ? { ...look, "stroke-dasharray": line.dash.join(" ") } : look));
      svg.append(node("rect", { x, y: size.height - 18, width: 10, height: 10, fill: line.color() }));
      svg.append(node("text", { x: x + 14, y: size.height - 9, fill: PS.css("--ink-2"), "font-size": 12 }, line.label));
      x += 30 + line.label.length * 7;
    });
    chart.marks.forEach(({ tick, what }) => {
      const at = left + plot.valToPos(tick, "x");
      svg.append(node("line", { x1: at, x2: at, y1: top, y2: top + height, stroke: PS.css("--chart-mark"), "stroke-dasharray": "2 2" }));
      svg.append(node("text", { x: at + 4, y: top + 9, fill: PS.css("--chart-mark"), "font-size": 10 }, what.replaceAll("_", " ")));
    });
    svg.append(clip, lines);
    save(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }), nameOf(chart, "svg"));
  };

  PS.pictures = function (charts) {
    charts.forEach((chart) => {
      chart.figure.querySelector('[data-picture="png"]').addEventListener("click", () => PS.savePng(chart));
      chart.figure.querySelector('[data-picture="svg"]').addEventListener("click", () => PS.saveSvg(chart));
    });
  };
})();
