import { createServer, type Server } from 'node:net';

/**
 * Below what systems give to connections and to servers without a wish (32,768 and up on Linux), so that none of them
 * takes a port between the moment that it is found free and the moment that somebody listens.
 */
const first = 12_000;
const count = 20_000;

/** A port of 127.0.0.1 that nobody listens on, and that is this process's until it ends: {@link claimPort}. */
export async function freePort(): Promise<number> {
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step += 1) {
    const port = first + ((start + step) % count);
    if (await claimPort(port)) return port;
  }
  throw new Error('no free port');
}

/**
 * Whether the port of 127.0.0.1 is this process's from now on: nobody listens there, and no other test process has it.
 * Until this one ends it listens on the same port of 127.0.0.2, which says so to the others and is in no server's way.
 */
export async function claimPort(port: number): Promise<boolean> {
  const claim = await listen(port, '127.0.0.2');
  if (!claim) return false;
  const server = await listen(port, '127.0.0.1');
  if (!server) {
    claim.close();
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  claim.unref();
  return true;
}

function listen(port: number, host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}
