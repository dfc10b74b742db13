import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const shownFor = 6_000;
let show: (sentence: string) => void = () => undefined;

/** Says in passing that something was done; what a person must act on stands in the page, never here. */
export function toast(sentence: string): void {
  show(sentence);
}

/** Once a page: where the sentences appear. They stay while the pointer or the focus rests on them. */
export function Toasts() {
  const [said, setSaid] = useState<{ readonly sentence: string } | undefined>();
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    show = (sentence) => setSaid({ sentence });
    return () => {
      show = () => undefined;
    };
  }, []);
  useEffect(() => {
    if (!said || isHeld) return undefined;
    const timer = setTimeout(() => setSaid(undefined), shownFor);
    return () => clearTimeout(timer);
  }, [said, isHeld]);
  return (
    <div role="status">
      {said && (
        <div class="toast" onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
          <Icon name="check" />
          {said.sentence}
        </div>
      )}
    </div>
  );
}
