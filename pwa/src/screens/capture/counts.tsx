/** ③ Counting trees (株数): row after row, two big zones to tap, fields to type into. */

import { useMemo, useState } from 'preact/hooks';
import {
  addCount, countBy, countedIn, countsAt, nextRow, plantedCount, removeRow, rowsOf, setCount, setRowCount, tallyOf,
  type CountingMethod, type Tally, type TreeState,
} from '../../domain/counting';
import { figureTyped } from '../../domain/standards';
import type { TreeCounts } from '../../domain/wire';
import { buzz } from '../../device/wake-lock';
import { signals } from '../../state/signals';
import { t, tn } from '../../text';
import { besideLimits, limitPercent, percent, whole } from '../../text/format';
import { useApp } from '../shared/context';
import { Icon } from '../shared/icons';
import { useOnceATouch } from '../shared/repeat';
import { hrefOf } from '../shared/route';
import { OutcomeTag, SampleTag, Tag } from '../shared/tag';
import { SpacingFields } from './spacing-fields';
import type { StepProps } from '.';

function methodName(method: CountingMethod): string {
  switch (method) {
    case 'rows': return t('逐行');
    case 'taps': return t('整块');
    case 'sample': return t('抽样');
  }
}

function stateName(state: TreeState, split: boolean): string {
  if (state === 'live') return t('成活');
  if (!split) return t('死亡/缺株');
  return state === 'dead' ? t('死亡') : t('缺株');
}

function Methods({ tally, sampled, onChoose }: { tally: Tally; sampled: boolean; onChoose: (method: CountingMethod) => void }) {
  const methods: CountingMethod[] = sampled ? ['rows', 'taps', 'sample'] : ['rows', 'taps'];
  return (
    <div class="methods" role="group" aria-label={t('清点方式')}>
      {methods.map((method) => (
        <button
          key={method} type="button" aria-pressed={tally.counting.method === method} data-testid={`count-by-${method}`}
          onClick={() => { onChoose(method); }}
        >
          {methodName(method)}
        </button>
      ))}
    </div>
  );
}

/** A whole number that is typed; a tap into it marks it, so that typing replaces. */
function NumberField({ value, label, test_id, onType }: { value: number; label: string; test_id: string; onType: (n: number) => void }) {
  return (
    <input
      type="text" inputMode="numeric" pattern="[0-9]*" autocomplete="off" maxLength={5} aria-label={label} data-testid={test_id} value={value}
      onFocus={(event) => { event.currentTarget.select(); }}
      onInput={(event) => { onType(Number(event.currentTarget.value.replace(/\D/g, ''))); }}
    />
  );
}

/** All rows of the plot: those of a sample stand for them. */
function SampleSize({ tally, onType }: { tally: Tally; onType: (n: number) => void }) {
  const [typed, type] = useState<string | null>(null);
  const counted = rowsOf(tally).length;
  return (
    <p class="sample-size">
      <label>
        {t('全地共')}
        <input
          type="text" inputMode="numeric" pattern="[0-9]*" autocomplete="off" maxLength={4} data-testid="count-all-rows"
          value={typed ?? String(tally.counting.row_count ?? counted)}
          onFocus={(event) => { event.currentTarget.select(); }}
          onInput={(event) => { type(event.currentTarget.value); onType(figureTyped(event.currentTarget.value) ?? 0); }}
          onBlur={() => { type(null); }}
        />
        {t('行')}
      </label>
      <span>{tn('已数 {n} 行', '已数 {n} 行', counted)}</span>
      <Tag kind="doubt">{t('抽样推算')}</Tag>
    </p>
  );
}

/** All rows, to go back to one. Drawn only while open: a tap on a counter must stay cheap. */
function Rows({ rows, row, onChoose, onRemove }: {
  rows: readonly TreeCounts[]; row: number; onChoose: (row: number) => void; onRemove: () => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <details class="rows" open={open} onToggle={(event) => { setOpen(event.currentTarget.open); }}>
      <summary data-testid="rows">{tn('各行（{n}）', '各行（{n}）', rows.length)}</summary>
      {open && (
        <>
          <ol>
            {rows.map((each, i) => (
              <li key={i}>
                <button type="button" aria-pressed={i === row} data-testid="row" onClick={() => { onChoose(i); }}>
                  <small>{t('第 {n} 行', { n: i + 1 })}</small>
                  <b>{each.live}</b>
                  {each.dead + each.missing > 0 && <small>−{each.dead + each.missing}</small>}
                </button>
              </li>
            ))}
          </ol>
          <button type="button" class="button button-quiet" data-testid="row-remove" onClick={onRemove}>
            <Icon name="trash" />{t('删除第 {n} 行', { n: row + 1 })}
          </button>
        </>
      )}
    </details>
  );
}

