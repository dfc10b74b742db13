import { parseCertificate } from '@edutrust/certs/certificate';
import type { ServiceContext } from '@edutrust/platform/context';
import { sql } from 'kysely';
import type Type from 'typebox';
import { certificateView } from './certificate.ts';
import type { MachineRow } from './machine.ts';
import type { MachineView } from './schemas.ts';

type View = Type.Static<typeof MachineView>;

interface Row extends Pick<MachineRow, 'id' | 'name' | 'state' | 'certificate' | 'approval_id' | 'created_at'> {
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly clerk: View['clerk'];
  readonly openBatch: View['openBatch'];
}

/** More were never paired by one school. */
const mostMachines = 100;

/** The machines of a school, newest first. */
export async function listMachines(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  organisationId: string,
): Promise<View[]> {
  const { rows } = await sql<Row>`
    SELECT m.id, m.name, m.state, m.certificate, m.approval_id, m.created_at, m.expires_at, m.last_used_at,
      jsonb_build_object('id', p.id, 'fullName', p.full_name) AS clerk,
      (SELECT jsonb_build_object('code4', s.code4, 'documents',
          (SELECT count(*) FROM signing.session_item AS i WHERE i.session_id = s.id AND i.artefact = 'document'))
        FROM signing.session AS s WHERE s.machine_id = m.id AND s.state = 'open' AND s.expires_at > ${clock.now()}
        ORDER BY s.created_at DESC LIMIT 1) AS "openBatch"
    FROM signing.sealing_machine AS m JOIN registry.person AS p ON p.id = m.person_id
    WHERE m.organisation_id = ${organisationId} ORDER BY m.id DESC LIMIT ${mostMachines}`.execute(db);
  return rows.map(({ certificate, approval_id, created_at, expires_at, last_used_at, ...row }) => {
    return {
      ...row,
      certificate: certificateView(parseCertificate(certificate)),
      approvalId: approval_id,
      createdAt: created_at.toISOString(),
      expiresAt: expires_at?.toISOString() ?? null,
      lastUsedAt: last_used_at?.toISOString() ?? null,
    };
  });
}
