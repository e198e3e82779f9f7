// Runs before the extension's program: sets its wall clock back by two hours as soon as a file is there.
const { readFileSync } = require('node:fs');

const { now } = Date;
const file = process.env.CLOCK_IS_SET_BACK;
let backMs = 0;

function isSetBack() {
  try {
    readFileSync(file, 'utf8');
    return true;
  } catch {
    return false;
  }
}

Date.now = () => {
  if (backMs === 0 && isSetBack()) backMs = 7_200_000;
  return now() - backMs;
};
