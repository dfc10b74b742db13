import { formatNumber, formatTime, t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import type { Run } from './words.ts';

/** One sentence: whether the target was found to hold what it should when it was last read again. */
export function ProofOf({ runs }: { readonly runs: readonly Run[] }) {
  const run = runs.find(({ proof }) => proof !== null);
  if (!run?.proof) return null;
  const { isConverged, people, differing, schools, differingSchools, digest } = run.proof;
  const at = formatTime(run.finishedAt ?? run.startedAt);
  const names = differingSchools.slice(0, 3).map(({ name }) => name);
  const where = names.join(', ') + (differingSchools.length > names.length ? '…' : '');
  const inSchools = t(`${formatNumber(schools)} đơn vị`, `${formatNumber(schools)} organisations`);
  return (
    <Ruled label={t('Đối chiếu', 'Proof')}>
      <Row
        mark={isConverged ? 'good' : 'warn'}
        title={
          isConverged
            ? t(
                `Đích giữ đúng như sổ: đã đọc lại ${formatNumber(people)} người ở ${inSchools}`,
                `The target holds what it should: ${formatNumber(people)} people in ${inSchools} were read again`,
              )
            : t(
                `Đích giữ khác sổ ${formatNumber(differing)} trong ${formatNumber(people)} người: ${where}`,
                `The target differs in ${formatNumber(differing)} of ${formatNumber(people)} people: ${where}`,
              )
        }
        note={
          <>
            {at} · <span class="number">{digest.slice(0, 12)}</span>
          </>
        }
      />
    </Ruled>
  );
}
