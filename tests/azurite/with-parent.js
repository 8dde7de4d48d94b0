// Loaded before Azurite: ends it when whoever started it is gone, however that ended, for then its standard input ends.
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
