/** A state as colour, sign and word together. */

import type { RowState } from '../../domain/tasks';
import type { Outcome } from '../../domain/verdict';
import type { Attempt, LandType } from '../../domain/wire';
import { t } from '../../text';
import { Icon, type IconName } from './icons';

export type TagKind = 'pass' | 'fail' | 'doubt' | 'info' | 'plain';

const SIGN: Record<TagKind, IconName> = { pass: 'check', fail: 'cross', doubt: 'warn', info: 'clock', plain: 'dot' };

export function Tag({ kind, children }: { kind: TagKind; children: string }) {
  return <span class={`tag tag-${kind}`}><Icon name={SIGN[kind]} />{children}</span>;
}

export function OutcomeTag({ outcome }: { outcome: Outcome }) {
  if (outcome === 'passed') return <Tag kind="pass">{t('符合')}</Tag>;
  if (outcome === 'in_doubt') return <Tag kind="doubt">{t('存疑')}</Tag>;
  return <Tag kind="fail">{t('不符合')}</Tag>;
}

export function SampleTag() {
  return <span class="sample">{t('示例值')}</span>;
}

export function TaskTag({ state }: { state: RowState }) {
  switch (state) {
    case 'open': return <Tag kind="plain">{t('未开始')}</Tag>;
    case 'in_progress': return <Tag kind="doubt">{t('进行中')}</Tag>;
    case 'waiting': return <Tag kind="info">{t('待上传')}</Tag>;
    case 'submitted': return <Tag kind="pass">{t('已上传')}</Tag>;
    case 'returned': return <Tag kind="fail">{t('退回')}</Tag>;
    case 'done': return <Tag kind="pass">{t('已完成')}</Tag>;
  }
}

export function landTypeName(land_type: LandType): string {
  switch (land_type) {
    case 'paddy': return t('水田');
    case 'dry_land': return t('旱地');
    case 'slope': return t('坡地');
  }
}

export function attemptName(kind: Attempt['kind']): string {
  return kind === 'absent' ? t('今日不在家') : t('放弃申报');
}
