/** Who signs (签名): a row each, and the sheet on which one of them signs or is written down as refusing. */

import { useRef, useState } from 'preact/hooks';
import type { StoredPhoto } from '../../db/schema';
import {
  namedTwice, signatureAt, signersOf, stateOf, withInspector, withSignature,
  type SignatureDraft, type Signer, type Signing, type StandsFor, type Terms,
} from '../../domain/sign-off';
import type { Shot } from '../../domain/wire';
import type { CaptureWork } from '../../state/capture-work';
import { hashesOf } from '../../state/forms';
import { t } from '../../text';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { useModal } from '../shared/modal';
import { Tag } from '../shared/tag';
import { Thumb } from '../shared/thumb';
import { EvidenceButtons } from './evidence';
import { reasonOf } from './photos';
import { SignPad, type Pad } from './sign-pad';

export function signerName({ party, index }: Signer): string {
  switch (party) {
    case 'inspectors': return t('验收员 {n}', { n: index + 1 });
    case 'household': return t('农户');
    case 'village': return t('村委会');
  }
}

function standsForName(stands_for: StandsFor): string {
  switch (stands_for) {
    case 'self': return t('本人');
    case 'relative': return t('家属');
    case 'representative': return t('代表');
  }
}

export function SignatureTag({ draft, hashes }: { draft: SignatureDraft; hashes: ReadonlySet<string> }) {
  switch (stateOf(draft, hashes)) {
    case 'signed': return <Tag kind="pass">{t('已签名')}</Tag>;
    case 'refused': return <Tag kind="fail">{t('拒签')}</Tag>;
    case 'reason': return <Tag kind="doubt">{t('拒签，缺原因或见证人')}</Tag>;
    case 'name': return <Tag kind="doubt">{draft.photo !== null ? t('缺姓名') : t('未签名')}</Tag>;
    case 'signature': return <Tag kind="doubt">{t('未签名')}</Tag>;
  }
}

/** `shown`: the signing with names proposed, so that what is seen is what is kept. */
export function SignCard({ work, terms, shown, onSign }: {
  work: CaptureWork; terms: Terms; shown: Signing; onSign: (signer: Signer) => void;
}) {
  const hashes = hashesOf(work);
  return (
    <ul class="signers">
      {signersOf(terms, shown).map((signer) => {
        const draft = signatureAt(shown, signer);
        const photo = work.photos.find(({ sha256 }) => sha256 === draft.photo);
        const name = signerName(signer);
        const id = signer.party === 'inspectors' ? `inspector-${signer.index + 1}` : signer.party;
        return (
          <li key={id} data-testid={`signer-${id}`}>
            <div>
              <b>{name}</b> {draft.name}
              {draft.stands_for !== 'self' && signer.party === 'household' && <small>（{standsForName(draft.stands_for)}）</small>}
              <br />
              <SignatureTag draft={draft} hashes={hashes} />
              {signer.party === 'inspectors' && namedTwice(shown, signer.index) && <small class="warned">{t('两位验收员不能是同一人')}</small>}
              {draft.refuses && draft.reason !== '' && <small>{t('原因：{a}；见证人：{b}', { a: draft.reason, b: draft.witness })}</small>}
            </div>
            {photo && !draft.refuses && <Thumb photo_id={photo.id} alt={t('{s}的签名', { s: name })} />}
            <button
              type="button" class={photo || draft.refuses ? 'button button-quiet' : 'button'} data-testid={`sign-${id}`}
              aria-label={t('{s}签名', { s: name })} onClick={() => { onSign(signer); }}
            >
              {photo || draft.refuses ? t('更改') : t('签名')}
            </button>
          </li>
        );
      })}
      <li>
        <button
          type="button" class="link-button" data-testid="add-inspector"
          onClick={() => void work.change((old) => ({ ...old, signing: withInspector(old.signing ?? shown) }))}
        >
          {t('再加一位验收员')}
        </button>
      </li>
    </ul>
  );
}

