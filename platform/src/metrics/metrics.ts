import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';

collectDefaultMetrics();

const requestSeconds = new Histogram({
  name: 'edutrust_http_request_seconds',
  help: 'Time to answer a request, by route pattern and status class',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10],
});

export function observeRequest(method: string, route: string, status: number, seconds: number): void {
  requestSeconds.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds);
}

const refusals = new Counter({
  name: 'edutrust_rate_limited_total',
  help: 'Requests refused with 429 by a rate limit, by the name of the limit',
  labelNames: ['limit'],
});

export function countRefusal(limit: string): void {
  refusals.inc({ limit });
}

/** A figure read when the metrics are asked for. */
export function gauge(name: string, help: string, read: () => Promise<number>): void {
  if (register.getSingleMetric(name)) return;
  new Gauge({
    name,
    help,
    async collect() {
      this.set(await read().catch(() => Number.NaN));
    },
  });
}

/** The text of `/metrics`. */
export async function metricsText(): Promise<string> {
  return register.metrics();
}
