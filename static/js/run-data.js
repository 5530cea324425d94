/* The points of a run that the page holds: one column a series, grown by frames. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

  PS.runData = function () {
    let names = [];
    let columns = new Map();
    let ticks = [];

    return {
      /* Take a frame for the series subscribed to; a whole one replaces everything. */
      take(series, frame) {
        if (frame.whole) {
          names = series;
          ticks = Array.from(frame.columns[0]);
          columns = new Map(names.map((name, i) => [name, Array.from(frame.columns[i + 1])]));
          return;
        }
        for (const tick of frame.columns[0]) ticks.push(tick);
        names.forEach((name, i) => {
          const column = columns.get(name);
          for (const value of frame.columns[i + 1]) column.push(value);
        });
      },
      get ticks() {
        return ticks;
      },
      get points() {
        return ticks.length;
      },
      column(name) {
        return columns.get(name) || [];
      },
      last(name) {
        const column = columns.get(name);
        return column && column.length ? column[column.length - 1] : null;
      },
      /* The point at or before a tick, -1 before the first. */
      indexAt(tick) {
        let low = 0;
        let high = ticks.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (ticks[middle] <= tick) low = middle + 1;
          else high = middle;
        }
        return low - 1;
      },
    };
  };
})();
