import { useLocation } from 'preact-iso';
import { t } from '../design/language.ts';
import { sayNext } from './heading.ts';

/** The approval that was made instead of the effect (202), where an act takes two people. */
function approvalIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('approval' in answer)) return undefined;
  return (answer.approval as { readonly id: string }).id; // registry/approvals: ProposedApproval
}

/**
 * After an act: goes on to its approval when the act waits for a second person, and says whether it does. The maker
 * confirms there with a passkey, and sees who may approve.
 */
export function useProposed(): (answer: unknown) => boolean {
  const { route } = useLocation();
  return (answer) => {
    const id = approvalIn(answer);
    if (id === undefined) return false;
    sayNext(
      t(
        'Việc này chờ người thứ hai. Anh/chị xác nhận ở đây trước.',
        'This waits for a second person. You confirm it here first.',
      ),
    );
    route(`/admin/approvals/${id}`);
    return true;
  };
}
