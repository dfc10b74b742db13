import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { formErrorOf, seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { FormError } from '../pages.ts';
import { why } from '../risk/words.ts';
import type { IdpTools } from '../tools.ts';
import { askingApp, finishSignIn, type Interaction, openInteraction, openPage } from './flow.ts';
import { pendingOf, takeSecondStep } from './second-step.ts';

const Params = Type.Object({ uid: Type.String({ maxLength: 100 }) });

/** The step between a right password and being in, `/signin/{uid}/second`: a code. */
export const secondStepRoutes = (tools: IdpTools): Route[] => [showSecondStep(tools), takeSecondCode(tools)];

const showSecondStep = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/signin/:uid/second',
    access: anyone,
    schema: { ...hide, params: Params },
    handle: async (request, reply) => {
      const interaction = await openPage(tools, request, reply, 'login');
      if (!interaction) return seeOther(reply, '/');
      return sendPage(reply, await secondStepPage(tools, request, interaction));
    },
  });

const takeSecondCode = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/signin/:uid/second',
    access: anyone,
    schema: { ...hide, params: Params, body: Type.Object({ code: Type.String({ maxLength: 40 }) }, strict) },
    handle: async (request, reply) => {
      const interaction = await openInteraction(tools, request, reply, 'login');
      try {
        const { proof, isShared } = await takeSecondStep(tools.context, interaction.uid, request.body.code);
        const how = { isShared, isActivation: false };
        return seeOther(reply, await finishSignIn(tools, request, reply, interaction, proof, how));
      } catch (error) {
        const { error: shown, status, retryAfterSeconds } = formErrorOf(error, request);
        if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
        return sendPage(reply, await secondStepPage(tools, request, interaction, shown), status);
      }
    },
  });

async function secondStepPage(tools: IdpTools, request: FastifyRequest, interaction: Interaction, error?: FormError) {
  const { doubts, mailed } = await pendingOf(tools.context, interaction.uid);
  const view = viewOf(request);
  const props = {
    action: `/signin/${interaction.uid}/second`,
    backPath: `/signin/${interaction.uid}`,
    app: await askingApp(tools, interaction),
    isMailed: mailed !== undefined,
    why: why(doubts, view.locale),
    ...(error ? { error } : {}),
  };
  return tools.pages.secondFactor(props, view);
}
