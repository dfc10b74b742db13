/** `npm run bench [-- NAME [COUNT]…] [--json]`: ratios measured in one run on one machine; absolute figures differ between machines. */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { isMet, judged, type Row } from './measure.ts';
import { accesses } from './scenarios/accesses.ts';
import { certificates } from './scenarios/certificates.ts';
import { city } from './scenarios/city.ts';
import { directory, directoryByFile, directoryOnDisk } from './scenarios/directory.ts';
import { feed } from './scenarios/feed.ts';
import { growth } from './scenarios/growth.ts';
import { idle } from './scenarios/idle.ts';
import { memory } from './scenarios/memory.ts';
import { provider } from './scenarios/provider.ts';
import { roster, rosterOfMillion } from './scenarios/roster.ts';
import { signatures } from './scenarios/signatures.ts';
import { burst, renewal, sealing } from './scenarios/signing.ts';
import { status } from './scenarios/status.ts';
import { verification } from './scenarios/verification.ts';
import { year } from './scenarios/year.ts';

/** Some take how many, where their name is followed by a number: `sealing 20000`. */
const scenarios: Readonly<Record<string, (count?: number) => Promise<Row[]>>> = {
  provider,
  memory,
  idle,
  growth,
  accesses,
  directory,
  feed,
  signatures,
  burst,
  sealing,
  renewal,
  verification,
  certificates,
  status,
  roster,
  'roster-1m': rosterOfMillion,
  ldif: directoryByFile,
  'directory-disk': directoryOnDisk,
  city,
  year,
};
/** Run by their names alone: they take many minutes. */
const long: readonly string[] = ['roster-1m', 'ldif', 'city', 'year', 'directory-disk'];

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const isCount = (text: string) => /^[1-9]\d*$/.test(text);
const countOf = new Map<string, number>();
for (const [index, text] of positionals.entries())
  if (isCount(text)) countOf.set(positionals[index - 1] ?? '', Number(text));
const named = positionals.filter((text) => !isCount(text));
const chosen = named.length === 0 ? Object.keys(scenarios).filter((name) => !long.includes(name)) : named;
const unknown = chosen.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: there is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}\n`,
  );
  process.exit(2);
}
if (!values.json) process.stdout.write(`Node ${process.versions.node}, ${availableParallelism()} cores\n`);
const verdicts = { met: 0, missed: 0 };
const took: string[] = [];
const started = performance.now();
for (const name of chosen) {
  const from = performance.now();
  for (const row of (await scenarios[name]?.(countOf.get(name))) ?? []) {
    const met = isMet(row);
    if (met !== undefined) verdicts[met ? 'met' : 'missed'] += 1;
    const line = `${name.padEnd(12)} ${row.what.padEnd(46)} ${row.value.padStart(12)}  ${judged(row).padEnd(34)} ${row.against ?? ''}`;
    process.stdout.write(`${values.json ? JSON.stringify({ scenario: name, ...row, met }) : line.trimEnd()}\n`);
  }
  took.push(`${name} ${((performance.now() - from) / 1000).toFixed(0)} s`);
}
if (!values.json) {
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  process.stdout.write(
    `${verdicts.met} goals met, ${verdicts.missed} missed, in ${minutes} minutes (${took.join(', ')})\n`,
  );
}
