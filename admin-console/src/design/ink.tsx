/** Ink as the server keeps it, on paper in light and dark. */
export function Ink({
  picture: { png, width, height },
  widthMm,
  name,
}: {
  readonly picture: { readonly png: string; readonly width: number; readonly height: number };
  /** True width, of a seal: as large on the screen as a browser can say. */
  readonly widthMm?: number;
  readonly name: string;
}) {
  return (
    <span class="inline-block max-w-full p-4 rounded-md border border-line bg-[white]">
      <img
        class="max-w-full h-auto"
        src={`data:image/png;base64,${png}`}
        alt={name}
        width={width}
        height={height}
        {...(widthMm === undefined ? {} : { style: { width: `${widthMm}mm` } })}
      />
    </span>
  );
}
