import type { FastifyReply, FastifyRequest } from 'fastify';
import { seeOther } from '../page-reply.ts';
import { keptDetails } from '../provider/credential-details.ts';
import type { IdpTools } from '../tools.ts';
import { type Interaction, keepConfirmed, signInExpired, tellApp } from './flow.ts';

/**
 * A sign-in with the scope `credential`, or with details that say the same: the person confirms with their phone what the app wants signed, on a page of those
 * who sign, and comes back here. Asked again it says what came of it, so the page may be left and opened again.
 */
export async function askSigner(
  tools: IdpTools,
  interaction: Interaction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const personId = interaction.session?.accountId;
  if (!personId) throw signInExpired();
  const clientId = String(interaction.params.client_id);
  const app = await tools.apps.app(clientId);
  if (!app?.isApproved || app.isSandbox) {
    return tellApp(tools, request, reply, { error: 'access_denied', error_description: 'the app is not approved' });
  }
  const { uid, params } = interaction;
  const parameters = { ...params, authorization_details: params[keptDetails] };
  const answer = await tools.credentialSignIn({ interaction: uid, personId, clientId, parameters });
  switch (answer.kind) {
    case 'ask':
      return seeOther(reply, answer.path);
    case 'confirmed':
      return seeOther(reply, await keepConfirmed(interaction));
    case 'error':
      return tellApp(tools, request, reply, { error: answer.error, error_description: answer.description });
  }
}
