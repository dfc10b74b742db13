import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { codeOf, type SealingWorld, sealingWorld } from '../../testing/sealing.ts';
import { type Client, createClient, type Fetch } from './client.ts';
import { type KeptPairing, readPairing } from './pairing-file.ts';
import { sealNext } from './seal.ts';

interface SentSignatures {
  readonly challenge: string;
  readonly signatures: { readonly requestId: string; readonly artefact: string; readonly signature: string }[];
}

describe('the service takes what the paired machine proves, and the machine what fits', () => {
  let world: SealingWorld;
  let client: Client;
  let pairing: KeptPairing;
  before(async () => {
    world = await sealingWorld();
    client = await world.pair();
    const kept = await readPairing(world.computer().folder, world.city.origin);
    assert.ok(kept);
    pairing = kept;
    await world.sealAll(client);
  });
  after(() => world?.[Symbol.asyncDispose]());

  const as = (fetch: Fetch, departures: Partial<KeptPairing> = {}, now = () => new Date()) =>
    createClient(fetch, now, { ...pairing, ...departures });
  /** The status of the certificate, as the machine brings it. */
  const status = async () => {
    const lists = ['root', 'ca'].map(async (name) => {
      const answer = await world.fetch(`http://lists.test/${name}.crl`, {});
      return Buffer.from(await answer.arrayBuffer()).toString('base64url');
    });
    return { crls: await Promise.all(lists), ocspResponses: [] };
  };
  const open = async (requestIds: readonly string[]) =>
    client.post<{ id: string; list: string }>('/api/v1/sealing/batches', { requestIds, ...(await status()) });
  /** What the machine would send: it is kept, and never arrives. */
  const heldBack = async (): Promise<SentSignatures> => {
    const sent: string[] = [];
    const held: Fetch = (url, init) => {
      if (!url.endsWith('/signatures')) return world.fetch(url, init);
      sent.push(String(init.body));
      return Promise.resolve(new Response('{}', { status: 503 }));
    };
    assert.equal(await codeOf(sealNext(world.computer(), as(held))), 'sign/no-answer');
    return JSON.parse(sent[0] ?? '');
  };

  test('a credential without the machine’s key, a proof sent again, of another body, of another origin or of yesterday is refused', async () => {
    const path = '/api/v1/sealing/waiting';
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    assert.equal(await codeOf(as(world.fetch, { privateKeyPem }).get(path)), 'sealing/no-proof');
    const heard: RequestInit[] = [];
    const listening: Fetch = (url, init) => {
      heard.push(init);
      return world.fetch(url, init);
    };
    await as(listening).get(path);
    const again = await world.fetch(world.city.origin + path, heard[0] ?? {});
    assert.equal(((await again.json()) as { code: string }).code, 'sealing/proof-used');
    const elsewhere = await world.fetch(`${world.city.origin}/api/v1/sealing/machine`, heard[0] ?? {});
    assert.equal(((await elsewhere.json()) as { code: string }).code, 'sealing/no-proof', 'of another address');
    const [id = ''] = await world.readyForSeal(1);
    const changing: Fetch = (url, init) =>
      world.fetch(url, {
        ...init,
        ...(init.body ? { body: String(init.body).replace('"crls":[', '"crls":["AA",') } : {}),
      });
    const body = { requestIds: [id], ...(await status()) };
    assert.equal(await codeOf(as(changing).post('/api/v1/sealing/batches', body)), 'sealing/no-proof');
    assert.equal(await codeOf(as(world.fetch, { origin: 'https://elsewhere.test' }).get(path)), 'sealing/no-proof');
    const yesterday = () => new Date(Date.now() - 86_400_000);
    assert.equal(await codeOf(as(world.fetch, {}, yesterday).get(path)), 'sealing/no-proof');
    assert.equal((await sealNext(world.computer(), client))?.sealed, 1);
  });

  test('nothing is sealed before the principal has signed, nor by signatures of another list, of another file or of half a report', async () => {
    const [id = ''] = await world.city.nextForPrincipal(0, 1, 'school-report');
    assert.equal(await codeOf(open([id])), 'signing/not-signed-yet');
    await (await world.city.phoneOf(world.school.principalId)).signAll();
    const before = await heldBack();
    const next = await open([id]);
    const path = (batchId: string) => `/api/v1/sealing/batches/${batchId}/signatures`;
    assert.equal(await codeOf(client.post(path(next.id), before)), 'sealing/other-list', 'a batch takes its own alone');
    assert.equal(await codeOf(client.post(path(next.id), before)), 'sealing/batch-over', 'and is used up');
    const last = await open([id]);
    const challenge = createHash('sha256').update(last.list, 'utf8').digest('hex');
    const { items } = await client.post<{ items: { error: { code: string } | null }[] }>(path(last.id), {
      ...before,
      challenge,
    });
    assert.deepEqual(
      items.map(({ error }) => error?.code),
      ['signing/wrong-signature'],
      'each preparation is another file',
    );
    assert.equal(await world.stateOf(id), 'signed', 'it still waits');
    const halving: Fetch = (url, init) => {
      if (!url.endsWith('/signatures')) return world.fetch(url, init);
      const { challenge: own, signatures } = JSON.parse(String(init.body)) as SentSignatures;
      const half = signatures.filter(({ artefact }) => artefact === 'document');
      const at = new URL(url).pathname;
      return client.post<object>(at, { challenge: own, signatures: half }).then((answer) => Response.json(answer));
    };
    assert.equal((await sealNext(world.computer(), as(halving)))?.sealed, 0);
    assert.equal((await sealNext(world.computer(), client))?.sealed, 1);
  });

  test('the same signatures sent again give the same results, and seal once', async () => {
    const [id = ''] = await world.readyForSeal(1);
    let answers: object[] = [];
    const twice: Fetch = async (url, init) => {
      if (!url.endsWith('/signatures')) return world.fetch(url, init);
      const [at, body] = [new URL(url).pathname, JSON.parse(String(init.body)) as object];
      answers = [await client.post(at, body), await client.post(at, body)];
      return Response.json(answers[1]);
    };
    assert.equal((await sealNext(world.computer(), as(twice)))?.sealed, 1);
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(await world.stateOf(id), 'issued');
  });

  test('the machine seals nothing of a server that sends another file, another list, or names another origin', async () => {
    const [id = ''] = await world.readyForSeal(1);
    const lying =
      (change: (text: string, url: string) => string): Fetch =>
      async (url, init) => {
        const answer = await world.fetch(url, init);
        const bytes = Buffer.from(await answer.arrayBuffer()).toString('latin1');
        return new Response(Buffer.from(change(bytes, url), 'latin1'), { status: answer.status });
      };
    const sealedOf = (change: (text: string, url: string) => string) =>
      codeOf(sealNext(world.computer(), as(lying(change))));
    const isFile = (url: string) => url.includes('/documents/');
    assert.equal(
      await sealedOf((text, url) => (isFile(url) ? text.replace('/Type /Catalog', '/Type /catalog') : text)),
      'sign/other-document',
    );
    assert.equal(await sealedOf((text, url) => (isFile(url) ? `${text} ` : text)), 'sign/not-prepared');
    assert.equal(
      await sealedOf((text, url) => (isFile(url) ? text.replace(/<0000(0+)>/, '<1111$1>') : text)),
      'sign/not-prepared',
      'the room holds nothing',
    );
    const inList = (from: RegExp, to: string) => (text: string, url: string) =>
      url.endsWith('/batches') ? text.replace(from, to) : text;
    const { origin } = new URL(world.city.origin);
    assert.equal(await sealedOf(inList(new RegExp(origin), 'https://elsewhere.test')), 'sign/other-document');
    assert.equal(await sealedOf(inList(/\\"purpose\\":\\"seal\\"/, '\\"purpose\\":\\"sign\\"')), 'sign/other-document');
    assert.equal(await world.stateOf(id), 'signed');
    const titled = inList(/"title":"/, '"title":"\\u001b[2J\\u202e');
    await sealNext(world.computer({ askPin: async () => '' }), as(lying(titled)));
    assert.ok(
      world.said.every((line) => !/\p{C}/u.test(line.replaceAll('\n', ''))),
      'nothing hides what was shown',
    );
    assert.equal((await sealNext(world.computer(), client))?.sealed, 1);
  });

  test('a machine’s key that somebody wrote into the database seals nothing: two people agreed to another', async () => {
    const [id = ''] = await world.readyForSeal(1);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { db } = world.city.context;
    const { rows } = await sql<{ key: Buffer }>`SELECT public_key AS key FROM signing.sealing_machine`.execute(db);
    await sql`UPDATE signing.sealing_machine SET public_key = ${publicKey.export({ format: 'der', type: 'spki' })}`.execute(
      db,
    );
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    assert.equal(
      await codeOf(sealNext(world.computer(), as(world.fetch, { privateKeyPem }))),
      'sealing/machine-changed',
    );
    await sql`UPDATE signing.sealing_machine SET public_key = ${rows[0]?.key}`.execute(db);
    assert.equal(await world.stateOf(id), 'signed');
    assert.equal((await sealNext(world.computer(), client))?.sealed, 1);
  });
});
