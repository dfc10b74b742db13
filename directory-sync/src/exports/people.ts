import type { Database } from '@edutrust/platform/database';
import { listDirectoryPeople } from '@edutrust/registry/people';
import type { ClientRow } from '../clients/clients.ts';
import { type ContractField, release } from '../model/contract.ts';
import type { Release } from '../releases/releases.ts';

/** A table of text, its header first, and whom it tells what about. */
export interface ExportTable {
  readonly rows: readonly (readonly string[])[];
  readonly releases: readonly Release[];
}

const pageSize = 1_000;

/** The columns of a person: the field of the contract that each stands for, and the neutral name of its value. */
const columns: readonly { readonly header: string; readonly name: string; readonly field: ContractField | null }[] = [
  { header: 'Mã định danh', name: 'educationId', field: null },
  { header: 'Họ và tên', name: 'fullName', field: 'name' },
  { header: 'Ngày sinh', name: 'birthDate', field: 'birthDate' },
  { header: 'Giới tính', name: 'gender', field: 'gender' },
  { header: 'Vai trò', name: 'roles', field: 'roles' },
  { header: 'Trường', name: 'organisations', field: 'organisations' },
  { header: 'Lớp', name: 'classes', field: 'classes' },
  { header: 'Chức danh', name: 'titles', field: 'titles' },
];

/** Everybody whom the client's contract counts, one a line; only columns that the contract has. */
export async function peopleTable(db: Database, client: ClientRow): Promise<ExportTable> {
  const { contract, organisation_id: organisationId } = client;
  const shown = columns.filter(
    ({ field }) => field === null || contract.learners.includes(field) || contract.others.includes(field),
  );
  const rows: string[][] = [shown.map(({ header }) => header)];
  const releases: Release[] = [];
  for (let after: string | undefined; ; ) {
    const people = await listDirectoryPeople(db, { organisationId, limit: pageSize, ...(after ? { after } : {}) });
    for (const { isActive, fields, personId } of people.map((person) => release(person, contract))) {
      if (!isActive) continue;
      rows.push(shown.map(({ name }) => fields[name]?.join('; ') ?? ''));
      releases.push({ personId, fields: shown.map(({ name }) => name).filter((name) => fields[name]?.length) });
    }
    after = people.at(-1)?.id;
    if (people.length < pageSize) return { rows, releases };
  }
}
