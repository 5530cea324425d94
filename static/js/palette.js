/* One colour a bank, the same everywhere: by its place in the scenario's list of agents.
   As many as a chart has lines are picked, each as far as possible from all before it (OKLab) as seen with full,
   protan and deutan vision, and set for 3:1 against the surface of each theme; simulations/tests/test_design.py
   holds them to it. Further ones walk the hue circle by the golden angle in three lightnesses. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const FIRST = {
    light: [
      "#0067a5", "#c2500a", "#64162b", "#967ff5", "#3d1487", "#1ea28f", "#a6255c", "#eb6268",
      "#7e3a06", "#3a8bbe", "#452b57", "#6a69db", "#2f41ab", "#c94363", "#5a3f82", "#837291",
      "#e56f17", "#3c5841", "#75517d", "#0a7e3a", "#455dc9", "#6d2506", "#7e2867", "#72986a",
    ],
    dark: [
      "#5eb1ee", "#f28e4b", "#a1fccb", "#b94082", "#4f69d7", "#8e710f", "#ebd229", "#b18c9d",
      "#bed2f3", "#5ed99e", "#8688fe", "#cd5f62", "#077fa8", "#ef7bcc", "#bffb7b", "#c47d04",
      "#58ba71", "#edb345", "#d1b3cd", "#a975ce", "#9ee78e", "#bfeef7", "#90b5a0", "#b6dcc6",
    ],
  };
  const GOLDEN_ANGLE = 137.508;
  const known = new Map();

  function channel(linear) {
    const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  }

  /* OKLCH to #rrggbb (Ottosson 2020); canvas of older browsers does not know oklch(). */
  function oklch(lightness, chroma, hue) {
    const angle = (hue * Math.PI) / 180;
    const a = chroma * Math.cos(angle);
    const b = chroma * Math.sin(angle);
    const l = Math.pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
    const m = Math.pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
    const s = Math.pow(lightness - 0.0894841775 * a - 1.291485548 * b, 3);
    const rgb = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ];
    return "#" + rgb.map((value) => channel(value).toString(16).padStart(2, "0")).join("");
  }

  /* The colour of agent `index` (from 0), as #rrggbb for the theme shown now. */
  PS.color = function (index) {
    const theme = PS.theme();
    if (index < FIRST[theme].length) return FIRST[theme][index];
    const key = theme + index;
    if (!known.has(key)) {
      const step = (index % 3) - 1;
      const lightness = theme === "dark" ? 0.74 + 0.07 * step : 0.52 + 0.06 * step;
      known.set(key, oklch(lightness, 0.11, (30 + index * GOLDEN_ANGLE) % 360));
    }
    return known.get(key);
  };
})();
