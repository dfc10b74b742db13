import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The first page of a load keeps the focus where the browser put it; each later one moves it to its heading. */
let hasArrived = false;
let notice: string | undefined;

/** What has just been done, said by the page that is shown next. */
export function sayNext(sentence: string): void {
  notice = sentence;
}

export function takeNotice(): string | undefined {
  const sentence = notice;
  notice = undefined;
  return sentence;
}

/** Names the page: in the tab, to who listens, and by the focus on its heading (WCAG 2.4.2, 2.4.3). */
export function useHeading(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · EduTrust`;
  }, [title]);
  useEffect(() => {
    if (hasArrived) {
      heading.current?.focus({ preventScroll: true });
      const announcer = document.getElementById('announcer');
      if (announcer) announcer.textContent = title;
    }
    hasArrived = true;
  }, []);
  return heading;
}
