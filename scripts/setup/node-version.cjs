// SPDX-License-Identifier: MIT
/**
 * Tells the user what to do if Node is too old, before anything is loaded that an old Node cannot read.
 *
 * Runs first in `npm ci` and in every command of package.json. Written for any version of Node.
 * Exit status: 0 this Node is new enough, 2 it is not.
 */
'use strict';

var engines = require('../../package.json').engines;

/** Splits "20.19" or "20.19.2" into its first two numbers. */
function parts(version) {
  var words = version.split('.');
  return [Number(words[0]), Number(words[1])];
}

var wanted = engines.node.replace('>=', '');
var needed = parts(wanted);
var found = parts(process.versions.node);
var isNewEnough = found[0] > needed[0] || (found[0] === needed[0] && found[1] >= needed[1]);

if (!isNewEnough) {
  console.error(
    'canwarden needs Node ' +
      wanted +
      ' or newer. This is ' +
      process.versions.node +
      ', ' +
      process.execPath +
      '.\n' +
      'Next: install a newer one, then type the same command again. Any of these will do:\n' +
      '  apt-get install nodejs npm      Debian 13 or newer\n' +
      '  npm install --global node@22    with the npm that is here; open a new shell afterwards\n' +
      '  https://nodejs.org/en/download  for every system',
  );
  process.exit(2);
}
