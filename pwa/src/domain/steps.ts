/** The state of each step of a capture (步骤条): what is left, and what a person should look at again. */

export type StepState =
  | { state: 'todo' }
  | { state: 'doing' }
  | { state: 'done' }
  | { state: 'trouble'; n: number };

/**
 * Judge one step.
 *
 * Args:
 *   begun: Anything was captured in it.
 *   missing_count: What it still lacks.
 *   trouble_count: What is there and not as it should be; told once nothing is missing.
 */
export function stepState(begun: boolean, missing_count: number, trouble_count: number): StepState {
  if (missing_count > 0) return { state: begun ? 'doing' : 'todo' };
  return trouble_count > 0 ? { state: 'trouble', n: trouble_count } : { state: 'done' };
}
