/* Banks against time: a row a bank, a colour a value, on the time axis of the other charts. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const STEPS = 48;
  const LEFT = 84;
  const BOTTOM = 20;
  const LEAST_LABELLED = 11; // pixels of a row that still has its name beside it

  function rgb(color) {
    return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  }

  function ramp(from, to) {
    const [a, b] = [rgb(PS.css(from)), rgb(PS.css(to))];
    return Array.from({ length: STEPS }, (_, k) => `rgb(${a.map((part, i) => Math.round(part + ((b[i] - part) * k) / (STEPS - 1))).join(" ")})`);
  }

  PS.runHeat = function (facts) {
    const figure = document.getElementById("heat");
    const money = (cents) => PS.money(cents, facts.currency);
    let measure = "queued_value";
    let marks = [];
    let at = null; // {bank, point} pointed at
    let shape = { width: 1, height: 1 };

    const x = (tick) => LEFT + (tick / facts.ticks_total) * (shape.width - LEFT - 1);
    const rowHeight = (data) => (shape.height - BOTTOM) / Math.max(1, data.banks.length);

    function colorOf(data) {
      const most = Math.max(1, ...data.values.map((row) => row.reduce((top, value) => Math.max(top, Math.abs(value)), 0)));
      const above = ramp("--heat-none", "--heat-more");
      const below = ramp("--heat-none", "--heat-less");
      return (value) => (value < 0 ? below : above)[Math.round((STEPS - 1) * Math.sqrt(Math.abs(value) / most))];
    }

    function drawCells(context, data) {
      const color = colorOf(data);
      const high = rowHeight(data);
      const ends = data.ticks.map((_, k) => x(k + 1 < data.ticks.length ? data.ticks[k + 1] : data.tick));
      data.values.forEach((row, i) => {
        row.forEach((value, k) => {
          const from = x(data.ticks[k]);
          context.fillStyle = color(value);
          context.fillRect(from, i * high, Math.max(0.5, ends[k] - from + 0.25), Math.max(1, high - (high > 6 ? 1 : 0)));
        });
      });
    }

    function drawNames(context, data) {
      const high = rowHeight(data);
      if (high < LEAST_LABELLED) return;
      context.fillStyle = PS.css("--chart-axis");
      context.textAlign = "right";
      context.textBaseline = "middle";
      data.banks.forEach((bank, i) => context.fillText(bank.id.slice(0, 11), LEFT - 6, (i + 0.5) * high));
    }

    function drawTime(context) {
      const steps = PS.timeSteps(facts);
      const step = steps.find((each) => (each / facts.ticks_total) * (shape.width - LEFT) >= 72) || facts.ticks_total;
      context.fillStyle = PS.css("--chart-axis");
      context.textAlign = "center";
      context.textBaseline = "bottom";
      for (let tick = 0; tick < facts.ticks_total; tick += step) context.fillText(PS.timeLabel(tick, facts), x(tick), shape.height);
      context.strokeStyle = PS.css("--chart-mark");
      context.setLineDash([3, 3]);
      context.beginPath();
      for (const { tick } of marks) {
        context.moveTo(x(tick), 0);
        context.lineTo(x(tick), shape.height - BOTTOM);
      }
      context.stroke();
      context.setLineDash([]);
    }

    function draw(context, width, height, data) {
      shape = { width, height };
      context.font = "11px system-ui, sans-serif";
      context.lineWidth = 1;
      drawCells(context, data);
      drawNames(context, data);
      drawTime(context);
      if (at === null || at.bank >= data.banks.length || at.point >= data.ticks.length) return;
      const high = rowHeight(data);
      const from = x(data.ticks[at.point]);
      const to = x(data.ticks[at.point + 1] ?? data.tick);
      context.strokeStyle = PS.css("--ink");
      context.lineWidth = 2;
      context.strokeRect(from, at.bank * high, Math.max(3, to - from), Math.max(3, high - 1));
    }

    function words() {
      const data = picture.data;
      if (!data?.banks) return "";
      const value = at && data.values[at.bank]?.[at.point];
      if (value !== undefined && value !== null) return `${data.banks[at.bank].id}, ${PS.clock(data.ticks[at.point], facts)}: ${money(value)}`;
      const most = data.values.reduce((top, row) => row.reduce((high, each) => Math.max(high, each), top), 0);
      return `Darkest: ${money(most)}`;
    }

    function point(left, top) {
      const data = picture.data;
      const was = JSON.stringify(at);
      const tick = ((left - LEFT) / (shape.width - LEFT - 1)) * facts.ticks_total;
      const bank = Math.floor(top / rowHeight(data));
      if (left < LEFT || top < 0 || bank >= data.banks.length || tick >= data.tick) at = null;
      else at = { bank, point: Math.max(0, data.ticks.findLastIndex((each) => each <= tick)) };
      return JSON.stringify(at) !== was;
    }

    function step(key) {
      const data = picture.data;
      const [across, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] || [0, 0];
      if (key === "Escape") at = null;
      else if (!across && !down) return false;
      else if (at === null) at = { bank: 0, point: data.ticks.length - 1 };
      else {
        at = {
          bank: Math.min(data.banks.length - 1, Math.max(0, at.bank + down)),
          point: Math.min(data.ticks.length - 1, Math.max(0, at.point + across)),
        };
      }
      return true;
    }

    const picture = PS.runPicture(figure, () => `${figure.dataset.url}?measure=${measure}`, { draw, words, point, step });
    figure.querySelectorAll("[data-heat]").forEach((button) => {
      button.addEventListener("click", () => {
        measure = button.dataset.heat;
        figure.querySelectorAll("[data-heat]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
        picture.fetch();
      });
    });

    return {
      marks(made) {
        marks = made;
        picture.redraw();
      },
      table() {
        const { banks = [], ticks = [], values = [] } = picture.data || {};
        const rows = ticks.map((tick, k) => [PS.clock(tick, facts), ...values.map((row) => money(row[k]))]);
        return { head: ["Tick", ...banks.map((bank) => bank.id)], texts: 1, rows };
      },
    };
  };
})();
