import { readFile } from 'node:fs/promises';
import type { ServiceContext } from '@edutrust/platform/context';
import { readWitnesses, startCosigning } from '@edutrust/platform/cosigning';
import { InvalidInput } from '@edutrust/platform/errors';
import { type OutboxReader, readOutbox } from '@edutrust/platform/outbox';
import { configuredWitness, startWitness, type Witness } from '@edutrust/platform/witness';

/**
 * Asks the configured witnesses of others to cosign the logs, until it is stopped.
 *
 * @throws InvalidInput `log/bad-witnesses`
 */
export async function startWitnesses(context: ServiceContext): Promise<{ stop(): Promise<void> } | undefined> {
  const { witnessesFile } = context.config;
  if (witnessesFile === undefined) return undefined;
  const witnesses = readWitnesses(await readFile(witnessesFile, 'utf8'));
  if (witnesses) return startCosigning(context, witnesses);
  throw new InvalidInput('log/bad-witnesses', {
    vi: `${witnessesFile} (EDUTRUST_WITNESSES): mỗi dòng là khoá và địa chỉ http(s) của một bên làm chứng.`,
    en: `${witnessesFile} (EDUTRUST_WITNESSES): each line is the key and the http(s) address of a witness.`,
  });
}

/** Keeps checkpoints of the logs and every revocation outside the database, until it is stopped. */
export function startOutsideCopies(context: ServiceContext): { stop(): Promise<void> } | undefined {
  const witness = configuredWitness(context);
  if (!witness) return undefined;
  const checkpoints = startWitness(context, witness, context.log);
  const revocations = readOutbox(context.db, revocationKeeper(witness), (error) =>
    context.log.error({ err: error }, 'revocations could not be kept outside'),
  );
  return {
    stop: async () => {
      await Promise.all([checkpoints.stop(), revocations.stop()]);
    },
  };
}

/** Writes each revocation down outside; what comes twice is there twice, and means the same. */
export function revocationKeeper(witness: Witness): OutboxReader {
  return {
    consumer: 'witness.revocations',
    types: ['certificate.revoked', 'certificate.suspended', 'certificate.released'],
    handle: (events) =>
      witness.addRevocations(
        events.map(({ type, at, subject, data }) => ({
          at: at.toISOString(),
          serial: subject.id,
          reason: type === 'certificate.released' ? null : String(data.reason),
        })),
      ),
  };
}
