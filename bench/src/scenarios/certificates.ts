import { createHash, generateKeyPairSync } from 'node:crypto';
import { ensureAuthorities, issueCertificate, trustMaterial } from '@edutrust/certs/authority';
import { validatePath } from '@edutrust/certs/path';
import { migrations } from '@edutrust/certs/service';
import { timeStamp } from '@edutrust/certs/time-stamp';
import { testContext } from '@edutrust/platform/testing';
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
    { what: 'certificate issued (lint, sign, log, event)', value: milliseconds(await cpuPerOperation(issue, 20)) },
    { what: 'RFC 3161 token', value: milliseconds(await cpuPerOperation(() => timeStamp(context, digest), 20)) },
    {
      what: 'path validated with revocation lists',
      value: milliseconds(await cpuPerOperation(() => validatePath({ leaf: der, ...trust, at: new Date() }))),
    },
  ];
}
