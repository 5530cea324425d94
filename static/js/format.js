/* Figures as the server writes them (simulations/templatetags/figures.py): money from integer minor units,
   counts, shares, clock times. A missing figure is "–". */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const NONE = "–";

  function grouped(digits) {
    return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  }

  /* `cents`: an integer (Number or BigInt); `currency`: {code, decimals}. -> "1,234.56 EUR" */
  PS.money = function (cents, currency) {
    if (cents === null || cents === undefined || Number.isNaN(cents)) return NONE;
    const { code = "", decimals = 2 } = currency || {};
    const whole = typeof cents === "bigint" ? cents : BigInt(Math.round(cents));
    const digits = (whole < 0n ? -whole : whole).toString().padStart(decimals + 1, "0");
    const cut = digits.length - decimals;
    const text = grouped(digits.slice(0, cut)) + (decimals ? "." + digits.slice(cut) : "");
    return (whole < 0n ? "-" : "") + text + (code ? " " + code : "");
  };

  /* Short, for axes: 1.2 M; `cents` as above, without the currency's code. */
  PS.moneyShort = function (cents, currency) {
    const units = cents / Math.pow(10, currency ? (currency.decimals ?? 2) : 2);
    return PS.short(units);
  };

  PS.short = function (value) {
    const size = Math.abs(value);
    for (const [bound, mark] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
      if (size >= bound) return trimmed(value / bound) + " " + mark;
    }
    return trimmed(value);
  };

  function trimmed(value) {
    const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    return value.toFixed(places).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  }

  PS.count = function (value) {
    if (value === null || value === undefined || Number.isNaN(value)) return NONE;
    return (value < 0 ? "-" : "") + grouped(String(Math.abs(Math.round(value))));
  };

  /* `share`: 0..1 -> "97.3 %" */
  PS.percent = function (share, places = 1) {
    if (share === null || share === undefined || Number.isNaN(share)) return NONE;
    return (share * 100).toFixed(places) + " %";
  };

  function seconds(text) {
    const [hours, minutes, rest = 0] = text.split(":").map(Number);
    return hours * 3600 + minutes * 60 + rest;
  }

  function two(value) {
    return String(value).padStart(2, "0");
  }

  /* The first whole second of a tick. `clock`: {ticks_per_day, num_days, day_start, day_end}; without the last two there are
     no clock times. -> "tick 45", "day 1, tick 45", "09:30", "day 1, 09:30:05"; days count from 0 */
  PS.clock = function (tick, clock) {
    const perDay = clock.ticks_per_day;
    const day = Math.floor(tick / perDay);
    const inDay = tick - day * perDay;
    const prefix = (clock.num_days || 1) > 1 ? `day ${day}, ` : "";
    if (!clock.day_start || !clock.day_end) return `${prefix}tick ${PS.count(inDay)}`;
    const from = seconds(clock.day_start);
    const length = seconds(clock.day_end) - from;
    const at = from + Math.ceil((inDay * length) / perDay);
    const whole = `${two(Math.floor(at / 3600))}:${two(Math.floor(at / 60) % 60)}`;
    return prefix + (length % (perDay * 60) === 0 ? whole : `${whole}:${two(at % 60)}`);
  };

  const CLOCK_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720];
  const ROUND = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];

  /* Steps of the time axis, in ticks: whole minutes and hours where ticks have clock times, else round numbers;
     then whole days. */
  PS.timeSteps = function (facts) {
    const perDay = facts.ticks_per_day;
    const length = facts.day_start ? (seconds(facts.day_end) - seconds(facts.day_start)) / 60 : 0;
    const clock = CLOCK_MINUTES.map((each) => (each * perDay) / length).filter((ticks) => length && Number.isInteger(ticks));
    const within = (clock.length > 2 ? clock : ROUND).filter((ticks) => ticks < perDay);
    return [...new Set([1, ...within, ...ROUND.map((days) => days * perDay)])].sort((a, b) => a - b);
  };

  /* Days by number at their first tick, within a day the time alone. */
  PS.timeLabel = function (tick, facts) {
    if (!Number.isInteger(tick) || tick >= facts.ticks_total) return "";
    const day = tick / facts.ticks_per_day;
    if (facts.num_days > 1 && Number.isInteger(day)) return `day ${day}`;
    return PS.clock(tick % facts.ticks_per_day, { ...facts, num_days: 1 });
  };

  /* Wall time in seconds -> "340 ms", "4.2 s", "3 min 05 s", "2 h 10 min" */
  PS.duration = function (value) {
    if (value === null || value === undefined) return NONE;
    if (value < 1) return `${Math.round(value * 1000)} ms`;
    if (value < 60) return `${value.toFixed(1)} s`;
    const whole = Math.round(value);
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
    return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  };
})();
