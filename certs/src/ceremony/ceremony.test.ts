import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServiceContext } from '@edutrust/platform/context';
import { TestClock } from '@edutrust/testing/clock';
import { testContext } from '@edutrust/testing/context';
import { fc } from '@edutrust/testing/property';
import {
  currentAuthority,
  ensureAuthorities,
  findAuthority,
  issueCertificate,
  listAuthorities,
  revokeCertificate,
  trustMaterial,
} from '../authority/authority.ts';
import { parseCertificate, pemBodies, toPem } from '../certificate/certificate.ts';
import { migrations } from '../migrations.ts';
import { validatePath } from '../path/path.ts';
import { createOcspResponder } from '../revocation/ocsp.ts';
import { newestRevocationList, refreshRevocationLists } from '../revocation/revocation-list.ts';
import { timeStamp } from '../time-stamp/time-stamp.ts';
import { type CeremonyFile, holdCeremony, readRequests, renewRootList } from './ceremony.ts';
import { installCeremony, requestCeremony } from './install.ts';
import { combine, split } from './shamir.ts';

const actor = { kind: 'system', name: 'test' } as const;

test('Shamir: any m of n shares give the secret, fewer give nothing', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 0, max: 8 }),
      fc.infiniteStream(fc.nat()),
      (secret, threshold, more, order) => {
        const shares = split(secret, threshold, threshold + more);
        const next = order[Symbol.iterator]();
        const shuffled = [...shares].sort(() => ((next.next().value as number) % 2) - 0.5);
        assert.deepEqual(combine(shuffled.slice(0, threshold)), Buffer.from(secret));
        assert.deepEqual(combine(shuffled), Buffer.from(secret));
      },
    ),
  );
  // One share of two is equally likely for each secret: over many splits the share of 0x00 and of 0xff cover all bytes.
  for (const secret of [0x00, 0xff]) {
    const seen = new Set(Array.from({ length: 4_000 }, () => split(Buffer.of(secret), 2, 2)[0]?.bytes[0]));
    assert.ok(seen.size > 250, `${seen.size} values`);
  }
  for (const [threshold, count] of [
    [1, 3],
    [4, 3],
    [2, 256],
    [2.5, 3],
  ] as const)
    assert.throws(() => split(Buffer.alloc(1), threshold, count), RangeError);
});

const text = (files: readonly CeremonyFile[], name: string) =>
  String(files.find((file) => file.name === name)?.content ?? assert.fail(name));

async function ceremony(context: ServiceContext, previous?: readonly CeremonyFile[]) {
  const requests = readRequests(await requestCeremony(context));
  return holdCeremony(requests, {
    present: ['Trần Văn An', 'Lê Thị Bình'],
    threshold: 2,
    shares: 3,
    now: context.clock.now(),
    rootListDays: 365,
    ...(previous
      ? {
          previous: {
            certificatePem: text(previous, 'root.crt'),
            sealedKey: text(previous, 'root.key'),
            shares: [text(previous, 'share-1.txt'), text(previous, 'share-3.txt')],
          },
        }
      : {}),
  });
}

async function issue(context: ServiceContext, requestKey: string) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return issueCertificate(context, {
    profile: 'official',
    subject: { commonName: requestKey },
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    requestKey,
  });
}

