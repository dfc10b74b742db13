import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, must } from '../../design/api.ts';
import { Tick } from '../../design/choices.tsx';
import { DropFile } from '../../design/drop.tsx';
import { formOf } from '../../design/file.ts';
import { Banner, Choice, Field } from '../../design/form.tsx';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useAction, useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { Show } from '../../design/show.tsx';
import { sayNext } from '../heading.ts';
import { useMe } from '../me.ts';
import { Title } from '../parts.tsx';
import { footPlaces } from './places.ts';
import type { Upload } from './views.ts';

/** `/admin/signing/new`: a file, who signs it in which order, and off it goes. */
export function NewDocument() {
  const me = useMe();
  const organisation = me.roles.find(({ role }) => role === 'school-administrator')?.organisation;
  const [upload, setUpload] = useState<Upload>();
  const { isBusy, error, run } = useAction();
  const back = { href: '/admin/signing', label: t('Trình ký', 'Signing requests') };
  if (!organisation)
    return (
      <Title title={t('Chỉ quản trị trường trình tệp', 'Only a school’s administrator sends files')} back={back} />
    );
  const send = (file: File) =>
    run(async () => {
      const answer = api.POST('/api/v1/signing/organisations/{organisationId}/uploads', {
        params: { path: { organisationId: organisation.id } },
        body: formOf({}, file) as never, // the document does not say what is in a form
        bodySerializer: (body) => body as unknown as FormData,
      });
      setUpload(await must(answer));
    });
  return (
    <>
      <Title
        title={
          upload ? t('Ai ký, theo thứ tự nào?', 'Who signs, in which order?') : t('Trình một tệp', 'Have a file signed')
        }
        note={upload ? `${upload.fileName} · ${pagesOf(upload)}` : organisation.name}
        back={back}
      />
      {error && <Banner state="bad">{error}</Banner>}
      {upload ? (
        <Order organisationId={organisation.id} upload={upload} onAgain={() => setUpload(undefined)} />
      ) : (
        <DropFile
          icon="file-text"
          name={t('Tệp cần ký', 'File to be signed')}
          title={t('Thả tệp vào đây', 'Drop a file here')}
          note={t(
            'PDF thì chữ ký nằm ngay trong tệp; tệp khác được gói cùng chữ ký. Tối đa 16 MB. Chưa ai nhận được gì ở bước này.',
            'A PDF carries its signatures; any other file is enclosed with them. At most 16 MB. Nobody receives anything at this step.',
          )}
          isBusy={isBusy}
          onFile={send}
        />
      )}
    </>
  );
}

const pagesOf = ({ pages, signatures }: Upload): string =>
  [
    pages.length > 0
      ? t(`${formatNumber(pages.length)} trang`, `${formatNumber(pages.length)} pages`)
      : t('gói cùng chữ ký thành một tệp .asice', 'enclosed with its signatures in one .asice'),
    ...(signatures > 0 ? [t(`đã có ${signatures} chữ ký`, `${signatures} signatures on it already`)] : []),
  ].join(' · ');

interface Chosen {
  readonly id: string;
  readonly name: string;
  /** The block goes under this text; empty for the foot of the last page. */
  readonly under: string;
}

