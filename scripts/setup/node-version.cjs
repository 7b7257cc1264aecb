/**
 * Says what to do when Node is too old, before anything is loaded that an old Node cannot read.
 *
 * Every command of package.json begins with it, and `npm ci`. Written so that any Node runs it.
 * Exit status: 0 this Node will do, 2 it will not.
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
