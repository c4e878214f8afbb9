import type { RefObject } from 'preact';
import { PIN_LENGTH } from '../../domain/pin';

export function PinField({ label, value, test_id, error, field, onInput }: {
  label: string; value: string; test_id: string; error?: string | undefined;
  field?: RefObject<HTMLInputElement>; onInput: (typed: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        ref={field ?? null} class="input pin" type="password" inputMode="numeric" autocomplete="off" maxLength={PIN_LENGTH}
        data-testid={test_id} value={value} aria-describedby={error}
        onInput={(event) => { onInput(event.currentTarget.value.trim()); }}
      />
    </label>
  );
}
