/* The gridlock ring of the help page: three banks, three payments, the one rule of settlement. */
(function () {
  "use strict";
  const AMOUNT = 10;
  const NAMES = ["A", "B", "C"];
  const ring = document.getElementById("ring");
  const says = document.getElementById("ring-says");
  let balances;
  let settled;

  function start() {
    balances = [0, 0, 0];
    settled = [false, false, false];
    return "Three payments wait.";
  }

  function pay(sender) {
    balances[sender] -= AMOUNT;
    balances[(sender + 1) % 3] += AMOUNT;
    settled[sender] = true;
  }

  /* Settle any payment whose sender has the money, as long as there is one. */
  function single() {
    if (settled.every(Boolean)) return "Nothing waits any more.";
    const order = [];
    for (let round = 0; round < 3; round += 1) {
      const next = balances.findIndex((balance, sender) => !settled[sender] && balance >= AMOUNT);
      if (next < 0) break;
      pay(next);
      order.push(NAMES[next]);
    }
    if (!order.length) return "Gridlock: each waits for the payment of the one before, so none moves.";
    return `${order.join(", then ")} paid: the same 10 went round, and all three are settled.`;
  }

  /* The set leaves every bank with what it had: money in equals money out. */
  function together() {
    if (settled.every(Boolean)) return "Nothing waits any more.";
    [0, 1, 2].forEach(pay);
    return "All three settled at once, and nobody needed any money.";
  }

  function lend() {
    balances[0] += AMOUNT;
    return "A has 10 more. Now settle one by one.";
  }

  function draw(text) {
    ring.querySelectorAll("[data-payment]").forEach((arrow) => {
      arrow.classList.toggle("is-settled", settled[Number(arrow.dataset.payment)]);
    });
    ring.querySelectorAll("[data-balance]").forEach((label) => {
      label.textContent = balances[Number(label.dataset.balance)];
    });
    says.textContent = text;
  }

  const VERBS = { single, together, lend, again: start };
  ring.addEventListener("click", (event) => {
    const verb = event.target.closest("[data-ring]")?.dataset.ring;
    if (verb) draw(VERBS[verb]());
  });
  draw(start());
})();
