import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ensureAuthorities, issueCertificate, trustMaterial } from '@edutrust/certs/authority';
import { keyStore } from '@edutrust/certs/key-store';
import { validatePath } from '@edutrust/certs/path';
import { migrations } from '@edutrust/certs/service';
import { timeStamp } from '@edutrust/certs/time-stamp';
import { testContext } from '@edutrust/testing/context';
import { cpuPerOperation, milliseconds, type Row } from '../measure.ts';

/** Issuing, stamping and validating in this process, on a real PostgreSQL (its own CPU is not counted). */
export async function certificates(): Promise<Row[]> {
  await using context = await testContext({ migrations: [migrations] });
  await ensureAuthorities(context);
  const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    type: 'spki',
    format: 'der',
  });
  let number = 0;
  const issue = () => {
    number += 1;
    return issueCertificate(context, {
      profile: 'official',
      subject: { commonName: 'Người đo' },
      publicKey,
      requestKey: `bench/${number}`,
    });
  };
  const { der } = await issue();
  const trust = await trustMaterial(context);
  const digest = createHash('sha256').update('x').digest();
  return [
    await tokenRate(),
    { what: 'certificate issued (lint, sign, log, event)', value: milliseconds(await cpuPerOperation(issue, 20)) },
    { what: 'RFC 3161 token', value: milliseconds(await cpuPerOperation(() => timeStamp(context, digest), 20)) },
    {
      what: 'path validated with revocation lists',
      value: milliseconds(await cpuPerOperation(() => validatePath({ leaf: der, ...trust, at: new Date() }))),
    },
  ];
}

/** Signatures by a SoftHSM2 token of its own, eight at once, against the soft store. */
async function tokenRate(): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-bench-token-'));
  await mkdir(join(folder, 'tokens'));
  process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf');
  await writeFile(
    process.env.SOFTHSM2_CONF,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`,
  );
  await writeFile(join(folder, 'pin'), '271828\n');
  execFileSync('softhsm2-util', [
    '--init-token',
    '--free',
    '--label',
    'bench',
    '--pin',
    '271828',
    '--so-pin',
    '314159',
  ]);
  const token = {
    EDUTRUST_PKCS11_MODULE: '/usr/lib/softhsm/libsofthsm2.so',
    EDUTRUST_PKCS11_TOKEN: 'bench',
    EDUTRUST_PKCS11_PIN_FILE: join(folder, 'pin'),
  };
  const rateOf = async (environment: Record<string, string>) => {
    await using context = await testContext({ migrations: [migrations], environment });
    const keys = keyStore(context);
    const { id } = await context.db.transaction().execute((transaction) => keys.generate(transaction, 'ca'));
    const round = (count: number) =>
      Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let done = 0; done < count / 8; done += 1) await keys.sign(context.db, id, 'ca', Buffer.from('x'));
        }),
      );
    await round(400);
    const start = performance.now();
    await round(2_000);
    return 2_000_000 / (performance.now() - start);
  };
  const [hard, soft] = [await rateOf(token), await rateOf({})];
  await rm(folder, { recursive: true });
  return {
    what: 'P-256 signatures by SoftHSM2',
    value: `${hard.toFixed(0)}/s`,
    against: `soft store ${soft.toFixed(0)}/s: ${(hard / soft).toFixed(2)} ×`,
  };
}
