import type { ServiceContext } from '@edutrust/platform/context';
import { disclose } from '@edutrust/platform/http';
import { listMail } from '@edutrust/platform/mail';
import { type Route, route } from '@edutrust/platform/route';
import { nullable, Time, Uuid } from '@edutrust/platform/schemas';
import Type from 'typebox';
import { tells } from '../accesses/operations.ts';
import { peopleAt } from '../people/address.ts';
import { requires } from '../permissions/permissions.ts';

const Text = Type.Object({ vi: Type.String(), en: Type.String() });
const Mail = Type.Object({
  id: Uuid,
  to: Type.String(),
  subject: Text,
  body: Text,
  queuedAt: Time,
  sentAt: nullable(Time),
});

const listNewest = ({ db }: ServiceContext) =>
  route({
    method: 'GET',
    url: '/api/v1/mail',
    access: requires('mail.read'),
    discloses: tells('mail.list'),
    schema: {
      tags: ['mail'],
      summary: 'The newest 100 mails',
      response: { 200: Type.Object({ items: Type.Array(Mail) }) },
    },
    handle: async (request) => {
      const mails = await listMail(db, 100);
      disclose(
        request,
        await peopleAt(
          db,
          mails.map(({ to }) => to),
        ),
      );
      return {
        items: mails.map((mail) => ({
          ...mail,
          queuedAt: mail.queuedAt.toISOString(),
          sentAt: mail.sentAt?.toISOString() ?? null,
        })),
      };
    },
  });

/** The newest mails, for an installation without a mail server. */
export const mailRoutes = (context: ServiceContext): Route[] => [listNewest(context)];
