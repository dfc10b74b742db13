import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';

/** What somebody must do something about; nothing at all when all is well. */
export function CertificateAlarms() {
  const [loaded] = useLoad('certificate alarms', () => must(api.GET('/api/v1/certificate-alarms')));
  if (loaded.state !== 'ready' || loaded.data.items.length === 0) return null;
  return (
    <section class="grid gap-2" aria-label={t('Cần xử lý', 'Needs attention')}>
      {loaded.data.items.map(({ code, about, sentence }) => (
        <Banner key={`${code} ${about}`} state="bad">
          {sentence}
        </Banner>
      ))}
    </section>
  );
}
