/* The first link: post what stands after the #, and take it out of the address and the history. */
(function () {
  "use strict";
  const token = location.hash.slice(1);
  if (!token) return;
  const form = document.getElementById("first");
  history.replaceState(null, "", location.pathname);
  form.elements.token.value = token;
  form.hidden = true;
  form.submit();
})();
