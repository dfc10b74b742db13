import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';

/**
 * How often the delay of the event loop is measured, and so the least that its figures say. The usual 10 ms wake the
 * process a hundred times a second: 6 ms of CPU in each second in which nobody asks for anything.
 */
const delayEveryMs = 250;

collectDefaultMetrics({ eventLoopMonitoringPrecision: delayEveryMs });

const requestSeconds = new Histogram({
  name: 'edutrust_http_request_seconds',
  help: 'Time to answer a request, by route pattern and status class',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10],
});

export function observeRequest(method: string, route: string, status: number, seconds: number): void {
  requestSeconds.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds);
}

/** {@link observeRequest} for answers that are all of one kind. */
export function requestObserver(method: string, route: string, status: number): (seconds: number) => void {
  const one = requestSeconds.labels({ method, route, status: `${Math.floor(status / 100)}xx` });
  return (seconds) => one.observe(seconds);
}

const errors = new Counter({
  name: 'edutrust_errors_total',
  help: 'Answers with 5xx, by the code of the problem',
  labelNames: ['code'],
});

export function countError(code: string): void {
  errors.inc({ code });
}

const refusals = new Counter({
  name: 'edutrust_rate_limited_total',
  help: 'Requests refused with 429 by a rate limit, by the name of the limit',
  labelNames: ['limit'],
});

export function countRefusal(limit: string): void {
  refusals.inc({ limit });
}

/** Figures of one kind, by what they are about, read when the metrics are asked for. */
export function gauges(name: string, help: string, label: string, read: () => Promise<Record<string, number>>): void {
  if (register.getSingleMetric(name)) return;
  new Gauge({
    name,
    help,
    labelNames: [label],
    async collect() {
      this.reset(); // what is gone is not shown with its last figure
      for (const [about, value] of Object.entries(await read().catch(() => ({})))) this.set({ [label]: about }, value);
    },
  });
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
