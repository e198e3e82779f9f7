// A mutant is killed by the first file that fails, and the next is not run: the cheap suite comes first.
'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class InOrder extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
};
