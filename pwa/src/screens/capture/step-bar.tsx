/** The five steps in any order (步骤条), each with what is left or wrong in it. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Step } from '../../db/schema';
import { plantedCount } from '../../domain/counting';
import { stateOf, type Signing } from '../../domain/sign-off';
import { stepState, type StepState } from '../../domain/steps';
import type { CaptureWork } from '../../state/capture-work';
import { hashesOf, troubledStandards } from '../../state/forms';
import { t, tn } from '../../text';
import { Icon } from '../shared/icons';
import { hrefOf } from '../shared/route';

function refusals({ household, village }: Signing, hashes: ReadonlySet<string>): number {
  return [household, village].filter((draft) => stateOf(draft, hashes) === 'refused').length;
}

export function stepStates(work: CaptureWork): Record<Step, StepState> {
  const { capture, verdict, missing, photos, shots } = work;
  const left = (step: Step) => missing.filter((each) => each.step === step).length;
  const off = (...judged: ({ outcome: string } | null)[]) => judged.filter((each) => each && each.outcome !== 'passed').length;
  const { signing } = capture;
  const kinds = new Set(shots.map((shot) => shot.kind));
  const signed = signing && [...signing.inspectors, signing.household, signing.village].some((each) => each.photo !== null || each.refuses);
  return {
    boundary: stepState(work.fixes.length > 0, left('boundary'), off(verdict.block)),
    photos: stepState(photos.some(({ kind }) => kinds.has(kind)), left('photos'), photos.filter(({ remarks }) => (remarks?.length ?? 0) > 0).length),
    counts: stepState(plantedCount(capture.counts) > 0, left('counts'), off(verdict.density, verdict.survival)),
    standards: stepState(capture.standards !== undefined || capture.slope_deg != null, left('standards'), troubledStandards(work).length),
    confirm: stepState(signed ?? false, left('confirm'), signing ? refusals(signing, hashesOf(work)) : 0),
  };
}

function stateText(state: StepState): string {
  switch (state.state) {
    case 'todo': return t('未做');
    case 'doing': return t('进行中');
    case 'done': return t('已完成');
    case 'trouble': return tn('有问题 {n}', '有问题 {n}', state.n);
  }
}

export function StepBar({ work, step }: { work: CaptureWork; step: Step }) {
  const states = stepStates(work);
  const nav = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // With large type the row is longer than the phone is wide: the step at hand into its middle.
    const [row, at] = [nav.current, nav.current?.querySelector<HTMLElement>('[aria-current]')];
    if (row && at) row.scrollLeft = at.offsetLeft + at.offsetWidth / 2 - row.clientWidth / 2;
  }, [step]);
  const steps: { step: Step; label: string }[] = [
    { step: 'boundary', label: t('边界') },
    { step: 'photos', label: t('照片') },
    { step: 'counts', label: t('株数') },
    { step: 'standards', label: t('标准') },
    { step: 'confirm', label: t('确认签名') },
  ];
  return (
    <nav class="steps" ref={nav} aria-label={t('验收步骤')}>
      {steps.map((each, i) => {
        const state = states[each.step];
        return (
          <a
            key={each.step} href={hrefOf({ screen: 'capture', capture_id: work.capture.id, step: each.step })}
            class={`step step-${state.state}`} aria-current={each.step === step ? 'step' : undefined}
            data-testid={`step-${each.step}`} data-state={state.state}
          >
            <span class="step-mark" aria-hidden="true">
              {state.state === 'done' ? <Icon name="check" /> : state.state === 'doing' ? <Icon name="more" /> : state.state === 'trouble' ? `!${state.n}` : i + 1}
            </span>
            <span>{each.label}</span>
            <span class="step-word while-small">{stateText(state)}</span>
          </a>
        );
      })}
    </nav>
  );
}
