import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GivenCredential } from './passkey.ts';
import { mustStandAlone } from './rules.ts';

const now = new Date('2026-11-26T08:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const [maker, approver, third] = ['maker', 'approver', 'third'];
const given = (kind: GivenCredential['kind'], by: readonly string[], hours: number) => ({
  given: { kind, by, at: hoursAgo(hours) },
});

/** What becomes of the approver's act; `act` is the code of the refusal. */
function judged(
  own: Parameters<typeof mustStandAlone>[0],
  makersPasskey?: Parameters<typeof mustStandAlone>[0],
): string {
  try {
    mustStandAlone(own, makersPasskey && { personId: maker, passkey: makersPasskey }, approver, now);
    return 'counts';
  } catch (error) {
    return (error as { code: string }).code; // every refusal has one
  }
}

test('Q1: by the passkeys themselves: whose code was one of the two chosen with within 72 hours is no second person', () => {
  const plain: Parameters<typeof mustStandAlone>[0] = {};
  const cases = [
    [plain, plain, 'counts'],
    [plain, undefined, 'counts'],
    [given('code-used', [third], 1), plain, 'counts'],
    [given('code-used', [], 1), given('code-used', [], 1), 'counts'],
    // The maker made the approver's code, alone or with somebody, just now or almost three days ago; then it is over.
    [given('code-used', [maker], 1), plain, 'approvals/credentials'],
    [given('code-used', [third, maker], 71.9), plain, 'approvals/credentials'],
    [given('code-used', [maker], 72.1), plain, 'counts'],
    // Or the reverse.
    [plain, given('code-used', [approver], 1), 'approvals/credentials'],
    [plain, given('recovered', [third, approver], 71.9), 'approvals/credentials'],
    [plain, given('code-used', [approver], 72.1), 'counts'],
    // Who recovered waits with everybody, the maker included; that the other one recovered is theirs.
    [given('recovered', [third], 1), undefined, 'approvals/recovered'],
    [given('recovered', [], 71.9), plain, 'approvals/recovered'],
    [given('recovered', [third], 72.1), plain, 'counts'],
  ] as const;
  for (const [index, [own, other, expected]] of cases.entries())
    assert.equal(judged(own, other), expected, `case ${index}`);
});
