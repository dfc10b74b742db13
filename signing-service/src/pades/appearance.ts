/** A line of the visible block; a bare string is a plain line. */
export type AppearanceLine = string | { readonly text: string; readonly bold?: boolean; readonly size?: number };

/** What people see on the page. It proves nothing: only validation does. */
export interface VisibleSignature {
  /** Zero-based, or the last one. */
  readonly page: number | 'last';
  /** Lower left and upper right corner in points, as the page is read (after its rotation is zero). */
  readonly rect: readonly [number, number, number, number];
  readonly lines: readonly AppearanceLine[];
  /** A PNG drawn behind the lines at the left, such as a handwritten signature (Decree 30/2020/NĐ-CP, annex I). */
  readonly image?: Uint8Array;
}

/** The lines that an official's block has: name, title, organisation, time in Vietnam and where to verify. */
export declare function visibleLines(signature: {
  readonly name: string;
  readonly title: string;
  readonly organisation: string;
  readonly at: Date;
  readonly verifyAt: string;
}): readonly AppearanceLine[];
