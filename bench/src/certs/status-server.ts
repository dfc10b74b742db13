import { generateKeyPairSync } from 'node:crypto';
import process from 'node:process';
import { chainAbove, ensureAuthorities, issueCertificate } from '@edutrust/certs/authority';
import { toPem } from '@edutrust/certs/certificate';
import { createCerts, migrations } from '@edutrust/certs/service';
import { createHttpServer } from '@edutrust/platform/http';
import { addRoutes } from '@edutrust/platform/route';
import { testContext } from '@edutrust/testing/context';

/** What the bench asks about, and where. */
export interface StatusServer {
  readonly origin: string;
  readonly leafPem: string;
  readonly issuerPem: string;
}

/** Our status and time-stamp services alone in a process, on a real PostgreSQL. */
const context = await testContext({ migrations: [migrations] });
await ensureAuthorities(context);
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { der } = await issueCertificate(context, {
  profile: 'official',
  subject: { commonName: 'Người đo' },
  publicKey: publicKey.export({ type: 'spki', format: 'der' }),
  requestKey: 'bench',
});
const app = await createHttpServer({
  config: context.config,
  log: context.log,
  gate: { authenticate: async () => null, can: async () => false },
  store: context.store,
  readiness: {},
  metrics: async () => '',
});
addRoutes(app, createCerts(context).routes?.() ?? []);
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.server.address();
const [issuer = Buffer.alloc(0)] = await chainAbove(context, 'people');
process.on('disconnect', () => process.exit(0));
process.send?.({
  origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
  leafPem: toPem(der),
  issuerPem: toPem(issuer),
} satisfies StatusServer);
