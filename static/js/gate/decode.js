// Decodes QR codes away from the page. A classic worker: the answer with this script, and the page, are the
// only ones that allow WebAssembly. VENDOR is written in front of it by the server.
importScripts(VENDOR + "reader.js");
const OPTIONS = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 };
ZXingWASM.prepareZXingModule({
  // Of itself it would ask a public network for this file.
  overrides: { locateFile: function (name) { return VENDOR + name; } },
  fireImmediately: true
}).then(function () { postMessage({ ready: true }); }, function () { postMessage({ broken: true }); });

onmessage = async function (event) {
  const frame = event.data;
  let text = null;
  try {
    const found = await ZXingWASM.readBarcodes(new ImageData(new Uint8ClampedArray(frame.pixels), frame.width, frame.height), OPTIONS);
    if (found.length && found[0].isValid) text = found[0].text;
  } catch (error) { /* a frame that cannot be read is a frame without a code */ }
  postMessage({ number: frame.number, text: text });
};
