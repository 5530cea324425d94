/* Light or dark: the page carries data-theme when the person chose one, else the device decides.
   PS.onTheme(draw) calls `draw` when colours change; charts redraw themselves with it. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  const listeners = new Set();
  const values = new Map();

  const kept = /(?:^|; )theme=(light|dark)(?:;|$)/.exec(document.cookie);

  root.classList.add("js");
  /* The server has set it on the workbench's pages; the review site's come without. */
  if (kept) root.dataset.theme = kept[1];

  PS.theme = function () {
    return root.dataset.theme || (device.matches ? "dark" : "light");
  };

  /* The value of a custom property, as the page shows it now: PS.css("--chart-1"). Read once a theme: each
     reading makes the browser lay the page out anew, and charts ask for dozens in a frame. */
  PS.css = function (name) {
    const key = PS.theme() + name;
    if (!values.has(key)) values.set(key, shown(getComputedStyle(root).getPropertyValue(name).trim()));
    return values.get(key);
  };

  /* Canvas and SVG want the one colour that light-dark(light, dark) stands for. */
  function shown(value) {
    const pair = /^light-dark\((.+?), (.+)\)$/.exec(value);
    return pair ? pair[PS.theme() === "dark" ? 2 : 1] : value;
  }

  PS.onTheme = function (listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  /* `wanted`: system, light or dark. Kept for a year in a cookie, so that the server draws the next page right. */
  PS.setTheme = function (wanted) {
    if (wanted === "system") delete root.dataset.theme;
    else root.dataset.theme = wanted;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${wanted}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    listeners.forEach((listener) => listener(PS.theme()));
  };

  device.addEventListener("change", () => {
    if (!root.dataset.theme) listeners.forEach((listener) => listener(PS.theme()));
  });
})();
