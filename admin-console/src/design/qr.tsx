import { encode } from 'uqr';

/** A QR code (ISO/IEC 18004, level M) as one path: black on white in every theme and on paper, or no camera reads it. */
export function Qr({
  text,
  label,
  class: size,
}: {
  readonly text: string;
  readonly label: string;
  readonly class: string;
}) {
  const { data, size: modules } = encode(text, { ecc: 'M', border: 4 });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg viewBox={`0 0 ${modules} ${modules}`} class={size} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={`M0 0h${modules}v${modules}H0z`} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
