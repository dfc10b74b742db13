/** What `--only` can name. `console` is the static screens; the pages belong to the services that answer with them. */
export const serviceNames = ['registry', 'idp', 'certs', 'signing', 'sync', 'console'] as const;
export type ServiceName = (typeof serviceNames)[number];
