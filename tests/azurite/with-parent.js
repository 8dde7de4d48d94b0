// Loaded before Azurite.
"use strict";
const http = require("node:http");

// It ends when its parent process ends in any way, because then its standard input ends.
// That it listens for this is no reason for it to stay.
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume().unref();

// When it is stopped, it does not wait for its clients to disconnect. They lose the answers to open requests.
const close = http.Server.prototype.close;
http.Server.prototype.close = function (...rest) {
  close.apply(this, rest);
  this.closeAllConnections();
  return this;
};
