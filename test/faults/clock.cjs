// Loaded into the extension's Node.js: sets its wall clock back by two hours as soon as a file is there.
const { existsSync } = require('node:fs');

const { now } = Date;
const file = process.env.CLOCK_IS_SET_BACK;
let backMs = 0;
Date.now = () => {
  if (backMs === 0 && existsSync(file)) backMs = 7_200_000;
  return now() - backMs;
};