export function CountsStep({ work, frame }: StepProps) {
  const { preferring } = useApp();
  const { capture, subject, verdict } = work;
  const { policy } = subject.programme;
  const { min, max } = policy.density_per_mu;
  const tally = tallyOf(capture);
  const rows = rowsOf(tally);
  const [chosen, choose] = useState<number | null>(null);
  const once = useOnceATouch();
  const felt = useMemo(() => signals(() => preferring.value.sound), [preferring]);
  const { method } = tally.counting;
  const byRow = method !== 'taps';
  const row = chosen !== null && chosen < rows.length ? chosen : rows.length - 1;
  const here = countsAt(tally, row);
  const counted = countedIn(tally);
  const split = (capture.split_count ?? false) || counted.missing > 0;
  const planted = plantedCount(capture.counts);
  const from_mu = policy.sampling?.from_mu ?? Infinity;
  const plot_mu = verdict.area_mu === null ? subject.plot.declared_mu : verdict.area_mu + verdict.tolerance_mu;
  const maySample = plot_mu >= from_mu;
  const sample = (name: string) => policy.sample_parameters.includes(name) && <SampleTag />;

  const onward = hrefOf({ screen: 'capture', capture_id: capture.id, step: 'standards' });

  const tap = (state: TreeState, n: number) => {
    felt.tree();
    void work.count((old) => addCount(old, row, state, n));
  };
  const type = (state: TreeState, n: number) => void work.count((old) => setCount(old, row, state, n));
  const zone = (state: TreeState) => (
    <button
      type="button" class={`counter-zone counter-${state}`} data-testid={`tap-${state}`}
      aria-label={t('{s} 加一', { s: stateName(state, split) })} onClick={() => { tap(state, 1); }}
    >
      <span>{stateName(state, split)}</span>
      <b data-testid={`total-${state}`}>{whole(state === 'dead' && !split ? counted.dead + counted.missing : counted[state])}</b>
      <span>+1</span>
    </button>
  );

  return frame(
    <div class="counts">
      <p class="counts-line">
        {verdict.density
          ? <span>{t('密度 {d} 株/亩（{a}–{b}）', { d: besideLimits(verdict.density.value, min, max), a: besideLimits(verdict.density.low, min, max), b: verdict.density.high === Infinity ? '—' : besideLimits(verdict.density.high, min, max) })} <OutcomeTag outcome={verdict.density.outcome} />{sample('density_per_mu')}</span>
          : <span>{t('标准 {a}–{b} 株/亩', { a: min, b: max })}{sample('density_per_mu')}</span>}
        {verdict.survival
          ? <span>{t('成活率 {s}（{a}/{b}）', { s: percent(verdict.survival.value, policy.survival_min), a: whole(capture.counts.live), b: whole(planted) })} <OutcomeTag outcome={verdict.survival.outcome} />{sample('survival_min')}</span>
          : <span>{t('成活 ≥ {s}', { s: limitPercent(policy.survival_min) })}{sample('survival_min')}</span>}
      </p>
      <Methods tally={tally} sampled={maySample || method === 'sample'} onChoose={(wanted) => { choose(null); void work.count((old) => countBy(old, wanted)); }} />
      {method === 'sample' && (
        <>
          <SampleSize tally={tally} onType={(n) => void work.count((old) => setRowCount(old, n))} />
          <p class="muted">
            {t('{n} 亩以上可以抽样，至少数 {m} 行', { n: from_mu, m: policy.sampling?.min_rows ?? 0 })}{sample('sampling')}
          </p>
          {!maySample && <p class="form-error" role="alert">{t('本地块不足 {n} 亩，应当逐行清点', { n: from_mu })}</p>}
        </>
      )}
      <div class="counting">
        <div class="counting-lost">
          <b>{byRow ? t('第 {n} 行', { n: row + 1 }) : t('整块地')}</b>
          <label>{stateName('dead', split)} <NumberField value={here.dead} label={stateName('dead', split)} test_id="count-dead" onType={(n) => { type('dead', n); }} /></label>
          {split
            ? <label>{t('缺株')} <NumberField value={here.missing} label={t('缺株')} test_id="count-missing" onType={(n) => { type('missing', n); }} /></label>
            : <button type="button" class="link-button" data-testid="count-split" onClick={() => void work.change((old) => ({ ...old, split_count: true }))}>{t('分开记')}</button>}
        </div>
        <div class="counting-live">
          <button type="button" class="step-key" data-testid="row-less" aria-label={t('成活 减一')} onClick={() => { tap('live', -1); }}>−</button>
          <NumberField value={here.live} label={stateName('live', split)} test_id="count-live" onType={(n) => { type('live', n); }} />
          <button type="button" class="step-key" data-testid="row-more" aria-label={t('成活 加一')} onClick={() => { tap('live', 1); }}>+</button>
        </div>
      </div>
      <div class="zones">
        {zone('live')}
        <div class="zones-lost">{zone('dead')}{split && zone('missing')}</div>
      </div>
      {byRow && (
        <Rows rows={rows} row={row} onChoose={choose} onRemove={() => { choose(null); void work.count((old) => removeRow(old, row)); }} />
      )}
      <SpacingFields work={work} />
      {byRow && <a class="button button-main button-quiet" href={onward}>{t('下一步：标准')}</a>}
    </div>,
    <div class="buttons count-keys">
      <button type="button" class="button button-quiet count-undo" data-testid="count-undo" aria-disabled={capture.counts_before.length === 0} onClick={() => void work.undoCount()}>
        <Icon name="undo" /><span>{t('撤销')}</span>
      </button>
      <button type="button" class="button button-quiet" aria-label={t('成活 加五')} onClick={() => { tap('live', 5); }}>+5</button>
      <button type="button" class="button button-quiet" aria-label={t('成活 加十')} onClick={() => { tap('live', 10); }}>+10</button>
      {byRow ? (
        <button
          type="button" class="button button-wide" data-testid="next-row" aria-disabled={plantedCount(here) === 0}
          onClick={() => { if (plantedCount(here) > 0) once(() => { buzz(30); choose(null); void work.count(nextRow); }); }}
        >
          {t('下一行 → {n}', { n: rows.at(-1)?.live ?? 0 })}
        </button>
      ) : <a class={planted > 0 ? 'button button-wide' : 'button button-quiet button-wide'} href={onward}>{t('下一步：标准')}</a>}
    </div>,
  );
}