function Order({
  organisationId,
  upload,
  onAgain,
}: {
  readonly organisationId: string;
  readonly upload: Upload;
  readonly onAgain: () => void;
}) {
  const { route } = useLocation();
  const [title, setTitle] = useState(upload.fileName.replace(/\.[a-z0-9]{2,5}$/i, ''));
  const [chosen, setChosen] = useState<readonly Chosen[]>([]);
  const [isParallel, setParallel] = useState(false);
  const [isSealed, setSealed] = useState(true);
  const [due, setDue] = useState('');
  const [look, setLook] = useState<Look>('block');
  const [line, setLine] = useState('');
  const hasLine = look === 'copy' || look === 'annex';
  const { isBusy, error, run } = useAction();
  const submit = () =>
    run(async () => {
      const page = upload.pages.at(-1);
      const places = page ? footPlaces(page, chosen.length + (isSealed ? 1 : 0)) : [];
      const at = (index: number, under: string) => {
        const rect = places[index];
        if (!rect) return {}; // a file without pages has no visible blocks
        return { place: under.trim() ? { anchor: { text: under.trim() } } : { page: 'last' as const, rect } };
      };
      await must(
        api.POST('/api/v1/signing/organisations/{organisationId}/documents', {
          params: { path: { organisationId } },
          body: {
            uploadId: upload.id,
            title,
            signers: chosen.map(({ id, under }, index) => ({ personId: id, ...at(index, under) })),
            order: isParallel ? 'parallel' : 'sequential',
            look,
            ...(hasLine ? { line } : {}),
            ...(isSealed ? { seal: at(chosen.length, '') } : {}),
            ...(due ? { dueAt: new Date(`${due}T23:59:59+07:00`).toISOString() } : {}),
          },
        }),
      );
      sayNext(t(`Đã trình «${title}».`, `“${title}” was sent to be signed.`));
      route('/admin/signing/asked');
    });
  return (
    <form
      class="grid gap-6 max-w-2xl"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {error && (
        <Banner state="bad">
          <p>{error}</p>
          {upload.pages.length > 0 && (
            <p>
              {t(
                'Ô ký mặc định ở cuối trang cuối. Nếu chỗ đó đã có chữ, ghi dòng chữ mà ô ký nằm dưới, như «HIỆU TRƯỞNG».',
                'Blocks stand at the foot of the last page. Where there is text, name the words that the block goes under.',
              )}
            </p>
          )}
        </Banner>
      )}
      <Field
        label={t('Tên văn bản', 'Title')}
        name="title"
        required
        maxlength={120}
        value={title}
        onInput={({ currentTarget }) => setTitle(currentTarget.value)}
      />
      <Signers
        organisationId={organisationId}
        hasPages={upload.pages.length > 0}
        chosen={chosen}
        onChange={setChosen}
      />
      <div class="grid gap-2">
        <Tick
          checked={isParallel}
          onChange={setParallel}
          note={t('Nếu không chọn, người sau ký khi người trước đã ký.', 'Otherwise each signs after the one before.')}
        >
          {t('Ai rảnh trước thì ký trước', 'Whoever is free signs first')}
        </Tick>
        <Tick
          checked={isSealed}
          onChange={setSealed}
          note={t('Văn thư đóng dấu sau khi mọi người đã ký.', 'The clerk seals after everybody has signed.')}
        >
          {t('Đóng dấu của trường', 'The school’s seal')}
        </Tick>
      </div>
      {upload.pages.length > 0 && <LookChoice look={look} onChoose={setLook} line={line} onLine={setLine} />}
      <Field
        label={t('Cần xong trước ngày (nếu có)', 'Due by (if any)')}
        name="due"
        type="date"
        value={due}
        onInput={({ currentTarget }) => setDue(currentTarget.value)}
      />
      <div class="flex flex-wrap gap-3">
        <button type="submit" class="button button-primary" disabled={isBusy || chosen.length === 0}>
          <Icon name="send" />
          {isBusy
            ? t('Đang trình…', 'Sending…')
            : t(`Trình ${formatNumber(chosen.length)} người ký`, `Send to ${formatNumber(chosen.length)} signers`)}
        </button>
        <button type="button" class="button" onClick={onAgain}>
          {t('Chọn tệp khác', 'Another file')}
        </button>
      </div>
    </form>
  );
}

type Look = 'block' | 'pictures' | 'copy' | 'annex';

/** What is seen of the signatures (Decree 30/2020/ND-CP, annex I). */
function LookChoice({
  look,
  onChoose,
  line,
  onLine,
}: {
  readonly look: Look;
  readonly onChoose: (look: Look) => void;
  readonly line: string;
  readonly onLine: (line: string) => void;
}) {
  const looks: Readonly<Record<Look, readonly [label: string, hint: string]>> = {
    block: [
      t('Khung chữ', 'Blocks of text'),
      t(
        'Mỗi người một khung: ai ký, lúc nào. Không chồng nhau.',
        'A block each: who signed, and when. None over another.',
      ),
    ],
    pictures: [
      t('Ảnh chữ ký và con dấu', 'Pictures of hands and seal'),
      t(
        'Chữ ký xanh ở ô ký; dấu đỏ đúng cỡ trùm một phần ba chữ ký cuối. Chừa chỗ trống cao bằng con dấu.',
        'Blue at each place; the red seal in its true size over a third of the last one. Leave as much room as the seal is high.',
      ),
    ],
    copy: [
      t('Bản sao điện tử', 'Electronic copy'),
      t(
        'Một dòng ở góc trên bên phải: hình thức sao, tên đơn vị, thời gian. Không có hình.',
        'One line at the upper right: form of the copy, the organisation, the time. No picture.',
      ),
    ],
    annex: [
      t('Phụ lục tách riêng', 'Annex in a file of its own'),
      t(
        'Một dòng ở góc trên bên phải: số, kí hiệu văn bản chính, thời gian. Không có hình.',
        'One line at the upper right: number of the main document, the time. No picture.',
      ),
    ],
  };
  return (
    <div class="grid gap-4">
      <Choice
        label={t('Hình thức chữ ký trên trang', 'What is seen on the page')}
        name="look"
        value={look}
        hint={looks[look][1]}
        options={(Object.keys(looks) as Look[]).map((value) => ({ value, label: looks[value][0] }))}
        onChoose={(value) => {
          onChoose(value as Look);
          onLine(value === 'copy' ? 'SAO Y' : '');
        }}
      />
      {(look === 'copy' || look === 'annex') && (
        <Field
          label={
            look === 'copy'
              ? t('Hình thức sao', 'Form of the copy')
              : t('Số, kí hiệu văn bản chính', 'Number of the main document')
          }
          name="line"
          required
          minlength={2}
          maxlength={60}
          placeholder={look === 'copy' ? 'SAO Y' : '12/QĐ-THLL'}
          value={line}
          onInput={({ currentTarget }) => onLine(currentTarget.value)}
        />
      )}
    </div>
  );
}

