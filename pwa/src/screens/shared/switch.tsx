/** Something that is on or off. */

export function Switch({ on, label, hint, test_id, disabled = false, onChange }: {
  on: boolean; label: string; hint?: string; test_id: string; disabled?: boolean; onChange: (on: boolean) => void;
}) {
  return (
    <button
      type="button" class="switch" role="switch" aria-checked={on} aria-disabled={disabled} data-testid={test_id}
      onClick={() => { if (!disabled) onChange(!on); }}
    >
      <span>{label}{hint && <small>{hint}</small>}</span>
      <span class="switch-mark" aria-hidden="true" />
    </button>
  );
}
