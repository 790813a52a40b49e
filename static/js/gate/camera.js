// The camera: frames go to a worker that decodes, ten a second at most, the middle square only.
(function () {
  "use strict";
  const Gate = window.Gate = window.Gate || {};
  const SIDE = 720;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let worker = null, ready = false, waiting = null, asked = 0, track = null, lit = false;

  function start(address, failed) {
    worker = new Worker(address);
    return new Promise(function (done) {
      worker.onmessage = function (event) {
        const said = event.data;
        if (said.ready) { ready = true; done(true); return; }
        if (said.broken) { failed(); done(false); return; }
        if (waiting && waiting.number === said.number) { const take = waiting.take; waiting = null; take(said.text); }
      };
      worker.onerror = function () { failed(); done(false); };
    });
  }

  // The text in a picture, or null.
  function decode(picture) {
    if (!ready || waiting) return Promise.resolve(null);
    asked += 1;
    const number = asked;
    return new Promise(function (take) {
      waiting = { number: number, take: take };
      worker.postMessage({ number: number, width: picture.width, height: picture.height, pixels: picture.data.buffer }, [picture.data.buffer]);
    });
  }

  function grab(source, width, height, side) {
    const least = Math.min(width, height), out = Math.min(side, least);
    canvas.width = canvas.height = out;
    pen.drawImage(source, (width - least) / 2, (height - least) / 2, least, least, 0, 0, out, out);
    return pen.getImageData(0, 0, out, out);
  }

  async function look(video, found) {
    if (ready && !waiting && video.readyState >= 2 && document.visibilityState === "visible") {
      decode(grab(video, video.videoWidth, video.videoHeight, SIDE)).then(function (text) { if (text) found(text); });
    }
    setTimeout(function () { look(video, found); }, 100);
  }

  // A photo that somebody chose, decoded here: works without a network.
  async function photo(file) {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
    while (waiting) await new Promise(function (done) { setTimeout(done, 20); });
    return decode(picture);
  }

  // Opens the camera at the back; answers null, or why there is none.
  async function open(video, found) {
    if (!window.isSecureContext) return "insecure";
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return "missing";
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } }
      });
      video.srcObject = stream;
      track = stream.getVideoTracks()[0];
      await video.play();
    } catch (error) {
      return error.name === "NotAllowedError" || error.name === "SecurityError" ? "denied" : error.name === "NotReadableError" ? "busy" : "missing";
    }
    look(video, found);
    return null;
  }

  function hasTorch() {
    return !!(track && track.getCapabilities && track.getCapabilities().torch);
  }

  async function torch() {
    lit = !lit;
    try { await track.applyConstraints({ advanced: [{ torch: lit }] }); } catch (error) { lit = false; }
    return lit;
  }

  Gate.camera = { start: start, open: open, photo: photo, hasTorch: hasTorch, torch: torch };
})();
