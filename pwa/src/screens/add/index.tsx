import { useEffect, useRef, useState } from 'preact/hooks';
import { fact, putFact } from '../../db/facts';
import type { PlotDraft } from '../../db/schema';
import type { LandType } from '../../domain/wire';
import type { PlotForm } from '../../state/notes';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { useAccount, useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { go } from '../shared/route';
import { landTypeName } from '../shared/tag';

const LAND_TYPES: readonly LandType[] = ['paddy', 'dry_land', 'slope'];

const EMPTY: PlotDraft = {
  village_code: '', household_id: '', head_name: '', group_name: '', persons: '', land_type: null, declared: '', note: '',
};

/**
 * A plot, and if need be a household, that no list has: noted here, usable at once. What is typed outlives a killed app,
 * until it is noted or given up.
 */
export function AddPlotScreen() {
  const app = useApp();
  const account = useAccount();
  const { whereabouts } = app;
  useObserved(account, whereabouts);
  useEffect(() => whereabouts.watch(), [whereabouts]);
  const { ledger } = account;
  const villages = ledger?.regions.filter((region) => region.level === 'village') ?? [];
  // Nothing until it is known what was typed before.
  const [draft, setDraft] = useState<PlotDraft | null>(null);
  const [errors, setErrors] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const told = useRef<HTMLDivElement>(null);
  // The button stands far below: what is wrong comes into view.
  useEffect(() => { if (errors.length > 0) told.current?.focus(); }, [errors]);

  useEffect(() => {
    void fact(account.db, 'plot_draft').catch(() => null).then((kept) => { setDraft(kept ?? EMPTY); });
  }, [account]);
  const keepDraft = (value: PlotDraft | null) => putFact(account.db, { key: 'plot_draft', value }).catch(() => undefined);
  if (!draft) return <Frame title={t('名册外的地块')} back={{ screen: 'tasks' }}>{null}</Frame>;
  const type = (change: Partial<PlotDraft>) => {
    const now = { ...draft, ...change };
    setDraft(now);
    // At once and not after the next frame: the app may be gone by then.
    void keepDraft(now);
  };

  const { household_id, head_name, group_name, persons, land_type, declared, note } = draft;
  const village_code = draft.village_code || (villages.length === 1 ? (villages[0]?.code ?? '') : '');
  const known = ledger?.households.filter((each) => each.village_code === village_code) ?? [];
  const household = known.find(({ id }) => id === household_id);
  const groups = [...new Set(known.map((each) => each.group_name))];

  async function keep(event: Event) {
    event.preventDefault();
    if (busy || !ledger) return;
    const person_count = Number(persons);
    const declared_mu = Number(declared.replace(',', '.'));
    const { max_area_mu } = ledger.programme.policy;
    const wrong = [
      ...(village_code ? [] : [t('请选择村')]),
      ...(household ?? head_name.trim() ? [] : [t('请填写户主姓名')]),
      ...(household ?? group_name.trim() ? [] : [t('请填写屯')]),
      ...(household ?? (Number.isInteger(person_count) && person_count > 0 && person_count < 100) ? [] : [t('请填写家庭人口（1–99）')]),
      ...(land_type ? [] : [t('请选择地类')]),
      ...(declared_mu > 0 && declared_mu <= max_area_mu ? [] : [t('请填写申报面积（不超过 {n} 亩）', { n: max_area_mu })]),
    ];
    setErrors(wrong);
    if (wrong.length > 0 || !land_type) return;
    setBusy(true);
    const form: PlotForm = {
      household: household ?? { head_name: head_name.trim(), group_name: group_name.trim(), village_code, person_count },
      land_type, declared_mu, note: note.trim(),
    };
    try {
      const found = await account.addPlot(form, whereabouts.here);
      await keepDraft(null);
      go({ screen: 'plot', plot_id: found.plot.id }, true);
    } catch {
      setErrors([t('没有存下，请检查手机空间后再试')]);
      setBusy(false);
    }
  }

  return (
    <Frame title={t('名册外的地块')} back={{ screen: 'tasks' }}>
      <form class="form" noValidate onSubmit={(event) => void keep(event)}>
        <p>{t('名册里没有的农户或地块，在这里登记后就能验收。联网后先送到乡镇，在那里标为“计划外”，由乡镇核实。')}</p>
        {errors.length > 0 && <div ref={told} class="form-error" role="alert" tabIndex={-1}><ul>{errors.map((each) => <li key={each}>{each}</li>)}</ul></div>}
        <label class="field">
          <span>{t('村')}</span>
          <select class="input" value={village_code} data-testid="add-village" onChange={(event) => { type({ village_code: event.currentTarget.value, household_id: '' }); }}>
            <option value="">{t('请选择')}</option>
            {villages.map(({ code, name }) => <option key={code} value={code}>{name}</option>)}
          </select>
        </label>
        <label class="field">
          <span>{t('农户')}</span>
          <select class="input" value={household_id} data-testid="add-household" onChange={(event) => { type({ household_id: event.currentTarget.value }); }}>
            <option value="">{t('名册里没有这户')}</option>
            {known.map((each) => <option key={each.id} value={each.id}>{each.head_name} · {each.group_name}</option>)}
          </select>
        </label>
        {!household && (
          <>
            <label class="field">
              <span>{t('户主姓名')}</span>
              <input class="input" maxLength={40} autocomplete="off" value={head_name} data-testid="add-head" onInput={(event) => { type({ head_name: event.currentTarget.value }); }} />
            </label>
            <label class="field">
              <span>{t('屯')}</span>
              <input class="input" maxLength={40} list="groups" autocomplete="off" value={group_name} data-testid="add-group" onInput={(event) => { type({ group_name: event.currentTarget.value }); }} />
              <datalist id="groups">{groups.map((each) => <option key={each} value={each} />)}</datalist>
            </label>
            <label class="field">
              <span>{t('家庭人口')}</span>
              <input class="input" inputMode="numeric" maxLength={2} value={persons} data-testid="add-persons" onInput={(event) => { type({ persons: event.currentTarget.value }); }} />
            </label>
          </>
        )}
        <fieldset class="field plain-set">
          <legend>{t('地类')}</legend>
          <div class="segments segments-3">
            {LAND_TYPES.map((each) => (
              <button key={each} type="button" aria-pressed={land_type === each} data-testid={`add-${each}`} onClick={() => { type({ land_type: each }); }}>{landTypeName(each)}</button>
            ))}
          </div>
        </fieldset>
        <label class="field">
          <span>{t('申报面积（亩）')}</span>
          <input class="input" inputMode="decimal" maxLength={7} value={declared} data-testid="add-mu" onInput={(event) => { type({ declared: event.currentTarget.value }); }} />
        </label>
        <label class="field">
          <span>{t('情况说明')}</span>
          <input class="input" maxLength={300} value={note} onInput={(event) => { type({ note: event.currentTarget.value }); }} />
        </label>
        <p class="muted" role="status">
          {whereabouts.here ? t('将记下这里的位置（±{n} 米）', { n: Math.round(whereabouts.here.accuracy_m) }) : t('还没有定位；也可以先登记')}
        </p>
        <button class="button button-main" type="submit" data-testid="add-keep" aria-disabled={busy}>{t('登记，去验收')}</button>
        <button type="button" class="button button-quiet" data-testid="add-cancel" onClick={() => void keepDraft(null).then(() => { go({ screen: 'tasks' }, true); })}>{t('取消')}</button>
      </form>
    </Frame>
  );
}
