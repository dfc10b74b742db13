import type { FirstAttestation } from '@edutrust/platform/attestation';
import type { ServiceContext } from '@edutrust/platform/context';
import { statement } from '@edutrust/platform/database';
import { installationEvents } from '@edutrust/platform/installation-events';
import { configuredWitness } from '@edutrust/platform/witness';

/** In the ledger, this once. */
const subject = { kind: 'installation', id: 'roles-and-credentials' } as const;

const lock = statement(
  'edutrust.attest-existing',
  `SELECT pg_advisory_xact_lock(hashtextextended('edutrust.attest-existing', 0))`,
);
const find = statement<{ id: string }, [subject: string]>(
  'edutrust.attested-existing',
  `SELECT id FROM platform.ledger_entry WHERE log = 'audit' AND subject_id = $1 AND type = 'rows.attested' LIMIT 1`,
);

const names = ['roles', 'passwords', 'passkeys', 'codes', 'sessions'] as const;

/** Loaded when they are needed, which is once: every command opens the database, and most need no accounts. */
async function loadTables(): Promise<Readonly<Record<(typeof names)[number], FirstAttestation>>> {
  const [{ attestExistingRoles }, { attestExistingCredentials }] = await Promise.all([
    import('@edutrust/registry/permissions'),
    import('@edutrust/idp/accounts'),
  ]);
  return { roles: attestExistingRoles, ...attestExistingCredentials };
}

/**
 * Attests the roles and credentials that were there before their rows were attested (ADR 0089): once in the life of an
 * installation, and the ledger says that it was. Whoever wants it done again for rows of their own has to take that entry
 * out of the log, and a log with a gap, or one shorter than its witness knows, attests nothing.
 */
export async function attestExisting(context: ServiceContext): Promise<void> {
  const { db, secrets, log } = context;
  if ((await find(db, subject.id)).length > 0) return;
  const tables = await loadTables();
  await db
    .transaction()
    .execute(async (transaction) => {
      await lock(transaction);
      if ((await find(transaction, subject.id)).length > 0) return;
      const counts = { roles: 0, passwords: 0, passkeys: 0, codes: 0, sessions: 0 };
      for (const name of names) counts[name] = await tables[name](transaction, secrets);
      const isFresh = Object.values(counts).every((count) => count === 0);
      if (!isFresh && !(await isLogWhole(context))) throw new LogBroken();
      await installationEvents.record(transaction, {
        type: 'rows.attested',
        actor: { kind: 'system', name: 'migration' },
        subject,
        data: counts,
      });
    })
    .catch((error: unknown) => {
      if (!(error instanceof LogBroken)) throw error;
      log.error(
        'the audit log is not whole: roles and credentials of before this version count for nothing until it is',
      );
    });
}

/** Nothing is attested on the word of a log that somebody has cut. */
class LogBroken extends Error {}

async function isLogWhole(context: ServiceContext): Promise<boolean> {
  const witnessed = await configuredWitness(context)?.notes('audit');
  return (await context.ledger.verify('audit', witnessed ? { witnessed } : {})).intact;
}
