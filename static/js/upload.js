/* Uploads with progress: htmx sends the form, this shows how far it is and lets the person stop it. */
(function () {
  "use strict";
  const formOf = (event) => event.target.closest?.("form[data-upload]");

  function show(form, sending) {
    form.querySelector("[data-sending]").hidden = !sending;
    form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = sending));
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (form) show(form, true);
  });

  document.addEventListener("htmx:xhr:progress", (event) => {
    const form = formOf(event);
    if (form && event.detail.lengthComputable) form.querySelector("progress").value = (100 * event.detail.loaded) / event.detail.total;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = formOf(event);
    if (form) show(form, false);
  });

  document.addEventListener("click", (event) => {
    const form = event.target.closest("[data-stop-sending]") && formOf(event);
    if (form) htmx.trigger(form, "htmx:abort");
  });
})();
