import { trustMaterial } from '@edutrust/certs/authority';
import type { ServiceContext } from '@edutrust/platform/context';
import type { BrowserTrust } from '../in-browser/messages.ts';
import { knownWitnesses } from './witnessed.ts';

/** What this installation judges files with, for a judge elsewhere: nothing of it is secret, all of it is as of now. */
export async function browserTrust(
  context: Pick<ServiceContext, 'db' | 'clock' | 'ledger' | 'config'>,
): Promise<BrowserTrust> {
  const { anchors, timeStampAnchors, untrusted, crls } = await trustMaterial(context);
  const { origin, publicKey } = context.ledger.key('signatures');
  const base64 = (list: readonly Buffer[]) => list.map((der) => der.toString('base64'));
  return {
    takenAt: context.clock.now().toISOString(),
    anchors: base64(anchors),
    timeStampAnchors: base64(timeStampAnchors),
    untrusted: base64(untrusted),
    crls: base64(crls),
    logs: [{ origin, publicKey: publicKey.toString('base64') }],
    witnesses: (await knownWitnesses(context)).map((witness) => ({
      name: witness.name,
      publicKey: witness.publicKey.toString('base64'),
    })),
  };
}