test('a ceremony’s root works with its key absent; its script is signed; its list and an authority’s revocation come later from the shares', async () => {
  const clock = new TestClock();
  await using context = await testContext({ migrations: [migrations], clock });
  const files = await ceremony(context);
  const fingerprint = await installCeremony(context, text(files, 'hierarchy.json'), actor);
  await assert.rejects(installCeremony(context, text(files, 'hierarchy.json'), actor), {
    code: 'authorities/other-generation',
  });
  await ensureAuthorities(context); // finds them and makes none
  assert.equal((await listAuthorities(context.db)).length, 3);
  const root = await currentAuthority(context.db, 'root');
  assert.equal(parseCertificate(root.certificate).fingerprint, fingerprint);

  // C5 and the rest of the day's work go on without the root's key
  const { serial, der } = await issue(context, 'official');
  await revokeCertificate(context, serial, 'superseded', actor);
  await refreshRevocationLists(context);
  assert.ok(await timeStamp(context, Buffer.alloc(32, 1)));
  assert.ok((await createOcspResponder(context).answer(Buffer.from('x'))).der);
  const trust = await trustMaterial(context);
  const verdict = validatePath({ leaf: der, ...trust, at: new Date(Date.now() + 2_000), requireRevocation: true });
  assert.ok(verdict.verdict === 'invalid' && verdict.refused.code === 'revoked');

  const folder = await mkdtemp(join(tmpdir(), 'edutrust-ceremony-'));
  for (const { name, content } of files) await writeFile(join(folder, name), content);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  assert.match(
    openssl('dgst', '-sha384', '-verify', 'root.pub', '-signature', 'script.md.sig', 'script.md'),
    /Verified OK/,
  );
  assert.match(text(files, 'script.md'), new RegExp(fingerprint));
  assert.match(openssl('crl', '-in', 'root.crl', '-CAfile', 'root.crt', '-noout'), /^$/);

  const sealed = {
    certificatePem: text(files, 'root.crt'),
    sealedKey: text(files, 'root.key'),
    previousListPem: text(files, 'root.crl'),
  };
  const renew = (shares: readonly string[], revoke: Parameters<typeof renewRootList>[0]['revoke'] = []) =>
    renewRootList({ ...sealed, shares, revoke, now: new Date(Date.now() + 1_000), days: 365 });
  const [first, second] = [text(files, 'share-1.txt'), text(files, 'share-2.txt')];
  await assert.rejects(renew([first]), { code: 'ceremony/shares' });
  await assert.rejects(renew([first, first]), { code: 'ceremony/shares' });
  await assert.rejects(renew([first, second.replace(/Share 2: ..../, 'Share 2: 0000')]), { code: 'ceremony/shares' });
  const services = await findAuthority(context.db, 'services');
  const { serialHex } = parseCertificate(services.certificate);
  const list = await renew([first, second], [{ serial: serialHex, reason: 'cACompromise' }]);
  clock.moveSeconds(2); // the list is of a second from now
  await installCeremony(context, list, actor);
  assert.deepEqual((await newestRevocationList(context.db, 'root'))?.der, pemBodies(list)[0]);
  const judged = validatePath({
    leaf: services.certificate,
    ...(await trustMaterial(context)),
    at: new Date(Date.now() + 5_000),
  });
  assert.ok(judged.verdict === 'invalid' && judged.refused.code === 'revoked', JSON.stringify(judged));
  const foreign = await ceremonyOfSomebodyElse();
  await assert.rejects(installCeremony(context, text(foreign, 'root.crl'), actor), { code: 'ceremony/bad-list' });
  await assert.rejects(installCeremony(context, '{"format":"edutrust-hierarchy/1"}', actor), {
    code: 'ceremony/bad-file',
  });
  await rm(folder, { recursive: true });
});

async function ceremonyOfSomebodyElse() {
  await using other = await testContext({ migrations: [migrations] });
  return await ceremony(other);
}

test('a hierarchy that was altered, or is for keys of another server, is refused whole', async () => {
  await using context = await testContext({ migrations: [migrations] });
  const good = JSON.parse(text(await ceremony(context), 'hierarchy.json'));
  const other = JSON.parse(text(await ceremonyOfSomebodyElse(), 'hierarchy.json'));
  const swapped = { ...good, issuing: { people: good.issuing.services, services: good.issuing.services } };
  for (const bad of [
    other,
    { ...good, root: other.root },
    { ...good, rootList: other.rootList },
    swapped,
    { ...good, generation: 2 },
  ]) {
    await assert.rejects(installCeremony(context, JSON.stringify(bad), actor), ({ code }: { code: string }) =>
      code.startsWith('authorities/'),
    );
    assert.equal((await listAuthorities(context.db)).length, 0);
  }
  await installCeremony(context, JSON.stringify(good), actor);
  assert.equal((await listAuthorities(context.db)).length, 3);
});

test('roll-over: certificates of both generations stand under both roots, and openssl agrees', async () => {
  await using context = await testContext({ migrations: [migrations] });
  const first = await ceremony(context);
  await installCeremony(context, text(first, 'hierarchy.json'), actor);
  const old = await issue(context, 'before the roll-over');
  await installCeremony(context, text(await ceremony(context, first), 'hierarchy.json'), actor);
  const young = await issue(context, 'after the roll-over');
  assert.equal((await currentAuthority(context.db, 'people')).id, 'people-2');

  const { untrusted, crls } = await trustMaterial(context);
  const anchors = await Promise.all(
    ['root', 'root-2'].map(async (id) => (await findAuthority(context.db, id)).certificate),
  );
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-rollover-'));
  await writeFile(join(folder, 'untrusted.pem'), untrusted.map((der) => toPem(der)).join(''));
  for (const [at, anchor] of anchors.entries()) {
    await writeFile(join(folder, 'anchor.pem'), toPem(anchor));
    for (const { der } of [old, young]) {
      const verdict = validatePath({
        leaf: der,
        anchors: [anchor],
        untrusted,
        crls,
        at: new Date(),
        requireRevocation: true,
      });
      assert.equal(verdict.verdict, 'valid', `root ${at}: ${JSON.stringify(verdict)}`);
      await writeFile(join(folder, 'leaf.pem'), toPem(der));
      const said = execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-CAfile', 'anchor.pem', '-untrusted', 'untrusted.pem', 'leaf.pem'],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
      assert.match(said, /OK/);
    }
  }
  // What was issued before is still revoked by its own, retired authority.
  await revokeCertificate(context, old.serial, 'keyCompromise', actor);
  const list = pemBodies(toPem((await newestRevocationList(context.db, 'people'))?.der ?? Buffer.alloc(0), 'X509 CRL'));
  assert.ok(list[0]?.includes(Buffer.from(old.serial, 'hex')));
  await assert.rejects(installCeremony(context, text(first, 'hierarchy.json'), actor), {
    code: 'authorities/other-generation',
  });
  await rm(folder, { recursive: true });
});
