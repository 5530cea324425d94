/* What the pictures of a run share: a canvas that follows its box and the theme, data fetched as the run goes
   on, a line of words for what is pointed at, and a step for each arrow key. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const REST_SHARE = 4; // between two fetches: so many times as long as the last one took

  /* `draw(context, width, height, data)` paints; `point(x, y)` and `step(key)` move what is pointed at and
     return whether they did; `words()` says it. -> {redraw(), animate(milliseconds), fetch(), data} */
  PS.runPicture = function (figure, url, how) {
    const box = figure.querySelector(".picture-box");
    const canvas = box.querySelector("canvas");
    const said = figure.querySelector("output");
    const context = canvas.getContext("2d");
    let data = null;
    let fetching = false;
    let again = false;
    let notBefore = 0;
    let frame = 0;
    let until = 0;

    function size() {
      const scale = window.devicePixelRatio || 1;
      canvas.width = Math.round(box.clientWidth * scale);
      canvas.height = Math.round(box.clientHeight * scale);
    }

    function paint(now) {
      frame = 0;
      const scale = window.devicePixelRatio || 1;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, box.clientWidth, box.clientHeight);
      /* A box without size, before the page is laid out for instance, has nothing to draw on: layers of its size are refused. */
      if (data?.banks && canvas.width && canvas.height) how.draw(context, box.clientWidth, box.clientHeight, data);
      said.textContent = data?.problem || how.words();
      if (now < until) redraw();
    }

    function redraw() {
      if (!frame) frame = requestAnimationFrame(paint);
    }

    async function fetchNow() {
      if (fetching) {
        again = true;
        return;
      }
      fetching = true;
      const began = performance.now();
      try {
        const answer = await fetch(url(), { headers: { Accept: "application/json" } });
        if (answer.ok) {
          data = await answer.json();
          how.took?.(data);
          redraw();
        }
      } catch {
        said.textContent = "The connection is lost; this is as it was.";
      }
      fetching = false;
      notBefore = performance.now() + REST_SHARE * (performance.now() - began);
      if (again) {
        again = false;
        fetchNow();
      }
    }

    figure.addEventListener("run:moved", (event) => {
      if (event.detail?.rests || performance.now() >= notBefore) fetchNow();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (data && how.point(event.offsetX, event.offsetY)) redraw();
    });
    canvas.addEventListener("pointerleave", () => {
      if (data && how.point(-1, -1)) redraw();
    });
    canvas.addEventListener("keydown", (event) => {
      if (!data?.banks || event.ctrlKey || event.metaKey || event.altKey || !how.step(event.key)) return;
      event.preventDefault();
      redraw();
    });
    /* Read out for those who move through it by keys, not with every change of a run. */
    said.setAttribute("aria-live", "off");
    canvas.addEventListener("focus", () => said.setAttribute("aria-live", "polite"));
    canvas.addEventListener("blur", () => said.setAttribute("aria-live", "off"));
    new ResizeObserver(() => {
      size();
      redraw();
    }).observe(box);
    PS.onTheme(redraw);

    return {
      redraw,
      fetch: fetchNow,
      animate(milliseconds) {
        until = performance.now() + milliseconds;
        redraw();
      },
      get data() {
        return data;
      },
    };
  };
})();
