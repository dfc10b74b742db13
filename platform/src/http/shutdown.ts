import type { FastifyInstance } from 'fastify';

/** How long requests under way may take once the server closes; then their connections are ended (E12). */
const drainMs = 10_000;

/**
 * Has `app.close()` end in time. Node stops its own timeouts when a server closes: an upload that stalls would keep it
 * open for ever, and a connection that is kept alive until its client leaves.
 */
export function closeInTime(app: Pick<FastifyInstance, 'server' | 'addHook'>): void {
  app.addHook('preClose', (done) => {
    const { server } = app;
    if (server.listening) {
      const idle = setInterval(() => server.closeIdleConnections(), 200);
      const all = setTimeout(() => server.closeAllConnections(), drainMs);
      server.once('close', () => {
        clearInterval(idle);
        clearTimeout(all);
      });
    }
    done();
  });
}
