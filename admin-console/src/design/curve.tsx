/** One measurement: when, in milliseconds, and how much. */
export interface CurvePoint {
  readonly at: number;
  readonly value: number;
}

/** The picture is stretched to its place: so many units wide and high. */
const wide = 1_000;
const high = 100;

/**
 * How something went over time, as an area under a line, with a dashed line where it should stay below. Its sentence
 * stands beside it; readers hear `label`.
 */
export function Curve({
  label,
  points,
  limit,
  axis,
  tone,
}: {
  /** The one sentence that the picture says. */
  readonly label: string;
  /** At least two, the oldest first. */
  readonly points: readonly CurvePoint[];
  readonly limit: { readonly value: number; readonly label: string };
  /** Words below the picture, evenly from its first to its last moment. */
  readonly axis: readonly string[];
  readonly tone: 'main' | 'bad';
}) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const most = Math.max(limit.value * 1.5, ...points.map(({ value }) => value)) * 1.05;
  const x = (at: number) => ((at - first.at) / Math.max(1, last.at - first.at)) * wide;
  const y = (value: number) => high - (value / most) * high;
  const line = points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(2)}`).join('L');
  return (
    <figure class="grid gap-1">
      <div class="relative">
        <svg class="curve" viewBox={`0 0 ${wide} ${high}`} preserveAspectRatio="none" role="img" aria-label={label}>
          <path class="curve-area" d={`M0,${high}L${line}L${wide},${high}Z`} />
          <path class="curve-limit" d={`M0,${y(limit.value)}H${wide}`} vector-effect="non-scaling-stroke" />
          <path class="curve-line" d={`M${line}`} vector-effect="non-scaling-stroke" />
        </svg>
        <span class="curve-word" style={{ bottom: `${(limit.value / most) * high}%` }} aria-hidden="true">
          {limit.label}
        </span>
        <span
          class={`curve-end ${tone === 'bad' ? 'bg-bad' : 'bg-accent'}`}
          style={{ bottom: `${(last.value / most) * high}%` }}
          aria-hidden="true"
        />
      </div>
      <div class="flex justify-between text-xs text-quiet number" aria-hidden="true">
        {axis.map((word, at) => (
          <span key={`${at} ${word}`}>{word}</span>
        ))}
      </div>
    </figure>
  );
}
