/* The bar of a run: buttons, speed, keys, and where the run stands. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const STEPS = 99;
  const DECADES = 5;
  const OVER = new Set(["finished", "stopped", "failed"]);

  /* The slider: 0..99 is 1 to 100,000 ticks a second, evenly by ratio; 100 is as fast as possible. */
  function speedAt(position) {
    if (position > STEPS) return null;
    const exact = Math.pow(10, (position / STEPS) * DECADES);
    const unit = Math.pow(10, Math.max(0, Math.floor(Math.log10(exact)) - 1));
    return Math.round(exact / unit) * unit;
  }

  function positionOf(speed) {
    if (speed === null) return STEPS + 1;
    return Math.round(Math.min(STEPS, Math.max(0, (Math.log10(speed) / DECADES) * STEPS)));
  }

  PS.runBar = function (facts, send) {
    const get = (id) => document.getElementById(id);
    const bar = document.querySelector(".run-bar");
    const range = get("run-speed-range");
    let status = null;
    let touched = 0;

    function speedText(speed) {
      if (speed === null) return "as fast as possible";
      return `${PS.count(speed)} ticks/s · a day in ${PS.duration(facts.ticks_per_day / speed)}`;
    }

    function setSpeed(position) {
      const speed = speedAt(position);
      touched = performance.now();
      range.value = position;
      get("run-speed-text").textContent = speedText(speed);
      return send({ action: "speed", ticks_per_second: speed });
    }

    function can(verb) {
      return facts.may_steer && status !== null && status.possible.includes(verb);
    }

    function act(verb) {
      if (verb === "start" || verb === "resume") return send({ action: "run" });
      return send({ action: verb });
    }

    function writeButtons() {
      if (!facts.may_steer) return;
      const running = status.status === "running";
      bar.querySelector(".run-play").hidden = running;
      bar.querySelector(".run-pause").hidden = !running;
      bar.querySelector(".run-play").disabled = !(can("start") || can("resume"));
      bar.querySelector("[data-verb=step]").disabled = !can("step");
      bar.querySelector("[data-verb=stop]").disabled = !can("stop");
      get("run-until").disabled = !can("step");
      bar.querySelectorAll("#run-to :is(input, button)").forEach((each) => { each.disabled = !can("run_to"); });
      range.disabled = !can("speed");
      get("intervene-open").disabled = !can("apply");
      get("run-to-tick").min = status.tick + 1;
      if (performance.now() - touched > 700) {
        range.value = positionOf(status.ticks_per_second);
        get("run-speed-text").textContent = speedText(status.ticks_per_second);
      }
    }

    /* Focus must not fall off the page when the focused one of the two buttons is hidden. */
    function keepFocus(change) {
      const focused = document.activeElement;
      change();
      if (focused?.hidden && focused.matches(".run-play, .run-pause")) {
        bar.querySelector(focused.matches(".run-play") ? ".run-pause" : ".run-play").focus();
      }
    }

    function say(was) {
      if (was === status.status) return;
      get("run-said").textContent = `The run is ${status.status}, ${get("run-clock").textContent}.`;
      const badge = get("run-badge");
      badge.className = `badge badge-${status.status}`;
      badge.textContent = status.status;
      bar.dataset.status = status.status;
      get("results-link").classList.toggle("button-primary", OVER.has(status.status));
    }

    if (facts.may_steer) {
      get("run-verbs").addEventListener("submit", async (event) => {
        const { submitter, target: form } = event;
        if (submitter.dataset.verb !== "stop") {
          if (act(submitter.dataset.verb)) event.preventDefault();
          return;
        }
        event.preventDefault();
        const question = `End the run at ${get("run-clock").textContent}? It keeps what it has, and cannot go on.`;
        if (!(await PS.ask(question, "Stop the run")) || act("stop")) return;
        form.action = submitter.formAction;
        form.submit();
      });
      /* After a click on it the space bar is for playing again, not for another step. */
      bar.querySelector("[data-verb=step]").addEventListener("click", (event) => {
        if (event.detail) event.currentTarget.blur();
      });
      get("run-to").addEventListener("submit", (event) => {
        if (send({ action: "run_to", tick: Number(get("run-to-tick").value) })) event.preventDefault();
      });
      get("run-until").addEventListener("change", (event) => {
        if (event.target.value) send({ action: "step", until: event.target.value });
        event.target.value = "";
      });
      range.addEventListener("input", () => {
        touched = performance.now();
        get("run-speed-text").textContent = speedText(speedAt(Number(range.value)));
      });
      range.addEventListener("change", () => setSpeed(Number(range.value)));
      document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || status === null) return;
        if (event.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
        if (event.key === " " && !event.target.closest("button, a, summary")) {
          event.preventDefault();
          if (can("pause")) act("pause");
          else if (can("start") || can("resume")) act("start");
        } else if (event.key === "." && can("step")) act("step");
        else if ((event.key === "+" || event.key === "-") && can("speed")) {
          const by = event.key === "+" ? 6 : -6;
          setSpeed(Math.min(STEPS + 1, Math.max(0, Number(range.value) + by)));
        }
      });
    }

    return {
      status(next) {
        const was = status ? status.status : null;
        status = next;
        const over = next.tick >= facts.ticks_total;
        get("run-clock").textContent = over ? facts.day_end || "end" : PS.clock(next.tick, facts);
        get("run-tick").textContent = PS.count(next.tick);
        get("run-progress").value = next.tick;
        get("run-rate").textContent = PS.count(next.ticks_per_second_now);
        keepFocus(writeButtons);
        say(was);
        if (next.trouble) this.trouble(next.trouble);
        else if (was !== null && next.status !== "failed") get("trouble").hidden = true;
      },
      trouble(text) {
        get("trouble").hidden = false;
        get("trouble").firstElementChild.textContent = text;
      },
      link(state, text) {
        const badge = get("run-link");
        badge.className = `badge badge-${state === "closed" ? "error" : state}`;
        badge.textContent = text;
      },
    };
  };
})();
