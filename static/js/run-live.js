/* The live page: the socket feeds the data, the data the charts and figures, at most once an animation frame. */
(function () {
  "use strict";
  const PS = window.PS;
  const facts = JSON.parse(document.getElementById("run-facts").textContent);
  const MOST_POINTS = 600;
  const TOO_MANY_POINTS = 1800;
  const MOST_LINES = 24;
  const ACTIVE = 10;
  const MOVED_MS = 500;
  const REST_SHARE = 4; // between two fetches: so many times as long as the last one took
  const TABLES = ["map", "heat", "banks", "queue", "feed", "interventions"];
  const remembered = `run-banks:${facts.id}`;

  const data = PS.runData();
  const charts = PS.runCharts(facts, data);
  const map = PS.runMap(facts);
  const heat = PS.runHeat(facts);
  let series = [];
  let stamp = null;
  let drawing = false;
  let whole = false;
  let chosen = JSON.parse(sessionStorage.getItem(remembered) || "null");
  let measure = "balance";
  let movedAt = 0;
  let movedTimer = 0;
  let fetchedAt = 0;
  let fetchMs = 0;
  const inSight = new Set();
  const stale = new Set();
  let shown = { tick: -1, status: "" };

  const socket = PS.runSocket(facts.socket, {
    link(state, text) {
      bar.link(state, text);
      if (state === "live") subscribe();
    },
    status(status) {
      bar.status(status);
      past.status(status);
      if (status.status !== "running") {
        whole = true; // it rests: the charts out of sight catch up
        schedule();
      }
      if (status.tick !== shown.tick || status.status !== shown.status) moved(status);
    },
    subscribed(answer) {
      series = answer.series;
      stamp = null;
    },
    frame(frame) {
      data.take(series, frame);
      stamp = frame.stamp;
      whole = whole || frame.whole;
      if (document.hidden) acknowledge(); // nothing is drawn in a hidden tab, and no animation frame comes
      else schedule();
      if (data.points > TOO_MANY_POINTS && !frame.whole) subscribe();
    },
    error(problem) {
      if (problem.action === "subscribe" || problem.code === "unrepeatable") bar.trouble(problem.message);
      else if (problem.action) PS.say(problem.message, "error");
    },
  });
  const bar = PS.runBar(facts, (message) => socket.send(message));
  const past = PS.runPast(facts, {
    looked(tick) {
      charts.past(tick);
      ["banks", "queue"].forEach(refresh);
      if (tick === null) writeStats();
    },
  });

  function subscribe() {
    const banks = (chosen || []).flatMap((bank) => [`balance:${bank.id}`, `available:${bank.id}`]);
    socket.send({ action: "subscribe", series: [...PS.runLines.system, ...banks], max_points: MOST_POINTS, encoding: "binary" });
  }

  function acknowledge() {
    if (stamp === null) return;
    socket.send({ action: "ack", stamp });
    stamp = null;
  }

  function schedule() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      charts.draw(whole);
      whole = false;
      writeStats();
      acknowledge();
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) schedule();
  });

  function write(key, text) {
    document.querySelector(`[data-stat=${key}]`).textContent = text;
  }

  function writeStats() {
    if (past.tick !== null) return;
    const last = (name) => data.last(name) ?? 0;
    writeTotals({
      arrived_count: last("arrivals_total"),
      arrived_value: last("arrived_value_total"),
      settled_count: last("settlements_total"),
      settled_value: last("settled_value_total"),
      pending_count: last("pending"),
      queued_count: last("queue_depth"),
      queued_value: last("queue_value"),
      costs: PS.runLines.costKinds.reduce((sum, kind) => sum + last(`cost_${kind}_total`), 0),
    });
  }

  function writeTotals(totals) {
    const money = (value) => PS.money(value, facts.currency);
    write("arrived", PS.count(totals.arrived_count));
    write("arrived-value", money(totals.arrived_value));
    write("settled", PS.count(totals.settled_count));
    write("settled-value", money(totals.settled_value));
    write("rate", totals.arrived_value ? PS.percent(totals.settled_value / totals.arrived_value) : "–");
    write("waiting", PS.count(totals.queued_count + totals.pending_count));
    write("waiting-value", totals.queued_count ? `${money(totals.queued_value)} queued` : "");
    write("costs", money(totals.costs));
  }

  /* The tables are fetched anew at most twice a second, less often where that takes long, and always once
     more after the last change. While the run goes on those out of sight wait: the charts come first. */
  function moved(status) {
    clearTimeout(movedTimer);
    const pause = Math.max(MOVED_MS, REST_SHARE * fetchMs);
    const wait = status.status !== shown.status ? 0 : Math.max(0, movedAt + pause - performance.now());
    movedTimer = setTimeout(() => {
      movedAt = performance.now();
      shown = { tick: status.tick, status: status.status };
      for (const id of TABLES) {
        if (status.status !== "running" || inSight.has(id)) refresh(id);
        else stale.add(id);
      }
    }, wait);
  }

  function refresh(id) {
    if (id === "feed" && feedHold.getAttribute("aria-pressed") === "true") return;
    stale.delete(id);
    htmx.trigger(`#${id}`, "run:moved", { rests: shown.status !== "running" });
  }

  const tablesSeen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) inSight.delete(target.id);
      else {
        inSight.add(target.id);
        if (stale.has(target.id)) refresh(target.id);
      }
    }
  }, { rootMargin: "200px" });
  TABLES.forEach((id) => tablesSeen.observe(document.getElementById(id)));
  document.body.addEventListener("htmx:beforeRequest", () => { fetchedAt = performance.now(); });
  document.body.addEventListener("htmx:afterRequest", () => { fetchMs = performance.now() - fetchedAt; });

  const feedHold = document.getElementById("feed-hold");
  feedHold.addEventListener("click", () => {
    const held = feedHold.getAttribute("aria-pressed") !== "true";
    feedHold.setAttribute("aria-pressed", String(held));
    if (!held) htmx.trigger("#feed", "run:moved");
  });
  document.getElementById("feed-filter").addEventListener("submit", (event) => event.preventDefault());

  /* Banks in the chart: those chosen in the table, at first the most active. */
  const boxes = () => [...document.querySelectorAll("#banks [data-bank]")];

  function choose(banks) {
    chosen = banks.slice(0, MOST_LINES);
    sessionStorage.setItem(remembered, JSON.stringify(chosen));
    charts.show(chosen, measure);
    markBanks();
    subscribe();
  }

  function mostActive() {
    return boxes().slice(0, ACTIVE).map(bankOf);
  }

  function bankOf(box) {
    return { id: box.dataset.bank, index: Number(box.dataset.bankIndex) };
  }

  function markBanks() {
    const ids = new Set((chosen || []).map((bank) => bank.id));
    for (const box of boxes()) box.checked = ids.has(box.dataset.bank);
    document.querySelectorAll("[data-swatch]").forEach((svg) => svg.firstElementChild.setAttribute("fill", PS.color(Number(svg.dataset.swatch))));
    document.querySelectorAll("[data-line]").forEach((svg) => svg.firstElementChild.setAttribute("stroke", PS.color(Number(svg.dataset.line))));
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "banks") return;
    const then = document.getElementById("run-then");
    if (then && past.tick !== null) writeTotals(JSON.parse(then.textContent));
    if (chosen === null && boxes().length) choose(mostActive());
    else markBanks();
  });
  document.getElementById("banks").addEventListener("change", (event) => {
    if (!event.target.dataset.bank) return;
    const bank = bankOf(event.target);
    const others = (chosen || []).filter((each) => each.id !== bank.id);
    if (event.target.checked && others.length >= MOST_LINES) {
      event.target.checked = false;
      PS.say(`The chart shows at most ${MOST_LINES} banks.`, "warn");
    } else choose(event.target.checked ? [...others, bank] : others);
  });
  document.getElementById("banks-active").addEventListener("click", () => choose(mostActive()));
  document.querySelectorAll("[data-measure]").forEach((button) => {
    button.addEventListener("click", () => {
      measure = button.dataset.measure;
      document.querySelectorAll("[data-measure]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      charts.show(chosen || [], measure);
      schedule();
    });
  });
  PS.onTheme(markBanks);
  if (chosen) charts.show(chosen, measure);

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "interventions") return;
    const made = JSON.parse(document.getElementById("run-marks").textContent);
    charts.marks(made);
    heat.marks(made);
  });
  PS.runParent(facts, charts);
  PS.chartTable({
    ...Object.fromEntries(charts.keys.map((key) => [key, () => charts.table(key)])),
    map: map.table,
    heat: heat.table,
  });
})();
