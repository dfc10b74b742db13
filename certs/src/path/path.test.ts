import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@edutrust/testing/property';
import {
  at,
  buildCertificate,
  certificateForm,
  goodChain,
  makeKeys,
  nameOf,
  policy,
  requestOf,
  set,
} from '../../testing/chain.ts';
import { type Rule, rules } from '../../testing/rules.ts';
import { extensionIds, purposes } from '../certificate/extensions.ts';
import { oid, sequence } from '../der/der.ts';
import { validatePath } from './path.ts';
import { refusals } from './reason.ts';

test('V1: the chain in which every rule has something to hold on to is valid, for the policy that was mapped', () => {
  const verdict = validatePath(requestOf(goodChain()));
  assert.ok(verdict.verdict === 'valid', JSON.stringify(verdict));
  assert.deepEqual(verdict.policies, [policy.one]);
  assert.deepEqual(
    verdict.chain.map(({ subject }) => subject.attributes.at(-1)?.[0]?.value),
    ['www.example.edu.vn', 'Cấp phát', 'Cấp trên', 'Gốc'],
  );
});

for (const { name, section, code, breakIt } of rules) {
  test(`V1: PKITS ${section}: ${name} is refused: ${code}`, () => {
    const chain = goodChain();
    breakIt(chain);
    const verdict = validatePath(requestOf(chain));
    assert.ok(verdict.verdict !== 'valid');
    assert.equal(verdict.refused.code, code, JSON.stringify(verdict.refused));
    assert.equal(verdict.verdict, code === 'no-revocation-data' ? 'indeterminate' : 'invalid');
    assert.ok(verdict.refused.section && verdict.refused.text.vi && verdict.refused.text.en);
  });
}

/** Whether a chain with these rules broken is refused. */
function areRefused(broken: readonly Rule[]): boolean {
  const chain = goodChain();
  for (const { breakIt } of broken) breakIt(chain);
  return validatePath(requestOf(chain)).verdict !== 'valid';
}

test('V1: of the pairs of broken rules, one of each kind, none is accepted', () => {
  const kinds = [...new Map(rules.map((rule) => [`${rule.section} ${rule.code}`, rule])).values()];
  assert.ok(kinds.length > 40);
  for (const [index, first] of kinds.entries()) {
    for (const second of kinds.slice(index + 1))
      assert.ok(areRefused([first, second]), `${first.name} + ${second.name}`);
  }
});

test('V1: no set of broken rules mends a chain', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.constantFrom(...rules), { minLength: 2, maxLength: 6 }), areRefused), {
    numRuns: 600,
  });
});

test('V1: a time-stamping unit and a signer of programs of the right form are valid for what they are', () => {
  const root = { subject: nameOf('Gốc'), keys: makeKeys() };
  const anchors = [buildCertificate(certificateForm(root.subject, root.keys, root, 'authority'))];
  for (const purpose of [purposes.timeStamping, purposes.codeSigning]) {
    const form = certificateForm(nameOf('Lá'), makeKeys(), root, 'leaf');
    set(form, extensionIds.extendedKeyUsage, sequence(oid(purpose)), purpose === purposes.timeStamping);
    const verdict = validatePath({ leaf: buildCertificate(form), anchors, at, extendedKeyUsage: purpose });
    assert.equal(verdict.verdict, 'valid', JSON.stringify(verdict));
  }
});

test('V1: every section of PKITS has a rule here, and every reason of a path is met', () => {
  const sections = new Set(rules.map(({ section }) => section));
  for (let section = 1; section <= 16; section += 1) assert.ok(sections.has(`4.${section}`), `4.${section}`);
  const met = new Set<string>(rules.map(({ code }) => code));
  // asked elsewhere: batch.test.ts and budget.test.ts; names are chained before §6.1.3 (a)(4) is asked
  for (const elsewhere of ['bad-request', 'work-budget', 'name-chaining']) met.add(elsewhere);
  assert.deepEqual(
    Object.keys(refusals).filter((code) => !met.has(code)),
    [],
  );
});
