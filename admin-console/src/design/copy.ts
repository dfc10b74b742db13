import { useState } from 'preact/hooks';
import { t } from './language.ts';
import { toast } from './toast.tsx';

/** Puts a text on the clipboard. Where the browser has none or refuses it, says what to do instead and gives false. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toast(
      t(
        'Trình duyệt không cho chép. Hãy bôi đen rồi chép bằng Ctrl C.',
        'The browser does not allow copying. Select the text and copy it with Ctrl C.',
      ),
    );
    return false;
  }
}

/** A button's own copying: whether what it copied last is still what it says, and the copying. */
export function useCopy(): {
  readonly isCopied: boolean;
  readonly copy: (text: string) => Promise<void>;
  /** What it offers is another text now. */
  readonly forget: () => void;
} {
  const [isCopied, setCopied] = useState(false);
  return {
    isCopied,
    copy: async (text) => setCopied(await copyText(text)),
    forget: () => setCopied(false),
  };
}