export function SignSheet({ work, signer, shown, onClose }: {
  work: CaptureWork; signer: Signer; shown: Signing; onClose: () => void;
}) {
  const app = useApp();
  const dialog = useModal();
  const pad = useRef<Pad>(null);
  const [inked, ink] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const draft = signatureAt(shown, signer);
  const photo = work.photos.find(({ sha256 }) => sha256 === draft.photo);
  const name = signerName(signer);
  const mayRefuse = signer.party !== 'inspectors';
  const shot: Shot = {
    kind: 'signature', title_zh: '纸质签名或手印', title_en: 'Signed paper or thumb print', required: false, land_types: [],
    hint_zh: '签名或手印占满画面，字迹清楚', hint_en: 'Signature or print fills the picture and is legible',
  };
  const change = (what: Partial<SignatureDraft>) =>
    work.change((old) => ({ ...old, signing: withSignature(old.signing ?? shown, signer, what) }));

  async function link(kept: StoredPhoto) {
    await change({ photo: kept.sha256, refuses: false });
    if (photo) await work.removePicture(photo).catch(() => undefined);
  }

  async function sign() {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const bytes = await pad.current?.picture();
      if (!bytes) {
        setError(t('请先在框内签名'));
        return;
      }
      const about = { kind: 'signature', source: 'drawn', taken_at: new Date().toISOString(), clock_offset_ms: app.clock_offset_ms } as const;
      await link(await work.addPicture(bytes, about, app.whereabouts.here));
      dialog.current?.close();
    } catch (problem) {
      setError(reasonOf(problem));
    } finally {
      setBusy(false);
    }
  }

  async function again() {
    await change({ photo: null });
    if (photo) await work.removePicture(photo).catch(() => undefined);
    ink(false);
  }

  const text = (key: 'name' | 'reason' | 'witness', label: string, most: number) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="input" type="text" autocomplete="off" maxLength={most} value={draft[key]} data-testid={`sign-${key}`}
        onInput={(event) => void change({ [key]: event.currentTarget.value })}
      />
    </label>
  );

  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="sign-title" onClose={onClose}>
      <div class="sheet-top">
        <h2 id="sign-title">{t('{s}签名', { s: name })}</h2>
        <button type="button" class="square" aria-label={t('关闭')} data-testid="sign-close" onClick={() => dialog.current?.close()}><Icon name="cross" /></button>
      </div>
      {text('name', t('姓名'), 40)}
      {signer.party === 'household' && (
        <div class="methods" role="group" aria-label={t('签名人')}>
          {(['self', 'relative', 'representative'] as const).map((each) => (
            <button key={each} type="button" aria-pressed={draft.stands_for === each} data-testid={`stands-${each}`} onClick={() => void change({ stands_for: each })}>
              {standsForName(each)}
            </button>
          ))}
        </div>
      )}
      {draft.refuses ? (
        <>
          <p class="panel panel-fail">{t('拒签会如实上报，写清原因和见证人；不影响完成验收。')}</p>
          {text('reason', t('拒签原因'), 200)}
          {text('witness', t('见证人'), 40)}
          <div class="buttons">
            <button type="button" class="button button-quiet" data-testid="sign-unrefuse" onClick={() => void change({ refuses: false })}>{t('改为签名')}</button>
            <button type="button" class="button" data-testid="sign-done" onClick={() => dialog.current?.close()}>{t('完成')}</button>
          </div>
        </>
      ) : photo ? (
        <>
          <div class="sign-kept"><Thumb photo_id={photo.id} alt={t('{s}的签名', { s: name })} /></div>
          <div class="buttons">
            <button type="button" class="button button-quiet" data-testid="sign-again" onClick={() => void again()}>{t('重签')}</button>
            <button type="button" class="button" data-testid="sign-done" onClick={() => dialog.current?.close()}>{t('完成')}</button>
          </div>
        </>
      ) : (
        <>
          <p class="muted">{t('横过手机更好写；不方便写字时，拍下签了名或按了手印的纸。')}</p>
          <SignPad pad={pad} label={t('{s}的签名框', { s: name })} onInk={ink} />
          {error && <p class="form-error" role="alert">{error}</p>}
          <div class="buttons sign-keys">
            <button type="button" class="button button-quiet" data-testid="sign-clear" onClick={() => pad.current?.clear()}>{t('清除')}</button>
            <button type="button" class="button button-wide" data-testid="sign-keep" aria-disabled={!inked || busy} onClick={() => void sign()}>
              <Icon name="check" />{busy ? t('正在保存…') : t('完成签名')}
            </button>
          </div>
          <h3>{t('拍摄纸质签名或手印')}</h3>
          <EvidenceButtons work={work} shot={shot} test_id="sign-paper" onKept={(kept) => void link(kept)} />
          {mayRefuse && (
            <button type="button" class="link-button" data-testid="sign-refuse" onClick={() => void change({ refuses: true })}>{t('不愿签名（拒签）')}</button>
          )}
        </>
      )}
    </dialog>
  );
}
