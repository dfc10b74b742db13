import type { BadgeOutsideProps, BadgeProps } from '@edutrust/idp/pages';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { pictureOf } from '../../design/pictures.ts';
import { Stack } from '../document.tsx';

function Listen() {
  return (
    <button type="button" class="button" data-listen hidden>
      <Icon name="volume-2" /> {t('Nghe', 'Listen')}
    </button>
  );
}

/** Three steps of which one is seen: the camera, the typed code, the PIN. `client.ts` moves between them. */
export function Badge({ pictures, backPath }: BadgeProps) {
  return (
    <div class="grid gap-4 justify-items-center text-center" data-badge>
      <noscript>
        <p>
          {t(
            'Trang thẻ cần JavaScript. Em đăng nhập bằng mã giáo dục và mật khẩu nhé.',
            'Badges need JavaScript. Sign in with your education ID and password.',
          )}
        </p>
      </noscript>
      <p role="alert" class="text-lg font-semibold text-warn empty:hidden" data-badge-error />
      <Scan />
      <TypedCode />
      <Pin pictures={pictures} />
      <a class="button button-quiet" href={backPath}>
        <Icon name="arrow-left" /> {t('Cách khác', 'Another way')}
      </a>
    </div>
  );
}

function Scan() {
  return (
    <section class="grid gap-4 w-full justify-items-center" data-step="scan" hidden>
      <h1 tabIndex={-1}>{t('Em giơ thẻ lên nhé', 'Hold up your badge')}</h1>
      <div class="badge-frame" data-frame>
        <video class="badge-video" muted playsInline autoPlay />
        <p class="badge-hello" data-hello hidden />
      </div>
      <p class="text-lg text-quiet" role="status" data-scan-status>
        {t('Giơ thẻ cho máy ảnh thấy hình vuông.', 'Show the camera the square on your badge.')}
      </p>
      <div class="flex flex-wrap gap-3 justify-center">
        <Listen />
        <button type="button" class="button" data-no-camera>
          <Icon name="keyboard" /> {t('Máy không có máy ảnh', 'No camera here')}
        </button>
      </div>
    </section>
  );
}

function TypedCode() {
  return (
    <section class="grid gap-4 w-full max-w-md" data-step="code" hidden>
      <h1 tabIndex={-1}>{t('Em gõ mã trên thẻ', 'Type the code on your badge')}</h1>
      <form class="grid gap-4" data-code-form>
        <label class="grid gap-1 text-left">
          <span class="font-semibold">
            {t('Tám chữ và số dưới hình vuông', 'Eight letters and digits under the square')}
          </span>
          <input
            name="badge-code"
            class="control text-2xl font-mono text-center tracking-widest"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={12}
            required
          />
        </label>
        <button type="submit" class="button button-primary">
          {t('Tiếp', 'Next')}
        </button>
        <button type="button" class="button button-quiet" data-camera>
          <Icon name="camera" /> {t('Dùng máy ảnh', 'Use the camera')}
        </button>
      </form>
    </section>
  );
}

function Pin({ pictures }: { readonly pictures: readonly string[] }) {
  return (
    <section class="grid gap-5 w-full justify-items-center" data-step="pin" hidden>
      <p class="text-lg font-semibold" data-name />
      <h1 tabIndex={-1} data-pin-title>
        {t('Bí mật của em', 'Your secret')}
      </h1>
      <p class="pin-dots" role="status" data-dots />
      <div class="pin-pictures" data-pad="pictures" hidden>
        {pictures.map((name) => {
          const { icon, word, crayon } = pictureOf(name);
          return (
            <button key={name} type="button" class={`pin-picture crayon-${crayon}`} data-key={name}>
              <Icon name={icon} />
              {word}
            </button>
          );
        })}
      </div>
      <div class="pin-digits" data-pad="digits" hidden>
        {['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'].map((digit) => (
          <button key={digit} type="button" class="pin-digit" data-key={digit}>
            {digit}
          </button>
        ))}
      </div>
      <div class="flex flex-wrap gap-3 justify-center">
        <button type="button" class="button" data-again>
          <Icon name="undo-2" /> {t('Chọn lại', 'Start again')}
        </button>
        <Listen />
        <button type="button" class="button button-quiet" data-not-me>
          {t('Không phải em?', 'Not you?')}
        </button>
      </div>
    </section>
  );
}

/** What a phone shows that reads a badge: paper, here. */
export function BadgeOutside({ signInPath }: BadgeOutsideProps) {
  return (
    <Stack>
      <h1>{t('Đây là thẻ của một học sinh', "This is a pupil's badge")}</h1>
      <p>
        {t(
          'Thẻ chỉ mở được ở máy của trường, cùng với hình hoặc số bí mật của em. Ở đây nó không mở gì cả.',
          "It opens something on the school's computers only, together with the child's secret pictures or digits. Here it opens nothing.",
        )}
      </p>
      <p>
        {t(
          'Nhặt được thẻ? Gọi nhà trường và đọc số in ở mép thẻ: trường sẽ huỷ thẻ và làm thẻ mới.',
          'Found it? Call the school and read the number on its edge: the school voids the badge and makes a new one.',
        )}
      </p>
      <a class="button button-primary" href={signInPath}>
        {t('Đăng nhập bằng mã giáo dục', 'Sign in with an education ID')}
      </a>
    </Stack>
  );
}
