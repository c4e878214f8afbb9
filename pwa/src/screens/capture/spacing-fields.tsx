/** Distances between trees and between rows: density without any fix (株行距). */

import { spacingTyped } from '../../domain/counting';
import { figureTyped } from '../../domain/standards';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import { besideLimits, limitPercent, percent } from '../../text/format';
import { Tag } from '../shared/tag';

export function SpacingFields({ work }: { work: CaptureWork }) {
  const { capture, verdict, subject } = work;
  const { min, max } = subject.programme.policy.density_per_mu;
  const known = capture.spacing;
  const typed = capture.spacing_typed ?? {
    in_row: known ? String(known.in_row_m) : '', between_rows: known ? String(known.between_rows_m) : '',
  };
  const { spacing } = verdict;
  const field = (name: 'in_row' | 'between_rows', label: string) => (
    <label>
      {label}
      <input
        type="text" inputMode="decimal" autocomplete="off" maxLength={5} value={typed[name]} data-testid={`spacing-${name.replace('_', '-')}`}
        onInput={(event) => {
          const now = { ...typed, [name]: event.currentTarget.value };
          void work.change((old) => ({
            ...old, spacing_typed: now, spacing: spacingTyped(figureTyped(now.in_row), figureTyped(now.between_rows)),
          }));
        }}
      />
      {t('米')}
    </label>
  );
  const halfway = capture.spacing == null && (typed.in_row !== '' || typed.between_rows !== '');
  return (
    <section class="spacing" aria-label={t('株行距')}>
      <div class="spacing-fields">{field('in_row', t('株距'))}{field('between_rows', t('行距'))}</div>
      <p class="muted" role="status" data-testid="spacing-said">
        {spacing ? (
          <>
            {t('按株行距 {n} 株/亩', { n: besideLimits(spacing.per_mu, min, max) })}{' '}
            {spacing.differs_share === null ? null
              : spacing.agrees ? <Tag kind="pass">{t('与清点一致')}</Tag>
              : <Tag kind="doubt">{t('与清点相差 {s}，存疑', { s: percent(spacing.differs_share) })}</Tag>}
          </>
        ) : halfway ? t('株距和行距都填写后计算') : t('量株距和行距，不靠定位也能核对密度；相差超过 {s} 记为存疑', { s: limitPercent(subject.programme.policy.evidence?.spacing_differs_share ?? 0.1) })}
      </p>
    </section>
  );
}
