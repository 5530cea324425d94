/* One colour a bank, the same everywhere: by its place in the scenario's list of agents.
   The first ten are Okabe and Ito's and Tol's hues, told apart with any colour vision and set for 3:1 against
   the surface of each theme; further ones walk the hue circle by the golden angle in three lightnesses. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const FIRST = {
    light: ["#0067a5", "#c2500a", "#00785a", "#a2468a", "#7a6a00", "#3b8fc4", "#b3261e", "#5b4bb5", "#4d8a1f", "#6b5344"],
    dark: ["#5eb1ee", "#f28e4b", "#3cc39b", "#d98cc6", "#d6c246", "#9bd3f7", "#ff8a80", "#a99bf5", "#9ad05f", "#c9a98f"],
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
