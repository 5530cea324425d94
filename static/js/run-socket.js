/* The socket of a run: connects again by itself, takes frames apart, hands messages to whoever listens. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const HEADER_BYTES = 16;
  const FIRST_WAIT_MS = 400;
  const LONGEST_WAIT_MS = 8000;
  const FINAL = { 4001: "signed out", 4004: "not available" };

  /* <BBHIII: version, kind, columns, points, sequence, stamp; then the columns as float64, the tick first. */
  function parse(buffer) {
    const head = new DataView(buffer, 0, HEADER_BYTES);
    const width = head.getUint16(2, true);
    const points = head.getUint32(4, true);
    const columns = [];
    for (let i = 0; i < width; i += 1) {
      columns.push(new Float64Array(buffer, HEADER_BYTES + 8 * points * i, points));
    }
    return { whole: head.getUint8(1) === 0, sequence: head.getUint32(8, true), stamp: head.getUint32(12, true), columns };
  }

  /* `on`: {link(state, text), frame(frame), <message type>(data)}; `link` states: live, reconnecting, closed. */
  PS.runSocket = function (path, on) {
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    let socket = null;
    let wait = FIRST_WAIT_MS;
    let timer = 0;

    function connect() {
      clearTimeout(timer);
      socket = new WebSocket(scheme + location.host + path);
      socket.binaryType = "arraybuffer";
      socket.addEventListener("open", () => on.link("live", "live"));
      socket.addEventListener("message", (event) => {
        wait = FIRST_WAIT_MS;
        if (event.data instanceof ArrayBuffer) on.frame(parse(event.data));
        else {
          const message = JSON.parse(event.data);
          on[message.type]?.(message.data);
        }
      });
      socket.addEventListener("close", (event) => {
        if (FINAL[event.code]) {
          on.link("closed", FINAL[event.code]);
          return;
        }
        on.link("reconnecting", "reconnecting");
        timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
        wait = Math.min(LONGEST_WAIT_MS, wait * 2);
      });
    }

    /* A laptop that wakes, or a network that comes back, should not wait for the timer. */
    window.addEventListener("online", () => {
      if (socket.readyState === WebSocket.CLOSED) connect();
    });

    connect();
    return {
      get isOpen() {
        return socket.readyState === WebSocket.OPEN;
      },
      send(message) {
        if (socket.readyState !== WebSocket.OPEN) return false;
        socket.send(JSON.stringify(message));
        return true;
      },
    };
  };
})();
