import { formatTime, formatWhen } from '../design/language.ts';
import { Row } from '../design/ruled.tsx';

/** A time as a person says it; the exact one is behind it. */
export function When({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={formatTime(at)} class="text-sm text-quiet number">
      {formatWhen(at)}
    </time>
  );
}

/** One line of what happened: the sentence, and at its right when. */
export function Happened({ at, sentence }: { readonly at: string; readonly sentence: string }) {
  return (
    <Row
      title={
        <span class="flex flex-wrap justify-between items-baseline gap-x-4 font-normal">
          {sentence}
          <When at={at} />
        </span>
      }
    />
  );
}
