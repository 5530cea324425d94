/* Axes and scales that the charts of live and of stored runs share. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

  PS.EMPTY_CENTS = 10000;

  /* Time below, the lines' own values on the left; on the right shares or values where a line has that scale.
     `left(value)` writes a value of the left axis; `facts.clock`, if given, writes x. */
  PS.axes = function (facts, lines, left) {
    const look = () => ({ stroke: () => PS.css("--chart-axis"), grid: { stroke: () => PS.css("--chart-grid"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif", size: 56 });
    const right = (scale, text, more) => ({ ...look(), scale, side: 1, grid: { show: false }, values: (u, values) => values.map(text), ...more });
    const scales = new Set(lines.map((line) => line.scale || "y"));
    const label = facts.clock || ((tick) => PS.timeLabel(tick, facts));
    const all = [
      { ...look(), size: 28, space: 72, ...(facts.clock ? {} : { incrs: PS.timeSteps(facts) }), values: (u, ticks) => ticks.map(label) },
      { ...look(), scale: "y", values: (u, values) => values.map(left) },
    ];
    if (scales.has("share")) all.push(right("share", (value) => PS.percent(value, 0), { size: 46 }));
    if (scales.has("value")) all.push(right("value", (value) => PS.moneyShort(value, facts.currency)));
    return all;
  };

  /* An empty chart shows a hundred units of money, or ten payments. */
  PS.fromZero = function (empty) {
    return (u, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.05 : empty];
  };

  PS.withRoom = function (u, low, high) {
    if (low === null) return [0, PS.EMPTY_CENTS];
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - room, high + room];
  };
})();
