import { createServer, type Server } from 'node:net';

/**
 * Below what systems give to connections and to servers without a wish (32,768 and up on Linux), so that none of them
 * takes a port between the moment that it is found free and the moment that somebody listens.
 */
const first = 12_000;
const count = 20_000;

/**
 * A port of 127.0.0.1 that nobody listens on, and that no other test process is given while this one runs: until then
 * this one listens on the same port of 127.0.0.2, which says so to the others and is in no server's way.
 */
export async function freePort(): Promise<number> {
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step += 1) {
    const port = first + ((start + step) % count);
    const claim = await listen(port, '127.0.0.2');
    if (!claim) continue;
    const server = await listen(port, '127.0.0.1');
    if (server) {
      await new Promise((resolve) => server.close(resolve));
      claim.unref();
      return port;
    }
    claim.close();
  }
  throw new Error('no free port');
}

function listen(port: number, host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}
