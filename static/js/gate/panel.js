// Tells the steward: colour, words, sound, vibration; and how things stand with the connection.
(function () {
  "use strict";
  const Gate = window.Gate = window.Gate || {};
  const words = JSON.parse(document.getElementById("gate-words").textContent);
  const TONES = { admitted: "go", again: "go", left: "go", already_in: "again" };
  let sound = null;

  function fill(text, holes) {
    return text.replace(/\{(\w+)\}/g, function (whole, name) { return name in holes ? holes[name] : whole; });
  }

  function clock(at) {
    return new Date(at).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
  }

  // A browser lets a page make sounds once it was touched.
  function wake() {
    try { sound = sound || new AudioContext(); if (sound.state === "suspended") sound.resume(); } catch (error) { sound = null; }
  }

  function beep(tone) {
    if (!sound || sound.state !== "running") return;
    const plays = { go: [[1046, 0, 0.12]], again: [[660, 0, 0.14], [660, 0.22, 0.14]], stop: [[220, 0, 0.45]] }[tone] || [];
    plays.forEach(function (play) {
      const source = sound.createOscillator(), volume = sound.createGain();
      source.frequency.value = play[0];
      volume.gain.value = 0.2;
      source.connect(volume).connect(sound.destination);
      source.start(sound.currentTime + play[1]);
      source.stop(sound.currentTime + play[1] + play[2]);
    });
  }

  function say(tone, title, lines) {
    const box = document.getElementById("verdict");
    box.className = "verdict " + tone;
    box.hidden = false;
    box.textContent = "";
    [title].concat(lines).forEach(function (line, at) {
      const row = document.createElement("p");
      if (at === 0) row.className = "big";
      row.textContent = line;
      box.appendChild(row);
    });
    beep(tone);
    // Nor does a browser let a page vibrate that nobody has touched.
    const touched = !navigator.userActivation || navigator.userActivation.hasBeenActive;
    if (navigator.vibrate && touched && tone !== "idle") navigator.vibrate({ go: 80, again: [80, 60, 80], stop: [300] }[tone]);
  }

  // A verdict: {key, name, number, groups, first, offline}.
  function verdict(told) {
    const title = words.verdict[told.key] || words.verdict.unknown;
    const who = [told.name, told.number].concat(told.groups || []).filter(Boolean).join(" · ");
    const lines = [who || words.text[told.key] || ""];
    if (told.first && told.first.gate) lines.push(fill(words.first, { gate: told.first.gate, at: clock(told.first.at) }));
    if (told.offline) lines.push(words.offline_note);
    say(TONES[told.key] || "stop", title, lines.filter(Boolean));
  }

  // A way on from the verdict that is shown.
  function lead(address, text) {
    const way = document.createElement("a"), row = document.createElement("p");
    way.className = "btn";
    way.href = address;
    way.textContent = text;
    row.appendChild(way);
    document.getElementById("verdict").appendChild(row);
  }

  // The badge: connection, scans that wait, age of the list. What is not known is not claimed.
  function badge(state, waiting, stuck, made) {
    const mark = document.getElementById("net");
    const parts = [words.net[state]];
    if (waiting > 0) parts.push(fill(words.waiting, { count: waiting }));
    if (stuck > 0) parts.push(fill(words.stuck, { count: stuck }));
    mark.textContent = parts.join(" · ");
    mark.className = state === "on" ? "net" : state === "shut" ? "net shut" : "net off";
    mark.hidden = false;
    const age = document.getElementById("pack-age");
    const minutes = made ? Math.max(0, Math.floor((Date.now() - made) / 60000)) : null;
    age.textContent = made === null ? words.no_list : minutes < 1 ? fill(words.list_now, { size: Gate.judge.size() })
      : fill(words.list_age, { size: Gate.judge.size(), minutes: minutes });
    document.getElementById("sign-in-again").hidden = state !== "shut";
  }

  Gate.panel = { verdict: verdict, say: say, lead: lead, badge: badge, wake: wake, words: words, fill: fill };
})();
