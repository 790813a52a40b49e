// Shows similar open cases while a clerk types. Without it the form is complete: the same cases are
// shown on the case's own page, where they can be merged.
(function () {
  "use strict";
  var form = document.querySelector("form[data-similar]");
  if (!form || !window.fetch || !window.DOMParser) return;
  var box = form.querySelector('[data-part="similar"]');
  var asked = "";

  function look() {
    var value = function (name) { var field = form.elements[name]; return field ? field.value : ""; };
    var query = "?kind=" + encodeURIComponent(value("kind")) + "&category=" + encodeURIComponent(value("category")) +
      "&area=" + encodeURIComponent(value("area"));
    if (query === asked || !value("category") || !value("area")) return;
    asked = query;
    fetch(form.getAttribute("data-similar") + query, { headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
      .then(function (html) {
        if (query !== asked) return;
        var fresh = new DOMParser().parseFromString(html, "text/html").querySelector('[data-part="similar"]');
        if (fresh) { box.innerHTML = ""; Array.prototype.slice.call(fresh.childNodes).forEach(function (node) { box.appendChild(document.importNode(node, true)); }); }
      })
      .catch(function () { asked = ""; });
  }

  form.addEventListener("change", look);
})();
