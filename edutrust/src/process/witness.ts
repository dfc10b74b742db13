import type { ServiceContext } from '@edutrust/platform/context';
import { type OutboxReader, readOutbox } from '@edutrust/platform/outbox';
import { configuredWitness, startWitness, type Witness } from '@edutrust/platform/witness';

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
