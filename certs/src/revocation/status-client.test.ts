import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '@edutrust/testing/served';
import { openWorkshop } from '../../testing/workshop.ts';
import { findAuthority } from '../authority/authority.ts';
import { validateInPast } from '../path/past.ts';
import { repositoryRoutes } from './routes.ts';
import { askStatus, findIssuers } from './status-client.ts';

test('a certificate leads to its issuers and their status (OCSP, else CRL); who answers something else, or without end, is left out', async () => {
  await using shop = await openWorkshop();
  const { context } = shop;
  await using app = await serve(context, { routes: () => repositoryRoutes(context) });
  const asked: string[] = [];
  const fetch = async (url: string, { method = 'GET', headers, body }: RequestInit) => {
    asked.push(`${method} ${new URL(url).pathname}`);
    const answer = await app.inject({
      method: method as 'GET' | 'POST',
      url: new URL(url).pathname,
      headers: headers as Record<string, string>,
      ...(body ? { payload: Buffer.from(body as Uint8Array) } : {}),
    });
    return new Response(new Uint8Array(answer.rawPayload), { status: answer.statusCode });
  };
  const { der } = await shop.issue('Trần Thị Bích Phượng');
  const issuers = await findIssuers(der, [], fetch);
  const people = await findAuthority(context.db, 'people');
  assert.deepEqual(issuers, [people?.certificate], 'the issuer, and not the root');
  const root = await findAuthority(context.db, 'root');
  const { crls, ocspResponses } = await askStatus([der, ...issuers], fetch);
  assert.deepEqual([ocspResponses.length, crls.length], [1, 1], asked.join(', '));
  const now = context.clock.now();
  const anchors = [root?.certificate ?? Buffer.alloc(0)];
  const path = { leaf: der, anchors, untrusted: issuers, moment: now, now };
  const known = validateInPast({ ...path, crls, ocsp: ocspResponses });
  assert.equal(known.status === 'good' && known.isRevocationKnown, true);
  const unasked = validateInPast(path);
  assert.equal(unasked.status === 'good' && unasked.isRevocationKnown, false);

  const strange = async () => new Response('<html>sign in to the Wi-Fi</html>');
  assert.deepEqual(await askStatus([der, ...issuers], strange), { crls: [], ocspResponses: [] });
  assert.deepEqual(await findIssuers(der, [], strange), []);
  const endless = async () =>
    new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) }));
  assert.deepEqual(await askStatus([der, ...issuers], endless), { crls: [], ocspResponses: [] });
});
