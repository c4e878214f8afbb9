/** A word in passing, over whatever screen comes next (提示): seen for a moment, heard by a reader, nothing to tap. */

const SEEN_MS = 3_000;

export function toast(text: string): void {
  const said = document.createElement('p');
  said.className = 'toast';
  said.setAttribute('role', 'status');
  document.body.append(said);
  // A reader hears what changes in a region that is there already.
  requestAnimationFrame(() => { said.textContent = text; });
  setTimeout(() => { said.remove(); }, SEEN_MS);
}
