// `npm install` of the root runs this. npm up to 10 removes node_modules/.bin/node together with the optional package of
// the other architecture, and scripts would run on the system's Node: the link to the one that was installed is put back.
// Written for any Node that npm runs on.
const { existsSync, symlinkSync } = require('node:fs');
const { join } = require('node:path');

const modules = join(__dirname, '../../node_modules');
const link = join(modules, '.bin/node');
const program = `node-${process.platform}-${process.arch}/bin/node`;
if (existsSync(join(modules, program)) && !existsSync(link)) symlinkSync(`../${program}`, link);
