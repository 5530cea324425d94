/* A branch is drawn beside its parent: what the parent settled and what waited there, dashed. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

  PS.runParent = async function (facts, charts) {
    if (!facts.parent) return;
    const answer = await fetch(facts.parent.lines, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { ticks, settled, waiting, problem } = await answer.json();
    if (problem) return;
    charts.beside({
      flow: { label: `Settled in ${facts.parent.name}`, ticks, values: settled },
      waiting: { label: `Waiting in ${facts.parent.name}`, ticks, values: waiting },
    });
  };
})();