/** Who signs, in this order; only who holds the role of a signer can be chosen. */
function Signers({
  organisationId,
  hasPages,
  chosen,
  onChange,
}: {
  readonly organisationId: string;
  /** Signatures are seen on a page. */
  readonly hasPages: boolean;
  readonly chosen: readonly Chosen[];
  readonly onChange: (chosen: readonly Chosen[]) => void;
}) {
  const [roles] = useLoad(`signers of ${organisationId}`, () =>
    must(api.GET('/api/v1/roles', { params: { query: { organisation: organisationId } } })),
  );
  const set = (at: number, under: string) =>
    onChange(chosen.map((one, index) => (index === at ? { ...one, under } : one)));
  const up = (at: number) =>
    onChange(chosen.map((one, index) => chosen[index === at - 1 ? at : index === at ? at - 1 : index] ?? one));
  return (
    <fieldset class="grid gap-4">
      <legend class="font-semibold mb-2">{t('Người ký', 'Signers')}</legend>
      <Ruled isOrdered label={t('Theo thứ tự', 'In order')}>
        {chosen.map(({ id, name, under }, at) => (
          <Row
            key={id}
            mark={at + 1}
            title={name}
            act={
              <>
                {at > 0 && (
                  <button type="button" class="button button-small" onClick={() => up(at)}>
                    {t('Lên trước', 'Earlier')}
                    <span class="sr-only">: {name}</span>
                  </button>
                )}
                <button
                  type="button"
                  class="button button-small"
                  onClick={() => onChange(chosen.filter((one) => one.id !== id))}
                >
                  {t('Bỏ', 'Remove')}
                  <span class="sr-only">: {name}</span>
                </button>
              </>
            }
          >
            {hasPages && (
              <div class="mt-2">
                <Field
                  label={t('Ô ký nằm dưới dòng chữ', 'The block goes under the words')}
                  name={`under-${id}`}
                  placeholder={t('để trống: cuối trang cuối', 'empty: foot of the last page')}
                  maxlength={200}
                  value={under}
                  onInput={({ currentTarget }) => set(at, currentTarget.value)}
                />
              </div>
            )}
          </Row>
        ))}
      </Ruled>
      <Show loaded={roles}>
        {({ items }) => {
          const free = items.filter(
            ({ role, person }) => role === 'signer' && !chosen.some(({ id }) => id === person.id),
          );
          if (free.length === 0)
            return (
              <p class="text-quiet">
                {chosen.length > 0
                  ? t('Không còn người ký nào khác.', 'There is no other signer.')
                  : t(
                      'Trường chưa có ai giữ vai trò «Người ký». Nhờ Sở giao vai trò này.',
                      'Nobody of the school holds the role “Signer”. Ask the department to grant it.',
                    )}
              </p>
            );
          return (
            <Choice
              label={t('Thêm người ký', 'Add a signer')}
              name="signer"
              value=""
              options={[
                { value: '', label: t('Chọn…', 'Choose…') },
                ...free.map(({ person }) => ({ value: person.id, label: person.fullName })),
              ]}
              onChoose={(id) => {
                const person = free.find((one) => one.person.id === id)?.person;
                if (person) onChange([...chosen, { id, name: person.fullName, under: '' }]);
              }}
            />
          );
        }}
      </Show>
    </fieldset>
  );
}
