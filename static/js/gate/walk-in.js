// Registers somebody at a gate without a network: under a code made here, sealed until it is uploaded. With a
// network the form goes to the server as it is.
(function () {
  "use strict";
  const Gate = window.Gate, form = document.getElementById("walk-in");
  if (!form || !window.isSecureContext || !window.crypto || !crypto.subtle) return;
  const link = Gate.link, words = Gate.panel.words;
  link.api = form.dataset.api;
  link.fair = form.dataset.fair;

  function values(name) {
    return Array.prototype.map.call(form.querySelectorAll('[name="' + name + '"]:checked'), function (box) { return box.value; });
  }

  function fault(name, text) {
    Gate.panel.say("stop", words.unreadable, [text]);
    const field = form.elements[name];
    if (field && field.focus) field.focus();
    window.scrollTo(0, 0);
  }

  async function enter() {
    const name = form.elements.name.value.trim(), phone = form.elements.phone.value.normalize("NFKC").replace(/[^\d+]/g, "").replace(/^(\+|00)?86/, "");
    if (!name) return fault("name", words.walk_in.name);
    if (!/^1[3-9]\d{9}$/.test(phone)) return fault("phone", words.walk_in.phone);
    if (!form.elements.consent.checked) return fault("consent", words.walk_in.consent);
    const blank = form.elements.code.value.trim(), typed = blank && Gate.ticket.code(blank);
    if (blank && !typed) return fault("code", words.walk_in.blank_wrong);
    if (typed && await Gate.judge.taken(typed)) return fault("code", words.walk_in.blank_taken);
    if (Gate.judge.left() < 1) { Gate.panel.verdict({ key: Gate.judge.made() ? "full" : "no_pack", offline: true }); window.scrollTo(0, 0); return; }
    const code = typed || Gate.ticket.mint();
    const item = {
      nonce: crypto.randomUUID(), fair: link.fair, gate: form.dataset.gate, device: localStorage.getItem("gate-device") || crypto.randomUUID(),
      direction: "in", at: Date.now(), offset: link.offset, code: code, walkIn: true, done: false,
      shown: { result: "admitted", reason: undefined },
      sealed: await Gate.store.seal("outbox", { name: name, phone: phone, wanted: form.elements.wanted.value.trim(), groups: values("groups"), consent_version: form.dataset.version })
    };
    await Gate.store.put(item);
    await Gate.judge.note(item);
    Gate.panel.say("go", words.verdict.admitted, [Gate.panel.fill(typed ? words.walk_in.blank : words.walk_in.code, { code: code.slice(0, 4) + " " + code.slice(4) }), words.offline_note]);
    document.getElementById("verdict").dataset.code = code;
    form.reset();
    document.getElementById("walk-in-body").hidden = true;
    document.getElementById("walk-in-done").hidden = false;
    window.scrollTo(0, 0);
  }

  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    if (await link.flush()) { form.submit(); return; }
    if (link.state === "shut") { Gate.panel.say("stop", words.net.shut, [words.text.no_pack]); return; }
    try { await enter(); } catch (error) { Gate.panel.say("stop", words.broken, [String(error && error.message || error)]); }
  });

  (async function () {
    // A page that was kept knows nothing of the ticket that was scanned just now; its address does.
    const asked = new URLSearchParams(location.search);
    if (asked.has("gate")) form.elements.code.value = asked.get("code") || "";
    await Gate.judge.load(await Gate.store.loadPack(link.fair), await Gate.store.all(link.fair));
  })();
})();
