/* Who owes whom now: banks as discs as large as their balance, what is queued between them as curves as wide
   as its value. Places are computed once, from the order of the banks alone, so that nothing ever jumps.
   Curves are painted once for each change, on a layer of their own: a frame is two layers, discs, and the
   curves of the bank pointed at, so that 2,000 curves move as smoothly as ten. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const RING = 20; // banks that still stand in one ring
  const LABELLED = 40;
  const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
  const MANY_EDGES = 300;
  const MOST_WIDTH = 9;
  const MOVE_MS = 300;
  const REACH = 14;
  const HEADROOM = 36; // the largest disc and its label, above and below the ring
  const DISC_ROOM = 26; // a disc and a gap, before its label at the side
  const LABEL = "11px system-ui, sans-serif";
  const measure = document.createElement("canvas").getContext("2d");

  /* Places in the unit square, the most active first: a ring of few, or a spiral from the centre of many. */
  function places(count) {
    return Array.from({ length: count }, (_, i) => {
      const radius = count <= RING ? 1 : Math.sqrt((i + 0.5) / count);
      const angle = count <= RING ? (2 * Math.PI * i) / count - Math.PI / 2 : i * GOLDEN_ANGLE;
      return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
    });
  }

  PS.runMap = function (facts) {
    const figure = document.getElementById("map");
    const money = (cents) => PS.money(cents, facts.currency);
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    let spots = [];
    let longest = 0; // of the labels, in px
    let edges = [];
    let layer = null; // the curves as they are, and as they were before the last change
    let before = null;
    let painted = "";
    let pointed = -1;
    let movedAt = 0;

    function took(data) {
      spots = spots.length === data.banks.length ? spots : places(data.banks.length);
      measure.font = LABEL;
      longest = data.banks.length <= LABELLED ? Math.max(...data.banks.map((bank) => measure.measureText(bank.id).width)) : 0;
      if (pointed >= data.banks.length) pointed = -1;
      const { from = [], to = [], value = [] } = data.edges;
      const most = Math.max(1, ...value);
      const widest = value.length > MANY_EDGES ? MOST_WIDTH / 2 : MOST_WIDTH;
      edges = value.map((sum, k) => ({ from: from[k], to: to[k], value: sum, width: 0.75 + (widest - 0.75) * Math.sqrt(sum / most) }));
      before = layer;
      painted = "";
      movedAt = performance.now();
      picture.animate(still.matches ? 0 : MOVE_MS);
    }

    /* On a wide page the ring becomes an ellipse; the room left and right is for the labels. */
    function sideRoom(width) {
      return Math.min(longest + DISC_ROOM, width / 3);
    }

    function spot(i, width, height) {
      return { x: width / 2 + spots[i].x * (width / 2 - sideRoom(width)), y: height / 2 + spots[i].y * (height / 2 - HEADROOM) };
    }

    function curve(context, a, b) {
      const bend = 0.16;
      context.moveTo(a.x, a.y);
      context.quadraticCurveTo((a.x + b.x) / 2 - (b.y - a.y) * bend, (a.y + b.y) / 2 + (b.x - a.x) * bend, b.x, b.y);
    }

    function stroke(context, edge, at, colors) {
      context.strokeStyle = colors[edge.from];
      context.lineWidth = edge.width;
      context.beginPath();
      curve(context, at[edge.from], at[edge.to]);
      context.stroke();
    }

    function layerLike(context) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [context.canvas.width, context.canvas.height];
      const own = canvas.getContext("2d");
      own.setTransform(context.getTransform());
      return own;
    }

    /* All curves, and all discs, on layers as large as the canvas; anew when they, the size or the theme changed. */
    function paintLayers(context, at, colors, data) {
      const looks = `${context.canvas.width} ${context.canvas.height} ${PS.theme()}`;
      if (painted === looks) return;
      if (painted !== "") before = null;
      painted = looks;
      const curves = layerLike(context);
      curves.globalAlpha = edges.length > MANY_EDGES ? 0.35 : 0.6;
      edges.forEach((edge) => stroke(curves, edge, at, colors));
      const discs = layerLike(context);
      data.banks.forEach((_, i) => drawBank(discs, i, at, colors, data, data.banks.length <= LABELLED));
      layer = { curves: curves.canvas, discs: discs.canvas };
    }

    function blit(context, from, alpha) {
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalAlpha = alpha;
      context.drawImage(from, 0, 0);
      context.restore();
    }

    function drawBank(context, i, at, colors, data, isNamed) {
      const width = figure.querySelector(".picture-box").clientWidth;
      const bank = data.banks[i];
      const most = data.banks.reduce((top, each) => Math.max(top, Math.abs(each.balance)), 1);
      const largest = Math.max(4, 18 - data.banks.length / 12);
      const radius = Math.max(2.5, largest * Math.sqrt(Math.abs(bank.balance) / most));
      const { x, y } = at[i];
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = bank.balance < 0 ? PS.css("--surface") : colors[i];
      context.fill();
      context.lineWidth = bank.balance < 0 || i === pointed ? 3 : 1;
      context.strokeStyle = bank.balance < 0 ? PS.css("--bad") : i === pointed ? PS.css("--ink") : PS.css("--surface");
      context.stroke();
      if (!isNamed) return;
      const left = spots[i].x < -0.2;
      const middle = Math.abs(spots[i].x) <= 0.2;
      const beside = middle ? 0 : (radius + 5) * (left ? -1 : 1);
      context.font = LABEL;
      context.textBaseline = "middle";
      context.textAlign = middle ? "center" : left ? "right" : "left";
      context.fillStyle = PS.css("--ink");
      /* A name that is too long is drawn narrower; where only one is shown, it may take what it needs. */
      const room = middle || !longest ? undefined : sideRoom(width) - radius - 5;
      context.fillText(bank.id, x + beside, y + (middle ? (radius + 9) * (spots[i].y < 0 ? -1 : 1) : 0), room);
    }

    function draw(context, width, height, data) {
      const at = data.banks.map((_, i) => spot(i, width, height));
      const colors = data.banks.map((bank) => PS.color(bank.index));
      paintLayers(context, at, colors, data);
      const share = still.matches || !before ? 1 : Math.min(1, (performance.now() - movedAt) / MOVE_MS);
      const all = pointed < 0 ? 1 : 0.12;
      if (share < 1) blit(context, before.curves, all * (1 - share));
      blit(context, layer.curves, all * share);
      context.globalAlpha = 0.7;
      for (const edge of edges) {
        if (edge.from === pointed || edge.to === pointed) stroke(context, edge, at, colors);
      }
      context.globalAlpha = 1;
      blit(context, layer.discs, 1);
      if (pointed >= 0) drawBank(context, pointed, at, colors, data, true);
    }

    function words() {
      const data = picture.data;
      if (!data) return "";
      if (pointed < 0) {
        if (!data.pairs) return "Nothing is queued.";
        const largest = data.pairs > data.edges.value.length ? `, the largest ${PS.count(data.edges.value.length)} shown` : "";
        return `${money(data.queued)} queued between ${PS.count(data.pairs)} pairs of banks${largest}`;
      }
      const bank = data.banks[pointed];
      const owes = edges.filter((edge) => edge.from === pointed).reduce((sum, edge) => sum + edge.value, 0);
      const owed = edges.filter((edge) => edge.to === pointed).reduce((sum, edge) => sum + edge.value, 0);
      return `${bank.id}: balance ${money(bank.balance)}, owes ${money(owes)}, is owed ${money(owed)}`;
    }

    const picture = PS.runPicture(figure, () => figure.dataset.url, {
      draw,
      took,
      words,
      point(x, y) {
        const box = figure.querySelector(".picture-box");
        let nearest = -1;
        let least = REACH * REACH;
        spots.forEach((_, i) => {
          const at = spot(i, box.clientWidth, box.clientHeight);
          const far = (at.x - x) ** 2 + (at.y - y) ** 2;
          if (far < least) [nearest, least] = [i, far];
        });
        const changed = nearest !== pointed;
        pointed = nearest;
        return changed;
      },
      step(key) {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
        if (key === "Escape" && pointed >= 0) pointed = -1;
        else if (by) pointed = pointed < 0 ? (by > 0 ? 0 : spots.length - 1) : (pointed + by + spots.length) % spots.length;
        else return false;
        return true;
      },
    });

    return {
      table() {
        const { banks = [], edges: columns = {} } = picture.data || {};
        const rows = (columns.value || []).map((value, k) => [banks[columns.from[k]].id, banks[columns.to[k]].id, PS.count(columns.count[k]), money(value)]);
        return { head: ["Owes", "Is owed", "Payments", "Queued"], texts: 2, rows };
      },
    };
  };
})();
