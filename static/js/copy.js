// A button that copies a text. Without it the text stands there to be selected.
(function () {
  "use strict";
  if (!navigator.clipboard) return;
  Array.prototype.forEach.call(document.querySelectorAll("[data-copy]"), function (box) {
    var button = box.querySelector("button");
    var words = document.getElementById(box.getAttribute("data-copy"));
    if (!button || !words) return;
    box.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(words.textContent).then(function () {
        button.textContent = button.getAttribute("data-done");
      });
    });
  });
})();
