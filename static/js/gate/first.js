// Runs before anything is shown: where scripts take the page over, their room is there from the beginning,
// and nothing moves under a thumb when they come.
if (window.indexedDB) document.documentElement.dataset.scan = window.isSecureContext && window.crypto && crypto.subtle ? "camera" : "none";
