import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  at,
  buildCertificate,
  buildList,
  certificateForm,
  day,
  entryForm,
  later,
  listForm,
  makeKeys,
  nameOf,
  set,
  stranger,
  usage,
} from '../../testing/chain.ts';
import { type AnswerForm, answeredChain, buildAnswer, responderOf, revoked } from '../../testing/ocsp.ts';
import { keyIdentifier } from '../certificate/certificate.ts';
import { extensionIds, purposes } from '../certificate/extensions.ts';
import { explicit, generalizedTime, implicit, nullValue, octetString, oid, sequence } from '../der/der.ts';
import { validatePath } from './path.ts';

type Change = NonNullable<Parameters<typeof answeredChain>[0]>;

function verdictOf(change: Change = {}): string {
  const verdict = validatePath(answeredChain(change).request);
  return verdict.verdict === 'valid' ? 'valid' : verdict.refused.code;
}

const answer = (change: (form: AnswerForm) => void): Change => ({ answer: change });
const unknown = nullValue;

const unusable: readonly (readonly [string, Change])[] = [
  [
    'an answer of tomorrow',
    answer((form) => {
      form.thisUpdate = generalizedTime(later(1));
    }),
  ],
  [
    'an answer of last week',
    answer((form) => {
      form.nextUpdate = [explicit(0, generalizedTime(later(-0.5)))];
    }),
  ],
  [
    'an answer without an end',
    answer((form) => {
      form.nextUpdate = [];
    }),
  ],
  [
    'an answer that knows nothing',
    answer((form) => {
      form.status = implicit(2, Buffer.alloc(0));
    }),
  ],
  [
    'an answer with a critical extension that nobody knows',
    answer((form) => set(form, '1.3.6.1.4.1.55555.8', unknown, true)),
  ],
  [
    'a response with a critical extension that nobody knows',
    { response: (form) => set(form, '1.3.6.1.4.1.55555.8', unknown, true) },
  ],
  [
    'a response signed with another key',
    {
      response: (form) => {
        form.signer = stranger;
      },
    },
  ],
  [
    'a response of another status',
    {
      response: (form) => {
        form.finish = (der) => Buffer.concat([der.subarray(0, 6), Buffer.of(1), der.subarray(7)]);
      },
    },
  ],
  [
    'a responder whose certificate is not there',
    {
      response: (form) => {
        form.certificates = [];
      },
    },
  ],
  ['a responder without the purpose', { responder: (form) => form.extensions.delete(extensionIds.extendedKeyUsage) }],
  [
    'a responder for another purpose',
    { responder: (form) => set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.serverAuth))) },
  ],
  [
    'a responder for any purpose',
    { responder: (form) => set(form, extensionIds.extendedKeyUsage, sequence(oid(purposes.any))) },
  ],
  [
    'a responder whose key may not sign',
    { responder: (form) => set(form, extensionIds.keyUsage, usage(0x20, 5), true) },
  ],
  [
    'a responder that has run out',
    {
      responder: (form) => {
        form.notAfter = generalizedTime(later(-1));
      },
    },
  ],
  [
    'a responder whose own status nobody knows',
    { responder: (form) => form.extensions.delete(extensionIds.ocspNoCheck) },
  ],
  [
    'a responder that another authority made',
    {
      response: (form, root) => {
        const other = responderOf({ subject: root.subject, keys: makeKeys() });
        form.signer = other.keys;
        form.certificates = [other.certificate];
        form.responder = explicit(2, octetString(keyIdentifier(other.keys.spki)));
      },
    },
  ],
  [
    'an answer about another certificate',
    {
      response: (form, root) => {
        const other = buildCertificate(certificateForm(nameOf('Lá khác'), makeKeys(), root, 'leaf'));
        form.answers = [buildAnswer(other, root.keys)];
      },
    },
  ],
  [
    'an answer about the same number of another issuer',
    {
      response: (form, _root, leaf) => {
        form.answers = [buildAnswer(leaf, stranger)];
      },
    },
  ],
  [
    'two answers that differ',
    {
      response: (form, root, leaf) => {
        form.answers.push(
          buildAnswer(leaf, root.keys, (one) => {
            one.status = implicit(2, Buffer.alloc(0));
          }),
        );
      },
    },
  ],
];

describe('V1: revocation as RFC 6960 and RFC 5280 §6.3 ask', () => {
  test('V1: a current answer of a responder of the issuer, or of the issuer itself, is enough', () => {
    assert.equal(verdictOf(), 'valid');
    const own: Change = {
      response: (form, root) => {
        form.signer = root.keys;
        form.responder = explicit(1, root.subject);
        form.certificates = [];
      },
    };
    assert.equal(verdictOf(own), 'valid');
  });

  for (const [name, change] of unusable) {
    test(`V1: ${name} decides nothing`, () => assert.equal(verdictOf(change), 'no-revocation-data'));
  }

  test('V1: a revocation counts, on hold too, and also beside an answer that says otherwise', () => {
    for (const reason of [undefined, 1, 6])
      assert.equal(
        verdictOf(
          answer((form) => {
            form.status = revoked(reason);
          }),
        ),
        'revoked',
      );
    const both: Change = {
      response: (form, root, leaf) =>
        form.answers.push(
          buildAnswer(leaf, root.keys, (one) => {
            one.status = revoked();
          }),
        ),
    };
    assert.equal(verdictOf(both), 'revoked');
  });

  test('V1: who was revoked for good stays revoked when the answer or the list has run out, who was on hold is not known', () => {
    const old = (reason?: number) =>
      answer((form) => {
        form.status = revoked(reason);
        form.nextUpdate = [explicit(0, generalizedTime(later(-0.5)))];
      });
    assert.equal(verdictOf(old()), 'revoked');
    assert.equal(verdictOf(old(6)), 'no-revocation-data');

    const root = { subject: nameOf('Gốc'), keys: makeKeys() };
    const form = certificateForm(nameOf('Lá'), makeKeys(), root, 'leaf');
    const anchors = [buildCertificate(certificateForm(root.subject, root.keys, root, 'authority'))];
    const listed = (reason: number | undefined, change: (list: ReturnType<typeof listForm>) => void) => {
      const list = listForm(root);
      list.entries.push(entryForm(form.serial, reason));
      change(list);
      const verdict = validatePath({
        leaf: buildCertificate(form),
        anchors,
        crls: [buildList(list)],
        at: new Date(at.getTime() + 30 * day),
        requireRevocation: false,
      });
      return verdict.verdict === 'valid' ? 'valid' : verdict.refused.code;
    };
    assert.equal(
      listed(1, () => {}),
      'revoked',
    );
    assert.equal(
      listed(1, (list) => list.extensions.delete(extensionIds.crlNumber)),
      'revoked',
    );
    assert.equal(
      listed(6, () => {}),
      'valid',
      'nothing was required',
    );
    assert.equal(
      listed(1, (list) => {
        list.signer = stranger.privateKey;
      }),
      'valid',
      'a stranger revokes nothing',
    );
  });
});
