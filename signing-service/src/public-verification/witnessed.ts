import { readFile } from 'node:fs/promises';
import type { ServiceContext } from '@edutrust/platform/context';
import type { WitnessKey } from '@edutrust/platform/cosignature';
import { cosignedProof, readWitnesses } from '@edutrust/platform/cosigning';
import type { ValidationReport } from '../validation/report.ts';
import { type Witnessing, withWitnesses } from '../validation/witnesses.ts';

/** The witnesses of this installation (`EDUTRUST_WITNESSES`), whose word it asks for. */
export async function knownWitnesses({ config }: Pick<ServiceContext, 'config'>): Promise<readonly WitnessKey[]> {
  if (config.witnessesFile === undefined) return [];
  // The start refuses a file that is none; while one is away nobody is asked, and files are verified as ever.
  return readWitnesses(await readFile(config.witnessesFile, 'utf8').catch(() => '')) ?? [];
}

/** The proofs that this installation has from its witnesses for what a report says of its log. */
export async function cosignedProofs(
  { db, ledger }: Pick<ServiceContext, 'db' | 'ledger'>,
  { signatures }: Pick<ValidationReport, 'signatures'>,
): Promise<string[]> {
  const { origin } = ledger.key('signatures');
  const proofs = await Promise.all(
    signatures.map(({ log }) =>
      log?.leaf && log.origin === origin ? cosignedProof(db, 'signatures', log.index) : undefined,
    ),
  );
  return proofs.filter((proof) => proof !== undefined);
}

/** Counts the witnesses of this installation, and those whose keys were given, by its own proofs and those that were given. */
export async function witnessed(
  context: Pick<ServiceContext, 'db' | 'ledger' | 'config'>,
  report: ValidationReport,
  given: Witnessing,
): Promise<ValidationReport> {
  const witnesses = [...given.witnesses, ...(await knownWitnesses(context))];
  if (witnesses.length === 0) return report;
  const proofs = [...given.proofs, ...(await cosignedProofs(context, report))];
  return withWitnesses(report, { ...given, witnesses, proofs });
}
