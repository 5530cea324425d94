/* The frame of every page: menus, the theme buttons, notices that go, and questions before what cannot be undone.
   A form with data-confirm asks its text first; data-confirm-action names the button that goes on. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});

  function setOpen(button, open) {
    const list = document.getElementById(button.getAttribute("aria-controls"));
    button.setAttribute("aria-expanded", String(open));
    if (list.classList.contains("nav")) list.classList.toggle("is-open", open);
    else list.hidden = !open;
  }

  function closeOthers(keep) {
    document.querySelectorAll("[data-menu][aria-expanded=true]").forEach((button) => {
      if (button !== keep) setOpen(button, false);
    });
  }

  function openMenuAround(element) {
    const open = [...document.querySelectorAll("[data-menu][aria-expanded=true]")];
    return open.find((button) => {
      const list = document.getElementById(button.getAttribute("aria-controls"));
      return button.contains(element) || list.contains(element);
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-menu]");
    if (button) {
      closeOthers(button);
      setOpen(button, button.getAttribute("aria-expanded") !== "true");
      return;
    }
    if (!openMenuAround(event.target)) closeOthers(null);
    const theme = event.target.closest("[data-theme-choice]");
    if (theme) {
      PS.setTheme(theme.dataset.themeChoice);
      markTheme();
    }
    event.target.closest("[data-dismiss]")?.closest(".notice").remove();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const button = openMenuAround(document.activeElement);
    closeOthers(null);
    button?.focus();
  });

  function markTheme() {
    const chosen = document.documentElement.dataset.theme || "system";
    document.querySelectorAll("button[data-theme-choice]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    });
  }

  function part(name, className, text) {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  }

  /* Ask in a dialog of our own; resolves to true when the person goes on. */
  PS.ask = function (question, action = "Go on") {
    return new Promise((answer) => {
      const dialog = document.createElement("dialog");
      const text = part("p", "", question);
      const row = part("div", "toolbar section", "");
      const cancel = part("button", "button", "Cancel");
      const go = part("button", "button button-danger", action);
      text.id = "ask-text";
      dialog.className = "dialog";
      dialog.setAttribute("aria-labelledby", text.id);
      cancel.addEventListener("click", () => dialog.close());
      go.addEventListener("click", () => dialog.close("go"));
      dialog.addEventListener("close", () => {
        dialog.remove();
        answer(dialog.returnValue === "go");
      });
      row.append(cancel, go);
      dialog.append(text, row);
      document.body.append(dialog);
      dialog.showModal();
    });
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    const submitter = event.submitter;
    if (!(await PS.ask(form.dataset.confirm, form.dataset.confirmAction))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  });

  /* hx-confirm asks in the same dialog. */
  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await PS.ask(event.detail.question, event.detail.elt.dataset.confirmAction)) event.detail.issueRequest(true);
  });

  /* A refused or broken htmx request says so instead of doing nothing. */
  document.addEventListener("htmx:sendError", () => PS.say("The server does not answer. Try again in a moment.", "error"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401 || status === 403) PS.say("You may not do this, or you are signed out.", "error");
    else PS.say(`The server could not do this (${status}).`, "error");
  });

  /* Put a notice on top of the page. `kind`: ok, warn, error or info. */
  PS.say = function (text, kind = "info") {
    const notice = part("div", `notice notice-${kind}`, "");
    const close = part("button", "button button-quiet button-icon", "×");
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", "Dismiss");
    notice.append(part("span", "", text), close);
    document.getElementById("notices").replaceChildren(notice);
  };

  markTheme();
})();
