import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairMachineKind } from './approval.ts';

const content = {
  machineId: '0197c5a0-0000-7000-8000-000000000001',
  personId: '0197c5a0-0000-7000-8000-000000000002',
  personName: 'Phan Thị Mỹ Duyên',
  organisationId: '0197c5a0-0000-7000-8000-000000000003',
  organisationName: 'Trường Tiểu học Lê Lợi',
  machineName: 'PC-VAN-THU',
  keySha256: 'a'.repeat(64),
  certificateSha256: 'b'.repeat(64),
  certificateSubject: 'CN=Trường Tiểu học Lê Lợi, C=VN',
  certificateIssuer: 'CN=CA',
  certificateUntil: '2030-01-01',
};

test('the second person is warned of a certificate of another subject, and not of the school’s own in capitals', () => {
  const warnedOf = (certificateOrganisation: string) =>
    pairMachineKind
      .describe({ ...content, certificateOrganisation })
      .facts.some(({ value }) => value.vi.includes('không ghi đúng tên trường này'));
  assert.deepEqual(
    ['Trường Tiểu học Lê Lợi', 'TRƯỜNG TIỂU  HỌC LÊ LỢI'.normalize('NFD'), 'Trường Tiểu học Lê Lai'].map(warnedOf),
    [false, false, true],
  );
});
