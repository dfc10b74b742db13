import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import { canonicalAddress, limitOf } from './rate-limits.ts';

test('R5: one caller has one name, however the address is written', () => {
  const same = {
    '203.0.113.7': ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:203.0.113.7'],
    '2001:db8:0:0::/64': [
      '2001:db8::1',
      '2001:DB8::ffff:1',
      '2001:0db8:0000:0000:0000:0000:0000:0001',
      '2001:db8::1%eth0',
    ],
    '2001:db8:1:2::/64': ['2001:db8:1:2::', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::203.0.113.7'],
    '0:0:0:0::/64': ['::', '::2'],
    '::1': ['::1'],
  };
  for (const [name, addresses] of Object.entries(same))
    for (const address of addresses) assert.equal(canonicalAddress(address), name, address);
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const name = canonicalAddress(address);
      // Its own name, but for what is an IPv4 address or this machine.
      if (name.endsWith('/64')) assert.equal(canonicalAddress(name.slice(0, -3)), name);
      else assert.match(name, /^(::1|\d+\.\d+\.\d+\.\d+)$/);
    }),
  );
});

test('monitors and whoever checks a signature are never refused; every other route has a limit', () => {
  for (const route of [
    '/health/live',
    '/health/ready',
    '/metrics',
    '/pki/:id.crl',
    '/pki/ocsp/*',
    '/log/tile/*',
    '/assets/*',
  ])
    for (const method of ['GET', 'HEAD', 'POST']) assert.equal(limitOf(method, route, false), null, route);
  for (const route of ['/', '/healthy', '/pkis', '/not-found', '/api/v1/people'])
    assert.equal(limitOf('GET', route, false)?.name, 'ordinary', route);
  assert.equal(limitOf('HEAD', '/verify/:code', false)?.name, 'verification');
  assert.equal(limitOf('POST', '/oidc/*', true)?.name, 'protocol');
});
