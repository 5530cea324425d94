/* The editor's frame: one text, two views; requests one after another, so that each knows the text it is about. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const PAUSE_MS = 350;
  const page = document.getElementById("document");
  const mayEdit = page.dataset.mayEdit === "yes";
  let queue = Promise.resolve();
  let timer = 0;
  let checked = "";
  let drawn = "";
  const sheets = new URLSearchParams(); /* which part of its long lists the form shows */

  function values(more) {
    return { text: PS.yaml.text(), base: page.elements.base.value, sheets: sheets.toString(), ...more };
  }

  function request(url, target, swap, more) {
    return htmx.ajax("POST", url, { source: "#asker", target, swap, values: values(more) });
  }

  const REQUESTS = {
    async check() {
      const sent = PS.yaml.text();
      if (sent === checked) return;
      await request(page.dataset.validate, "#checked", "outerHTML");
      checked = sent;
      settled();
    },

    async form() {
      const sent = PS.yaml.text();
      if (sent === drawn) return;
      await request(page.dataset.form, "#form-view", "innerHTML");
      drawn = sent;
      PS.formDrawn();
    },

    async change(more) {
      const sent = PS.yaml.text();
      const focused = document.activeElement?.id;
      await request(page.dataset.change, "#checked", "outerHTML", more);
      const { edit, refused } = JSON.parse(document.getElementById("edit").textContent);
      if (refused) PS.say(refused, "error");
      if (edit && PS.yaml.text() === sent) PS.yaml.apply(edit);
      clearTimeout(timer);
      checked = drawn = PS.yaml.text();
      settled();
      PS.formDrawn();
      if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
    },
  };

  function settled() {
    PS.paintBanks();
    PS.showFaults();
  }

  /* A failed request is said by the page's frame; what fails here is said here. The next goes on. */
  function failed(error) {
    if (error instanceof Error) PS.say(`The editor stumbled (${error.message}). Your text is safe; reload the page.`, "error");
  }

  function enqueue(task) {
    queue = queue.then(task).catch(failed);
    return queue;
  }

  /* Put a request behind those under way. */
  PS.send = function (name, more) {
    return enqueue(() => REQUESTS[name](more));
  };

  /* Show other rows of a long list. */
  PS.showSheet = function (list, number) {
    sheets.set(list, number);
    drawn = null;
    return PS.send("form");
  };

  PS.shownView = function () {
    return document.getElementById("yaml-view").hidden ? "form" : "yaml";
  };

  PS.showView = function (name) {
    document.getElementById("form-view").hidden = name !== "form";
    document.getElementById("yaml-view").hidden = name !== "yaml";
    document.getElementById("view").value = name;
    document.querySelectorAll("[data-view]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    });
    const address = new URL(location.href);
    if (name === "yaml") address.searchParams.set("view", "yaml");
    else address.searchParams.delete("view");
    history.replaceState(null, "", address);
    if (name === "form") PS.send("form");
    else PS.yaml.shown();
  };

  PS.openDrawer = function (kind, index) {
    const url = page.dataset[kind].replace(/0$/, index);
    enqueue(async () => {
      await request(url, "#drawer-body", "innerHTML");
      const drawer = document.getElementById("drawer");
      if (!drawer.open) drawer.showModal();
      PS.showFaults();
    });
  };

  /* The map's colours are the charts': one a bank, for the theme shown. */
  PS.paintBanks = function () {
    document.querySelectorAll("[data-bank-fill]").forEach((each) => each.setAttribute("fill", PS.color(Number(each.dataset.bankFill))));
    document.querySelectorAll("[data-bank-stroke]").forEach((each) => each.setAttribute("stroke", PS.color(Number(each.dataset.bankStroke))));
  };

  PS.yaml.mount(!mayEdit, page.dataset.schema);
  checked = drawn = PS.yaml.text();
  PS.yaml.onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(() => PS.send("check"), PAUSE_MS);
  });
  PS.formDrawn();
  PS.catchUp();
  PS.paintBanks();
  PS.onTheme(PS.paintBanks);

  document.addEventListener("click", (event) => {
    const view = event.target.closest("[data-view]");
    if (view) PS.showView(view.dataset.view);
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    if (event.target.matches("dialog.drawer")) event.target.close();
  });

  /* Enter means the dialog's own button, not the first one of the form, which runs. */
  document.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && event.target.matches("dialog input") && event.target.closest("dialog").querySelector("button[type=submit]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "s" || !mayEdit) return;
    event.preventDefault();
    const dialog = document.getElementById("save-dialog");
    if (!dialog.open) dialog.showModal();
  });

  /* A box that has the focus has not told of its change yet: it does when the page goes on to save or run.
     A form cannot be submitted again while its submit event lasts, hence the timer. */
  page.addEventListener("submit", (event) => {
    if (page.dataset.ready) return;
    event.preventDefault();
    const submitter = event.submitter;
    document.activeElement?.blur();
    queue.then(() => setTimeout(() => {
      page.dataset.ready = "yes";
      page.requestSubmit(submitter);
      delete page.dataset.ready;
    }));
  });

  /* What was typed in the last moment before the page goes is kept, too. */
  addEventListener("pagehide", () => {
    if (!mayEdit || PS.yaml.text() === checked) return;
    const form = new FormData();
    for (const [key, value] of Object.entries(values({ csrfmiddlewaretoken: page.elements.csrfmiddlewaretoken.value }))) form.set(key, value);
    navigator.sendBeacon(page.dataset.validate, form);
  });
})();
