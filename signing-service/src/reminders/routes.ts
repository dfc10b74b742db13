import type { ServiceContext } from '@edutrust/platform/context';
import { personActor } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { strict } from '@edutrust/platform/schemas';
import { requires } from '@edutrust/registry/permissions';
import Type from 'typebox';
import { isSubscribed, subscribe, unsubscribe } from './subscriptions.ts';
import { applicationServerKey } from './web-push.ts';

const tags = ['signing'];
const Endpoint = Type.String({ format: 'uri', maxLength: 2048 });
const Bytes = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength });

/** Whether the browser at the endpoint is told what waits for the caller. */
const Told = Type.Object({ isTold: Type.Boolean() });

const read = ({ db, secrets }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/signing/push',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'The key that a browser subscribes with to be told what waits, and whether the one at `endpoint` is',
      querystring: Type.Object({ endpoint: Type.Optional(Endpoint) }),
      response: { 200: Type.Object({ applicationServerKey: Type.String(), ...Told.properties }) },
    },
    handle: async (request) => ({
      applicationServerKey: applicationServerKey(secrets).publicKey.toString('base64url'),
      isTold: await isSubscribed(db, request.query.endpoint ?? '', personActor(request).personId),
    }),
  });

const add = (context: ServiceContext) =>
  route({
    method: 'PUT',
    url: '/api/v1/signing/push/subscription',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'Tells this browser from now on when something waits for the caller (RFC 8030): how many, never what',
      body: Type.Object(
        {
          endpoint: Endpoint,
          /** As the browser gave them (`PushSubscription.toJSON`), base64url. */
          keys: Type.Object({ p256dh: Bytes(100), auth: Bytes(30) }, strict),
        },
        strict,
      ),
      response: { 200: Told },
    },
    handle: async (request) => {
      const { endpoint, keys } = request.body;
      const receiver = {
        endpoint,
        publicKey: Buffer.from(keys.p256dh, 'base64url'),
        authSecret: Buffer.from(keys.auth, 'base64url'),
      };
      await subscribe(context, receiver, personActor(request));
      return { isTold: true };
    },
  });

const remove = ({ db }: ServiceContext) =>
  route({
    method: 'POST',
    url: '/api/v1/signing/push/subscription/end',
    access: requires('signing.enrol'),
    schema: {
      tags,
      summary: 'Tells this browser no longer',
      body: Type.Object({ endpoint: Endpoint }, strict),
      response: { 200: Told },
    },
    handle: async (request) => {
      await unsubscribe(db, request.body.endpoint, personActor(request).personId);
      return { isTold: false };
    },
  });

/** Being told at once, on this browser, that something waits. */
export const reminderRoutes = (context: ServiceContext): Route[] => [read(context), add(context), remove(context)];
