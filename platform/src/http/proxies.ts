import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log.ts';

const near = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  near.addSubnet(network, prefix, 'ipv4');
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

function isNear(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return near.check(mapped, 'ipv4');
  return near.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** What the process has noticed of the proxies before it. */
export interface ProxyWatch {
  /**
   * Whether a proxy brought the request that `EDUTRUST_TRUSTED_PROXIES` does not name: the real caller is unknown, and
   * above all is not this machine.
   */
  isUndeclared(request: IncomingMessage): boolean;
  /** Whether that happened behind our public address: an operator forgot to declare the proxy. */
  readonly hasSeenUndeclared: boolean;
}

export function createProxyWatch(
  { url, trustedProxies }: Pick<Config, 'url' | 'trustedProxies'>,
  log: Logger,
): ProxyWatch {
  let hasSeen = false;
  return {
    isUndeclared: ({ headers, socket }) => {
      const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
      if (trustedProxies.length > 0 || !isForwarded || !isNear(socket.remoteAddress ?? '')) return false;
      if (!hasSeen && (url.protocol === 'https:' || headers.host !== url.host)) {
        hasSeen = true;
        log.warn(
          { peer: socket.remoteAddress },
          'a proxy stands before us that EDUTRUST_TRUSTED_PROXIES does not name: the whole city seems to come from its address, and limits and alarms cannot tell people apart',
        );
      }
      return true;
    },
    get hasSeenUndeclared() {
      return hasSeen;
    },
  };
}
