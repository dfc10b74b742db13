// A process of its own that issues, revokes, publishes and stamps until it is killed, and says what it has acknowledged:
// for faults.test.ts. Its lines are `issued SERIAL`, `revoked SERIAL`, `list NUMBER`, `stamped SERIAL`.
import { createHash, generateKeyPairSync } from 'node:crypto';
import process from 'node:process';
import { systemClock } from '@edutrust/platform/clock';
import type { ServiceContext } from '@edutrust/platform/context';
import { createPool, kyselyOn } from '@edutrust/platform/database';
import { createJobs } from '@edutrust/platform/jobs';
import { createLedger } from '@edutrust/platform/ledger';
import { createMailer } from '@edutrust/platform/mail';
import { createSecretBox } from '@edutrust/platform/secrets';
import { openStore } from '@edutrust/platform/store';
import { testConfig } from '@edutrust/testing/context';
import { pino } from 'pino';
import { issueCertificate, revokeCertificate } from '../src/authority/authority.ts';
import { parseRevocationList } from '../src/path/crl.ts';
import { publishRevocationList } from '../src/revocation/revocation-list.ts';
import { timeStamp } from '../src/time-stamp/time-stamp.ts';

const [, , databaseUrl = '', run = '', countText = '', operations = 'all'] = process.argv;
const count = Number(countText);
const log = pino({ level: 'silent' });
const pool = createPool(databaseUrl, 6);
const db = kyselyOn(pool);
const config = testConfig();
const secrets = createSecretBox(Buffer.alloc(32, 0x5a)); // as testContext's
const jobs = createJobs();
const context: ServiceContext = {
  config,
  db,
  store: await openStore(config, pool, log),
  jobs,
  ledger: await createLedger({ db, secrets, config, clock: systemClock, log }),
  mailer: createMailer(config, jobs),
  secrets,
  clock: systemClock,
  log,
};
const actor = { kind: 'system', name: 'test' } as const;
const say = (line: string) => process.stdout.write(`${line}\n`);
/** Everybody has a key of their own. */
const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });

let next = 0;
async function work(): Promise<void> {
  for (let index = next++; index < count; index = next++) {
    const { serial } = await issueCertificate(context, {
      profile: 'official',
      subject: { commonName: `Người ${index}` },
      publicKey: newKey(),
      requestKey: `${run}/${index}`,
    });
    say(`issued ${serial}`);
    if (operations !== 'all') continue;
    if (index % 3 === 0) {
      await revokeCertificate(context, serial, 'superseded', actor);
      say(`revoked ${serial}`);
    }
    if (index % 5 === 0) {
      const der = await db
        .transaction()
        .execute((transaction) => publishRevocationList(context, transaction, 'people'));
      say(`list ${parseRevocationList(der).number}`);
    }
    const token = await timeStamp(context, createHash('sha256').update(serial).digest());
    say(`stamped ${createHash('sha256').update(token).digest('hex')}`);
  }
}

say('ready');
await Promise.all(Array.from({ length: 4 }, work));
say('done');
await pool.end();
